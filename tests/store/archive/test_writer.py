"""Archive writer: what compaction keeps of rows that were written several times."""

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.reports import make_report
from store.archive.schema import SCHEMA
from store.archive.writer import COMPACT_AT, ArchiveWriter
from tests.store.archive.shop_archive import SITE, event


def told_by(file: int, position: int) -> dict[str, Any]:
    """A row as one file tells it; a later position happened earlier."""
    viewed = parse_event(event("page_view", "v", f"01-01 10:{59 - position}"), SITE, 1.79e9)
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


def old_schema() -> pa.Schema:
    """The schema of files written when a quantity was a whole number."""
    item = SCHEMA.field("items").type.value_type
    whole = [pa.field("quantity", pa.int64()) if field.name == "quantity" else field for field in item]
    place = SCHEMA.get_field_index("items")
    return SCHEMA.set(place, pa.field("items", pa.list_(pa.struct(whole))))


def test_files_of_whole_quantities_are_read_compacted_and_erased_beside_those_of_fractions(tmp_path: Path) -> None:
    archive = ArchiveWriter(tmp_path)
    day = tmp_path / SITE / "2026-01-03"

    def row(position: int, quantity: float) -> dict[str, Any]:
        told = event("purchase", f"v{position}", f"01-03 10:{position:02}", ("a", 20.0), transaction_id=str(position))
        told["items"][0]["quantity"] = quantity
        return row_of(0, position, parse_event(told, SITE, 1.79e9), 0.0)

    archive.write(SITE, 0, [row(1, 0.5)])
    (new,) = day.glob("*.parquet")
    pq.write_table(pa.Table.from_pylist([row(2, 3)], schema=old_schema()), new.with_name("p0-2-2.parquet"))
    steps = {shown["step"]: shown["visits"] for shown in make_report(archive, SITE, "funnel").records()}
    assert steps["visits_with_order"] == 2
    for position in range(3, COMPACT_AT + 1):
        archive.write(SITE, 0, [row(position, 1)])
    archive.erase(SITE, "v2", 1)
    assert archive.compact(SITE) == 1
    [[compacted]] = archive.files(SITE).values()
    table = pq.read_table(compacted)
    assert table.schema.equals(SCHEMA)
    assert [line["quantity"] for line in (bought["items"][0] for bought in table.to_pylist())][:2] == [0.5, 3]
    archive.close()
