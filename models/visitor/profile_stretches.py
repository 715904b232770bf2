"""Profile stretches: what was done on a device, by who held it, and what devices brought a visitor, kept apart.

Most profiles are one stretch, and are learned into as they are. One that changed hands, or that another's part has
joined, keeps each of its stretches as a profile of its own; what it says is merged of those that are still its own. An
event goes by its own time, so that a profile hangs on its partition's order alone, however that is cut.
"""

from collections.abc import Sequence
from math import inf
from typing import Final

import msgspec

from models.events.events import Event, order_id_of
from models.events.sessions import SESSION_GAP_S
from models.visitor.cart import GroupOf
from models.visitor.contact_history import merged_contacts, without_contacts
from models.visitor.identity import (
    MAX_APART,
    MAX_CUTS,
    MAX_HANDS,
    MAX_IDENTITY_PARTS,
    MAX_JOINED,
    MAX_LINKS,
    Joined,
    Link,
    Part,
    add_link,
    ends_at,
    owner_of_stretch,
)
from models.visitor.interest_sketch import joined_sketches
from models.visitor.order_history import History, merge, order_ids
from models.visitor.profile import Profile, decode_profile, encode_profile
from models.visitor.profile_merge import Learned, copied_orders, merged

_NEVER_S: Final = 1.0
"""When a stretch was of which no event says when: before all others."""


class _Stretch:
    """A stretch as it is learned into: `part` says of what it is, `told_to` who was told of it before.

    Looks that are on their way into others that became one with it, `fused`, are added at the end.
    """

    __slots__ = ("fused", "part", "profile", "told_to")

    def __init__(self, part: Part, profile: Profile, told_to: str = "") -> None:
        self.part, self.profile, self.told_to = part, profile, told_to
        self.fused: list[Profile] = []

    @property
    def own(self) -> bool:
        return not self.part.user_id

    def has(self, at_s: float) -> bool:
        return not self.part.closed and self.part.since_s < at_s <= (self.part.ended_s or inf)

    def change(self, **fields: object) -> None:
        self.part = msgspec.structs.replace(self.part, **fields)

    def note(self, position: int, at_s: float) -> None:
        """Note that something of a moment comes into it."""
        part = self.part
        first_s = min(part.first_s, at_s) if part.last_s > _NEVER_S else at_s
        self.part = msgspec.structs.replace(
            part,
            until=position,
            told_at=position if part.user_id else part.told_at,
            first_s=first_s,
            last_s=max(part.last_s, at_s),
        )


class Stretches:
    """A profile while it learns. `profile` is the very one given, or the one in its place once it is closed.

    Parameters
    ----------
    profile
        As it is stored; it is changed.
    """

    def __init__(self, profile: Profile) -> None:
        self.profile = profile
        self._apart = False
        self._stretches: list[_Stretch] = []
        self._told: list[Part] = []
        self._over: list[_Stretch] = []
        if not profile.parts and not profile.links:
            return
        parts, profile.parts = profile.parts, []
        self._told = [part for part in parts if part.back or part.over]
        for part in parts:
            if not (part.back or part.over or part.is_old_cut):
                self._open(part)
        if profile.links:
            self._set_apart()

    def _open(self, part: Part) -> None:
        state = decode_profile(part.state) if part.state else self._take_apart()
        self._apart = True
        if part.user_id and not part.last_s:  # of an older release
            part = msgspec.structs.replace(part, first_s=state.first_at_s, last_s=state.last_at_s, closed=True)
        self._stretches.append(_Stretch(part, state, part.user_id))

    def _take_apart(self) -> Profile:
        """Make what the profile has learned a stretch's; gives that."""
        state = self.profile
        self.profile = Profile(
            position=state.position,
            user_id=state.user_id,
            event_ids=state.event_ids,
            links=state.links,
            given=state.given,
            erased_until=state.erased_until,
            erased_in_turn=state.erased_in_turn,
        )
        state.position, state.event_ids, state.links, state.given = 0, b"", [], 0
        state.erased_until, state.erased_in_turn = 0, False
        if not state.events_seen:
            self.profile.accepted_at_s, state.accepted_at_s = state.accepted_at_s, 0.0
        self._apart = True
        return state

    def _set_apart(self) -> None:
        """Make all there is one stretch, unless there are some already."""
        if self._apart:
            return
        after, until = self.profile.given, self.profile.position
        state = self._take_apart()
        if state.events_seen or state.joined or state.orders or state.contact_history:
            part = Part("", after, until, b"", first_s=state.first_at_s, last_s=state.last_at_s or _NEVER_S)
            self._stretches.append(_Stretch(part, state))

    def concerned(self, event: Event) -> Profile:
        """Give the profile that is to learn an event of the log position reached."""
        if not self._apart:
            return self.profile
        stretch = self._stretch_at(event.at_s)
        order_id = order_id_of(event)
        if order_id:
            self._tell_of_order(stretch, order_id)
        return stretch.profile

    def _stretch_at(self, at_s: float) -> _Stretch:
        stretch = next((stretch for stretch in self._stretches if stretch.has(at_s)), None)
        if stretch is None:
            stretch = self._begin(at_s)
        stretch.note(self.profile.position, at_s)
        return stretch

    def _begin(self, at_s: float) -> _Stretch:
        """Begin a stretch between the changes of hands around a moment."""
        bounds = {ends_at(link) for link in self.profile.links}
        for stretch in self._stretches:
            if not stretch.part.closed:
                bounds |= {bound for bound in (stretch.part.since_s, stretch.part.ended_s) if bound}
        since_s = max((bound for bound in bounds if bound < at_s), default=0.0)
        ended_s = min((bound for bound in bounds if bound >= at_s), default=0.0)
        position = self.profile.position
        part = Part("", position - 1, position, b"", since_s=since_s, ended_s=ended_s)
        stretch = _Stretch(part, Profile())
        stretch.change(user_id=owner_of_stretch(self.profile.links, at_s))
        self._stretches.append(stretch)
        self._bound()
        return stretch

    def _tell_of_order(self, source: _Stretch, order_id: str) -> None:
        """Tell who was given another stretch, and knows the order, what is new of it."""
        for stretch in self._stretches:
            if stretch is not source and not stretch.own and order_id in order_ids(stretch.profile.history):
                stretch.change(told_at=self.profile.position)

    def log_out(self, event: Event) -> None:
        """Part what was done until a logout from what will be done after it, where nobody is known."""
        if self.profile.user_id or event.user_id or event.device_id:
            return
        if not self.profile.joined and not any(stretch.profile.joined for stretch in self._stretches):
            self._set_apart()
            self._part_at(event.at_s)

    def _part_at(self, bound_s: float) -> None:
        for stretch in self._stretches:
            part = stretch.part
            if part.closed or not part.since_s < bound_s < (part.ended_s or inf):
                continue
            if part.last_s <= bound_s:
                stretch.change(ended_s=bound_s)
            elif part.first_s > bound_s:
                stretch.change(since_s=bound_s)
            else:
                stretch.change(closed=True)  # what is in it cannot be told apart any more
        self._bound()

    def identify(self, link: Link) -> None:
        """Take in whose the device is from a moment on; what was done goes to whose it is by all that is known."""
        self._set_apart()
        profile = self.profile
        profile.links = add_link(profile.links, link)
        self._part_at(ends_at(link))
        for stretch in self._stretches:
            owner = self._owner(stretch.part)
            if owner != stretch.part.user_id:
                stretch.change(user_id=owner, told_at=profile.position)
        self._bound()
        if not any(stretch.own for stretch in self._stretches):
            profile.given = profile.position

    def _owner(self, part: Part) -> str:
        links = self.profile.links
        if len(links) == MAX_LINKS and part.last_s < links[0].at_s:
            return part.user_id  # whose it was then is forgotten
        return owner_of_stretch(links, part.last_s)

    def know_device(self, device_id: str, at_s: float) -> None:
        """Note that a device is the visitor's since a moment, and in which visit."""
        state = self._stretch_at(at_s).profile if self._apart else self.profile
        session = state.session
        met = session.events and session.started_at_s - SESSION_GAP_S <= at_s <= session.last_at_s + SESSION_GAP_S
        link = Joined(device_id, 0, 0, met_s=session.started_at_s if met else 0.0)
        links = [joined for joined in state.joined if joined.is_link and joined != link]
        state.joined = [*[*links, link][-MAX_JOINED:], *(joined for joined in state.joined if not joined.is_link)]

    def hold(self, joined: Joined, part: Profile) -> None:
        """Take in what a device brings, or brings no more, where nothing later was told of it.

        What came through too many hands is left out.
        """
        if joined.state and joined.hands > MAX_HANDS:
            return
        for stretch in self._stretches:
            known = next((kept for kept in stretch.profile.joined if kept.is_same(joined)), None)
            if known is None:
                continue
            if known.told_at >= joined.told_at:
                return
            if known.until and not known.state:
                self._join_again(stretch, joined, part)
                return
            stretch.profile.joined = [kept for kept in stretch.profile.joined if kept is not known]
            if not joined.state:
                self._keep(stretch, joined)
                stretch.note(self.profile.position, stretch.part.last_s)
                return
        if not self._apart and any(known.is_same(joined) for known in self.profile.joined):
            return  # of an older release: it is in already
        if joined.state:
            self._set_apart()
            self._keep(self._stretch_at(part.last_at_s or _NEVER_S), joined)

    def _keep(self, stretch: _Stretch, joined: Joined) -> None:
        state = stretch.profile
        state.joined = [*state.joined, joined]
        brought = [kept for kept in state.joined if kept.state]
        if len(brought) > MAX_APART:
            first = min(brought, key=lambda kept: (decode_profile(kept.state).last_at_s, kept.device_id, kept.after))
            self._join_for_good(stretch, first)
        others = [kept for kept in state.joined if not (kept.is_link or kept.state)]
        gone = others[:-MAX_JOINED]
        state = stretch.profile
        state.joined = [kept for kept in state.joined if kept not in gone]

    def _join_for_good(self, stretch: _Stretch, joined: Joined) -> None:
        """Make a part that was apart one with the stretch."""
        state = stretch.profile
        part = Learned(decode_profile(joined.state), joined.device_id, joined.after)
        made = merged([Learned(state), part])
        (made.sketch,) = joined_sketches([_sketches([state, part.profile])])
        there = [kept for kept in state.joined if kept is not joined]
        made.joined = [*there, msgspec.structs.replace(joined, state=b"")]
        _become(state, made)

    def _join_again(self, stretch: _Stretch, joined: Joined, part: Profile) -> None:
        """Take in what a part that is one with the stretch already tells anew of orders, complaints and refusals."""
        state = stretch.profile
        if not joined.state:
            return
        if part.orders is not None:
            state.orders = state.orders or History()
            merge(state.orders, part.orders)
        state.contact_history = merged_contacts(state.contact_history, without_contacts(part.contact_history))
        state.joined = [
            msgspec.structs.replace(joined, state=b"") if kept.is_same(joined) else kept for kept in state.joined
        ]
        stretch.note(self.profile.position, stretch.part.last_s)

    def _bound(self) -> None:
        """Keep the latest stretches: of those given away, and of those that nobody is known to have done."""
        self._stretches.sort(key=lambda stretch: (stretch.part.after, stretch.part.since_s))
        given = [stretch for stretch in self._stretches if not stretch.own]
        for stretch in given[:-MAX_IDENTITY_PARTS]:
            self._stretches.remove(stretch)
            for other in self._stretches:
                _exchange_orders(stretch.profile, other.profile)
            stretch.change(over=True)
            self._over.append(stretch)
        own = sorted((stretch for stretch in self._stretches if stretch.own), key=lambda each: each.part.since_s)
        if len(own) > MAX_CUTS + 1:
            self._fuse(own[0], own[1])

    def _fuse(self, first: _Stretch, second: _Stretch) -> None:
        made = merged([Learned(first.profile), Learned(second.profile)])
        made.joined = [*first.profile.joined, *second.profile.joined]
        made.sketch = first.profile.sketch
        first.fused += [second.profile, *second.fused]
        _become(first.profile, made)
        self._stretches.remove(second)
        parts = first.part, second.part
        first.change(
            after=min(part.after for part in parts),
            until=max(part.until for part in parts),
            ended_s=second.part.ended_s,
            first_s=min(part.first_s for part in parts),
            last_s=max(part.last_s for part in parts),
            closed=any(part.closed for part in parts),
        )

    def put_together(self, group_of: GroupOf = str) -> tuple[Profile, list[bytes]]:
        """Give the profile with all that was learned, as it is stored, and the sketches whose sum is to be its own.

        `group_of` tells of which group an item is a variant.
        """
        profile = self.profile
        if not self._apart:
            profile.parts = self._told
            return profile, [profile.sketch]
        for stretch in (*self._over, *self._stretches):
            if stretch.fused:
                (stretch.profile.sketch,) = joined_sketches([_sketches([stretch.profile, *stretch.fused])])
            if stretch.told_to not in ("", stretch.part.user_id):
                state = encode_profile(stretch.profile)
                self._told.append(
                    msgspec.structs.replace(stretch.part, user_id=stretch.told_to, back=True, state=state)
                )
        own = [stretch for stretch in self._stretches if stretch.own]
        alone = own[0] if len(own) == 1 and not any(kept.told_at for kept in own[0].profile.joined) else None
        learned = [each for stretch in own for each in learned_of(stretch.profile)] if alone is None else []
        made = alone.profile if alone is not None else merged(learned, group_of)
        made.joined = [kept for stretch in own for kept in stretch.profile.joined] if alone is None else made.joined
        parts = [
            msgspec.structs.replace(stretch.part, state=b"" if stretch is alone else encode_profile(stretch.profile))
            for stretch in (*self._over, *self._stretches)
            if stretch.part.user_id or not (stretch is alone and _is_whole(stretch.part, profile))
        ]
        if alone is None:
            made.joined = named_joined(made.joined)
        made.position, made.event_ids, made.links, made.given = (
            profile.position, profile.event_ids, profile.links, profile.given
        )  # fmt: skip
        named = "" if profile.links else next((stretch.profile.user_id for stretch in own), "")
        made.user_id = profile.user_id or named
        made.erased_until, made.erased_in_turn = profile.erased_until, profile.erased_in_turn
        made.parts = [*self._told, *sorted(parts, key=lambda part: (part.after, part.since_s))]
        if not made.events_seen:
            made.accepted_at_s = max(made.accepted_at_s, profile.accepted_at_s)
        self.profile = made
        return made, [made.sketch] if alone is not None else _sketches([each.profile for each in learned])


def _sketches(profiles: Sequence[Profile]) -> list[bytes]:
    return [profile.sketch for profile in profiles]


def _become(state: Profile, made: Profile) -> None:
    """Make a profile, which looks may be on their way into, what another is."""
    for name in Profile.__struct_fields__:
        setattr(state, name, getattr(made, name))


def _is_whole(part: Part, profile: Profile) -> bool:
    """Whether a stretch is all there ever was: it need not be told apart."""
    return not profile.links and not part.since_s and not part.ended_s and not part.closed


def learned_of(state: Profile) -> list[Learned]:
    """Give what a stretch has learned itself, and what devices brought it."""
    links = [joined for joined in state.joined if joined.is_link and joined.met_s]
    found = [Learned(state)]
    for joined in state.joined:
        if joined.state:
            theirs = decode_profile(joined.state)
            met_s = tuple(link.met_s for link in links if link.device_id == joined.device_id)
            found.append(Learned(theirs, joined.device_id, joined.after, met_s))
    return found


def named_joined(joined: Sequence[Joined]) -> list[Joined]:
    """Give the devices of a profile, and the parts they brought, without what these are."""
    parts = {
        (each.device_id, each.after): msgspec.structs.replace(each, state=b"", before=None)
        for each in joined
        if each.until
    }
    brought = {device_id for device_id, _ in parts}
    links = {each.device_id: each for each in joined if each.is_link and each.device_id not in brought}
    return [*links.values(), *parts.values()]


def _exchange_orders(one: Profile, other: Profile) -> None:
    """Let two stretches know for good what each tells of the other's orders."""
    copied = None if one.orders is None else copied_orders(one.orders)
    tell_of_orders(one, other.orders)
    tell_of_orders(other, copied)


def tell_of_orders(profile: Profile, others: History | None) -> None:
    """Let a stretch know what another tells of the orders it knows; that makes none of them here."""
    known = set(order_ids(profile.history))
    if profile.orders is None or others is None or known.isdisjoint(order_ids(others)):
        return
    copied = copied_orders(others)
    told = [order for order in (*copied.orders, *copied.set_aside) if order.order_id in known]
    for order in told:
        order.elsewhere = True
    profile.orders = copied_orders(profile.orders)
    merge(profile.orders, History(set_aside=told))
