"""Segments: a site's rules and thresholds, with a version that tells every process what has changed."""

from typing import Final, NamedTuple, cast

import orjson

from models.segments.lifecycle import STAGES, Thresholds, parse_thresholds
from models.segments.membership import SegmentConfig, segment_field, stage_field
from models.segments.segments import Segment, parse_segment
from store import keys
from store.client import Client
from store.unreadable import OnUnreadable, log_unreadable, read_or_tell
from store.version import NO_VERSION, Version, parse_version
from store.versioned_hash import HashKeys, VersionedHash

_KEYS: Final = HashKeys(keys.segments, keys.segments_version, keys.segments_stamp)


class MemberCount(NamedTuple):
    """How many visitors are in a stage or segment, and when one last came or went (epoch seconds, 0 for never)."""

    visitors: int
    changed_at_s: float


class SegmentStore:
    """Segments and thresholds in Redis; blocking.

    Parameters
    ----------
    client
        Blocking client.
    thresholds
        What counts for sites that have none of their own.
    on_unreadable
        Told of what cannot be read; it is taken for not there.
    """

    def __init__(self, client: Client, thresholds: Thresholds, on_unreadable: OnUnreadable = log_unreadable) -> None:
        self._client = client
        self._on_unreadable = on_unreadable
        self._thresholds = thresholds
        self._hash = VersionedHash(client, _KEYS, keys.SEGMENTS_LIFETIME_S)

    def put_within(self, site: str, segments: list[Segment], most: int) -> bool:
        """Add or replace segments; False, and nothing is changed, where there would be more than `most`."""
        pairs: list[tuple[str, bytes]] = []
        for segment in segments:
            raw = {"segment_id": segment.segment_id, "name": segment.name, "rule": segment.raw}
            pairs.append((segment.segment_id, orjson.dumps(raw)))
        return self._hash.put_within(site, pairs, most)

    def delete(self, site: str, segment_id: str) -> bool:
        """Take a segment out; False where there was none. Its members leave it in the background."""
        return self._hash.delete(site, segment_id)

    def put_thresholds(self, site: str, thresholds: Thresholds) -> None:
        """Set a site's own thresholds."""
        value = {name: getattr(thresholds, name) for name in thresholds.__struct_fields__}
        self._hash.put_beside(site, keys.thresholds(site), orjson.dumps(value))

    def judge_anew(self, site: str) -> None:
        """Have all visitors judged again, by what has changed besides segments and thresholds."""
        self._hash.raise_version(site)

    def version(self, site: str) -> Version:
        """Version of a site's segments and thresholds."""
        return self._hash.version(site)

    def segment_config(self, site: str) -> SegmentConfig:
        """Read what a site judges profiles by; segments by id."""
        told = self._on_unreadable
        segments = [
            segment
            for name, value in sorted(self._hash.values(site).items())
            if (segment := read_or_tell(_read_segment, value, "resource", site, f"segment {name}", told)) is not None
        ]
        stored = cast(bytes | None, self._client.get(keys.thresholds(site)))
        own = read_or_tell(_read_thresholds, stored, "resource", site, "thresholds", told) if stored else None
        return SegmentConfig(own or self._thresholds, tuple(segments))

    def judged_version(self, site: str, partition: int) -> Version:
        """Version by which every visitor of a partition has been judged."""
        return parse_version(self._client.get(keys.memberships_judged(site, partition))) or NO_VERSION

    def set_judged(self, site: str, partition: int, version: Version) -> None:
        """Note that every visitor of a partition has been judged by a version."""
        self._client.set(keys.memberships_judged(site, partition), str(version), ex=keys.MEMBERSHIPS_LIFETIME_S)

    def settled(self, site: str, partitions: int) -> bool:
        """Whether all visitors have been judged by the present version."""
        version = self.version(site)
        return all(self.judged_version(site, partition) == version for partition in range(partitions))

    def tallies(self, site: str, partitions: int) -> dict[str, MemberCount]:
        """Numbers of members by `models.segments.membership`'s field names, summed over partitions."""
        totals: dict[str, MemberCount] = {}
        for partition in range(partitions):
            raw = cast(dict[bytes, bytes], self._client.hgetall(keys.membership_counts(site, partition)))
            found = {name.decode(): value for name, value in raw.items()}
            for name, value in found.items():
                if not name.startswith("at:"):
                    at_s = float(found.get(f"at:{name}", b"0"))
                    known = totals.get(name, MemberCount(0, 0.0))
                    totals[name] = MemberCount(known.visitors + int(value), max(known.changed_at_s, at_s))
        return totals

    def stage_tallies(self, site: str, partitions: int) -> dict[str, MemberCount]:
        """Numbers of visitors by stage."""
        found = self.tallies(site, partitions)
        return {stage: found.get(stage_field(stage), MemberCount(0, 0.0)) for stage in STAGES}

    def segment_tally(self, site: str, partitions: int, segment_id: str) -> MemberCount:
        """Number of a segment's visitors."""
        return self.tallies(site, partitions).get(segment_field(segment_id), MemberCount(0, 0.0))


def _read_segment(value: bytes) -> Segment:
    return parse_segment(orjson.loads(value))


def _read_thresholds(value: bytes) -> Thresholds:
    return parse_thresholds(orjson.loads(value))
