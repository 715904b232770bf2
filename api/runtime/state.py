"""State: what the endpoints share, built once when the API starts."""

import asyncio
from collections.abc import Callable
from dataclasses import dataclass, field

from starlette.requests import Request

from api.http.config import ApiConfig
from api.http.edge.open_streams import OpenStreams
from api.http.edge.sender_limits import SenderLimits
from api.intake.letter_queue import LetterQueue
from api.intake.log_appender import Appender
from api.intake.rejected_events import RejectedEvents
from api.runtime.decision_memory import DecisionMemory
from api.runtime.health import Health, IntakeProbe
from api.runtime.key_ring import KeyRing
from api.runtime.logs import Logs
from api.runtime.message_notifier import MessageNotifier
from api.runtime.site import Site
from api.runtime.topology import Topology
from store.archive.archive import Archive
from store.client import AsyncClient
from store.dead_letters import DeadLetterStore
from store.messages.journal import JournalStore
from store.messages.mailings import MailingStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import TriggerStore
from store.site.api_keys import ApiKeyStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.visitors.erasures import ErasureStore
from store.visitors.known_visitors import KnownVisitorStore
from store.visitors.memberships import MembershipStore
from store.visitors.order_tellers import OrderTellerStore
from store.visitors.profiles import ProfileStore
from store.visitors.visitor_reads import VisitorReader


@dataclass(frozen=True, slots=True)
class Stores:
    """What is kept in Redis, and the archive."""

    redis: AsyncClient
    visitors: VisitorReader
    profiles: ProfileStore
    memberships: MembershipStore
    catalogs: CatalogStore
    models: ModelStore
    segments: SegmentStore
    triggers: TriggerStore
    trigger_config: TriggerConfigStore
    journal: JournalStore
    mailings: MailingStore
    order_tellers: OrderTellerStore
    dead_letters: DeadLetterStore
    known: KnownVisitorStore
    erasures: ErasureStore
    api_keys: ApiKeyStore
    outboxes: dict[str, Outbox]
    archive: Archive


@dataclass(frozen=True, slots=True)
class Appenders:
    """What appends to the logs: events that requests wait for; exposures and decisions, for which none does; and
    probes, which tell whether it is possible.
    """

    events: Appender
    exposures: Appender
    decisions: Appender
    probes: Appender

    def close(self) -> None:
        """Append what is waiting, then end."""
        for appender in (self.events, self.decisions, self.exposures, self.probes):
            appender.close()


@dataclass(frozen=True, slots=True)
class Running:
    """How the process stands: whether it is ready, or told to end, and what only one request may do at a time."""

    stopping: Callable[[], bool]
    ready: asyncio.Event = field(default_factory=asyncio.Event)
    replaying: asyncio.Lock = field(default_factory=asyncio.Lock)
    reporting: asyncio.Lock = field(default_factory=asyncio.Lock)


@dataclass(frozen=True, slots=True)
class State:
    """All that endpoints share."""

    config: ApiConfig
    sites: dict[str, Site]
    stores: Stores
    logs: Logs
    appenders: Appenders
    notifier: MessageNotifier
    running: Running
    health: Health
    intake_probe: IntakeProbe
    rejected: RejectedEvents
    letters: LetterQueue
    topology: Topology
    key_ring: KeyRing
    senders: SenderLimits
    streams: OpenStreams
    memory: DecisionMemory = field(default_factory=DecisionMemory)


def state_of(request: Request) -> State:
    """Give the running API's state."""
    state: State = request.state.shopwindow
    return state
