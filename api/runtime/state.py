"""State: what the endpoints share, built once when the API starts."""

import asyncio
from collections import OrderedDict
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

from starlette.requests import Request

from api.http.config import ApiConfig
from api.runtime.log_appender import Appender
from api.runtime.message_notifier import MessageNotifier
from api.runtime.site import Site
from models.catalog.resources import Experiment, Variant
from store.archive.archive import Archive
from store.client import AsyncClient
from store.log.log import EventLog
from store.messages.journal import JournalStore
from store.messages.mailings import MailingStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import TriggerStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.visitors.memberships import MembershipStore
from store.visitors.profiles import ProfileStore
from store.visitors.visitor_reads import VisitorReader

_MAX_SEEN = 100_000


class Freshness:
    """Which accepted event of each visitor a decision has used already; the latest `_MAX_SEEN` visitors."""

    def __init__(self) -> None:
        self._used: OrderedDict[tuple[str, str], float] = OrderedDict()

    def first_use(self, site: str, visitor_id: str, accepted_at_s: float, now_s: float) -> float | None:
        """Seconds from accepting the visitor's newest event to now, if no decision used it before; else None."""
        key = (site, visitor_id)
        before = self._used.pop(key, 0.0)
        self._used[key] = max(before, accepted_at_s)
        if len(self._used) > _MAX_SEEN:
            self._used.popitem(last=False)
        return max(0.0, now_s - accepted_at_s) if accepted_at_s > before else None


class Exposed:
    """Which variants visitors are known to have met; the latest `_MAX_SEEN` of them."""

    def __init__(self) -> None:
        self._known: OrderedDict[tuple[str, str, str], tuple[str, float]] = OrderedDict()

    def first(self, site: str, visitor_id: str, experiment: Experiment, variant: Variant) -> bool:
        """Whether a visitor meets a variant for the first time, as far as is known here; notes it."""
        key = (site, visitor_id, experiment.experiment_id)
        met = (variant.variant_id, experiment.began_at_s)
        before = self._known.pop(key, None)
        self._known[key] = met
        if len(self._known) > _MAX_SEEN:
            self._known.popitem(last=False)
        return before != met

    def forget(self, site: str, visitor_id: str, experiment_ids: Iterable[str]) -> None:
        """Forget what could not be told."""
        for experiment_id in experiment_ids:
            self._known.pop((site, visitor_id, experiment_id), None)


class Breaker:
    """Spares requests the wait for a server that does not answer.

    After `failures` in a row it opens; every `retry_s` one request tries again, and its success closes it.
    """

    def __init__(self, failures: int = 3, retry_s: float = 0.5) -> None:
        self._failures = failures
        self._retry_s = retry_s
        self._count = 0
        self._next_try_s = 0.0

    def closed(self, now_s: float) -> bool:
        """Whether to ask the server now (monotonic seconds)."""
        if self._count < self._failures:
            return True
        if now_s < self._next_try_s:
            return False
        self._next_try_s = now_s + self._retry_s
        return True

    def succeeded(self) -> None:
        """Note an answer."""
        self._count = 0

    def failed(self, now_s: float) -> None:
        """Note a failure (monotonic seconds)."""
        self._count += 1
        self._next_try_s = now_s + self._retry_s


@dataclass(slots=True)
class State:
    """Clients and models of one API process."""

    config: ApiConfig
    sites: dict[str, Site]
    redis: AsyncClient
    visits: VisitorReader
    profiles: ProfileStore
    catalogs: CatalogStore
    models: ModelStore
    archive: Archive
    segments: SegmentStore
    memberships: MembershipStore
    triggers: TriggerStore
    trigger_config: TriggerConfigStore
    journal: JournalStore
    outboxes: dict[str, Outbox]
    notifier: MessageNotifier
    stopping: Callable[[], bool]
    mailings: MailingStore
    log: EventLog
    dead_letter_log: EventLog
    events: Appender
    decisions: Appender
    exposures: Appender
    dead_letters: Appender
    freshness: Freshness = field(default_factory=Freshness)
    exposed: Exposed = field(default_factory=Exposed)
    telling: set[asyncio.Task[None]] = field(default_factory=set)
    breaker: Breaker = field(default_factory=Breaker)
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    replaying: asyncio.Lock = field(default_factory=asyncio.Lock)
    reporting: asyncio.Lock = field(default_factory=asyncio.Lock)


def state_of(request: Request) -> State:
    """Give the running API's state."""
    state: State = request.state.shopwindow
    return state
