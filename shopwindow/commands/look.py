"""Commands that send recorded events, and that show a visitor or a report."""

import csv
import sys
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from urllib.parse import quote

import typer

from models.base.plain_text import table_cell
from models.reports.charts import draw
from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table, progress_bar
from shopwindow.files import FileError
from shopwindow.replay import read_rows, replay
from shopwindow.settings import SettingError


class ReportFormat(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    SVG = "svg"


def replay_event_file(
    file: Annotated[Path, typer.Argument(help="Events as CSV with the nine columns, .gz or not.")],
    speed: Annotated[str, typer.Option(help="`max`, or times real time, such as 60.")] = "max",
    add_items: Annotated[
        bool, typer.Option(help="Add products the catalog does not know, as events tell of them.")
    ] = True,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Send a recorded event file, and account for every event."""
    try:
        factor = None if speed == "max" else float(speed)
    except ValueError as error:
        raise SettingError(f"--speed has value {speed!r}, not max or a number") from error
    if factor is not None and not 0 < factor < float("inf"):
        raise SettingError(f"--speed has value {speed!r}, not above 0")
    if not file.exists():
        raise FileError(f"{file} does not exist")
    with open_remote(url, key) as remote, progress_bar("events", lambda: sum(1 for _ in read_rows(file))) as progress:
        account = replay(remote, file, speed=factor, add_items=add_items, progress=progress)
    for line in account.rejections:
        sys.stderr.write(f"rejected {line}\n")
    if as_json:
        print_json(account.figures())
    else:
        typer.echo(
            f"{account.rows} rows, {account.accepted} accepted, {account.rejected} rejected: {account.applied} applied"
            f" + {account.duplicates} duplicates + {account.erased} erased + {account.dead_letters} dead letters,"
            f" {account.lost} lost; "
            f"{account.total_s:g} s, {account.events_per_s:g} events/s"
        )
    if account.lost != 0:
        raise typer.Exit(1)


def print_visitor(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="A visitor id.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show a visitor's profile, and why they see what they see."""
    with open_remote(url, key) as remote:
        found = remote.call("GET", f"/v1/visitors/{quote(visitor_id, safe='')}", parameters={"limit": 10})
    if as_json:
        print_json(found)
        return
    from shopwindow.commands.visitor_page import show_visitor

    show_visitor(found)


def print_report(
    name: Annotated[
        str,
        typer.Argument(
            help="funnel, channels, campaigns, segments, segment-revenue, stages, stage-flows, cohorts, "
            "lifetime-value, carts, satisfaction, slots, strategies, holdout or experiments."
        ),
    ],
    first_day: Annotated[str | None, typer.Option("--from", help="First day (UTC), such as 2026-01-01.")] = None,
    last_day: Annotated[str | None, typer.Option("--to", help="Last day (UTC), included.")] = None,
    form: Annotated[ReportFormat, typer.Option("--format", help="How to print it.")] = ReportFormat.TABLE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Print a report from the archive."""
    days = {name: value for name, value in (("from", first_day), ("to", last_day)) if value is not None}
    with open_remote(url, key) as remote:
        found = remote.call("GET", f"/v1/reports/{quote(name, safe='')}", parameters=days)
    if form is ReportFormat.JSON:
        print_json(found)
        return
    if form is ReportFormat.SVG:
        days_shown = f"{first_day or 'the first day'} to {last_day or 'today'}"
        sys.stdout.write(draw(name, found["rows"], days_shown))
        return
    columns, rows = found["columns"], [[_cell(value) for value in row.values()] for row in found["rows"]]
    if form is ReportFormat.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows([table_cell(value) for value in row] for row in rows)
        return
    texts = [["" if value is None else str(value) for value in row] for row in rows]
    print_table(columns, texts, title=name)


def _cell(value: Any) -> Any:
    """Give a figure as a table has it: sums by currency are written out."""
    return ", ".join(f"{amount:.2f} {code}" for code, amount in value.items()) if isinstance(value, dict) else value
