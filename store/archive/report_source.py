"""Report source: prepared tables and the days asked for, as every report reads them."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Final

from models.base.durations import DAY_S
from models.events.sessions import SESSION_GAP_S
from store.archive import report_queries
from store.archive.experiment_results import Asked, Judged, judge_by_archive

if TYPE_CHECKING:
    import duckdb

    from store.archive.tables import Reading

CART_ABANDONED_S: Final = DAY_S
"""A cart whose visitor orders nothing for so long is abandoned."""
LOOKBACK_S: Final = 30 * DAY_S
"""A visit earlier than this before an order has no part in it."""


class ReportSource:
    """What a report reads: prepared tables, and the days asked for."""

    def __init__(self, reading: "Reading", from_s: float, until_s: float, asked: Sequence[Asked] = ()) -> None:
        self._connection = reading.connection
        self._reading = reading
        self._asked = asked
        self._values = {
            "from_s": from_s,
            "until_s": until_s,
            "gap_s": SESSION_GAP_S,
            "lookback_s": LOOKBACK_S,
            "abandoned_s": CART_ABANDONED_S,
        }
        if reading.prepared != until_s:
            for statement in report_queries.PREPARE:
                self._run(statement)
            reading.prepared = until_s

    def _run(self, statement: str) -> "duckdb.DuckDBPyConnection":
        values = {name: value for name, value in self._values.items() if f"${name}" in statement}
        return self._connection.execute(statement, values) if values else self._connection.execute(statement)

    def judged(self) -> list[Judged]:
        """Judge the experiments asked for."""
        return [
            judge_by_archive(self._reading, query, self._values["from_s"], self._values["until_s"])
            for query in self._asked
        ]

    def select(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a query of `store.archive.report_queries`."""
        return self._run(statement).fetchall()


def share_of(part: float, whole: float) -> float | None:
    """Give a part of a whole, 0 to 1; None of nothing."""
    return part / whole if whole else None


MadeTable = tuple[tuple[str, ...], list[tuple[Any, ...]]]
