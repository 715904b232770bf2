"""Evaluation: which of a visitor's due triggers are carried out, which wait, which are given up, and why.

What a trigger waits for is judged at the moment it is due, by all that is known then; what it promotes is held back
by an open complaint, a refusal, quiet hours and caps. Of several that are due, those of higher priority go first.
"""

from dataclasses import dataclass
from math import inf
from typing import Literal, NamedTuple

from models.catalog.assortment import Assortment
from models.segments.conditions import Facts
from models.segments.lifecycle import Thresholds
from models.triggers.about import About, AboutItem
from models.triggers.conditions.base import EvaluationContext
from models.triggers.scheduling import TriggerIndex, arm, call_off
from models.triggers.trigger import Trigger, TriggerAction
from models.triggers.trigger_state import MAX_SENT, Sent, Timer, TriggerState
from models.visitor.contact_history import Contact, ContactHistory, contacts_of, message_id
from models.visitor.contact_policy import ContactPolicy, Hold, capped, held_back
from models.visitor.holds import COMPLAINT_OPEN, NO_PAGE_OPEN, OPTED_OUT
from models.visitor.profile import Profile

_MAX_STEPS = 100
"""Moments judged on the way to now, for a visitor whom time has passed by; past them, only now."""

OutcomeStatus = Literal["sent", "suppressed", "expired"]


class TriggerConfig(NamedTuple):
    """What a site's triggers are judged by."""

    trigger_index: TriggerIndex
    policy: ContactPolicy
    thresholds: Thresholds


@dataclass(frozen=True, slots=True)
class TriggerOutcome:
    """A trigger that was carried out (`sent`) or given up, for the journal; `item_ids` are what it is about.

    `hold` is the code of `models.visitor.holds` that it was given up for, else empty.
    """

    message_id: str
    status: OutcomeStatus
    trigger: Trigger
    timer: Timer
    at_s: float
    why: str
    hold: str
    actions: tuple[TriggerAction, ...]
    item_ids: list[str]
    about: About


@dataclass(frozen=True, slots=True)
class Recipient:
    """Whom triggers are judged for."""

    site: str
    partition: int
    visitor_id: str


class Verdict(NamedTuple):
    """What is to become of a due timer: `send`, `hold` until a moment, `give_up`, or `drop` quietly.

    `why` tells a person what holds; `hold` is the code of what holds it back, of `models.visitor.holds`.
    """

    do: Literal["send", "hold", "give_up", "drop"]
    why: str = ""
    hold: str = ""
    until_s: float = 0.0
    actions: tuple[TriggerAction, ...] = ()


@dataclass(frozen=True, slots=True)
class TriggerSubject:
    """The visitor whose timers are judged: state and profile as of now.

    `present` is whether the visitor has a page open: what is shown on the site alone waits until then.
    """

    recipient: Recipient
    state: TriggerState
    profile: Profile
    present: bool = True


def fire(
    subject: TriggerSubject,
    config: TriggerConfig,
    assortment: Assortment,
    now_s: float,
    *,
    as_of_due: bool = False,
) -> list[TriggerOutcome]:
    """Judge every timer of a visitor that is due, and change the visitor's trigger state accordingly.

    Parameters
    ----------
    subject
        The visitor.
    config, assortment
        What the site says.
    now_s
        Epoch seconds of the site's clock.
    as_of_due
        Judge each timer as of the moment it was due, or of the visitor's newest event where that is later: for clocks
        that jump. Else all are judged as of `now_s`, and what comes too late is given up.

    Returns
    -------
    list of TriggerOutcome
        What was carried out, and what was given up though it still held, in that order of time.
    """
    outcomes: list[TriggerOutcome] = []
    state, profile = subject.state, subject.profile
    call_off(state, config.trigger_index)
    for timer in state.timers:
        if subject.present and timer.held == NO_PAGE_OPEN:
            timer.due_s = min(timer.due_s, now_s)
    for step in range(_MAX_STEPS):
        earliest_s = min((timer.due_s for timer in state.timers), default=inf)
        if earliest_s > now_s:
            break
        as_of = as_of_due and step < _MAX_STEPS - 1
        moment_s = min(now_s, max(earliest_s, profile.last_at_s, state.acted_at_s)) if as_of else now_s
        due = [timer for timer in state.timers if timer.due_s <= moment_s]
        due.sort(
            key=lambda timer: (-config.trigger_index.triggers[timer.trigger_id].priority, timer.due_s, timer.trigger_id)
        )
        for timer in due:
            outcome = _settle(subject, timer, config, assortment, moment_s)
            if outcome is not None:
                outcomes.append(outcome)
    return outcomes


def _settle(
    subject: TriggerSubject, timer: Timer, config: TriggerConfig, assortment: Assortment, now_s: float
) -> TriggerOutcome | None:
    trigger, state, recipient = config.trigger_index.triggers[timer.trigger_id], subject.state, subject.recipient
    context = EvaluationContext(state, timer, subject.profile, assortment, config.thresholds, now_s, subject.present)
    verdict = judge_timer(trigger, context, config.policy)
    if verdict.do == "hold":
        timer.held = verdict.hold
        timer.due_s = max(verdict.until_s, now_s + 1.0)
        return None
    state.timers.remove(timer)
    if verdict.do == "drop":
        coming = trigger.when.timers_after_firing(state, now_s, config.trigger_index.zone)
        if coming:  # this year's was missed; next year has one of its own
            state.note_done(timer.trigger_id, timer.subject)
            arm(state, trigger, coming)
        return None
    state.note_done(timer.trigger_id, timer.subject)
    outcome = TriggerOutcome(
        message_id=message_id(
            recipient.partition, recipient.site, recipient.visitor_id, timer.trigger_id, timer.subject
        ),
        status="sent" if verdict.do == "send" else "expired" if timer.held else "suppressed",
        trigger=trigger,
        timer=timer,
        at_s=now_s,
        why=verdict.why,
        hold=verdict.hold,
        actions=verdict.actions,
        item_ids=trigger.when.item_ids(context),
        about=trigger.when.about(timer),
    )
    if outcome.status == "sent":
        sent = Sent(outcome.message_id, timer.trigger_id, now_s, trigger.channel, trigger.campaign, trigger.promotional)
        state.sent = [*state.sent, sent][-MAX_SENT:]
        _renew_want(state, outcome, assortment, now_s)
    arm(state, trigger, trigger.when.timers_after_firing(state, now_s, config.trigger_index.zone))
    return outcome


def judge_timer(trigger: Trigger, context: EvaluationContext, policy: ContactPolicy) -> Verdict:
    """Say what is to become of a trigger that is due now."""
    timer, now_s = context.timer, context.now_s
    if context.state.is_done(timer.trigger_id, timer.subject) or context.state.flooding(now_s):
        return Verdict("drop")
    why = trigger.when.reason(context)
    if not why or not trigger.when.still_valid(context.state, timer):
        return Verdict("drop")
    if trigger.only is not None and not trigger.only.holds(
        Facts(context.profile, context.assortment, context.thresholds, now_s)
    ):
        return Verdict("drop")
    if trigger.actions == ("on_site",) and not context.present:
        return Verdict("hold", why, NO_PAGE_OPEN, timer.expires_s) if now_s < timer.expires_s else Verdict("drop")
    if now_s > timer.expires_s:
        return Verdict("give_up", why, timer.held) if timer.held else Verdict("drop")
    actions = trigger.actions
    if not trigger.promotional:
        hold = _service_capped(trigger, context, policy)
        if hold is not None:
            return _put_off(hold, why, timer, now_s)
    else:
        if not context.profile.events_seen:  # gone, and with it what might hold this back
            return Verdict("drop")
        history = context.profile.contact_history or ContactHistory()
        if history.opted_out:
            actions = tuple(action for action in actions if action == "on_site")
            if not actions:
                return Verdict("give_up", why, OPTED_OUT)
        hold = _held(trigger, context, policy, history)
        if hold is not None:
            return _put_off(hold, why, timer, now_s)
    return Verdict("send", why, actions=actions)


def _put_off(hold: Hold, why: str, timer: Timer, now_s: float) -> Verdict:
    """Wait until what holds it back has ended, or else it is too late."""
    if hold.until_s > timer.expires_s and now_s >= timer.expires_s:
        return Verdict("give_up", why, hold.code)
    return Verdict("hold", why, hold.code, min(hold.until_s, timer.expires_s))


def _service_capped(trigger: Trigger, context: EvaluationContext, policy: ContactPolicy) -> Hold | None:
    contacts = known_contacts(context.state, context.profile.contact_history)
    return capped(policy, contacts, trigger.channel, trigger.campaign, context.now_s, promotional=False)


def _held(trigger: Trigger, context: EvaluationContext, policy: ContactPolicy, history: ContactHistory) -> Hold | None:
    if history.suspended(policy.low_rating) or context.state.suspended(policy.low_rating):
        return Hold(COMPLAINT_OPEN, inf)
    return held_back(policy, known_contacts(context.state, history), trigger.channel, trigger.campaign, context.now_s)


def known_contacts(state: TriggerState, history: ContactHistory | None) -> list[Contact]:
    """Give all that reached the visitor: what the profile knows, and what was sent whether or not it knows yet."""
    told = [contact for contact in contacts_of(history) if not contact.ours]
    sent = [
        Contact(
            message.at_s,
            "on_site" if message.channel == "on_site" else "message",
            message.campaign,
            message.promotional,
            True,
        )
        for message in state.sent
    ]
    return told + sent


def _renew_want(state: TriggerState, outcome: TriggerOutcome, assortment: Assortment, now_s: float) -> None:
    """Measure the next price drop from the price that was told."""
    if outcome.trigger.kind == "price_drop" and isinstance(outcome.about, AboutItem):
        want = state.want(outcome.about.item_id)
        item = assortment.items.get(want.item_id) if want else None
        if want is not None and item is not None:
            want.price, want.currency = item.current_price(now_s), item.currency
