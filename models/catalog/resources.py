"""What we sell and show: catalog items, creatives, campaigns, placements, as Google Merchant and GA4 name them; and
what is laid over them: rules and experiments."""

import math
from typing import Final, Literal, get_args

import msgspec

from models.events.currency import SiteCurrency

MAX_ID_LENGTH = 100
MAX_LEVELS: Final = 5
"""Levels of a category path that count."""
AVAILABILITY = ("in_stock", "out_of_stock", "preorder", "backorder", "limited_availability")
SELLABLE = frozenset({"in_stock", "preorder", "backorder", "limited_availability"})


class CatalogItem(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """A product as the catalog knows it. Attribute names are the Google Merchant feed's, but `item_id` for `id`.

    `price`, `sale_price` and `cost_of_goods_sold` are amounts of `currency`; the sale price holds from
    `sale_starts_at_s` on until `sale_ends_at_s`. `category` is the path in the shop's own taxonomy, outermost level
    first; the `_s` fields are epoch seconds, `added_at_s` set by us at the first import.
    """

    item_id: str
    title: str = ""
    description: str = ""
    link: str = ""
    image_link: str = ""
    availability: str = "in_stock"
    price: float | None = None
    sale_price: float | None = None
    currency: str = ""
    category: tuple[str, ...] = ()
    brand: str = ""
    item_group_id: str = ""
    color: str = ""
    size: str = ""
    gender: str = ""
    age_group: str = ""
    material: str = ""
    pattern: str = ""
    condition: str = ""
    gtin: str = ""
    mpn: str = ""
    cost_of_goods_sold: float | None = None
    custom_labels: tuple[str, ...] = ()
    is_bundle: bool = False
    hidden: bool = False
    adult: bool = False
    sale_starts_at_s: float = 0.0
    sale_ends_at_s: float = math.inf
    available_from_s: float = 0.0
    expires_at_s: float = math.inf
    added_at_s: float = 0.0

    def sale_price_at(self, at_s: float) -> float | None:
        """Its sale price where the sale is on at `at_s`; None before it begins and from its end on."""
        return self.sale_price if self.sale_starts_at_s <= at_s < self.sale_ends_at_s else None

    def current_price(self, at_s: float) -> float | None:
        """What it costs at `at_s`; None where that is not known."""
        reduced = self.sale_price_at(at_s)
        return self.price if reduced is None else reduced

    def shown_at(self, at_s: float) -> "CatalogItem":
        """Give it as shown at `at_s`: without a sale price that does not hold then."""
        if self.sale_price_at(at_s) == self.sale_price:
            return self
        return msgspec.structs.replace(self, sale_price=None)

    @property
    def has_dated_sale(self) -> bool:
        """Whether it has a sale price that begins or ends by itself."""
        return self.sale_price is not None and (self.sale_starts_at_s > 0 or self.sale_ends_at_s < math.inf)

    @property
    def new_since_s(self) -> float:
        """When it became new: on sale since, or, where the shop does not say, in the catalog since."""
        return self.available_from_s or self.added_at_s

    @property
    def offered(self) -> bool:
        """Whether the shop offers it at all, dates aside: in stock and not hidden."""
        return not self.hidden and self.availability in SELLABLE

    def sellable(self, at_s: float) -> bool:
        """Whether a visitor may be offered it at `at_s`: in stock, not hidden, on sale by date."""
        return self.offered and self.available_from_s <= at_s < self.expires_at_s


class Creative(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """What may fill a slot: a picture, a headline, a link, and what it is about.

    A creative is about a category path, a brand, items, or any of them together; it is left out while every item it
    names is unsellable.
    """

    creative_id: str
    campaign_id: str
    headline: str = ""
    text: str = ""
    image_link: str = ""
    link: str = ""
    category: tuple[str, ...] = ()
    brand: str = ""
    item_ids: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    enabled: bool = True


class Campaign(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """Creatives that run together between two moments (epoch seconds), the end left out.

    `aliases` are other names visits come by: values of utm_campaign, ids of an advertising system, or `source/medium`
    for visits that name no campaign. `promotional` ones are held back by the contact policy; where it leaves room for
    some, those of higher `priority`, 0 to 100, go first.
    """

    campaign_id: str
    name: str = ""
    aliases: tuple[str, ...] = ()
    promotional: bool = True
    priority: int = 50
    starts_at_s: float = 0.0
    ends_at_s: float = math.inf
    enabled: bool = True

    def running(self, at_s: float) -> bool:
        """Whether its creatives may be shown at `at_s`."""
        return self.enabled and self.starts_at_s <= at_s < self.ends_at_s


class Placement(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """A region of a page with `slots` positions, 1 to 24."""

    placement_id: str
    name: str = ""
    slots: int = 4
    enabled: bool = True


class Audience(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True, forbid_unknown_fields=True):
    """Segments, by id, that say whom something is for: who is in any of the first, in all of the second, and in none of
    the third; what is empty asks nothing."""

    any_of: tuple[str, ...] = msgspec.field(default=(), name="any")
    all_of: tuple[str, ...] = msgspec.field(default=(), name="all")
    none_of: tuple[str, ...] = msgspec.field(default=(), name="none")

    @property
    def asks(self) -> bool:
        """Whether it asks anything at all."""
        return bool(self.any_of or self.all_of or self.none_of)

    def holds(self, segments: frozenset[str]) -> bool:
        """Whether a visitor in these segments belongs to it."""
        return (
            (not self.any_of or not segments.isdisjoint(self.any_of))
            and segments.issuperset(self.all_of)
            and segments.isdisjoint(self.none_of)
        )


EVERYBODY: Final = Audience()
RuleAction = Literal["pin", "boost", "bury", "exclude", "cap", "diversify"]
RULE_ACTIONS: tuple[RuleAction, ...] = ("pin", "boost", "bury", "exclude", "cap", "diversify")


class MerchandisingRule(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """What a marketer wants of lists, whatever the models say.

    A rule is about the items that carry all it names (ids, category path, brand, custom label, prices as paid now,
    stock, all items where it names nothing), in the lists of its `strategies` (all where it names none), between two
    moments (epoch seconds), on its `devices`, in its `regions` (`DE` holds for `DE-BE` too), for its `audience`.

    pin: they stand from `position` on, 0 the first, in the order of `item_ids`. boost: their score counts `weight`
    times. bury: they come after everything else. exclude: they are left out. cap: at most `most` of them in a list,
    or, with `per_category`, of each category at that level, 1 the outermost. diversify: `weight`, 0 to 1, is what
    likeness to the items before them takes from their score (maximal marginal relevance).

    A rule that names `creative_ids`, `campaign_ids` or `placements` is about slots instead, in these placements (all
    where it names none), and about the creatives that carry all it names, themselves or by the items they are about: a
    pinned creative stands at its position for sure, a boost multiplies its odds of a click, a buried one is shown where
    nothing else is eligible, a cap holds for the whole placement, and diversity lowers the odds of what is like the
    creatives before it.
    """

    rule_id: str
    action: RuleAction
    name: str = ""
    strategies: tuple[str, ...] = ()
    item_ids: tuple[str, ...] = ()
    category: tuple[str, ...] = ()
    brand: str = ""
    label: str = ""
    price_from: float | None = None
    price_to: float | None = None
    availability: tuple[str, ...] = ()
    creative_ids: tuple[str, ...] = ()
    campaign_ids: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()
    devices: tuple[str, ...] = ()
    regions: tuple[str, ...] = ()
    audience: Audience = EVERYBODY
    position: int = 0
    weight: float = 1.0
    most: int = 1
    per_category: int = 0
    starts_at_s: float = 0.0
    ends_at_s: float = math.inf
    enabled: bool = True

    def running(self, at_s: float) -> bool:
        """Whether it holds at `at_s`."""
        return self.enabled and self.starts_at_s <= at_s < self.ends_at_s

    @property
    def about_slots(self) -> bool:
        """Whether it is about creatives, not about lists."""
        return bool(self.creative_ids or self.campaign_ids or self.placements)


class ListChange(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """What a variant makes of a list: another strategy, or other parameters; what is None or empty stays as asked."""

    strategy: str = ""
    limit: int | None = None
    category: tuple[str, ...] = ()
    refill: bool | None = None
    threshold: float | None = None


SlotPolicy = Literal["thompson", "random", "fixed"]


class SlotChange(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """What a variant makes of a placement: who chooses, among which creatives (all eligible ones where it names none).

    thompson: our own policy. random: each as likely as any other. fixed: in the order of `creative_ids`, then by id.
    """

    policy: SlotPolicy = "thompson"
    creative_ids: tuple[str, ...] = ()


class Variant(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """One side of an experiment: what it changes of lists, by their strategy, and of placements, by id; and rules that
    hold for its visitors beside the shop's. One that changes nothing shows what the shop would show anyway."""

    variant_id: str
    name: str = ""
    weight: float = 1.0
    lists: dict[str, ListChange] = {}
    placements: dict[str, SlotChange] = {}
    rules: tuple[MerchandisingRule, ...] = ()


Metric = Literal["click_rate", "conversion", "revenue_per_visitor"]
METRICS: Final[tuple[Metric, ...]] = get_args(Metric)


class Experiment(msgspec.Struct, omit_defaults=True, kw_only=True, frozen=True):
    """Two or more variants, the first of which the others are compared with, and who meets them.

    `traffic` is the share, above 0 to 1, of its visitors who take part. Experiments of one `layer` share its visitors
    out: each has those from `layer_from` to `layer_to`, of 0 to 1. `metric` decides the verdict. `began_at_s` is when
    it could first show anybody anything, infinite where it never could; from then on who sees what is settled.
    """

    experiment_id: str
    variants: tuple[Variant, ...]
    name: str = ""
    metric: Metric = "click_rate"
    traffic: float = 1.0
    layer: str = ""
    layer_from: float = 0.0
    layer_to: float = 1.0
    audience: Audience = EVERYBODY
    starts_at_s: float = 0.0
    ends_at_s: float = math.inf
    enabled: bool = True
    began_at_s: float = math.inf

    def running(self, at_s: float) -> bool:
        """Whether visitors take part at `at_s`."""
        return self.enabled and self.starts_at_s <= at_s < self.ends_at_s


ResourceKind = Literal["items", "creatives", "campaigns", "placements", "rules", "experiments", "currency"]
CatalogResource = CatalogItem | Creative | Campaign | Placement | MerchandisingRule | Experiment | SiteCurrency
