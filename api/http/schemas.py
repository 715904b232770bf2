"""Schemas: what the documentation shows. The endpoints check by hand, for speed and for better messages."""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field


class Shape(BaseModel):
    """A documented JSON object."""

    model_config = ConfigDict(extra="allow")


class Problem(Shape):
    """RFC 9457 problem details."""

    type: str = Field(examples=["urn:shopwindow:problem:key_missing"])
    title: str = Field(examples=["Unauthorized"])
    status: int = Field(examples=[401])
    code: str = Field(examples=["key_missing"])
    detail: str = Field(examples=["send a key: Authorization: Bearer <key>"])


class EventItem(Shape):
    """An item of an event, by GA4's field names."""

    item_id: str = Field(examples=["sku-1"])
    item_name: str | None = Field(None, examples=["Pour-over kettle"])
    item_brand: str | None = Field(None, examples=["Brisa"])
    item_category: str | None = Field(None, examples=["Home"])
    item_category2: str | None = Field(None, examples=["Kitchen"])
    price: float | None = Field(None, examples=[39.9])
    quantity: int = Field(1, ge=1)


class Event(Shape):
    """One thing a visitor did."""

    event: str = Field(
        description="A GA4 event name, Segment's name for one, or one of ours; other names are counted.",
        examples=["view_item"],
    )
    visitor_id: str = Field(max_length=128, examples=["v-1042"])
    event_id: str | None = Field(None, description="Sent again after a failure, an event with a known id counts once.")
    user_id: str | None = None
    session_id: str | None = None
    timestamp: str | float | None = Field(
        None,
        description="When it happened: ISO 8601, or epoch seconds; now by default.",
        examples=["2026-01-31T12:00:00Z"],
    )
    params: dict[str, Any] | None = Field(None, description="GA4 event parameters.", examples=[{"currency": "EUR"}])
    items: list[EventItem] | None = None
    context: dict[str, Any] | None = Field(None, description="Page, campaign, device, as Segment shapes them.")


class Events(Shape):
    """Up to 1,000 events."""

    model_config = ConfigDict(
        json_schema_extra={
            "example": {
                "events": [
                    {
                        "event": "view_item",
                        "visitor_id": "v-1042",
                        "session_id": "s-9",
                        "items": [{"item_id": "sku-1", "item_category": "Home", "price": 39.9}],
                    },
                    {
                        "event": "purchase",
                        "visitor_id": "v-1042",
                        "event_id": "order-77-paid",
                        "timestamp": "2026-01-31T12:00:00Z",
                        "params": {"transaction_id": "77", "value": 39.9, "currency": "EUR"},
                        "items": [{"item_id": "sku-1", "price": 39.9, "quantity": 1}],
                    },
                ]
            }
        }
    )

    events: list[Event]


class Rejected(Shape):
    """Why one element was not taken."""

    index: int = Field(examples=[3])
    code: str = Field(examples=["item_id_missing"])
    message: str = Field(examples=["items[0] needs item_id or item_name, got {'price': 5}"])


class EventsAccepted(Shape):
    """What became of the events."""

    accepted: int = Field(examples=[2])
    rejected: list[Rejected]


class StateView(Shape):
    """How fresh the visitor's state was."""

    events_seen: int = Field(examples=[12])
    as_of: str | None = Field(description="Time of the visitor's newest event.", examples=["2026-01-31T12:00:00.000Z"])
    age_ms: float | None = Field(description="Since the newest event was accepted.", examples=[84.2])
    freshness_ms: float | None = Field(
        description="From accepting the newest event to this decision, where it is the first to use it.", examples=[6.1]
    )


class Say(Shape):
    """What one learner adds to an item's score, beside what it adds to the average candidate; a log of chances."""

    learner: str = Field(examples=["session_neighbours"])
    says: float = Field(examples=[0.8])


class RecommendedItem(Shape):
    """One product of a list."""

    item_id: str = Field(examples=["sku-1"])
    position: int = Field(examples=[0])
    score: float = Field(examples=[0.83])
    tier: str = Field(examples=["personalized"])
    reason: str = Field(examples=["you looked at Coffee makers"])
    learner: str = Field(description="Which learner speaks for it most.", examples=["content"])
    because_item_id: str | None = Field(description="The item that most leads to it.", examples=["sku-7"])
    says: list[Say] | None = Field(
        default=None, description="With `explain`: every learner's say, most first; empty where none ranked it."
    )
    title: str = Field(examples=["Pour-over kettle"])
    price: float | None = Field(examples=[39.9])
    sale_price: float | None = Field(examples=[34.9])
    currency: str = Field(examples=["EUR"])
    image_link: str
    link: str
    availability: str = Field(examples=["in_stock"])
    brand: str = Field(examples=["Brisa"])
    category: str = Field(examples=["Home > Kitchen"])


class ProductList(Shape):
    """A list and where it came from."""

    strategy: str = Field(examples=["for_you"])
    tier: str = Field(description="personalized, session, segment, popular or static.", examples=["personalized"])
    reason: str
    items: list[RecommendedItem]
    companion_of: str | None = Field(None, description="Of a bundle: the item it is around.", examples=["sku-1"])
    joint_price: float | None = Field(
        None, description="Of a bundle: that item and all listed together; null where a price is not known."
    )
    bundle_price: float | None = Field(None, description="Of a bundle: with the shop's discount, its margin kept.")
    saving: float | None = Field(None, description="Of a bundle: what it costs less than its items apart.")
    currency: str | None = Field(None, description="Of a bundle: of its prices.", examples=["EUR"])
    threshold: float | None = Field(None, description="Of a nudge: the cart value asked for.")
    cart_value: float | None = Field(None, description="Of a nudge: what the cart is worth now.")
    missing: float | None = Field(None, description="Of a nudge: what is missing; 0 where the threshold is reached.")


class Head(Shape):
    """What every decision begins with."""

    decision_id: str = Field(description="Send it back in params.decision_id of the events that follow.")
    visitor_id: str | None
    holdout: bool
    campaign_id: str | None = Field(description="Of the running campaign that led to this visit.", examples=["spring"])
    echo: bool = Field(description="Whether that campaign is echoed; a tenth of the visitors get no echo.")
    experiments: list[dict[str, str]] = Field(
        description="Experiments that this decision is part of, and the visitor's variants.",
        examples=[[{"experiment_id": "hero-test", "variant_id": "random"}]],
    )
    state: StateView


class Recommendations(Head, ProductList):
    """One list."""


class Slot(Shape):
    """One filled position."""

    creative_id: str
    campaign_id: str
    image_link: str
    link: str
    headline: str
    text: str
    position: int
    selection_probability: float = Field(examples=[0.62])
    reason: str = Field(examples=["you looked at Kitchen lately"])


class Slate(Shape):
    """A placement's slots."""

    tier: str
    reason: str
    slots: list[Slot]


class Slots(Head, Slate):
    """One placement."""

    placement: str = Field(examples=["home_hero"])


class PlacementAsked(Shape):
    """A placement to fill."""

    placement: str = Field(examples=["home_hero"])
    count: int | None = Field(None, examples=[4])


class ListAsked(Shape):
    """A list to make."""

    name: str | None = Field(None, description="Its key in the answer; the strategy by default.", examples=["for_you"])
    strategy: str = Field("for_you", examples=["for_you"])
    item_id: str | None = None
    limit: int = Field(10, ge=1, le=100)
    category: str | None = None
    exclude: list[str] | None = None
    refill: bool = True
    threshold: float = Field(0.0, ge=0, description="For `threshold_nudge`: the cart value to reach.")


class DecisionsRequest(Shape):
    """A page's placements and lists."""

    visitor_id: str | None = Field(None, examples=["v-1042"])
    placements: list[PlacementAsked] = []
    lists: list[ListAsked] = []
    exclude: list[str] | None = None


class Decisions(Head):
    """A whole page."""

    placements: dict[str, Slate]
    lists: dict[str, ProductList]


class BatchRequest(Shape):
    """One list for many visitors: those named, or a segment's."""

    visitor_ids: list[str] | None = Field(None, min_length=1, max_length=500, examples=[["v-1042", "v-1043"]])
    segment: str | None = Field(None, description="Instead of visitor_ids.", examples=["kitchen-lovers"])
    limit: int = Field(500, ge=1, le=500, description="Of a segment: visitors a page.")
    cursor: str | None = Field(None, description="Of a segment: next_cursor of the page before; good for a day.")
    list: ListAsked


class LeftOut(Shape):
    """A visitor without a list."""

    visitor_id: str
    why: str = Field(description="unsubscribed, or unknown: erased since the mailing began.", examples=["unsubscribed"])


class Batch(Shape):
    """Their lists, in the order asked; a segment's by visitor id."""

    lists: list[Recommendations]
    left_out: list[LeftOut]
    segment: str | None = None
    total: int | None = Field(None, description="Of a segment: visitors when the mailing began.")
    next_cursor: str | None = Field(None, description="Of a segment: null on the last page.")


class Visitor(Shape):
    """A profile explained."""

    visitor_id: str
    user_id: str | None
    devices: list[str]
    holdout: bool
    events_seen: int
    sessions: int
    session: dict[str, Any]
    counts: dict[str, int]
    recent_items: list[dict[str, Any]]
    cart: list[dict[str, Any]]
    bought: list[dict[str, Any]]
    item_purchases: list[dict[str, Any]]
    interests: dict[str, Any] = Field(
        examples=[
            {"15m": {"categories": [{"category": "Home > Kitchen", "weight": 0.7}], "brands": [], "price_bands": []}}
        ]
    )
    for_you: ProductList | None
    storage: dict[str, Any]


class VisitSource(Shape):
    """Where a visit came from; null where nothing told."""

    channel: str = Field(description="direct, organic_search, paid_search, email, social ...", examples=["paid_search"])
    source: str | None = Field(examples=["google"])
    medium: str | None = Field(examples=["cpc"])
    campaign: str | None = Field(examples=["spring"])
    ad: str | None = Field(examples=["kettle-blue"])
    keyword: str | None = Field(examples=["pour over kettle"])
    search_engine: str | None = Field(examples=["google"])
    referrer: str | None = Field(examples=["https://www.google.com/"])
    region: str | None = Field(examples=["Bavaria, DE"])
    device: str | None = Field(examples=["mobile"])


class TimelineVisit(Shape):
    """The visit an entry belongs to."""

    session_id: str | None
    started_at: str
    ended_at: str
    entries: int
    source: VisitSource


class TimelineEntry(Shape):
    """One touchpoint."""

    id: str = Field(description="Its place; good for `before`.", examples=["1767268800000000-42"])
    at: str = Field(examples=["2026-01-01T12:00:00.000Z"])
    event: str = Field(examples=["view_item"])
    kind: str = Field(description="page_view, product_view, cart, order, mail, chat ...", examples=["product_view"])
    title: str = Field(examples=["Looked at Pour-over kettle"])
    dwell_ms: float | None = Field(description="How long it was looked at.", examples=[41_000])
    details: dict[str, Any] = Field(examples=[{"items": [{"item_id": "sku-1", "title": "Pour-over kettle"}]}])
    visit: TimelineVisit | None = Field(description="Null for what happened off site.")
    followed_by: dict[str, Any] | None = Field(
        None, description="Of a clicked mail or message: what was looked at next, and for how long."
    )


class Timeline(Shape):
    """A visitor's touchpoints, newest first."""

    visitor_id: str
    entries: list[TimelineEntry]
    next_before: str | None = Field(description="`before` of the next page; null on the last.")


class Item(Shape):
    """A catalog item, by Google Merchant's attribute names."""

    item_id: str = Field(description="Or `id`, as feeds name it.", max_length=100, examples=["sku-1"])
    title: str = Field("", examples=["Pour-over kettle"])
    description: str = ""
    link: str = Field("", examples=["https://shop.example/p/sku-1"])
    image_link: str = ""
    availability: str = Field("in_stock", description="in_stock, out_of_stock, preorder, backorder.")
    price: float | str | None = Field(None, examples=["39.90 EUR"])
    sale_price: float | str | None = None
    currency: str = Field("", examples=["EUR"])
    product_type: str = Field("", description="Or `category`.", examples=["Home > Kitchen"])
    brand: str = Field("", examples=["Brisa"])
    hidden: bool = False


class Items(Shape):
    """Up to 1,000 products."""

    items: list[Item]


class Creative(Shape):
    """What may fill a slot."""

    creative_id: str = Field(examples=["kitchen-1"])
    campaign_id: str = Field(examples=["spring"])
    headline: str = Field("", examples=["Slow mornings"])
    text: str = ""
    image_link: str = ""
    link: str = ""
    category: str = Field("", examples=["Home > Kitchen"])
    brand: str = ""
    item_ids: list[str] = []
    placements: list[str] = Field([], description="Where it may stand; everywhere when empty.")
    enabled: bool = True


class Creatives(Shape):
    """Up to 1,000 creatives."""

    creatives: list[Creative]


class Campaign(Shape):
    """Creatives that run together."""

    campaign_id: str = Field(examples=["spring"])
    name: str = ""
    starts_at: str | None = Field(None, examples=["2026-03-01T00:00:00Z"])
    ends_at: str | None = None
    enabled: bool = True


class Campaigns(Shape):
    """Up to 1,000 campaigns."""

    campaigns: list[Campaign]


class Placement(Shape):
    """A region of a page."""

    placement_id: str = Field(examples=["home_hero"])
    name: str = ""
    slots: int = Field(4, ge=1, le=24)
    enabled: bool = True


class Placements(Shape):
    """Up to 1,000 placements."""

    placements: list[Placement]


class Audience(Shape):
    """Segments a visitor is in: any of the first, all of the second, none of the third."""

    any: list[str] = Field([], examples=[["kitchen-lovers"]])
    all: list[str] = []
    none: list[str] = []


class RuleBody(Shape):
    """What a marketer wants of lists."""

    rule_id: str = Field(examples=["pin-summer"])
    action: Literal["pin", "boost", "bury", "exclude", "cap", "diversify"]
    name: str = ""
    strategies: list[str] = Field([], description="Lists it holds for; all of them by default.")
    item_ids: list[str] = []
    category: str = ""
    brand: str = ""
    label: str = Field("", description="A custom label.")
    price_from: float | None = None
    price_to: float | None = None
    creative_ids: list[str] = Field([], description="With these or campaign_ids the rule is about slots.")
    campaign_ids: list[str] = []
    placements: list[str] = Field([], description="Placements it holds for; all of them by default.")
    availability: list[str] = Field([], description="Stock: in_stock, preorder, backorder, limited_availability.")
    devices: list[str] = Field([], examples=[["mobile"]])
    regions: list[str] = Field([], description="`DE` holds for `DE-BE` too.", examples=[["DE"]])
    audience: Audience | None = None
    position: int = Field(0, ge=0, le=99, description="pin: the first place, from 0.")
    weight: float = Field(2.0, description="boost: times the score; diversify: 0 to 1.")
    most: int = Field(1, ge=1, le=99, description="cap: so many of them in a list.")
    per_category: int = Field(0, ge=0, le=5, description="cap: of each category at this level, 1 the outermost.")
    starts_at: str | None = None
    ends_at: str | None = None
    enabled: bool = True


class VariantBody(Shape):
    """One side of an experiment."""

    variant_id: str = Field(max_length=60, examples=["bestsellers"])
    name: str = ""
    weight: float = Field(1.0, gt=0)
    lists: dict[str, dict[str, Any]] = Field(
        {},
        description="What becomes of the lists asked for by a strategy: strategy, limit, category, refill, threshold.",
        examples=[{"for_you": {"strategy": "bestsellers"}}],
    )
    placements: dict[str, dict[str, Any]] = Field(
        {},
        description="What becomes of placements: policy thompson, random or fixed, and creative_ids.",
        examples=[{"home_hero": {"policy": "random"}}],
    )
    rules: list[RuleBody] = Field([], description="Rules that hold for its visitors beside the shop's.")


class ExperimentBody(Shape):
    """Variants, and who meets them."""

    experiment_id: str = Field(max_length=60, examples=["hero-test"])
    name: str = ""
    variants: list[VariantBody] = Field(description="2 to 10; the others are compared with the first.")
    metric: Literal["click_rate", "conversion", "revenue_per_visitor"] = "click_rate"
    traffic: float = Field(1.0, gt=0, le=1, description="Share of its visitors who take part.")
    layer: str = Field("", description="Experiments of one layer share its visitors out.")
    layer_from: float = Field(0.0, ge=0, le=1)
    layer_to: float = Field(1.0, ge=0, le=1)
    audience: Audience | None = None
    starts_at: str | None = None
    ends_at: str | None = None
    enabled: bool = True


class Experiments(Shape):
    """Up to 200 experiments."""

    experiments: list[ExperimentBody]


class ExperimentAssignment(Shape):
    """What a visitor meets of an experiment."""

    experiment_id: str
    visitor_id: str
    variant_id: str | None = Field(description="Null for a visitor who does not take part.")
    why: str = Field(examples=["not in its share of the traffic"])
    holdout: bool
    segments: list[str]
    shares: dict[str, float]


class Interval(Shape):
    """A figure, and the always-valid interval around it."""

    value: float
    low: float
    high: float


class MetricResult(Shape):
    """One metric of a variant, compared with the first variant's."""

    value: float | None
    difference: Interval | None
    lift: Interval | None
    p_value: float | None = Field(description="Always valid: it may be looked at at any time.")
    verdict: str | None = Field(description="better, worse, not told apart, or none for the reasons.")
    reasons: list[str]


class VariantResult(Shape):
    """What a variant's visitors did since they first met it."""

    variant_id: str
    visitors: int
    impressions: int
    clicks: int
    orders: int
    buyers: int
    revenue: float
    metrics: dict[str, MetricResult]


class SampleRatioView(Shape):
    """Whether as many visitors met each variant as its weight says."""

    holds: bool
    chi_square: float
    p_value: float | None
    expected: dict[str, float]
    observed: dict[str, int]


class ExperimentResults(Shape):
    """What an experiment has told so far."""

    experiment_id: str
    metric: str = Field(description="The one that decides the verdict.")
    verdicts: dict[str, str] = Field(examples=[{"bestsellers": "not told apart"}])
    reasons: list[str] = Field(description="Why there is no verdict.")
    sample_ratio: SampleRatioView
    left_out: dict[str, int] = Field(examples=[{"bots": 3, "floods": 0, "several_variants": 0}])
    variants: list[VariantResult]


class Rules(Shape):
    """Up to 1,000 rules."""

    rules: list[RuleBody]


class ViewAs(Shape):
    """What is to be other than it is of the visitor, or of a new one where none is named."""

    segments: list[str] | None = Field(None, examples=[["kitchen-lovers"]])
    region: str | None = Field(None, examples=["DE-BE"])
    device: str | None = Field(None, examples=["mobile"])
    at: str | None = Field(None, description="When; now by default.", examples=["2026-12-24T18:00:00Z"])
    campaign: str | None = Field(None, description="The campaign the visit came by.", examples=["spring"])
    items: list[str] | None = Field(None, description="Products looked at, the latest last.", examples=[["sku-1"]])


class RulesPreviewRequest(Shape):
    """Draft rules, and the list or placement they are tried on."""

    visitor_id: str | None = Field(None, description="Whose list; a new visitor's by default.", examples=["v-1042"])
    view_as: ViewAs | None = None
    rules: list[RuleBody] = []
    placement: str | None = Field(None, description="Instead of a list.", examples=["home_hero"])
    count: int | None = None
    list: ListAsked | None = None


class RulesPreview(Shape):
    """The list as it is and as it would be."""

    visitor_id: str | None
    before: ProductList | Slate
    after: ProductList | Slate


class Segment(Shape):
    """A named rule over profiles."""

    segment_id: str = Field(max_length=60, examples=["kitchen-lovers"])
    name: str = Field("", max_length=200)
    rule: dict[str, Any] = Field(
        description="One condition under its name, or all, any (lists of rules), not (a rule).",
        examples=[{"all": [{"interest": {"category": "Home > Kitchen"}}, {"activity": {"seen_within_days": 7}}]}],
    )


class Segments(Shape):
    """Up to 500 segments."""

    segments: list[Segment]


class SegmentNow(Segment):
    """A segment as it stands."""

    count: int = Field(description="Visitors in it now.", examples=[1042])
    changed_at: str | None = Field(description="When a visitor last came or went.")
    settled: bool = Field(description="False while visitors are still being judged by a changed rule.")


class PreviewRule(Shape):
    """A rule to try."""

    rule: dict[str, Any] = Field(examples=[{"activity": {"silent_days": 90}}])
    limit: int = Field(10, ge=0, le=10, description="Examples to show.")


class PreviewExample(Shape):
    """One visitor a rule holds for."""

    visitor_id: str
    stage: str
    last_seen: str
    why: str


class Preview(Shape):
    """How many visitors a rule holds for."""

    count: int
    judged: int = Field(description="Visitors looked at.")
    complete: bool = Field(description="False where there were too many visitors to look at all in 10 s.")
    examples: list[PreviewExample]


class Thresholds(Shape):
    """Days without an event after which a visitor is dormant, and lost; and where the value scores divide.

    The scores' cut-offs may be left out: days since the last order, orders, revenue, each four numbers that rise.
    """

    dormant_after_days: float = Field(30.0, gt=0)
    lost_after_days: float = Field(90.0, gt=0)
    recency_days: list[float] = Field([30.0, 90.0, 180.0, 365.0], min_length=4, max_length=4)
    frequency_orders: list[float] = Field([2.0, 3.0, 5.0, 10.0], min_length=4, max_length=4)
    monetary_revenue: list[float] = Field([50.0, 150.0, 500.0, 1_500.0], min_length=4, max_length=4)


class StageNow(Shape):
    """A stage's visitors."""

    count: int
    changed_at: str | None


class Stages(Shape):
    """The stages of life."""

    thresholds: Thresholds
    stages: dict[str, StageNow]
    settled: bool


class ResourcesAccepted(Shape):
    """What became of the things sent."""

    accepted: int
    rejected: list[Rejected]


class Status(Shape):
    """Where the stream stands."""

    site: str
    events: dict[str, int] = Field(examples=[{"applied": 1000, "duplicates": 2, "dead_letters": 0}])
    lag: dict[str, int] = Field(examples=[{"profile": 0, "learn": 0, "trigger": 0, "archive": 0}])
    models: dict[str, int]


class Report(Shape):
    """A table of figures."""

    name: str = Field(examples=["channels"])
    first_day: str | None = Field(alias="from", examples=["2026-01-01"])
    last_day: str | None = Field(alias="to", examples=["2026-01-31"])
    columns: list[str] = Field(examples=[["channel", "visits", "orders", "revenue"]])
    rows: list[dict[str, Any]] = Field(
        description="In order, by column; shares from 0 to 1.",
        examples=[[{"channel": "email", "visits": 120, "orders": 9, "revenue": 412.5}]],
    )


class DeadLetters(Shape):
    """Events set aside."""

    dead_letters: list[dict[str, Any]]


class DeadLettersReplayed(Shape):
    """What became of them."""

    accepted: int
    rejected: list[dict[str, Any]]


class Trigger(Shape):
    """A condition, and what is sent when it holds."""

    trigger_id: str = Field(examples=["cart-left"])
    name: str | None = Field(None, examples=["Cart left"])
    enabled: bool = True
    when: dict[str, Any] = Field(description="One kind with its fields.", examples=[{"cart_left": {"after": "2h"}}])
    purpose: str = Field("promotional", description="promotional, or service, which nothing holds back.")
    actions: list[str] = Field(["webhook", "topic"], description="webhook, topic, on_site.")
    priority: int = Field(50, ge=0, le=100, description="Of several that are due, the highest goes first.")
    campaign: str | None = Field(None, description="What caps count it as; its id by default.")
    message: dict[str, str] | None = Field(None, examples=[{"template": "cart-left", "subject": "Still in your cart"}])
    offer: dict[str, Any] | None = Field(None, examples=[{"kind": "discount", "percent": 10}])
    recommend: dict[str, Any] | None = Field(None, examples=[{"strategy": "cross_sell", "limit": 4}])
    lasts: str | float | None = Field(None, description="For how long after it was due it is still sent.")
    only: dict[str, Any] | None = Field(None, description="A segment's rule that the visitor must fulfil.")
    shipped: bool | None = Field(None, description="In answers: whether every site begins with it.")


class Triggers(Shape):
    """Up to 200 triggers."""

    triggers: list[Trigger]


class TriggersNow(Triggers):
    """All triggers of a site."""

    total: int = Field(examples=[17])


class TriggerPreviewRequest(Shape):
    """Whom to look at, and perhaps a draft."""

    visitor_id: str = Field(examples=["v-1042"])
    trigger: Trigger | None = None


class TriggerPreview(Shape):
    """What triggers know of a visitor, and what a draft would do."""

    visitor_id: str
    armed: list[dict[str, Any]] = Field(description="Timers: trigger, subject, when due, until when, why held.")
    would: dict[str, Any] | None = Field(None, description="Of a draft: send, hold, give_up or drop, and why.")


class ContactPolicy(Shape):
    """How often, and when, a visitor may be promoted to."""

    caps: list[dict[str, Any]] = Field(
        [], examples=[[{"most": 3, "per": "day", "channels": ["message", "on_site", "banner"]}]]
    )
    quiet_hours: dict[str, Any] | None = Field(None, examples=[{"from": "21:00", "to": "08:00"}])
    time_zone: str = Field("UTC", examples=["Europe/Berlin"])
    webhook: dict[str, str] | None = Field(None, examples=[{"url": "https://shop.example/hook", "secret": "whsec_..."}])
    attribution_days: float = Field(7.0, gt=0, le=90)


class JournalEntry(Shape):
    """One message: to whom, when, why, and what came of it."""

    message_id: str = Field(examples=["3-5e0c3b1c1f2a4d5e6f708192"])
    status: str = Field(description="sent, suppressed (refused) or expired (held back for too long).")
    visitor_id: str
    trigger_id: str
    at: str
    why: str = Field(examples=["2 items in the cart, unchanged for 2h"])
    reason: str | None = Field(None, description="What held it back.")
    delivery: dict[str, Any]
    outcome: dict[str, Any] = Field(description="delivered, opened, clicked, dismissed, and orders that followed.")


class Journal(Shape):
    """Entries, newest first."""

    entries: list[JournalEntry]


class UndeliveredNow(Shape):
    """Messages set aside after the last try."""

    undelivered: list[dict[str, Any]]


class UndeliveredReplayed(Shape):
    """How many are tried again."""

    replayed: int


class OnSiteMessages(Shape):
    """What a visitor is to be shown."""

    visitor_id: str
    messages: list[dict[str, Any]]


_PROBLEMS = {
    400: "The body is not JSON.",
    401: "No key, or one that belongs to no site.",
    403: "The secret key is needed.",
    404: "There is no such thing.",
    413: "Too much at once.",
    422: "A value does not fit; `detail` names it.",
    503: "A server behind us does not answer; try again.",
}
REQUEST_BODIES: dict[str, type[BaseModel]] = {}
"""Models that only a request body names; the application adds them to the document."""


def problems(*statuses: int) -> dict[int | str, dict[str, Any]]:
    """Document the problems an endpoint answers with."""
    content = {"application/problem+json": {"schema": {"$ref": "#/components/schemas/Problem"}}}
    return {status: {"description": _PROBLEMS[status], "content": content} for status in statuses}


def body(model: type[BaseModel]) -> dict[str, Any]:
    """Document a request body that the endpoint reads by hand."""
    REQUEST_BODIES[model.__name__] = model
    schema = {"$ref": f"#/components/schemas/{model.__name__}"}
    return {"requestBody": {"required": True, "content": {"application/json": {"schema": schema}}}}
