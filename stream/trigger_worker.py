"""Trigger states follow the events of their visitors; whatever is due is found by time, judged and sent once.

A timer is judged only when every event that was in the log at the moment of judgement has been taken in, by this flow
and by the profiles: what called it off in time is never overlooked, however far behind either is.
"""

import logging
import time
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from math import inf
from typing import TYPE_CHECKING, Final, NamedTuple

import msgspec

from models.base.durations import DAY_S
from models.base.texts import text_or_empty
from models.catalog.assortment import Assortment
from models.events.dead_letter import DeadLetter
from models.events.events import Event, encode_event
from models.events.names import TRIGGER_STATE_JOINED, VISITOR_DELETED, VISITOR_IDENTIFIED, VISITOR_JOINED
from models.triggers.about import AboutItem
from models.triggers.conditions.base import TimerRequest
from models.triggers.evaluation import Recipient, TriggerConfig, TriggerOutcome, TriggerSubject, fire
from models.triggers.message_outcomes import MessageOutcome, message_outcomes_of
from models.triggers.payload import body_of, sent_event
from models.triggers.scheduling import LATE_AFTER_S, arm, call_off, observe, observe_profile
from models.triggers.trigger import WAYS
from models.triggers.trigger_state import (
    WANT_LASTS_S,
    TriggerState,
    given,
    given_until,
    join_trigger_state,
    joining_trigger_state,
    part_from_trigger_state,
    read_joining_trigger_state,
)
from models.visitor.part_events import read_joining, takes_back
from models.visitor.profile import Profile
from store.clock import Clock
from store.log.groups import PROFILE_GROUP
from store.messages.item_watchers import ItemWatcherStore
from store.messages.trigger_states import Message, StateUpdate, TriggerStore, WatcherUpdate
from store.refusals import UNAVAILABLE
from store.site.catalog import CatalogStore
from store.unreadable import log_unreadable, read_or_tell
from store.version import Version
from store.visitors.profiles import ProfileStore
from stream.assortments import Assortments
from stream.decode import VisitorEvents
from stream.flow_context import FlowContext
from stream.isolation import POSTPONED_S, done_apart, learned_apart, site_apart
from stream.messages.message_lists import MessageLists
from stream.metrics import TRIGGERS
from stream.outbox_relay import relay_outbox
from stream.retry import retry_until_available
from stream.trigger_inputs import TriggerConfigs

if TYPE_CHECKING:
    from models.decisions.recommend import Recommended

_LOGGER = logging.getLogger(__name__)
_PORTION: Final = 200
_ITEMS_AT_ONCE: Final = 500
_BUDGET_S: Final = 0.2
_SALES_EVERY_S: Final = 1.0
"""Seconds a tick may take of a site and partition; what is left over comes with the next one."""
_WANT_RENEWED_S: Final = DAY_S


class TriggerStores(NamedTuple):
    """Where the trigger worker reads and writes: trigger states, item watchers, profiles, and the catalog's changes."""

    states: TriggerStore
    watchers: ItemWatcherStore
    profiles: ProfileStore
    catalogs: CatalogStore


class TriggerWorker:
    """Keeps the trigger states of all sites, and carries out what is due.

    Parameters
    ----------
    context
        The event log, in which messages are told; sites served; what ends waiting.
    stores
        Where trigger states and all they are judged by are.
    assortments, configs, message_lists
        What sites sell, say and recommend.
    clock
        What time it is for a site.
    """

    def __init__(
        self,
        context: FlowContext,
        stores: TriggerStores,
        assortments: Assortments,
        configs: TriggerConfigs,
        message_lists: MessageLists,
        clock: Clock,
    ) -> None:
        self._store = stores.states
        self._wanted = stores.watchers
        self._profiles = stores.profiles
        self._catalogs = stores.catalogs
        self._assortments = assortments
        self._configs = configs
        self._message_lists = message_lists
        self._clock = clock
        self._log = context.log
        self._sites = context.sites
        self._letters = context.dead_letters
        self._stop = context.stop
        self._barriers: dict[tuple[str, int], tuple[float, int]] = {}
        self._compared: dict[tuple[str, int], tuple[Version, list[str]]] = {}
        self._sales_seen: dict[tuple[str, int], float] = {}

    def observe(self, partition: int, events: Collection[tuple[int, Event]]) -> None:
        """Take in events of one partition, in log order."""
        by_site: dict[str, dict[str, list[tuple[int, Event]]]] = {}
        for position, event in events:
            by_site.setdefault(event.site, {}).setdefault(event.visitor_id, []).append((position, event))
        letters: list[DeadLetter] = []

        def refuse(told: tuple[int, Event], error: Exception) -> None:
            letters.append(self._letters.event_failed(partition, *told, error))

        for site, visitors in by_site.items():
            learned_apart(visitors, partial(self._learn, site, partition), refuse)
        if letters:
            self._letters.set_aside(letters)

    def _learn(self, site: str, partition: int, events: VisitorEvents) -> None:
        what = f"save trigger states of partition {partition}"
        retry_until_available(self._stop, what, partial(self._learned, site, partition, events))

    def _learned(self, site: str, partition: int, events: VisitorEvents) -> None:
        config, assortment = self._configs.current(site), self._assortments.current(site)
        # By events' time nothing is late: the clock stands where the events are.
        late_after_s = inf if self._clock.by_events else LATE_AFTER_S

        def learned(visitor_ids: list[str], trigger_states: list[TriggerState]) -> list[StateUpdate]:
            return [
                _observed(trigger_state, events[visitor_id], config, assortment, late_after_s)
                for visitor_id, trigger_state in zip(visitor_ids, trigger_states, strict=True)
            ]

        self._store.update_states(site, partition, list(events), learned, time.time())

    def tick(self, reached: Mapping[int, int]) -> None:
        """Carry out what is due in the partitions given, each read up to a position."""
        for key in [key for key in self._barriers if key[1] not in reached]:
            del self._barriers[key]
        for site in sorted(self._sites):
            with site_apart(site):
                what = f"look for due triggers of {site}"
                retry_until_available(self._stop, what, partial(self._tick, site, reached))

    def _tick(self, site: str, reached: Mapping[int, int]) -> None:
        partitions = sorted(reached)
        newest, now_s = self._catalogs.version(site), self._clock.now_s(site)
        for partition in partitions:
            changed = self._sales_changed(site, partition, now_s)
            if changed or self._compared.get((site, partition)) != (newest, []):
                self._compare(site, partition, newest, changed, time.monotonic() + _BUDGET_S)
        now_s = self._clock.now_s(site)
        due, waiting = self._store.busy(site, partitions, now_s)
        if any((site, partition) not in self._barriers for partition in due):
            # In this order: whatever moved the clock so far, or was accepted before it, is in the log now.
            ends = self._log.ends()
            for partition in due:
                self._barriers.setdefault((site, partition), (now_s, ends[partition]))
        learned = self._log.committed(PROFILE_GROUP) if due else []
        for partition in due:
            now_s, end = self._barriers[site, partition]
            if reached[partition] >= end and learned[partition] >= end:
                self._sweep(site, partition, now_s, time.monotonic() + _BUDGET_S)
        for partition in sorted({*due, *waiting}):
            notices, told = partial(self._store.notices, site, partition), partial(self._store.told, site, partition)
            relay_outbox(self._log, site, notices, told, partial(self._letters.notice_failed, site, partition))

    def _sweep(self, site: str, partition: int, now_s: float, until: float) -> None:
        """Carry out what was due when the barrier was put up; what is left over comes with the next tick."""
        while True:
            visitors = self._store.due(site, partition, now_s, _PORTION)
            if visitors:
                self._fire(site, partition, visitors, now_s)
            if len(visitors) < _PORTION:
                del self._barriers[site, partition]
                return
            if time.monotonic() >= until:
                return

    def _fire(self, site: str, partition: int, visitors: list[str], now_s: float) -> None:
        config, assortment = self._configs.current(site), self._assortments.current(site)

        def fired(visitor_ids: list[str], trigger_states: list[TriggerState]) -> list[StateUpdate]:
            profiles = self._profiles.load(site, partition, visitor_ids)
            present = self._store.present(site, partition, visitor_ids, time.time())
            changed: list[StateUpdate] = []
            for visitor_id, trigger_state, profile, here in zip(
                visitor_ids, trigger_states, profiles, present, strict=True
            ):
                recipient = Recipient(site, partition, visitor_id)
                observe_profile(trigger_state, profile, config.trigger_index)
                subject = TriggerSubject(recipient, trigger_state, profile, here)
                outcomes = fire(subject, config, assortment, now_s, as_of_due=self._clock.by_events)
                messages = [
                    self._message(recipient, trigger_state, profile, outcome, config, assortment)
                    for outcome in outcomes
                ]
                changed.append(StateUpdate(trigger_state, messages))
            return changed

        def fire_some(some: Sequence[str]) -> None:
            what = f"carry out triggers of partition {partition}"
            retry_until_available(
                self._stop, what, partial(self._store.update_states, site, partition, some, fired, time.time())
            )

        done_apart(visitors, fire_some, partial(self._postpone, site, partition, now_s))

    def _postpone(self, site: str, partition: int, now_s: float, visitor_id: str, error: Exception) -> None:
        """Set aside that a visitor's triggers cannot be judged; they are tried again later."""
        self._letters.visitor_failed(site, partition, visitor_id, error)
        self._store.postpone(site, partition, visitor_id, now_s + POSTPONED_S)

    def _message(
        self,
        recipient: Recipient,
        trigger_state: TriggerState,
        profile: Profile,
        outcome: TriggerOutcome,
        config: TriggerConfig,
        assortment: Assortment,
    ) -> Message:
        TRIGGERS.labels(recipient.site, outcome.trigger.trigger_id, outcome.status).inc()
        sent = outcome.status == "sent"
        recommended = self._recommended(recipient, profile, outcome, assortment) if sent else []
        body = msgspec.json.encode(body_of(outcome, recipient, trigger_state, recommended, assortment))
        ways = tuple(
            way
            for way in WAYS
            if sent and way in outcome.actions and (way != "webhook" or config.policy.webhook is not None)
        )
        return Message(
            message_id=outcome.message_id,
            at_s=outcome.at_s,
            fields=_fields(recipient, outcome, body, ways),
            body=body,
            notice=encode_event(sent_event(outcome, recipient, trigger_state, time.time())) if sent else b"",
            ways=ways,
            on_site=sent and "on_site" in outcome.actions,
            lasts_s=outcome.trigger.lasts_s,
        )

    def _recommended(
        self, recipient: Recipient, profile: Profile, outcome: TriggerOutcome, assortment: Assortment
    ) -> list["Recommended"]:
        """Give the products a message carries; a list that cannot be made keeps no message back."""
        try:
            return self._message_lists.items(recipient.site, recipient.visitor_id, profile, outcome, assortment)
        except UNAVAILABLE:
            raise
        except Exception:
            _LOGGER.exception("no products for %s of %s", outcome.trigger.trigger_id, recipient.visitor_id)
            return []

    def _sales_changed(self, site: str, partition: int, now_s: float) -> list[str]:
        """Items whose sale began or ended since the last look; the first goes back a day, for what a restart hid."""
        seen_s = self._sales_seen.get((site, partition), now_s - DAY_S)
        if now_s < seen_s + _SALES_EVERY_S:
            return []
        self._sales_seen[site, partition] = now_s
        return self._assortments.current(site).sales.changed(seen_s, now_s)

    def _compare(self, site: str, partition: int, newest: Version, also: list[str], until: float) -> None:
        """Look at what changed in the catalog, and `also` at some items, for what somebody wants: cheaper, or back."""
        key = (site, partition)
        if key not in self._compared:
            known = self._wanted.compared_version(site, partition)
            if known is None:
                known = newest
                self._wanted.set_compared_version(site, partition, known)
            self._compared[key] = known, []
        version, left = self._compared[key]
        if not left and newest != version:
            left = self._catalogs.changed_items(site, version)
            version = newest
        left = [*left, *also]
        if not left and self._compared[key] == (newest, []):
            return
        while left and time.monotonic() < until:
            self._compare_some(site, partition, left[:_ITEMS_AT_ONCE])
            left = left[_ITEMS_AT_ONCE:]
        self._compared[key] = version, left
        if not left:
            self._wanted.set_compared_version(site, partition, version)

    def _compare_some(self, site: str, partition: int, item_ids: list[str]) -> None:
        assortment, now_s = self._assortments.current(site), self._clock.now_s(site)
        renewed: dict[str, bytes] = {}
        for item_id, stored in self._wanted.known(site, partition, item_ids).items():
            after = offer_now(item_id, assortment, now_s)
            before = read_or_tell(_read_offer, stored, "resource", site, f"wanted {item_id}", log_unreadable) or after
            if before is after:
                renewed[item_id] = msgspec.json.encode(after)
            if (before.price, before.offered) == (after.price, after.offered):
                continue
            renewed[item_id] = msgspec.json.encode(after)
            about = AboutItem(item_id=item_id)
            armed: dict[str, TimerRequest] = {}
            if after.offered and after.price is not None and before.price is not None and after.price < before.price:
                group_id = assortment.item_groups.group_of(item_id)  # variants that cost the same are told of once
                armed["price_drop"] = TimerRequest(f"price:{group_id}:{after.price:.2f}", now_s, about)
            if after.offered and not before.offered:
                armed["back_in_stock"] = TimerRequest(f"back:{item_id}:{before.since_s:.3f}", now_s, about)
            if armed:
                self._arm_wanting(site, partition, item_id, armed, now_s)
        self._wanted.set_known(site, partition, renewed)

    def _arm_wanting(
        self, site: str, partition: int, item_id: str, armed: Mapping[str, TimerRequest], now_s: float
    ) -> None:
        config = self._configs.current(site)
        triggers = [trigger for trigger in config.trigger_index.triggers.values() if trigger.kind in armed]

        def wanting(_: list[str], trigger_states: list[TriggerState]) -> list[StateUpdate]:
            for trigger_state in trigger_states:
                for trigger in triggers:
                    if trigger_state.want(item_id) is not None and not trigger_state.flooding(now_s):
                        arm(trigger_state, trigger, [armed[trigger.kind]])
            return [StateUpdate(trigger_state) for trigger_state in trigger_states]

        visitors = self._wanted.visitors(site, partition, item_id, now_s - WANT_LASTS_S)
        if visitors and triggers:

            def arm_some(some: Sequence[str]) -> None:
                self._store.update_states(site, partition, some, wanting, time.time())

            done_apart(visitors, arm_some, partial(self._postpone, site, partition, now_s))


class LastOffer(msgspec.Struct, array_like=True):
    """What an item was like when the triggers looked last, and since when."""

    price: float | None
    offered: bool
    since_s: float


def _read_offer(stored: bytes) -> LastOffer:
    return msgspec.json.decode(stored, type=LastOffer)


def offer_now(item_id: str, assortment: Assortment, now_s: float) -> LastOffer:
    """Give what an item is like now; one that is not in the catalog cannot be bought."""
    item = assortment.items.get(item_id)
    return LastOffer(item.current_price(now_s), item.offered, now_s) if item else LastOffer(None, False, now_s)


def _observed(
    trigger_state: TriggerState,
    events: Collection[tuple[int, Event]],
    config: TriggerConfig,
    assortment: Assortment,
    late_after_s: float,
) -> StateUpdate:
    """Take in those of the events that are new to the trigger state."""
    new = [(position, event) for position, event in events if position > trigger_state.position]
    if not new:
        return StateUpdate(None)
    before = {want.item_id: want.at_s for want in trigger_state.wants if want.strong}
    message_outcomes: list[MessageOutcome] = []
    notices: list[bytes] = []
    erased = False
    for position, event in new:
        if event.event == VISITOR_DELETED:
            trigger_state, message_outcomes, notices, erased = TriggerState(), [], [], True
        elif event.event == VISITOR_IDENTIFIED:
            if event.user_id and trigger_state != given(trigger_state):
                theirs = trigger_state
                if event.at_s <= trigger_state.left_s:  # told late: what came after the logout is not theirs
                    theirs = given_until(trigger_state, trigger_state.left_s)
                else:
                    trigger_state = given(trigger_state)
                notices.append(encode_event(joining_trigger_state(theirs, event.visitor_id, event)))
        elif event.event == TRIGGER_STATE_JOINED or (event.event == VISITOR_JOINED and takes_back(event)):
            notices += _join_or_part(trigger_state, event, config)
        elif trigger_state.first_time(event.event_id):
            observe(trigger_state, event, config.trigger_index, assortment, late_after_s)
            message_outcomes += message_outcomes_of(event, trigger_state, config.policy.attribution_days)
        trigger_state.position = position
    after = {want.item_id: want.at_s for want in trigger_state.wants if want.strong}
    wanting = [WatcherUpdate(item_id, None, b"") for item_id in before if item_id not in after]
    for item_id, at_s in after.items():
        if item_id not in before or at_s - before[item_id] > _WANT_RENEWED_S:
            wanting.append(WatcherUpdate(item_id, at_s, msgspec.json.encode(offer_now(item_id, assortment, at_s))))
    return StateUpdate(
        trigger_state, message_outcomes=message_outcomes, wanting=wanting, notices=notices, erased=erased
    )


def _join_or_part(trigger_state: TriggerState, event: Event, config: TriggerConfig) -> list[bytes]:
    """Add what a device brings to its visitor, or take out what turned out to be another's; gives what tells them."""
    if event.event == TRIGGER_STATE_JOINED:
        joining = read_joining_trigger_state(event)
        if joining is not None:
            join_trigger_state(trigger_state, joining, event.device_id)
        return []
    taken, given_to = read_joining(event), text_or_empty(event.params.get("given_to"))
    if taken is None:
        return []
    gone = part_from_trigger_state(trigger_state, taken[1], event.device_id)
    call_off(trigger_state, config.trigger_index)
    if not given_to:
        return []
    to_them = msgspec.structs.replace(event, user_id=given_to)
    return [encode_event(joining_trigger_state(gone, event.device_id, to_them))]


def _fields(recipient: Recipient, outcome: TriggerOutcome, body: bytes, ways: tuple[str, ...]) -> dict[str, str]:
    """What the journal keeps of an outcome."""
    trigger = outcome.trigger
    fields = {
        "status": outcome.status,
        "trigger_id": trigger.trigger_id,
        "kind": trigger.kind,
        "visitor_id": recipient.visitor_id,
        "purpose": trigger.purpose,
        "channel": trigger.channel,
        "campaign": trigger.campaign,
        "why": outcome.why,
        "reason": outcome.hold or outcome.timer.held,
        "at_s": f"{outcome.at_s:.3f}",
        "due_s": f"{outcome.timer.meant_s:.3f}",
        "written_s": f"{time.time():.6f}",
        "body": body.decode(),
    }
    if outcome.status == "sent":
        for action in outcome.actions:
            fields[action] = "waiting" if action in ways else "shown" if action == "on_site" else "no webhook is set"
    return fields
