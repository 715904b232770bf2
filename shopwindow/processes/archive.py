"""The archive process: every event as Parquet files."""

from models.base.durations import DAY_S
from shopwindow.build import archive_directory
from shopwindow.processes.stream import stream_process
from shopwindow.settings import Settings
from store.archive.writer import ArchiveWriter
from store.log.groups import ARCHIVE_GROUP
from stream.archive_flow import ArchiveSettings, run_archive


def serve_archive(settings: Settings) -> None:
    """Run the archive flow until it is told to stop."""
    with stream_process(settings, ARCHIVE_GROUP) as (_, context):
        archive = ArchiveWriter(archive_directory(settings), context.dead_letters.unreadable)
        kept = ArchiveSettings(
            settings.archive_every_s, settings.holdout_share, settings.archive_retention_days * DAY_S
        )
        run_archive(context, archive, kept)
