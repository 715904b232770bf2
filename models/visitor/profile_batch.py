"""Profile batch: a micro-batch of events learned into the profiles they concern, all vectors in one addition."""

from collections.abc import Callable, Iterable, Sequence
from typing import Final, Literal, NamedTuple

import msgspec
import numpy as np

from models.catalog.feature_hashing import Vector
from models.events.bots import sent_by_bot
from models.events.events import Event, EventItem
from models.events.names import (
    NOTICES,
    ORDER_TOLD,
    PROFILE_EVENTS,
    VISITOR_DELETED,
    VISITOR_IDENTIFIED,
    VISITOR_JOINED,
)
from models.events.order_copy import copied_event
from models.events.subjects import subjects_of
from models.visitor.cart import GroupOf
from models.visitor.contact_history import learn_contact
from models.visitor.given_parts import erased_profile, forget_told, told_parts
from models.visitor.identity import LOGOUT, Joined, Link, Part, owner_now
from models.visitor.interest_sketch import Sketches, joined_sketches
from models.visitor.order import OnSale
from models.visitor.order_value import sold_reduced
from models.visitor.part_events import read_joining, takes_back
from models.visitor.profile import WEIGHTS, Profile, apply_one, decode_profile, first_time, tell_of_order
from models.visitor.profile_stretches import Stretches

_OWN: Final = PROFILE_EVENTS | {VISITOR_DELETED}

LearnOutcome = Literal["applied", "told", "duplicate", "erased", "replayed", "notice"]


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
        (the profile reflects it already), `erased` (the visitor was erased after it), `told` (the engine did it) or
        `notice` (it tells what became of the profile, or whose it is).
    """
    batch = _Batch(profiles, group_of)
    outcomes: list[LearnOutcome] = []
    for row, position, event in changes:
        profile = batch.profile(row)
        if position <= profile.position:
            outcomes.append("replayed")
            continue
        if event.event in NOTICES:
            outcomes.append("notice")
            continue
        profile.position = position
        if event.event in _OWN:
            batch.learn_own(row, event, on_sale)
            outcomes.append("notice")
            continue
        if position < profile.erased_until and not profile.erased_in_turn:
            outcomes.append("notice" if event.by_engine else "erased")
            continue
        if not first_time(profile, event.event_id):
            outcomes.append("notice" if event.by_engine else "duplicate")  # nobody sent what is ours
            continue
        told = batch.concerned(row, event)
        if event.by_engine:
            told.contact_history = learn_contact(told.contact_history, event)
            outcomes.append("told")
            continue
        apply_one(told, event, on_sale, group_of)
        if event.event == LOGOUT:
            batch.stretches(row).log_out(event)
        weight = None if sent_by_bot(event) else WEIGHTS.get(event.event)
        if weight:
            for item in subjects_of(event):
                batch.looks.append(_Look(row, told, vector_of_item(item), weight, event.at_s))
        outcomes.append("applied")
    batch.close()
    return outcomes


def _learn_own(stretches: Stretches, event: Event, on_sale: OnSale) -> None:
    """Take in an event of ours: whose a device is, what it brings, or what another id told of an order."""
    profile = stretches.profile
    if event.event == ORDER_TOLD:  # of an order that is known, or will be once a device's history is in
        copied = copied_event(event)
        if copied is not None and first_time(profile, event.event_id):
            tell_of_order(stretches.concerned(copied), copied, on_sale, own=False)
        return
    if event.event == VISITOR_IDENTIFIED:
        stretches.identify(Link(event.at_s, event.user_id))
        own = stretches.profile
        known = own.user_id if own.user_id == event.visitor_id else ""  # a visitor, and no device
        own.user_id = owner_now(own.links) or known
        own.accepted_at_s = max(own.accepted_at_s, event.accepted_at_s)
        return
    if event.event == VISITOR_JOINED:
        arriving = read_joining(event)
        if arriving is not None:
            stretches.hold(_taken(arriving[0]) if takes_back(event) else arriving[0], arriving[1])
    else:  # linked: what the device knows will follow
        profile.user_id = profile.user_id or event.user_id
        stretches.know_device(event.device_id, event.at_s)


def _taken(joined: Joined) -> Joined:
    return msgspec.structs.replace(joined, until=0, state=b"")


class _Look(NamedTuple):
    row: int
    profile: Profile
    vector: Vector
    weight: float
    at_s: float


class _Batch:
    """What a micro-batch learns into, and what it leaves to be done at its end, when all vectors are added at once."""

    def __init__(self, profiles: list[Profile], group_of: GroupOf) -> None:
        self._profiles = profiles
        self._group_of = group_of
        self._loaded_at = [profile.position for profile in profiles]
        self._stretches = {
            row: Stretches(profile) for row, profile in enumerate(profiles) if profile.parts or profile.links
        }
        self.looks: list[_Look] = []

    def profile(self, row: int) -> Profile:
        """Give a visitor's profile as it is so far."""
        stretches = self._stretches.get(row)
        return self._profiles[row] if stretches is None else stretches.profile

    def concerned(self, row: int, event: Event) -> Profile:
        """Give the profile that is to learn an event: mostly the visitor's, as it is."""
        stretches = self._stretches.get(row)
        return self._profiles[row] if stretches is None else stretches.concerned(event)

    def stretches(self, row: int) -> Stretches:
        """Give the stretches of a visitor's profile."""
        known = self._stretches.get(row)
        if known is None:
            known = self._stretches[row] = Stretches(self._profiles[row])
        return known

    def learn_own(self, row: int, event: Event, on_sale: OnSale) -> None:
        """Take in an event of ours that says something of profiles."""
        profile = self.profile(row)
        if event.event == VISITOR_DELETED:
            self.erase(row, event.user_id)
        elif profile.position > profile.erased_until or profile.erased_in_turn:
            _learn_own(self.stretches(row), event, on_sale)

    def erase(self, row: int, user_id: str) -> None:
        """Drop what is known of a visitor, and what the batch has gathered so far."""
        self._add_looks()  # what others are still to be told of it holds them
        known = self.stretches(row)
        position = known.profile.position
        del self._stretches[row]
        closed = _put_together([known], self._group_of)[0]
        erased = erased_profile(closed, user_id, position, self._loaded_at[row], self._group_of)
        if closed.erased_until > position:  # and will be again
            erased.erased_until, erased.erased_in_turn = closed.erased_until, closed.erased_in_turn
        self._profiles[row] = erased

    def close(self) -> None:
        """Add the vectors, then put together what was learned apart."""
        self._add_looks()
        made = _put_together(list(self._stretches.values()), self._group_of)
        for row, profile in zip(self._stretches, made, strict=True):
            self._profiles[row] = profile

    def _add_looks(self) -> None:
        if not self.looks:
            return
        number: dict[int, int] = {}
        touched: list[Profile] = []
        positions: list[int] = []
        for look in self.looks:
            if id(look.profile) not in number:
                number[id(look.profile)] = len(touched)
                touched.append(look.profile)
                positions.append(self.profile(look.row).position)
        sketches = Sketches([profile.sketch for profile in touched])
        sketches.add(
            [number[id(look.profile)] for look in self.looks],
            np.stack([look.vector for look in self.looks]),
            [look.weight for look in self.looks],
            [look.at_s for look in self.looks],
        )
        for profile, stored in zip(touched, sketches.encode(positions), strict=True):
            profile.sketch = stored
        self.looks = []


def new_parts(profile: Profile, position: int, group_of: GroupOf = str) -> list[Part]:
    """Give the parts a profile has given away, or taken back, past a log position, as they are told; those that are
    over are kept with it no longer."""
    told = told_parts(profile, position, group_of)
    forget_told(profile)
    return told


def with_part(profile: Profile, device_id: str, part: Part, group_of: GroupOf = str) -> Profile:
    """Give a profile with all that a device gave away, unless it is in already; or without it, where it is taken
    back."""
    stretches = Stretches(profile)
    joined = Joined(device_id, part.after, part.until, part.since_s, part.ended_s, None, part.told_at, part.state)
    stretches.hold(_taken(joined) if part.back else joined, decode_profile(part.state))
    return _put_together([stretches], group_of)[0]


def _put_together(learned: Sequence[Stretches], group_of: GroupOf) -> list[Profile]:
    made = [stretches.put_together(group_of) for stretches in learned]
    for (profile, _), sketch in zip(made, joined_sketches([sketches for _, sketches in made]), strict=True):
        profile.sketch = sketch
    return [profile for profile, _ in made]
