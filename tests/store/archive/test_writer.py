"""Archive writer: what compaction keeps of rows that were written several times."""

from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from models.events.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.schema import SCHEMA
from store.archive.writer import COMPACT_AT, ArchiveWriter
from tests.store.archive.shop_archive import SITE, event


def told_by(file: int, position: int) -> dict[str, Any]:
    """A row as one file tells it; a later position happened earlier."""
    viewed = parse_event(event("page_view", "v", f"01-01 10:{59 - position}"), SITE, 1.9e9)
    return {**row_of(0, position, viewed, 0.0), "campaign": f"file {file}"}


def test_compaction_keeps_each_row_once_as_the_first_file_tells_it_in_order_of_time(tmp_path: Path) -> None:
    archive = ArchiveWriter(tmp_path)
    for file in range(1, COMPACT_AT + 1):
        archive.write(SITE, 0, [told_by(file, position) for position in range(1, file + 1)])
    assert archive.compact(SITE) == 1
    [[compacted]] = archive.files(SITE).values()
    table = pq.read_table(compacted)
    assert table.schema.equals(SCHEMA)
    # By name, p0-1-10 stands right behind p0-1-1.
    expected = [(12, "file 12"), (11, "file 11"), *((n, "file 10") for n in range(10, 1, -1)), (1, "file 1")]
    assert [(row["position"], row["campaign"]) for row in table.to_pylist()] == expected
    archive.close()
