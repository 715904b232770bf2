"""The trigger process: trigger states, and the messages that leave."""

from shopwindow.build import (
    clock_kind,
    default_contact_policy,
    default_currency,
    default_thresholds,
    lifetimes,
    open_message_topic,
    retry_s,
)
from shopwindow.processes.stream import stream_process
from shopwindow.settings import Settings
from store.client import Client
from store.clock import open_clock
from store.log.groups import TRIGGER_GROUP
from store.messages.item_watchers import ItemWatcherStore
from store.messages.outbox import Outbox
from store.messages.trigger_states import TriggerStore
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from store.site.segments import SegmentStore
from store.site.trigger_config import TriggerConfigStore
from store.visitors.profiles import ProfileStore
from stream.assortments import Assortments
from stream.flow_context import FlowContext
from stream.messages.delivery import MessageDelivery
from stream.messages.message_lists import MessageLists
from stream.trigger_flow import run_trigger
from stream.trigger_inputs import TriggerConfigs
from stream.trigger_worker import TriggerStores, TriggerWorker


def serve_trigger(settings: Settings) -> None:
    """Run the trigger flow until it is told to stop, and the delivery of messages beside it."""
    with stream_process(settings, TRIGGER_GROUP) as (client, context):
        topic = open_message_topic(settings, context.stop)
        kept_for = lifetimes(settings)
        configs = TriggerConfigStore(client, default_contact_policy(settings))
        delivery = MessageDelivery(
            {site: Outbox(client, site, context.log.partitions, kept_for) for site in context.sites},
            configs,
            topic,
            retry_s(settings),
            settings.webhook_timeout_s,
            context.stop,
            private=settings.webhook_private,
        )
        run_trigger(context, _trigger_worker(settings, client, context, configs), delivery)
        topic.close()


def _trigger_worker(
    settings: Settings, client: Client, context: FlowContext, configs: TriggerConfigStore
) -> TriggerWorker:
    """Build what keeps trigger states, with all it reads."""
    catalogs = CatalogStore(client, default_currency(settings))
    told = context.dead_letters.unreadable
    kept_for = lifetimes(settings)
    profiles = ProfileStore(client, kept_for, told)
    return TriggerWorker(
        context,
        TriggerStores(TriggerStore(client, told, kept_for), ItemWatcherStore(client), profiles, catalogs),
        Assortments(catalogs, offers_adult=settings.recommend_adult),
        TriggerConfigs(configs, SegmentStore(client, default_thresholds(settings))),
        MessageLists(ModelStore(client), settings.holdout_share),
        open_clock(clock_kind(settings), client),
    )
