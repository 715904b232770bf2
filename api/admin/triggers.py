"""/v1/triggers and /v1/contact-policy: what starts a message, and how often and when a visitor may be promoted to."""

from collections.abc import Sequence
from typing import Annotated, Any, Final

import msgspec
from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.resource_routes import After, StoredResourceRoutes, page_of, with_warnings
from api.http.checked_route import CheckedRoute
from api.http.problems import unknown
from api.http.request_body import answer, read_json, read_object
from api.http.schemas.catalog import ResourcesAccepted
from api.http.schemas.documenting import answers, body, problems
from api.http.schemas.triggers import TriggerNow, TriggerPreview, TriggerPreviewRequest, Triggers, TriggersNow
from api.runtime.authentication import ReadSite, SecretSite
from api.runtime.begin_decision import begin_decision
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import ask_store, store_errors_translated
from models.base.errors import show_value
from models.base.timestamps import iso
from models.catalog.references import unmet_warnings, written_references
from models.decisions import recommend
from models.events.intake.event_names import event_meant
from models.events.intake.parsing import parse_visitor_id
from models.triggers.conditions.base import EvaluationContext
from models.triggers.evaluation import Verdict, judge_timer, known_contacts
from models.triggers.scheduling import index_triggers, observe_profile
from models.triggers.trigger import MAX_TRIGGERS, Trigger, WrittenTrigger, parse_trigger, parse_trigger_id
from models.triggers.trigger_state import Timer, TrackedOrder, TriggerState
from models.visitor.contact_history import contacts_of, plain_contact
from models.visitor.contact_policy import ContactPolicy, held_back, parse_policy, written_policy, zone
from models.visitor.holds import hold_words
from models.visitor.profile import Profile
from store.clock import read_now_s
from store.log.log import partition_of
from store.site.trigger_config import Configured

_AWAY: Final = "the trigger store does not answer; try again"


class _TriggerRoutes(StoredResourceRoutes[Trigger]):
    """Those of triggers: one that waits for an event that nobody sends would never send anything."""

    def warnings(self, site: Site, resources: Sequence[Trigger]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = []
        for trigger in resources:
            for name in trigger.when.arming_events:
                if meant := event_meant(name) if not name.startswith("_") else "":
                    message = f"{trigger.trigger_id}: waits for the event {show_value(name)}; did you mean {meant}?"
                    found.append(
                        {"id": trigger.trigger_id, "field": "when", "code": "event_unknown", "message": message}
                    )
            if site.assortment.items:
                found += unmet_warnings(trigger.trigger_id, written_references(trigger.raw), site.assortment)
        return found


_ROUTES: Final = _TriggerRoutes(
    noun="trigger",
    most=MAX_TRIGGERS,
    away=_AWAY,
    parse=parse_trigger,
    id_of=lambda trigger: trigger.trigger_id,
    store=lambda state: state.stores.trigger_config,
)

router = APIRouter(tags=["triggers"], route_class=CheckedRoute)
TriggerId = Annotated[str, Path(description="Its `trigger_id`.", examples=["cart-left"])]


@router.get(
    "/v1/triggers",
    summary="List triggers",
    responses={**answers(TriggersNow), **problems(401, 403, 503)},
)
async def get_triggers(
    request: Request,
    site: SecretSite,
    limit: Annotated[int, Query(ge=1, le=1_000)] = 1_000,
    after: After = "",
) -> Response:
    """List by id: those every site begins with (`shipped`), and the site's own in their place or beside them."""
    configured = await ask_store(_AWAY, state_of(request).stores.trigger_config.read, site.name)
    page = page_of(configured.triggers, after, limit)
    listed = [_view(configured.triggers[trigger_id], configured) for trigger_id in page.ids]
    return answer({"triggers": listed, "total": len(configured.triggers), "next": page.following})


@router.put(
    "/v1/triggers",
    summary="Add or replace triggers",
    responses={200: {"model": ResourcesAccepted}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(Triggers),
)
async def put_triggers(request: Request, site: SecretSite) -> Response:
    """Take many at once: a bad one is rejected with its index, and never fails the rest.

    One with the id of a shipped trigger takes its place.
    """
    return await _ROUTES.put_many(request, site)


@router.post(
    "/v1/triggers/preview",
    summary="Say what is armed for a visitor, or what a trigger would send now",
    responses={200: {"model": TriggerPreview}, **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(TriggerPreviewRequest),
)
async def preview_trigger(request: Request, site: ReadSite) -> Response:
    """Give a visitor's timers and contacts; with a `trigger`, what it would do if it were due now. Nothing is kept."""
    asked = await read_object(request, TriggerPreviewRequest)
    visitor_id = parse_visitor_id(asked.get("visitor_id"))
    draft = parse_trigger(asked["trigger"]) if asked.get("trigger") is not None else None
    state = state_of(request)
    decision = await begin_decision(state, site, visitor_id)
    with store_errors_translated(_AWAY):
        visitor_id = (await state.stores.visitors.read(site.name, visitor_id)).visitor_id
    partition = partition_of(site.name, visitor_id, state.logs.events.partitions)
    ((_, trigger_state),) = await ask_store(_AWAY, state.stores.triggers.load, site.name, partition, [visitor_id])
    configured = await ask_store(_AWAY, state.stores.trigger_config.read, site.name)
    thresholds = (await ask_store(_AWAY, state.stores.segments.segment_config, site.name)).thresholds
    now_s = max(
        await read_now_s(state.config.clock, state.stores.redis, site.name), _least_s(state, decision.visitor.profile)
    )
    found: dict[str, Any] = {
        "visitor_id": visitor_id,
        "now": iso(now_s),
        "armed": [_timer(timer) for timer in trigger_state.timers],
        "orders": [_order(order) for order in trigger_state.orders],
        "wanted": [want.item_id for want in trigger_state.wants if want.strong],
        "sent": [
            {"message_id": message.message_id, "trigger_id": message.trigger_id, "at": iso(message.at_s)}
            for message in trigger_state.sent
        ],
        **plain_contact(decision.visitor.profile.contact_history, configured.policy.low_rating),
        "contacts": len(contacts_of(decision.visitor.profile.contact_history)),
    }
    if draft is not None:
        rules = index_triggers(
            [*configured.triggers.values(), draft], zone(configured.policy.time_zone), configured.policy.low_rating
        )
        observe_profile(trigger_state, decision.visitor.profile, rules)
        timer = _timer_of(trigger_state, draft, now_s)
        case = EvaluationContext(trigger_state, timer, decision.visitor.profile, site.assortment, thresholds, now_s)
        verdict = judge_timer(draft, case, configured.policy)
        query = recommend.Query(draft.recommend.strategy, limit=draft.recommend.limit)
        items = decision.recommend(query).items if draft.recommend.limit else []
        found["would"] = _would(
            draft, verdict, trigger_state, decision.visitor.profile, configured.policy, now_s, items
        )
    return answer(found)


def _least_s(state: State, profile: Profile) -> float:
    """An event that is still pending moves the clock."""
    return profile.last_at_s if state.config.clock == "event" else 0.0


def _timer_of(trigger_state: TriggerState, trigger: Trigger, now_s: float) -> Timer:
    """The trigger's own timer, or one for which all is as if it were due."""
    own = next((timer for timer in trigger_state.timers if timer.trigger_id == trigger.trigger_id), None)
    return own or Timer(trigger.trigger_id, "preview", now_s, now_s, now_s + trigger.lasts_s)


def _would(
    trigger: Trigger,
    verdict: Verdict,
    trigger_state: TriggerState,
    profile: Profile,
    policy: ContactPolicy,
    now_s: float,
    items: list[recommend.Recommended],
) -> dict[str, Any]:
    hold = held_back(
        policy, known_contacts(trigger_state, profile.contact_history), trigger.channel, trigger.campaign, now_s
    )
    return {
        "does": verdict.do,
        "why": verdict.why or None,
        "reason": hold_words(verdict.hold) or None,
        "held_back": {"why": hold_words(hold.code), "until": iso(hold.until_s)}
        if hold and trigger.promotional
        else None,
        "actions": list(verdict.actions),
        "message": msgspec.to_builtins(trigger.message),
        "offer": trigger.offer or None,
        "recommended": [{"item_id": chosen.item.item_id, "reason": chosen.reason} for chosen in items],
    }


@router.put(
    "/v1/triggers/{trigger_id}",
    summary="Add or replace one trigger",
    responses={**answers(TriggerNow), **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(WrittenTrigger),
)
async def put_trigger(request: Request, trigger_id: TriggerId, site: SecretSite) -> Response:
    """Take one; the id in the address counts."""
    trigger = await _ROUTES.put_one(request, site, trigger_id)
    configured = await ask_store(_AWAY, state_of(request).stores.trigger_config.read, site.name)
    return answer(with_warnings(_view(trigger, configured), _ROUTES.warnings(site, [trigger])))


@router.get(
    "/v1/triggers/{trigger_id}",
    summary="Read one trigger",
    responses={**answers(TriggerNow), **problems(401, 403, 404, 503)},
)
async def get_trigger(request: Request, trigger_id: TriggerId, site: SecretSite) -> Response:
    """Give one trigger as it counts now."""
    configured = await ask_store(_AWAY, state_of(request).stores.trigger_config.read, site.name)
    trigger = configured.triggers.get(trigger_id)
    if trigger is None:
        raise unknown(site.name, "trigger", trigger_id)
    return answer(_view(trigger, configured))


@router.delete(
    "/v1/triggers/{trigger_id}",
    status_code=204,
    summary="Remove one of the site's own triggers",
    responses=problems(401, 403, 404, 503),
)
async def delete_trigger(request: Request, trigger_id: TriggerId, site: SecretSite) -> Response:
    """Remove one: what it was armed for is called off. A shipped one of the same id counts again."""
    parse_trigger_id(trigger_id)
    return await _ROUTES.delete_one(request, site, trigger_id)


@router.get(
    "/v1/contact-policy",
    summary="Read the contact policy",
    responses={**answers(ContactPolicy), **problems(401, 403, 503)},
)
async def get_policy(request: Request, site: SecretSite) -> Response:
    """Give caps, quiet hours, time zone and webhook; its secret is not told."""
    return answer(_policy(await ask_store(_AWAY, state_of(request).stores.trigger_config.policy, site.name)))


@router.put(
    "/v1/contact-policy",
    summary="Set the contact policy",
    responses={**answers(ContactPolicy), **problems(400, 401, 403, 413, 422, 503)},
    openapi_extra=body(ContactPolicy),
)
async def put_policy(request: Request, site: SecretSite) -> Response:
    """Set it whole: what is left out is as if it had never been set. Decisions heed it from the next request on."""
    value = await read_json(request)
    state = state_of(request)
    policy = parse_policy(value)
    await ask_store(_AWAY, state.stores.trigger_config.put_policy, site.name, policy)
    await ask_store(_AWAY, site.read_policy)
    return answer(_policy(await ask_store(_AWAY, state.stores.trigger_config.policy, site.name)))


def _view(trigger: Trigger, configured: Configured) -> dict[str, Any]:
    """A trigger as it was written, with the defaults that count, and where it comes from."""
    return {
        **trigger.raw,
        "enabled": trigger.enabled,
        "purpose": trigger.purpose,
        "actions": list(trigger.actions),
        "priority": trigger.priority,
        "shipped": trigger.trigger_id not in configured.own,
    }


def _timer(timer: Timer) -> dict[str, Any]:
    return {
        "trigger_id": timer.trigger_id,
        "subject": timer.subject,
        "due": iso(timer.due_s),
        "expires": iso(timer.expires_s),
        "held": hold_words(timer.held) or None,
    }


def _order(order: TrackedOrder) -> dict[str, Any]:
    moments = {
        name.removesuffix("_s"): iso(value)
        for name in order.__struct_fields__
        if name.endswith("_s") and (value := getattr(order, name))
    }
    return {"order_id": order.order_id, **moments}


def _policy(policy: ContactPolicy) -> dict[str, Any]:
    written = written_policy(policy)
    if policy.webhook is not None:
        written["webhook"] = {"url": policy.webhook.url, "secret": "(set)"}
    return {"caps": [], "quiet_hours": None, "time_zone": "UTC", "webhook": None, "attribution_days": 7.0, **written}
