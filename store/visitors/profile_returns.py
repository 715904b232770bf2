"""Profile returns: a profile that could not be read is put back with all that was told of the visitor since.

What has stood in its place knows nothing of before. So it is not joined with the lost one: the log is read again from
where that stood, and the lost one learns it, as it would have. Whatever is not exact is refused.
"""

import time
from collections.abc import Mapping, Sequence
from typing import Final

from models.base.errors import InvalidError, show_value
from models.catalog.assortment import Assortment
from models.events.events import Event, decode_event, encode_event
from models.events.names import NOTICES, PROFILE_RETURNED
from models.visitor.profile import Profile, decode_profile
from models.visitor.profile_batch import Change, learn, new_parts
from store.log.log import EventLog, partition_of
from store.log.read_through import read_through
from store.visitors.profiles import ProfileStore

_AT_ONCE: Final = 1_000
_LONGEST_S: Final = 10.0
"""How long a visitor who is just being seen is waited for, between two of their events."""
_WAIT_S: Final = 0.05


class ProfileReturns:
    """Puts lost profiles back; blocking.

    Parameters
    ----------
    profiles
        Where they stood.
    log
        What they learned from.
    """

    def __init__(self, profiles: ProfileStore, log: EventLog) -> None:
        self._profiles = profiles
        self._log = log

    def put_all_back(
        self, site: str, lost: Mapping[str, Sequence[bytes]], assortment: Assortment
    ) -> dict[str, InvalidError]:
        """Put visitors' profiles back, each partition's in one walk over the log; gives those that are not, with why.

        Raises what Redis and the log raise; doing it again is safe.

        Parameters
        ----------
        site, lost
            By visitor what was stored and could not be read, oldest first: the first that can be read and that the
            log reaches back to counts.
        assortment
            The site's.
        """
        refused: dict[str, InvalidError] = {}
        starts = self._log.starts()
        found: dict[int, dict[str, Profile]] = {}
        for visitor_id, blobs in lost.items():
            partition = partition_of(site, visitor_id, self._log.partitions)
            try:
                profile = self._chosen(visitor_id, blobs, starts[partition])
                if not self._put_in_empty_place(site, partition, visitor_id, profile):
                    found.setdefault(partition, {})[visitor_id] = profile
            except InvalidError as error:
                refused[visitor_id] = error
        for partition, profiles in found.items():
            refused |= _Walk(self._profiles, self._log, site, partition, assortment).put_back(profiles)
        return refused

    def _chosen(self, visitor_id: str, blobs: Sequence[bytes], start: int) -> Profile:
        profiles: list[Profile] = []
        why: Exception | None = None
        for blob in blobs:
            try:
                profiles.append(decode_profile(blob))
            except Exception as error:  # whatever a broken one raises
                why = error
        if not profiles:
            raise InvalidError("profile_unreadable", f"the profile of {show_value(visitor_id)}: {why}") from why
        return next((profile for profile in profiles if profile.position + 1 >= start), profiles[0])

    def _put_in_empty_place(self, site: str, partition: int, visitor_id: str, profile: Profile) -> bool:
        """Put a profile back where nothing was learned of the visitor since; whether that was so."""
        stored = self._profiles.stored(site, partition, visitor_id)
        known = _read(visitor_id, stored)
        if known.position or known.erased_until:
            return False
        return self._profiles.put_in_place(site, partition, visitor_id, stored, profile)


class _Walk:
    """One walk over a partition of the log, again and again over what has come meanwhile, until all are in their
    places."""

    def __init__(
        self, profiles: ProfileStore, log: EventLog, site: str, partition: int, assortment: Assortment
    ) -> None:
        self._profiles = profiles
        self._log = log
        self._site = site
        self._partition = partition
        self._assortment = assortment

    def put_back(self, lost: Mapping[str, Profile]) -> dict[str, InvalidError]:
        refused: dict[str, InvalidError] = {}
        begun_at = {visitor_id: profile.position for visitor_id, profile in lost.items()}
        waiting = dict(lost)
        give_up_at = None
        while waiting:
            stored = {each: self._profiles.stored(self._site, self._partition, each) for each in waiting}
            end = self._end_past(stored)
            told = self._told({visitor_id: profile.position for visitor_id, profile in waiting.items()}, end)
            start = self._log.starts()[self._partition]
            give_up_at = give_up_at or time.monotonic() + _LONGEST_S
            for visitor_id, profile in list(waiting.items()):
                del waiting[visitor_id]
                try:
                    if profile.position + 1 < start:
                        raise self._out_of_reach(visitor_id, profile.position, start)
                    known = _read(visitor_id, stored[visitor_id])
                    upto = min((at for at, _ in told[visitor_id] if at > known.position), default=end + 1) - 1
                    since = [(at, event) for at, event in told[visitor_id] if at <= known.position]
                    again = self._learned(visitor_id, profile, since, begun_at[visitor_id], known)
                    again.position = max(again.position, upto)
                    if upto > known.position and self._profiles.put_in_place(
                        self._site, self._partition, visitor_id, stored[visitor_id], again
                    ):
                        continue
                    if time.monotonic() > give_up_at:
                        raise InvalidError("profile_busy", f"visitor {show_value(visitor_id)} is told of all the time")
                    waiting[visitor_id] = again
                except InvalidError as error:
                    refused[visitor_id] = error
            if waiting:
                time.sleep(_WAIT_S)
        return refused

    def _learned(
        self,
        visitor_id: str,
        profile: Profile,
        since: Sequence[tuple[int, Event]],
        begun_at: int,
        known: Profile,
    ) -> Profile:
        """Give a lost profile with what was told since, up to what the one in its place knows; raises `InvalidError`
        where others were told of what that one knows, or of what this one would have known."""
        if known.links or any(part.user_id or part.back or part.over for part in known.parts):
            raise _changed_hands(visitor_id)
        if known.erased_until > known.position:
            raise InvalidError("profile_erased", f"visitor {show_value(visitor_id)} is being erased")
        profiles, assortment = [profile], self._assortment
        group_of = assortment.item_groups.group_of
        for first in range(0, len(since), _AT_ONCE):
            changes = [Change(0, at, event) for at, event in since[first : first + _AT_ONCE]]
            try:
                learn(profiles, changes, assortment.vector_of_item, assortment.on_sale, group_of)
            except Exception as error:  # an event that the flow has set aside, too
                raise InvalidError("learn_failed", f"what came since of {show_value(visitor_id)}: {error}") from error
        if new_parts(profiles[0], begun_at, group_of):
            raise _changed_hands(visitor_id)
        if profiles[0].events_seen < known.events_seen:
            raise InvalidError("profile_newer", f"more is known of visitor {show_value(visitor_id)} than was lost")
        return profiles[0]

    def _out_of_reach(self, visitor_id: str, position: int, start: int) -> InvalidError:
        return InvalidError(
            "profile_newer",
            f"visitor {show_value(visitor_id)} has been seen since, and the log holds no more what came between "
            f"positions {position} and {start} of partition {self._partition}: the profile of since is kept; put "
            "profiles back within log_retention_h of their loss",
        )

    def _told(self, after: Mapping[str, int], end: int) -> dict[str, list[tuple[int, Event]]]:
        """Give each visitor's events past a position, up to the end, but for notices."""
        told: dict[str, list[tuple[int, Event]]] = {visitor_id: [] for visitor_id in after}
        first = min(after.values())
        for batch in read_through(self._log, {self._partition: first}, {self._partition: end}):
            for position, value in batch.records:
                if position > end:
                    break
                try:
                    event = decode_event(value)
                except InvalidError:
                    continue  # the flow has set it aside
                if event.site == self._site and event.visitor_id in told and event.event not in NOTICES:
                    told[event.visitor_id].append((position, event))
        return {
            visitor_id: [each for each in events if each[0] > after[visitor_id]] for visitor_id, events in told.items()
        }

    def _end_past(self, stored: Mapping[str, bytes | None]) -> int:
        """Give the partition's end, past what every profile reflects: one that is put back is told by its position
        from the one it takes the place of, which a flow may be about to save."""
        end = self._log.ends()[self._partition]
        for visitor_id, blob in stored.items():
            if _read(visitor_id, blob).position >= end:
                now_s = time.time()
                event = Event(
                    site=self._site, event=PROFILE_RETURNED, visitor_id=visitor_id, at_s=now_s, accepted_at_s=now_s
                )
                self._log.append([(self._partition, encode_event(event))])
                return self._log.ends()[self._partition]
        return end


def _read(visitor_id: str, blob: bytes | None) -> Profile:
    try:
        return decode_profile(blob)
    except Exception as error:
        raise InvalidError(
            "profile_unreadable", f"what stands in the place of {show_value(visitor_id)} cannot be read: {error}"
        ) from error


def _changed_hands(visitor_id: str) -> InvalidError:
    return InvalidError(
        "profile_newer",
        f"the device {show_value(visitor_id)} has changed hands since, and visitors were told of what was done on it: "
        "the profile of since is kept",
    )
