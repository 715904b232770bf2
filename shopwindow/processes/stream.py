"""What every stream process begins and ends with."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import NamedTuple

from prometheus_client import start_http_server

from shopwindow.build import configure_logging, lifetimes, open_client, open_log, site_names
from shopwindow.listening import bare_host
from shopwindow.readiness import tell_ready
from shopwindow.settings import Settings
from store.allocator import give_memory_back
from store.client import Client
from store.dead_letters import DeadLetterStore
from store.resident_memory import RESIDENT, resident_bytes
from stream.dead_letter_writer import DeadLetterWriter
from stream.flow_context import FlowContext
from stream.run import stop_on_signals


class StreamProcess(NamedTuple):
    """A stream process that is ready to run its flow."""

    client: Client
    context: FlowContext


@contextmanager
def stream_process(settings: Settings, flow: str) -> Iterator[StreamProcess]:
    """Heed signals, serve metrics where asked to, and open Redis and the event log; closed after the flow's end."""
    configure_logging(settings)
    give_memory_back()
    stop = stop_on_signals()
    sites = site_names(settings)
    RESIDENT.set_function(resident_bytes)
    if settings.metrics_port:
        start_http_server(settings.metrics_port, addr=bare_host(settings.host))
    client = open_client(settings, stop)
    log = open_log(settings, stop=stop)
    tell_ready()
    writer = DeadLetterWriter(DeadLetterStore(client, lifetimes(settings)), flow, stop)
    yield StreamProcess(client, FlowContext(log, sites, settings.batch_max_events, stop, writer))
    log.close()
    client.close()
