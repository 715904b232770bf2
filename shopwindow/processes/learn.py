"""The learn process: each site's models."""

from shopwindow.build import default_currency
from shopwindow.processes.stream import stream_process
from shopwindow.settings import Settings
from store.log.groups import LEARN_GROUP
from store.site.catalog import CatalogStore
from store.site.models import ModelStore
from stream.learn_flow import run_learn


def serve_learn(settings: Settings) -> None:
    """Run the learn flow until it is told to stop."""
    with stream_process(settings, LEARN_GROUP) as (client, context):
        run_learn(
            context,
            ModelStore(client),
            CatalogStore(client, default_currency(settings)),
            settings.publish_every_s,
            settings.click_window_s,
            settings.holdout_share,
        )
