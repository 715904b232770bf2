"""The archive process: every event as Parquet files."""

from shopwindow.build import archive_directory
from shopwindow.processes.stream import stream_process
from shopwindow.settings import Settings
from store.archive.writer import ArchiveWriter
from store.log.groups import ARCHIVE_GROUP
from stream.archive_flow import run_archive


def serve_archive(settings: Settings) -> None:
    """Run the archive flow until it is told to stop."""
    with stream_process(settings, ARCHIVE_GROUP) as (_, context):
        archive = ArchiveWriter(archive_directory(settings))
        run_archive(context, archive, settings.archive_every_s, settings.holdout_share)
