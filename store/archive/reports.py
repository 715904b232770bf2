"""Reports: figures from the archive, by name: rows of plain values under named columns."""

from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta, tzinfo
from typing import Any, Final, NamedTuple

from models.base.errors import InvalidError, show_value
from store.archive.archive import Archive
from store.archive.buyer_reports import (
    abandoned_carts,
    buyer_cohorts,
    lifetime_value,
    satisfaction_by_channel,
    segment_revenue,
    stage_flows,
    stages_at_end,
    value_segments,
)
from store.archive.channel_reports import bots, campaigns, channels, funnel
from store.archive.decision_reports import experiment_figures, holdout_lift, slot_figures, strategy_figures
from store.archive.experiment_results import Asked, Judged
from store.archive.report_source import DEFAULT_SETTINGS, MadeTable, ReportSettings, ReportSource
from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived

_MAX_MADE: Final = 100
"""Reports kept while nothing in the archive changes."""
_EARLIEST_DAY: Final = date(2000, 1, 1)
_LATEST_DAY: Final = date(9000, 1, 1)


class Report(NamedTuple):
    """A table: amounts of money in `currency`, shares from 0 to 1, counts whole but where credit is shared.

    Money in other currencies stands in columns named for it, by currency: `store.archive.other_currencies`.
    """

    name: str
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]
    currency: str = ""

    def records(self) -> list[dict[str, Any]]:
        """Give the rows by column name."""
        return [dict(zip(self.columns, row, strict=True)) for row in self.rows]


def make_report(
    archive: Archive,
    site: str,
    name: str,
    first_day: date | None = None,
    last_day: date | None = None,
    unarchived: Unarchived = NOTHING_UNARCHIVED,
    settings: ReportSettings = DEFAULT_SETTINGS,
) -> Report:
    """Make a report.

    Parameters
    ----------
    archive, site
        Whose events.
    name
        One of `REPORTS`.
    first_day, last_day
        Days of the site's time zone that it covers, both included; from the first to the last event by default.
    unarchived
        Events that are in the log and not in the archive yet.
    settings
        What the site says that its reports follow, and for `experiments` which.

    Raises
    ------
    InvalidError
        For a name that is none, and for days in the wrong order.
    """
    make = REPORTS.get(name)
    if make is None:
        raise InvalidError("report_unknown", f"report must be one of {', '.join(REPORTS)}, got {show_value(name)}")
    from_s, until_s = _span(first_day, last_day, settings.zone)
    with archive.reading(site, unarchived) as reading:
        key = (name, from_s, until_s, repr(settings))
        if key not in reading.made:
            if len(reading.made) >= _MAX_MADE:
                reading.made.clear()
            source = ReportSource(reading, from_s, until_s, settings)
            columns, rows = make(source)
            rounded = [tuple(_rounded(value) for value in row) for row in rows]
            reading.made[key] = Report(name, columns, rounded, source.currency)
        made: Report = reading.made[key]
        return made


def judge_experiment(
    archive: Archive,
    site: str,
    asked: Asked,
    first_day: date | None = None,
    last_day: date | None = None,
    unarchived: Unarchived = NOTHING_UNARCHIVED,
    settings: ReportSettings = DEFAULT_SETTINGS,
) -> Judged:
    """Judge one experiment; parameters and errors are those of `make_report`."""
    from_s, until_s = _span(first_day, last_day, settings.zone)
    with archive.reading(site, unarchived) as reading:
        (judged,) = ReportSource(reading, from_s, until_s, settings._replace(asked=(asked,))).judged()
    return judged


def _span(first_day: date | None, last_day: date | None, zone: tzinfo) -> tuple[float, float]:
    """Give where days of a time zone begin and end, epoch seconds."""
    if first_day and last_day and first_day > last_day:
        raise InvalidError("days_invalid", f"from {first_day.isoformat()} is after to {last_day.isoformat()}")
    from_s = _midnight_s(max(first_day or _EARLIEST_DAY, _EARLIEST_DAY), zone)
    return from_s, _midnight_s(min(last_day or _LATEST_DAY, _LATEST_DAY) + timedelta(days=1), zone)


def parse_day(value: str | None, field: str) -> date | None:
    """Read a day such as 2026-01-31; None for None. Raises `InvalidError`."""
    if value is None:
        return None
    try:
        if len(value) != 10:
            raise ValueError
        return date.fromisoformat(value)
    except ValueError as error:
        raise InvalidError(
            "day_invalid", f"{field} must be a day such as 2026-01-31, got {show_value(value)}"
        ) from error


def _midnight_s(day: date, zone: tzinfo) -> float:
    return datetime(day.year, day.month, day.day, tzinfo=zone).timestamp()


def _rounded(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _rounded(part) for name, part in value.items()}
    return round(value, 6) if isinstance(value, float) else value


REPORTS: Final[Mapping[str, Callable[[ReportSource], MadeTable]]] = {
    "funnel": funnel,
    "channels": channels,
    "campaigns": campaigns,
    "segments": value_segments,
    "segment-revenue": segment_revenue,
    "stages": stages_at_end,
    "stage-flows": stage_flows,
    "cohorts": buyer_cohorts,
    "lifetime-value": lifetime_value,
    "carts": abandoned_carts,
    "satisfaction": satisfaction_by_channel,
    "slots": slot_figures,
    "strategies": strategy_figures,
    "holdout": holdout_lift,
    "experiments": experiment_figures,
    "bots": bots,
}
"""Every report by name."""
