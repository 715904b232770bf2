"""The archive process: every event as Parquet files."""

from models.base.durations import DAY_S
from shopwindow.build import archive_directory, lifetimes
from shopwindow.processes.stream import stream_process
from shopwindow.settings import Settings
from store.archive.writer import ArchiveWriter
from store.log.groups import ARCHIVE_GROUP
from store.messages.trigger_states import TriggerStore
from store.visitors.erasures import ErasureStore
from store.visitors.profiles import ProfileStore
from stream.archive_flow import ArchiveSettings, run_archive
from stream.erasure_sweeper import ErasureSweeper


def serve_archive(settings: Settings) -> None:
    """Run the archive flow until it is told to stop."""
    with stream_process(settings, ARCHIVE_GROUP) as (client, context):
        archive = ArchiveWriter(archive_directory(settings), context.dead_letters.unreadable)
        kept = ArchiveSettings(
            settings.archive_every_s, settings.holdout_share, settings.archive_retention_days * DAY_S
        )
        told, kept_for = context.dead_letters.unreadable, lifetimes(settings)
        sweeper = ErasureSweeper(
            ErasureStore(client),
            ProfileStore(client, kept_for, told),
            TriggerStore(client, told, kept_for),
            context.log,
        )
        run_archive(context, archive, sweeper, kept)
