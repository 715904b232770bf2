"""Segments: a site's rules and thresholds, with a version that tells every process what has changed."""

from typing import NamedTuple, cast

import orjson

from models.segments.lifecycle import STAGES, Thresholds, parse_thresholds
from models.segments.membership import SegmentConfig, segment_field, stage_field
from models.segments.segments import Segment, parse_segment
from store import keys
from store.client import Client
from store.versioned_hash import VersionedHash


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
    """

    def __init__(self, client: Client, thresholds: Thresholds) -> None:
        self._client = client
        self._thresholds = thresholds
        self._hash = VersionedHash(client, keys.segments, keys.segments_version, keys.SEGMENTS_LIFETIME_S)

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

    def version(self, site: str) -> int:
        """Version of a site's segments and thresholds, 0 where nothing was ever set."""
        return self._hash.version(site)

    def segment_config(self, site: str) -> SegmentConfig:
        """Read what a site judges profiles by; segments by id."""
        segments = [parse_segment(orjson.loads(value)) for value in self._hash.values(site)]
        stored = cast(bytes | None, self._client.get(keys.thresholds(site)))
        thresholds = parse_thresholds(orjson.loads(stored)) if stored else self._thresholds
        return SegmentConfig(thresholds, tuple(sorted(segments, key=lambda segment: segment.segment_id)))

    def judged_version(self, site: str, partition: int) -> int:
        """Version by which every visitor of a partition has been judged."""
        return int(self._client.get(keys.memberships_judged(site, partition)) or 0)

    def set_judged(self, site: str, partition: int, version: int) -> None:
        """Note that every visitor of a partition has been judged by a version."""
        self._client.set(keys.memberships_judged(site, partition), version, ex=keys.MEMBERSHIPS_LIFETIME_S)

    def settled(self, site: str, partitions: int) -> bool:
        """Whether all visitors have been judged by the present version."""
        version = self.version(site)
        return all(self.judged_version(site, partition) >= version for partition in range(partitions))

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
