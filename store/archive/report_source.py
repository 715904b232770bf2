"""Report source: prepared tables and the days asked for, as every report reads them."""

from datetime import UTC, datetime, tzinfo
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from models.base.durations import DAY_S
from models.events.currency import NO_CURRENCY, SiteCurrency
from models.events.sessions import SESSION_GAP_S
from models.reports.cohorts import month_name, month_of
from models.segments.rfm import Cutoffs
from store.archive import report_queries
from store.archive.experiment_results import Asked, Judged, judge_by_archive

if TYPE_CHECKING:
    import duckdb

    from store.archive.tables import Reading

CART_ABANDONED_S: Final = DAY_S
"""A cart whose visitor orders nothing for so long is abandoned."""
LOOKBACK_S: Final = 30 * DAY_S
"""A visit earlier than this before an order has no part in it."""


class ReportSettings(NamedTuple):
    """What a site's reports follow: where scores of value divide, in which time zone days begin, which experiments they
    tell of, which currency they reckon in."""

    cutoffs: Cutoffs = Cutoffs()
    zone: tzinfo = UTC
    asked: tuple[Asked, ...] = ()
    currency: SiteCurrency = NO_CURRENCY


DEFAULT_SETTINGS: Final = ReportSettings()


class ReportSource:
    """What a report reads: prepared tables, the days asked for, and the site's settings."""

    def __init__(
        self,
        reading: "Reading",
        from_s: float,
        until_s: float,
        settings: ReportSettings = DEFAULT_SETTINGS,
    ) -> None:
        self.settings = settings
        self._connection = reading.connection
        self._reading = reading
        self._values: dict[str, Any] = {
            "from_s": from_s,
            "until_s": until_s,
            "gap_s": SESSION_GAP_S,
            "lookback_s": LOOKBACK_S,
            "abandoned_s": CART_ABANDONED_S,
            "base": settings.currency.base,
            "codes": list(settings.currency.rates),
            "rates": list(settings.currency.rates.values()),
        }
        prepared = (until_s, settings.currency)
        if reading.prepared != prepared:
            for statement in report_queries.PREPARE:
                self._run(statement)
            reading.prepared = prepared

    def _run(self, statement: str, **further: Any) -> "duckdb.DuckDBPyConnection":
        values = {name: value for name, value in {**self._values, **further}.items() if f"${name}" in statement}
        return self._connection.execute(statement, values) if values else self._connection.execute(statement)

    def find_end_s(self) -> float:
        """Ask for the end of the days asked for, but not after the latest event, epoch seconds."""
        ((latest_s,),) = self.select(report_queries.LATEST_QUERY)
        return min(float(self._values["until_s"]), latest_s or 0.0)

    @property
    def currency(self) -> str:
        """What money is in: the site's base currency, else that of most orders; empty where no order named one."""
        ((main,),) = self.select("SELECT main FROM main_currency")
        return str(main)

    def months(self) -> list[tuple[str, float]]:
        """Give the months of the days asked for in which anything happened, each with when it begins, epoch seconds."""
        ((first_s, latest_s),) = self.select(report_queries.SPAN_QUERY)
        if first_s is None:
            return []
        zone = self.settings.zone
        numbers = range(month_of(first_s, zone), month_of(latest_s, zone) + 1)
        return [
            (month_name(month), datetime(month // 12, month % 12 + 1, 1, tzinfo=zone).timestamp()) for month in numbers
        ]

    def judged(self) -> list[Judged]:
        """Judge the experiments asked for."""
        return [
            judge_by_archive(self._reading, query, self._values["from_s"], self._values["until_s"])
            for query in self.settings.asked
        ]

    def select(self, statement: str, **further: Any) -> list[tuple[Any, ...]]:
        """Run a query of `store.archive.report_queries`; `further` are values it asks for besides the days."""
        return self._run(statement, **further).fetchall()


def share_of(part: float, whole: float) -> float | None:
    """Give a part of a whole, 0 to 1; None of nothing."""
    return part / whole if whole else None


MadeTable = tuple[tuple[str, ...], list[tuple[Any, ...]]]
