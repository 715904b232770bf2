"""Membership: a visitor's stage and segments as they were last told, and how they move.

The stage and the segments are a function of profile, rules and time alone. It is kept so that a move is
noticed, told once, and counted once; each move has a number, from which its event's id is made.
"""

from typing import Final, NamedTuple

import msgspec

from models.catalog.assortment import Assortment
from models.events.event_ids import event_id_of
from models.events.events import Event
from models.events.names import SEGMENT_ENTERED, SEGMENT_LEFT, STAGE_CHANGED
from models.segments.conditions import Facts
from models.segments.lifecycle import Thresholds, next_stage_s, stage_of
from models.segments.segments import Segment
from models.visitor.profile import Profile

_MAX_STEPS: Final = 64
"""Moments at which a visitor who was not looked at for long is judged on the way to now; past them, only now."""


class Member(msgspec.Struct, array_like=True, frozen=True):
    """A segment the visitor is in, and since when (epoch seconds)."""

    segment_id: str
    since_s: float


class Membership(msgspec.Struct, array_like=True, frozen=True):
    """Stage and segments, `moves` times changed, last at `at_s`; `due_s` is when to look again, 0 for never looked."""

    moves: int = 0
    stage: str = ""
    stage_since_s: float = 0.0
    at_s: float = 0.0
    due_s: float = 0.0
    members: list[Member] = []


_encoder = msgspec.msgpack.Encoder()
_decoder = msgspec.msgpack.Decoder(Membership)


def encode_membership(membership: Membership | None) -> bytes:
    """Give the stored form; empty for None."""
    return b"" if membership is None else _encoder.encode(membership)


def decode_membership(blob: bytes | None) -> Membership | None:
    """Read the stored form."""
    return _decoder.decode(blob) if blob else None


class Transition(NamedTuple):
    """One change: `name` is its event's; a stage goes from `before` to `after`, a segment is entered or left."""

    number: int
    name: str
    at_s: float
    segment_id: str
    before: str
    after: str
    why: str


class CountChange(NamedTuple):
    """What a move does to a number of members: `field` names it, as `stage_field` and `segment_field` do."""

    field: str
    by: int
    at_s: float


def stage_field(stage: str) -> str:
    """Name the count of a stage's visitors."""
    return f"stage:{stage}"


def segment_field(segment_id: str) -> str:
    """Name the count of a segment's visitors."""
    return f"segment:{segment_id}"


class SegmentConfig(NamedTuple):
    """What a site judges profiles by."""

    thresholds: Thresholds
    segments: tuple[Segment, ...]


def advance(
    profile: Profile,
    membership: Membership | None,
    segment_config: SegmentConfig,
    assortment: Assortment,
    from_s: float,
    to_s: float,
) -> tuple[Membership | None, list[Transition]]:
    """Move a membership through time, as a profile that does not change meanwhile moves it.

    Parameters
    ----------
    profile
        The visitor; one without events has no membership, and neither has a bot.
    membership
        As it was last told; None for a visitor not judged yet.
    segment_config, assortment
        Rules, and the catalog they ask about.
    from_s, to_s
        The profile is judged at `from_s` (or at the membership's last move, where that is later), then at each moment
        at which time alone moves it, up to `to_s`. All in epoch seconds.

    Returns
    -------
    tuple
        The membership at `to_s`, `due_s` not later than the next moment that moves it, and the moves that led there,
        the oldest first. The very one given, where nothing about it has changed.
    """
    if profile.events_seen == 0 or profile.is_bot:
        return None, []
    before = membership or Membership()
    at_s = min(max(from_s, before.at_s), to_s)
    facts = Facts(profile, assortment, segment_config.thresholds, at_s)
    moves: list[Transition] = []
    for step in range(_MAX_STEPS + 1):
        if step == _MAX_STEPS:
            facts.now_s = to_s
        before = _judge(before, segment_config, facts, moves)
        due_s = _next(segment_config, facts)
        if due_s > to_s or step == _MAX_STEPS:
            break
        facts.now_s = due_s
    if facts.now_s < to_s:
        facts.now_s = to_s
        due_s = _next(segment_config, facts)
    # To look earlier than needed is harmless: a time that moves on with each visit is left as it is.
    if not to_s < before.due_s <= due_s:
        before = msgspec.structs.replace(before, due_s=due_s)
    return before, moves


def _next(segment_config: SegmentConfig, facts: Facts) -> float:
    due_s = next_stage_s(facts.profile, segment_config.thresholds, facts.now_s)
    for segment in segment_config.segments:
        due_s = min(due_s, segment.rule.next_s(facts))
    return due_s


def _judge(before: Membership, segment_config: SegmentConfig, facts: Facts, moves: list[Transition]) -> Membership:
    """Compare what holds now with the membership, and add the moves between them."""
    now_s = facts.now_s
    stage, why = stage_of(facts.profile, segment_config.thresholds, now_s)
    if stage == before.stage and not before.members and not segment_config.segments:
        return before
    inside = {member.segment_id for member in before.members}
    holding = {segment.segment_id: segment for segment in segment_config.segments if segment.rule.holds(facts)}
    if stage == before.stage and inside == holding.keys():
        return before
    number = before.moves
    if stage != before.stage:
        number += 1
        moves.append(Transition(number, STAGE_CHANGED, now_s, "", before.stage, stage, why))
    rules = {segment.segment_id: segment.rule for segment in segment_config.segments}
    for segment_id in sorted(inside - holding.keys()):
        number += 1
        rule = rules.get(segment_id)
        moves.append(
            Transition(number, SEGMENT_LEFT, now_s, segment_id, "", "", rule.why(facts) if rule else "no such segment")
        )
    for segment_id in sorted(holding.keys() - inside):
        number += 1
        why = holding[segment_id].rule.why(facts)
        moves.append(Transition(number, SEGMENT_ENTERED, now_s, segment_id, "", "", why))
    kept = [member for member in before.members if member.segment_id in holding]
    entered = [Member(segment_id, now_s) for segment_id in sorted(holding.keys() - inside)]
    return Membership(
        moves=number,
        stage=stage,
        stage_since_s=now_s if stage != before.stage else before.stage_since_s,
        at_s=now_s,
        due_s=before.due_s,
        members=sorted(kept + entered, key=lambda member: member.segment_id),
    )


def counts_between(before: Membership | None, after: Membership | None, moves: list[Transition]) -> list[CountChange]:
    """Give what turns the site's numbers of before into those of after."""
    at_s = moves[-1].at_s if moves else (before.at_s if before else 0.0)
    old, new = _fields(before), _fields(after)
    times = {segment_field(move.segment_id): move.at_s for move in moves if move.segment_id}
    changed = [(field, -1) for field in sorted(old - new)] + [(field, 1) for field in sorted(new - old)]
    return [CountChange(field, by, times.get(field, at_s)) for field, by in changed]


def _fields(membership: Membership | None) -> set[str]:
    if membership is None:
        return set()
    return {stage_field(membership.stage), *(segment_field(member.segment_id) for member in membership.members)}


def transition_event(move: Transition, site: str, visitor_id: str, user_id: str, now_s: float) -> Event | None:
    """Give the event that tells of a move; None for a new visitor's first stage, which is no change.

    Its `event_id` is made of what moved, so that the same move told twice is known by it; `now_s` (epoch seconds) is
    when it is written.
    """
    if move.name == STAGE_CHANGED and not move.before and move.after == "potential":
        return None
    params: dict[str, object] = {"why": move.why}
    if move.name == STAGE_CHANGED:
        params |= {"from": move.before or "potential", "to": move.after}
    else:
        params |= {"segment_id": move.segment_id}
    return Event(
        site=site,
        event=move.name,
        visitor_id=visitor_id,
        at_s=move.at_s,
        accepted_at_s=now_s,
        event_id=event_id_of(site, visitor_id, move.name, move.segment_id, str(move.number), repr(move.at_s)),
        user_id=user_id,
        params=params,
    )
