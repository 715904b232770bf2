"""Profile batch: a micro-batch of events learned into the profiles they concern, all vectors in one addition."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Sequence
from math import inf
from typing import Literal, NamedTuple

import msgspec
import numpy as np

from models.catalog.feature_hashing import Vector
from models.events.bots import sent_by_bot
from models.events.events import Event, EventItem
from models.events.names import (
    IDENTITY_EVENTS,
    NOTICES,
    ORDER_TOLD,
    VISITOR_DELETED,
    VISITOR_IDENTIFIED,
    VISITOR_JOINED,
)
from models.events.order_copy import copied_event
from models.events.subjects import subjects_of
from models.visitor.cart import GroupOf
from models.visitor.contact_history import learn_contact
from models.visitor.identity import (
    LOGOUT,
    MAX_IDENTITY_PARTS,
    Joined,
    Link,
    Part,
    add_link,
    owner_now,
    owner_of_stretch,
)
from models.visitor.interest_sketch import Sketches, joined_sketch, parted_sketch
from models.visitor.logout_cuts import (
    LogoutCut,
    Stretch,
    cut_at,
    cut_parts,
    earliest_stretch,
    ends_nobodys_stretch,
    read_cuts,
)
from models.visitor.order import OnSale
from models.visitor.order_value import sold_reduced
from models.visitor.profile import WEIGHTS, Profile, apply_one, encode_profile, first_time, tell_of_order
from models.visitor.profile_merge import corrected_parts, is_new, join, part_from, read_joining, takes_back

LearnOutcome = Literal["applied", "told", "duplicate", "replayed", "notice"]


class Change(NamedTuple):
    """One event for the profile numbered `row` in a micro-batch."""

    row: int
    position: int
    event: Event


def learn(
    profiles: list[Profile],
    changes: Iterable[Change],
    vector_of_item: Callable[[EventItem], Vector],
    on_sale: OnSale = sold_reduced,
    group_of: GroupOf = str,
) -> list[LearnOutcome]:
    """Apply a micro-batch to the profiles it concerns, in place.

    Parameters
    ----------
    profiles
        The visitors' profiles before the batch.
    changes
        The events, in log order within each visitor.
    vector_of_item
        Gives an item's point in the feature basis.
    on_sale
        Whether an ordered item was sold below its usual price; by default, as the event itself tells.
    group_of
        Of which group an item is a variant; by default of none.

    Returns
    -------
    list of Outcome
        What became of each event: `applied`, `duplicate` (the visitor's event_id was seen before) or `replayed`
        (the profile reflects it already), `told` (the engine did it) or `notice` (it tells what became of the profile,
        or whose it is).
    """
    changes = list(changes)
    batch = _Batch(profiles, changes)
    outcomes: list[LearnOutcome] = []
    for row, position, event in changes:
        profile = profiles[row]
        if position <= profile.position:
            outcomes.append("replayed")
            continue
        if event.event in NOTICES:
            outcomes.append("notice")
            continue
        if event.event == VISITOR_DELETED:
            profiles[row] = Profile(position=position)
            batch.forget(row)
            outcomes.append("applied")
            continue
        batch.cut(row, event.at_s)
        profile.position = position
        if event.event == ORDER_TOLD:
            _learn_copy(profile, event, on_sale)
            outcomes.append("notice")
            continue
        if event.event in IDENTITY_EVENTS:
            batch.identify(row, event)
            outcomes.append("notice")
            continue
        if not first_time(profile, event.event_id):
            outcomes.append("duplicate")
            continue
        if event.by_engine:
            profile.contact_history = learn_contact(profile.contact_history, event)
            outcomes.append("told")
            continue
        weight = None if sent_by_bot(event) else WEIGHTS.get(event.event)
        for told in batch.concerned(row, position, event):
            apply_one(told, event, on_sale, group_of)
            if weight is not None:
                for item in subjects_of(event):
                    batch.looks.append(_Look(row, told, vector_of_item(item), weight, event.at_s))
        batch.learned.add(row)
        outcomes.append("applied")
    batch.close()
    return outcomes


def _learn_copy(profile: Profile, copy: Event, on_sale: OnSale) -> None:
    """Take in what another id told of an order that the profile knows, or will once a device's history is in."""
    event = copied_event(copy)
    if event is not None and first_time(profile, copy.event_id):
        tell_of_order(profile, event, on_sale, own=False)


class _Look(NamedTuple):
    row: int
    profile: Profile
    vector: Vector
    weight: float
    at_s: float


class _Gift(NamedTuple):
    row: int
    profile: Profile
    owner: str
    after: int
    cuts: list[LogoutCut]


class _Meeting(NamedTuple):
    row: int
    profile: Profile
    sketch: bytes
    put: Callable[[bytes, bytes, int], bytes]


class _Batch:
    """What a micro-batch leaves to be done at its end, when all vectors are added at once."""

    def __init__(self, profiles: list[Profile], changes: Sequence[Change]) -> None:
        self._profiles = profiles
        self._cuts = dict[int, list[LogoutCut]]()
        self._logouts = defaultdict[int, list[float]](list)
        for row, profile in enumerate(profiles):
            if any(not part.user_id for part in profile.parts):
                self._cuts[row], profile.parts = read_cuts(profile.parts)
        for row, position, event in changes:
            if (
                event.event == LOGOUT
                and position > profiles[row].position
                and ends_nobodys_stretch(profiles[row], event)
            ):
                self._logouts[row].append(event.at_s)
        self._parted = {*self._cuts, *self._logouts}
        self.looks: list[_Look] = []
        self.learned: set[int] = set()
        self._gifts: list[_Gift] = []
        self._meetings: list[_Meeting] = []

    def forget(self, row: int) -> None:
        """Drop what the batch has gathered of a visitor so far."""
        self._cuts.pop(row, None)
        self._logouts.pop(row, None)
        self.looks = [look for look in self.looks if look.row != row]
        self._gifts = [gift for gift in self._gifts if gift.row != row]
        self._meetings = [meeting for meeting in self._meetings if meeting.row != row]

    def concerned(self, row: int, position: int, event: Event) -> Sequence[Profile]:
        """Give the profile that is to learn an event, and what was kept apart of it at logouts that the event came
        before."""
        if row not in self._parted:
            return (self._profiles[row],)
        earlier = [cut.profile for cut in self._cuts.get(row, ()) if event.at_s <= cut.ended_s]
        for profile in earlier:
            profile.position = position
        return (self._profiles[row], *earlier)

    def cut(self, row: int, until_s: float) -> None:
        """Cut a device's profile at the logouts before a moment, where nothing that came after is in it yet."""
        logouts = self._logouts.get(row) if row in self._parted else None
        if not logouts:
            return
        for ended_s in sorted(logout_s for logout_s in logouts if logout_s < until_s):
            self._cut_at(row, ended_s)
        self._logouts[row] = [logout_s for logout_s in logouts if logout_s >= until_s]

    def _cut_at(self, row: int, ended_s: float) -> None:
        profile = self._profiles[row]
        cuts = self._cuts.setdefault(row, [])
        if profile.events_seen == (cuts[-1].profile.events_seen if cuts else 0) or profile.last_at_s > ended_s:
            return
        cut = cut_at(profile, ended_s)
        self.looks += [look._replace(profile=cut.profile) for look in self.looks if look.profile is profile]
        self._cuts[row] = sorted([*cuts, cut], key=lambda known: known.ended_s)

    def identify(self, row: int, event: Event) -> None:
        """Take in whose a device is, or what it has learned for its visitor."""
        profile = self._profiles[row]
        if event.event == VISITOR_IDENTIFIED:
            profile.links = add_link(profile.links, Link(event.at_s, event.user_id))
            profile.parts = corrected_parts(profile)
            if profile.events_seen == 0:
                profile.given = profile.position
            self._give(row)
            own = self._profiles[row]
            known = own.user_id if own.joined or own.user_id == event.visitor_id else ""  # a visitor, and no device
            own.user_id = owner_now(own.links) or known
            if own.events_seen == 0:
                own.accepted_at_s = event.accepted_at_s
            return
        profile.user_id = profile.user_id or event.user_id
        if event.event == VISITOR_JOINED:
            arriving = read_joining(event)
            if arriving is None:
                return
            if takes_back(event):
                if part_from(profile, *arriving):
                    self._meetings.append(_Meeting(row, profile, arriving[1].sketch, parted_sketch))
            elif join(profile, *arriving):
                self._meetings.append(_Meeting(row, profile, arriving[1].sketch, joined_sketch))
        else:  # linked: what the device knows will follow
            link = Joined(event.device_id, 0, 0)
            if is_new(profile, link):
                profile.joined.append(link)

    def _give(self, row: int) -> None:
        """Hand what a device's profile has learned to the visitor it belongs to, and begin anew."""
        profile = self._profiles[row]
        self.cut(row, inf)
        owner = owner_of_stretch(profile.links, profile.last_at_s) if profile.events_seen else ""
        if not owner:
            return
        self._gifts.append(_Gift(row, profile, owner, profile.given, self._cuts.pop(row, [])))
        self._profiles[row] = Profile(
            position=profile.position,
            user_id=profile.user_id,
            event_ids=profile.event_ids,
            links=profile.links,
            parts=profile.parts,
            given=profile.position,
        )
        profile.links, profile.parts = [], []

    def close(self) -> None:
        """Add the vectors, then hand over what was given away."""
        for row in sorted(self.learned):
            if self._profiles[row].links:  # learned although somebody known holds the device: theirs
                self._give(row)
        self._add_looks()
        for _, profile, sketch, put in self._meetings:
            profile.sketch = put(profile.sketch, sketch, profile.position)
        for gift in self._gifts:
            self._hand_over(gift)
        for row in sorted({*self._cuts, *self._logouts}):
            self._keep_cuts(row)

    def _hand_over(self, gift: _Gift) -> None:
        """Hand over what was given away, each stretch between logouts to whose it is."""
        row, given, owner, after, cuts = gift
        now, since_s = self._profiles[row], 0.0
        while cuts:
            stretch = earliest_stretch(given, cuts, after, since_s)
            self._hand_over_stretch(now, stretch, owner)
            cuts, after, since_s = cuts[1:], stretch.profile.position, stretch.ended_s
        if given.events_seen:
            self._hand_over_stretch(now, Stretch(given, after, since_s, 0.0), owner)

    def _hand_over_stretch(self, now: Profile, stretch: Stretch, otherwise: str) -> None:
        given = stretch.profile
        # A login told later in the same batch may say that somebody else held the device then.
        owner = owner_of_stretch(now.links, given.last_at_s) or otherwise
        told_at = now.position if stretch.ended_s else 0  # what was cut off has waited
        part = Part(owner, stretch.after, given.position, encode_profile(given), told_at)
        part = msgspec.structs.replace(part, since_s=stretch.since_s, ended_s=stretch.ended_s)
        now.parts = [*now.parts, part]

    def _keep_cuts(self, row: int) -> None:
        """Keep what was cut off, but for what is somebody's by now."""
        self.cut(row, inf)
        now, cuts, since_s = self._profiles[row], self._cuts.get(row, []), 0.0
        while cuts and (owner := owner_of_stretch(now.links, cuts[0].profile.last_at_s)):
            stretch = earliest_stretch(now, cuts, now.given, since_s)
            self._hand_over_stretch(now, stretch, owner)
            cuts, now.given, since_s = cuts[1:], stretch.profile.position, stretch.ended_s
        now.parts = [*now.parts, *cut_parts(cuts, now.given)]

    def _add_looks(self) -> None:
        looks = [look for look in self.looks if look.weight]
        if not looks:
            return
        number: dict[int, int] = {}
        touched: list[Profile] = []
        for look in looks:
            if id(look.profile) not in number:
                number[id(look.profile)] = len(touched)
                touched.append(look.profile)
        sketches = Sketches([profile.sketch for profile in touched])
        sketches.add(
            [number[id(look.profile)] for look in looks],
            np.stack([look.vector for look in looks]),
            [look.weight for look in looks],
            [look.at_s for look in looks],
        )
        for profile, stored in zip(touched, sketches.encode([entry.position for entry in touched]), strict=True):
            profile.sketch = stored


def new_parts(profile: Profile, position: int) -> list[Part]:
    """Give the parts a profile has given away past a position, and keep only the latest `MAX_IDENTITY_PARTS` with
    it."""
    given = [part for part in profile.parts if part.user_id]
    profile.parts = [*given[-MAX_IDENTITY_PARTS:], *(part for part in profile.parts if not part.user_id)]
    return [part for part in given if max(part.until, part.told_at) > position]
