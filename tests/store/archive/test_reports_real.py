"""Reports on a year of real purchases, against SQL of another kind over the original file."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from models.base.errors import InvalidError
from models.events.intake.parsing import parse_event
from models.reports.archive_row import row_of
from models.segments.rfm import Cutoffs
from shopwindow.replay import event_of_row, read_rows
from store.archive.report_source import ReportSettings
from store.archive.reports import make_report
from store.archive.writer import ArchiveWriter
from tests.store.archive.shop_archive import SITE

FILE = Path(__file__).parents[3] / ".." / "shared" / "data" / "complete_journey_dev" / "events.csv.gz"
DOCS = Path(__file__).parents[3] / "docs" / "reports.md"
# The lines the API takes: whole quantities of 1 and more; a line that stands there twice counts once.
_LINES = """
CREATE TEMP VIEW lines AS
SELECT DISTINCT ts, session_id, visitor_id, item_id, price, quantity
FROM read_csv($file, types = {'session_id': 'VARCHAR', 'visitor_id': 'VARCHAR', 'item_id': 'VARCHAR'})
WHERE quantity BETWEEN 1 AND 1000000
"""

GROCER = ReportSettings(
    Cutoffs(
        recency_days=(7.0, 14.0, 30.0, 90.0),
        frequency_orders=(20.0, 40.0, 70.0, 120.0),
        monetary_revenue=(500.0, 1_000.0, 2_000.0, 4_000.0),
    )
)

pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not FILE.exists(), reason="needs ../shared/data/complete_journey_dev"),
]


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Iterator[ArchiveWriter]:
    """Every event of the file that the API takes, archived as a replay would."""
    made = ArchiveWriter(tmp_path_factory.mktemp("archive"))
    rows: list[dict[str, Any]] = []
    position = 0
    for line, row in read_rows(FILE):
        try:
            event = parse_event(event_of_row(FILE, line, row), SITE, 1_790_000_000.0)
        except InvalidError:
            continue
        position += 1
        rows.append(row_of(0, position, event, 0.0))
        if len(rows) == 50_000:
            made.write(SITE, 0, rows)
            rows = []
    made.write(SITE, 0, rows)
    yield made
    made.close()


@pytest.fixture(scope="module")
def original() -> Iterator[duckdb.DuckDBPyConnection]:
    """The file itself, read by nothing of ours."""
    with duckdb.connect() as connection:
        connection.execute(_LINES.replace("$file", f"'{FILE.resolve()}'"))
        yield connection


def test_funnel_and_channels(archive: ArchiveWriter, original: duckdb.DuckDBPyConnection) -> None:
    baskets, revenue = original.execute(
        "SELECT count(DISTINCT session_id), sum(price * quantity) FROM lines"
    ).fetchall()[0]
    total = make_report(archive, SITE, "channels").records()[-1]
    assert (total["visits"], total["orders"]) == (baskets, baskets)
    for name in ("revenue", "first_touch_revenue", "last_touch_revenue", "markov_revenue"):
        assert total[name] == pytest.approx(revenue, abs=0.01)
    assert make_report(archive, SITE, "funnel").rows[-1][1] == baskets


def test_segments(archive: ArchiveWriter, original: duckdb.DuckDBPyConnection) -> None:
    """Champions by plain comparisons with what the shop says divides its buyers."""
    found = original.execute(
        """
        WITH buyers AS (
            SELECT visitor_id, max(ts) AS last, count(DISTINCT session_id) AS orders, sum(price * quantity) AS revenue
            FROM lines GROUP BY visitor_id
        ), scored AS (
            SELECT revenue,
                (max(last) OVER () - last) / 86400 < 14 AS lately,
                1 + (orders >= 20)::INT + (orders >= 40)::INT + (orders >= 70)::INT + (orders >= 120)::INT AS f,
                1 + (revenue >= 500)::INT + (revenue >= 1000)::INT + (revenue >= 2000)::INT + (revenue >= 4000)::INT
                    AS m
            FROM buyers
        )
        SELECT count(*), sum(revenue), sum(revenue) / (SELECT sum(revenue) FROM scored)
        FROM scored WHERE lately AND f + m >= 8
        """
    ).fetchall()[0]
    champions = make_report(archive, SITE, "segments", settings=GROCER).records()[0]
    assert (champions["tier"], champions["buyers"]) == ("champions", found[0])
    assert champions["revenue"] == pytest.approx(found[1], abs=0.01)
    assert champions["share_of_revenue"] == pytest.approx(found[2], abs=1e-5)


def test_cohorts_and_lifetime_value(archive: ArchiveWriter, original: duckdb.DuckDBPyConnection) -> None:
    found = original.execute(
        """
        WITH months AS (
            SELECT visitor_id, date_trunc('month', make_timestamp((ts * 1000000)::BIGINT)) AS month,
                sum(price * quantity) AS revenue
            FROM lines GROUP BY ALL
        ), firsts AS (SELECT visitor_id, min(month) AS cohort FROM months GROUP BY visitor_id)
        SELECT strftime(cohort, '%Y-%m'), date_diff('month', cohort, month), count(*), sum(revenue)
        FROM months JOIN firsts USING (visitor_id) GROUP BY ALL
        """
    ).fetchall()
    expected = {(cohort, month): (active, revenue) for cohort, month, active, revenue in found}
    cohorts = {(row[0], row[1]): row[3] for row in make_report(archive, SITE, "cohorts").rows}
    assert {key: active for key, active in cohorts.items() if active} == {k: v[0] for k, v in expected.items()}
    values = make_report(archive, SITE, "lifetime-value").records()
    for row in values[:-1]:
        revenue = expected.get((row["cohort"], row["month"]), (0, 0.0))[1]
        assert row["revenue"] == pytest.approx(revenue, abs=0.01)
    buyers = sum(active for (_, month), (active, _) in expected.items() if month == 0)
    whole = sum(revenue for _, revenue in expected.values())
    assert values[-1]["lifetime_value"] == pytest.approx(whole / buyers, abs=1e-3)


def test_the_figures_in_the_docs_are_these(archive: ArchiveWriter) -> None:
    text = DOCS.read_text()
    total = make_report(archive, SITE, "channels").records()[-1]
    assert f"{total['orders']:,} orders, {total['revenue']:,.2f} of revenue" in text
    for row in make_report(archive, SITE, "segments", settings=GROCER).records():
        share, revenue = row["share_of_buyers"], row["share_of_revenue"]
        line = f"| {row['tier']} | {row['buyers']:,} | {share:.1%} | {row['orders']:,} | {revenue:.1%} |"
        assert line in text, line
    for row in make_report(archive, SITE, "cohorts").records():
        if row["cohort"] in ("2017-01", "2017-02", "2017-03") and row["month"] in (1, 3, 6, 9):
            pattern = rf"\| {row['cohort']} \| {row['buyers']} \|.*\b{row['retention']:.1%}"
            assert re.search(pattern, text), (row, pattern)
