"""What the API is told when it starts."""

from dataclasses import dataclass, field
from pathlib import Path

from api.http.edge.limits import Limits
from models.access.order_confirmation import OrderConfirmation
from models.access.origins import ANY_ORIGIN, AllowedOrigins, any_of
from models.access.privacy_signals import PrivacySignals
from models.access.visitor_token import TokenMode, token_secret_of
from models.events.currency import NO_CURRENCY, SiteCurrency
from models.segments.lifecycle import Thresholds
from models.visitor.contact_policy import ContactPolicy
from store.clock import ClockKind
from store.keys import USUAL_LIFETIMES, Lifetimes


@dataclass(frozen=True, slots=True)
class SiteConfig:
    """One site, its keys, for whom a browser may speak without a token, what signs tokens, whose pages may call, and
    who confirms the orders that browsers tell of, and whether what browsers ask of privacy counts."""

    site: str
    public_key: str
    secret_key: str
    visitor_tokens: TokenMode = "known"
    given_token_secret: str = ""
    origins: AllowedOrigins = ANY_ORIGIN
    order_confirmation: OrderConfirmation = "none"
    privacy_signals: PrivacySignals = "honour"

    @property
    def claims_orders(self) -> bool:
        """Whether orders that browsers tell of are claimed until a server tells of them."""
        return self.order_confirmation == "server"

    @property
    def token_secret(self) -> str:
        """The one given, or else made of the secret key."""
        return self.given_token_secret or token_secret_of(self.secret_key)


@dataclass(frozen=True, slots=True)
class ApiConfig:
    """Settings of the API; times in the unit their name ends with.

    `bundle_discount` is the share off a bundle's joint price, as far as `bundle_least_margin` of its price stays above
    its items' cost. `recommend_adult` is whether lists may have items marked as adult.
    `shop_site` names the site whose sample shop pages are served under `/shop/`; empty for none. `open_operations` is
    whether metrics and the document of the API need no key.
    `archive_directory` is where the archive flow writes, and reports read.
    `thresholds`, `contact_policy` and `currency` count for sites that set none of their own; `clock` is what tells a
    site's time; `limits` is how much of it one sender may take; `lifetimes` is for how long people's data is kept.
    """

    sites: tuple[SiteConfig, ...]
    redis_url: str
    redis_cluster: bool = False
    redis_deadline_s: float = 0.1
    lifetimes: Lifetimes = USUAL_LIFETIMES
    holdout_share: float = 0.0
    bundle_discount: float = 0.0
    bundle_least_margin: float = 0.1
    recommend_adult: bool = False
    shop_site: str = ""
    open_operations: bool = False
    archive_directory: Path = Path("data/archive")
    thresholds: Thresholds = field(default_factory=Thresholds)
    clock: ClockKind = "wall"
    contact_policy: ContactPolicy = field(default_factory=ContactPolicy)
    currency: SiteCurrency = NO_CURRENCY
    limits: Limits = field(default_factory=Limits)

    @property
    def joint_origins(self) -> AllowedOrigins:
        """Whose pages may call any of the sites."""
        return any_of(site.origins for site in self.sites)
