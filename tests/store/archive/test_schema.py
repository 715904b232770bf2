"""Archive schema: every row has exactly its columns, and comes back from a file as it was."""

from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from store.archive.schema import SCHEMA, table_of
from tests.store.archive.shop_archive import SITE, event, landing

BOUGHT = event("purchase", "v1", "01-03 10:02", ("a", 20.0), ("b", 40.5), transaction_id="1", currency="EUR")
SHOWN = event("view_promotion", "v1", "01-03 10:03", promotion_id="spring", creative_name="c1", creative_slot="hero:0")


def test_a_row_has_the_columns_and_no_others_and_none_of_them_twice() -> None:
    for told in (BOUGHT, SHOWN, landing("v2", "01-03 11:00", "utm_source=google&utm_medium=cpc")):
        assert row_of(0, 1, parse_event(told, SITE, 1.79e9), 0.1).keys() == set(SCHEMA.names)
    assert len(SCHEMA.names) == len(set(SCHEMA.names))


def test_what_a_file_gives_back_is_what_was_put(tmp_path: Path) -> None:
    rows = [row_of(3, place, parse_event(told, SITE, 1.79e9), 0.0) for place, told in enumerate((BOUGHT, SHOWN))]
    assert table_of([*rows, {"event": "half"}]).equals(pa.Table.from_pylist([*rows, {"event": "half"}], schema=SCHEMA))
    pq.write_table(table_of(rows), tmp_path / "rows.parquet")
    bought, shown = pq.read_table(tmp_path / "rows.parquet", schema=SCHEMA).to_pylist()
    assert (bought["order_id"], bought["amount"], bought["currency"]) == ("1", 60.5, "EUR")
    assert [(line["item_id"], line["price"], line["quantity"]) for line in bought["items"]] == [
        ("a", 20.0, 1),
        ("b", 40.5, 1),
    ]
    assert shown["promotions"] == [{"campaign": "spring", "creative": "c1", "slot": "hero:0"}]
    assert (bought["log_partition"], bought["position"], shown["position"]) == (3, 0, 1)
