"""Command line: the one door to everything."""

import csv
import os
import signal
import sys
from dataclasses import fields
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NoReturn

import orjson
import typer
from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn
from rich.table import Table

from models.reports.charts import draw
from shopwindow.embedded import EmbeddedRedisError
from shopwindow.embedded_stack import EmbeddedStack, StackError
from shopwindow.files import FILE_KINDS, POLICY_KEY, FileError, read_display, read_feed
from shopwindow.remote import Remote, RemoteError, find_address
from shopwindow.replay import read_rows
from shopwindow.replay import replay as replay_file
from shopwindow.settings import PREFIX, SettingError, Settings, load_settings, settings_table
from shopwindow.trigger_commands import (
    journal_table,
    preview_triggers,
    print_preview,
    read_journal,
    show_triggers,
    triggers_table,
)
from store.log.log import LogRecreatedError, LogUnavailableError, PartitionCountError

app = typer.Typer(
    name="shopwindow",
    help="A shop window that dresses itself for each visitor: events in, banner slots and recommendations out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
imports = typer.Typer(help="Bring in what other systems hold.", no_args_is_help=True)
dead_letters = typer.Typer(help="Events that could not be used.", no_args_is_help=True)
app.add_typer(imports, name="import")
app.add_typer(dead_letters, name="dead-letters")
segments = typer.Typer(help="Named rules over visitors; `apply` sets them from YAML.", no_args_is_help=True)
app.add_typer(segments, name="segments")

triggers = typer.Typer(help="What starts a message; `apply` sets them from YAML.", no_args_is_help=True)
app.add_typer(triggers, name="triggers")
undelivered = typer.Typer(help="Messages set aside after the last try.", no_args_is_help=True)
app.add_typer(undelivered, name="undelivered")

_EXPECTED = (
    SettingError,
    FileError,
    RemoteError,
    StackError,
    EmbeddedRedisError,
    PartitionCountError,
    LogUnavailableError,
    LogRecreatedError,
)

Url = Annotated[str | None, typer.Option(help="Address of the API; the stack running here by default.")]
Key = Annotated[str | None, typer.Option(help="Secret key; the one of the settings, or of the stack running here.")]
AsJson = Annotated[bool, typer.Option("--json", help="Print JSON, on one line, last on standard output.")]
Port = Annotated[int | None, typer.Option(help="Port the API listens on; 8080 by default.")]
DataDir = Annotated[str | None, typer.Option(help="Directory for the data; ./data by default.")]


class FlowName(StrEnum):
    """A stream flow."""

    PROFILE = "profile"
    LEARN = "learn"
    TRIGGER = "trigger"
    ARCHIVE = "archive"


class Format(StrEnum):
    """How a report is printed."""

    TABLE = "table"
    CSV = "csv"
    JSON = "json"
    SVG = "svg"


def main() -> NoReturn:
    """Run a command; what a person can mend ends in one line on standard error and exit code 1 (2 for usage)."""
    try:
        app()
    except _EXPECTED as error:
        sys.stderr.write(f"shopwindow: {error}\n")
        sys.exit(1)
    sys.exit(0)


def _settings(**given: Any) -> Settings:
    """Read the settings, with what the command line gave on top."""
    values = {name: value for name, value in given.items() if value is not None}
    environment = dict(os.environ)
    environment.update({f"{PREFIX}{name.upper()}": str(value) for name, value in values.items()})
    return load_settings(environment)


def _print_json(value: Any) -> None:
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


@app.command()
def demo(
    seconds: Annotated[
        float | None, typer.Option(min=1, help="Run so long, then stop; until Ctrl-C by default.")
    ] = None,
    as_json: AsJson = False,
    seed: Annotated[int, typer.Option(help="Of the sample shop and its simulated shoppers.")] = 1,
    shoppers: Annotated[bool, typer.Option(help="Whether simulated shoppers visit.")] = True,
    port: Port = None,
    data_dir: DataDir = None,
) -> None:
    """Show a sample shop whose slots and recommendations move with each click; nothing else is needed."""
    from shopwindow.demo import run_demo

    told = sys.stderr if as_json else sys.stdout
    figures = run_demo(
        _settings(port=port, data_dir=data_dir),
        seconds=seconds,
        seed=seed,
        shoppers=shoppers,
        port_given=port is not None or f"{PREFIX}PORT" in os.environ,
        say=lambda line: print(line, file=told, flush=True),
    )
    if as_json:
        _print_json(figures)
        return
    table = Table("figure", "value", title="Simulated shoppers")
    for name, value in figures.items():
        table.add_row(name, orjson.dumps(value).decode())
    Console().print(table)


@app.command()
def up(port: Port = None, data_dir: DataDir = None) -> None:
    """Run everything on this machine: embedded Redis, stream and API, for your own shop."""
    with EmbeddedStack(_settings(port=port, data_dir=data_dir), "shop") as stack:
        for line in (
            f"API        {stack.url}/docs",
            f"Site       {stack.keys.site}",
            f"Public key {stack.keys.public_key}",
            f"Secret key {stack.keys.secret_key}",
            "Stop with Ctrl-C.",
        ):
            print(line, flush=True)
        _wait_for_signal()


def _wait_for_signal() -> None:
    signals = {signal.SIGINT, signal.SIGTERM}
    for number in signals:
        signal.signal(number, lambda *_: None)
    signal.pause()


@app.command()
def api(
    host: Annotated[str | None, typer.Option(help="Address to listen on.")] = None,
    port: Port = None,
    workers: Annotated[int | None, typer.Option(min=1, help="Processes.")] = None,
    openapi: Annotated[bool, typer.Option("--openapi", help="Print the OpenAPI document and exit.")] = False,
) -> None:
    """Serve the API, against the Redis and the event log of the settings."""
    if openapi:
        _print_json(_openapi())
        return
    from shopwindow.serve import serve_api

    settings = _settings(host=host, port=port, workers=workers)
    for field in fields(Settings):
        # API processes read the settings for themselves; what the command line gave must reach them.
        value = {"host": host, "port": port, "workers": workers}.get(field.name)
        if value is not None:
            os.environ[f"{PREFIX}{field.name.upper()}"] = str(value)
    serve_api(settings)


def _openapi() -> dict[str, Any]:
    from api.app import Logs, create_app
    from api.http.config import ApiConfig

    def no_logs() -> Logs:
        raise RuntimeError("the document is made without starting the API")

    return create_app(ApiConfig(sites=(), redis_url="redis://127.0.0.1"), no_logs).openapi()


@app.command()
def stream(
    flow: Annotated[
        FlowName,
        typer.Argument(
            help="profile: visitor profiles, any number; learn: models, one active; trigger: messages, any number; "
            "archive: Parquet files for reports."
        ),
    ],
    metrics_port: Annotated[int | None, typer.Option(help="Serve Prometheus metrics on this port.")] = None,
) -> None:
    """Run one stream flow, against the Redis and the event log of the settings."""
    from shopwindow.serve import serve_stream

    serve_stream(_settings(metrics_port=metrics_port), flow.value)


@imports.command("catalog")
def import_catalog(
    file: Annotated[Path, typer.Argument(help="Feed: Google Merchant XML, CSV, TSV, JSON or JSON lines; .gz too.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Add or replace the products of a feed; a bad one is named and fails no other."""
    items = read_feed(file)
    with Remote(find_address(_settings(), url, key)) as remote:
        rejected = remote.put_all("/v1/catalog/items", "items", items)
    for rejection in rejected[:20]:
        sys.stderr.write(f"{file} item {rejection['index'] + 1}: {rejection['message']}\n")
    if len(rejected) > 20:
        sys.stderr.write(f"{file}: {len(rejected) - 20} more were rejected\n")
    report = {"accepted": len(items) - len(rejected), "rejected": len(rejected)}
    if as_json:
        _print_json(report)
    else:
        print(f"{report['accepted']} products taken, {report['rejected']} rejected")
    if rejected:
        raise typer.Exit(1)


@app.command()
def apply(
    files: Annotated[
        list[Path], typer.Argument(help="YAML files: placements, campaigns, creatives, rules, segments, triggers ...")
    ],
    url: Url = None,
    key: Key = None,
) -> None:
    """Make placements, campaigns, creatives, segments, rules, experiments, triggers and contact policy what files say.

    Applied twice, nothing changes.
    """
    wanted: dict[str, list[tuple[Path, Any]]] = {kind: [] for kind in FILE_KINDS}
    policies: list[Any] = []
    for file in files:
        for kind, resources in read_display(file).items():
            if kind == POLICY_KEY:
                policies += resources
            else:
                wanted[kind] += [(file, resource) for resource in resources]
    failed = False
    with Remote(find_address(_settings(), url, key)) as remote:
        for policy in policies[-1:]:
            remote.call("PUT", "/v1/contact-policy", policy)
            print("contact policy: set")
        for kind, resources in wanted.items():
            if not resources:
                continue
            id_field = f"{kind.removesuffix('s')}_id"
            before = {known[id_field]: known for known in remote.list_all(f"/v1/{kind}", kind)}
            rejected = remote.put_all(f"/v1/{kind}", kind, [resource for _, resource in resources])
            for rejection in rejected:
                sys.stderr.write(f"{resources[rejection['index']][0]}: {kind}: {rejection['message']}\n")
            failed = failed or bool(rejected)
            after = {known[id_field]: known for known in remote.list_all(f"/v1/{kind}", kind)}
            named = {
                str(resource.get(id_field)) for _, resource in resources if isinstance(resource, dict)
            } & after.keys()
            created = len(named - before.keys())
            changed = sum(resource in before and before[resource] != after[resource] for resource in named)
            unchanged = len(named) - created - changed
            print(f"{kind}: {created} created, {changed} changed, {unchanged} unchanged")
    if failed:
        raise typer.Exit(1)


@app.command()
def replay(
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
    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with (
        Remote(find_address(_settings(), url, key)) as remote,
        Progress(*columns, console=console, disable=not console.is_terminal) as bar,
    ):
        total = sum(1 for _ in read_rows(file)) if console.is_terminal else None
        task = bar.add_task("events", total=total)
        account = replay_file(
            remote, file, speed=factor, add_items=add_items, progress=lambda rows: bar.update(task, completed=rows)
        )
    for line in account.rejections:
        sys.stderr.write(f"rejected {line}\n")
    if as_json:
        _print_json(account.figures())
    else:
        print(
            f"{account.rows} rows, {account.accepted} accepted, {account.rejected} rejected: {account.applied} applied"
            f" + {account.duplicates} duplicates + {account.dead_letters} dead letters, {account.lost} lost; "
            f"{account.total_s:g} s, {account.events_per_s:g} events/s"
        )
    if account.lost != 0:
        raise typer.Exit(1)


@app.command()
def visitor(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="A visitor id.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show a visitor's profile, and why they see what they see."""
    from urllib.parse import quote

    with Remote(find_address(_settings(), url, key)) as remote:
        found = remote.call("GET", f"/v1/visitors/{quote(visitor_id, safe='')}", parameters={"limit": 10})
    if as_json:
        _print_json(found)
        return
    from shopwindow.show import show_visitor

    show_visitor(Console(), found)


@app.command()
def report(
    name: Annotated[
        str,
        typer.Argument(
            help="funnel, channels, campaigns, segments, segment-revenue, stages, stage-flows, cohorts, "
            "lifetime-value, carts, satisfaction, slots, strategies, holdout or experiments."
        ),
    ],
    first_day: Annotated[str | None, typer.Option("--from", help="First day (UTC), such as 2026-01-01.")] = None,
    last_day: Annotated[str | None, typer.Option("--to", help="Last day (UTC), included.")] = None,
    form: Annotated[Format, typer.Option("--format", help="How to print it.")] = Format.TABLE,
    url: Url = None,
    key: Key = None,
) -> None:
    """Print a report from the archive."""
    from urllib.parse import quote

    days = {name: value for name, value in (("from", first_day), ("to", last_day)) if value is not None}
    with Remote(find_address(_settings(), url, key)) as remote:
        found = remote.call("GET", f"/v1/reports/{quote(name, safe='')}", parameters=days)
    if form is Format.JSON:
        _print_json(found)
        return
    if form is Format.SVG:
        days_shown = f"{first_day or 'the first day'} to {last_day or 'today'}"
        sys.stdout.write(draw(name, found["rows"], days_shown))
        return
    columns, rows = found["columns"], [list(row.values()) for row in found["rows"]]
    if form is Format.CSV:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(columns)
        writer.writerows(rows)
        return
    table = Table(*columns, title=name)
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    Console(width=None if sys.stdout.isatty() else 40 * len(columns)).print(table)


@segments.command("list")
def list_segments(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show every segment, and how many visitors are in it."""
    with Remote(find_address(_settings(), url, key)) as remote:
        known = list(remote.list_all("/v1/segments", "segments"))
        found = [remote.call("GET", f"/v1/segments/{segment['segment_id']}") for segment in known]
    if as_json:
        _print_json(found)
        return
    table = Table("segment", "visitors", "changed", "rule")
    for segment in found:
        rule = orjson.dumps(segment["rule"]).decode()
        table.add_row(segment["segment_id"], str(segment["count"]), segment["changed_at"] or "-", escape(rule))
    Console().print(table if found else "no segments")


@segments.command("preview")
def preview_segments(
    file: Annotated[Path, typer.Argument(help="YAML file with segments.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say how many visitors each segment of a file would have now, and show some; nothing is changed."""
    wanted = read_display(file).get("segments", [])
    with Remote(find_address(_settings(), url, key)) as remote:
        found = [
            {
                "segment_id": name.get("segment_id") if isinstance(name, dict) else None,
                **remote.call(
                    "POST",
                    "/v1/segments/preview",
                    {"rule": name["rule"] if isinstance(name, dict) and "rule" in name else name},
                ),
            }
            for name in wanted
        ]
    if as_json:
        _print_json(found)
        return
    table = Table("segment", "visitors", "of", "such as", "why")
    for segment in found:
        table.add_row(str(segment["segment_id"]), str(segment["count"]), str(segment["judged"]), "", "")
        for example in segment["examples"]:
            table.add_row("", "", "", escape(example["visitor_id"]), escape(example["why"]))
    Console().print(table if found else f"{file} has no segments")


@segments.command("delete")
def delete_segment(segment_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None, key: Key = None) -> None:
    """Remove a segment; its visitors leave it."""
    from urllib.parse import quote

    with Remote(find_address(_settings(), url, key)) as remote:
        remote.call("DELETE", f"/v1/segments/{quote(segment_id, safe='')}")


@triggers.command("list")
def list_triggers(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show every trigger: those every site begins with, and the site's own."""
    with Remote(find_address(_settings(), url, key)) as remote:
        found = show_triggers(remote)
    if as_json:
        _print_json(found)
        return
    Console().print(triggers_table(found))


@triggers.command("preview")
def preview_a_visitor(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="A visitor id.")],
    file: Annotated[Path | None, typer.Argument(help="YAML file with triggers.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say what is armed for a visitor, and what the triggers of a file would do now; nothing is changed."""
    with Remote(find_address(_settings(), url, key)) as remote:
        found = preview_triggers(remote, visitor_id, file)
    if as_json:
        _print_json(found)
        return
    print_preview(found)


@triggers.command("delete")
def delete_trigger(trigger_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None, key: Key = None) -> None:
    """Remove one of the site's own triggers; a shipped one of the same id counts again."""
    from urllib.parse import quote

    with Remote(find_address(_settings(), url, key)) as remote:
        remote.call("DELETE", f"/v1/triggers/{quote(trigger_id, safe='')}")


@app.command()
def journal(
    visitor_id: Annotated[str | None, typer.Option("--visitor", help="Only this visitor's.")] = None,
    trigger: Annotated[str | None, typer.Option(help="Only this trigger's.")] = None,
    status: Annotated[str | None, typer.Option(help="sent, suppressed or expired.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Not before this time.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Before this time.")] = None,
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say who was sent what, when, why, and what came of it; newest first."""
    asked = {"visitor_id": visitor_id, "trigger": trigger, "status": status, "from": first, "to": last, "limit": limit}
    with Remote(find_address(_settings(), url, key)) as remote:
        found = read_journal(remote, {name: value for name, value in asked.items() if value is not None})
    if as_json:
        _print_json(found)
        return
    Console(width=None if sys.stdout.isatty() else 200).print(journal_table(found) if found else "nothing was sent")


@undelivered.command("list")
def list_undelivered(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """Show the newest messages that no try delivered."""
    with Remote(find_address(_settings(), url, key)) as remote:
        found = remote.call("GET", "/v1/undelivered", parameters={"limit": limit})["undelivered"]
    if as_json:
        _print_json(found)
        return
    table = Table("at", "message", "way", "visitor", "trigger")
    for message in found:
        data = message["body"]["data"]
        table.add_row(
            message["at"], message["message_id"], message["way"], escape(data["visitor_id"]), data["trigger_id"]
        )
    Console().print(table if found else "everything was delivered")


@undelivered.command("replay")
def replay_undelivered(
    message_id: Annotated[str | None, typer.Argument(metavar="ID", help="One message; all by default.")] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Try messages that were set aside again."""
    body = {"message_id": message_id} if message_id else None
    with Remote(find_address(_settings(), url, key)) as remote:
        print(f"{remote.call('POST', '/v1/undelivered/replay', body)['replayed']} are tried again")


@dead_letters.command("list")
def list_dead_letters(
    limit: Annotated[int, typer.Option(min=1, max=1000)] = 20, url: Url = None, key: Key = None, as_json: AsJson = False
) -> None:
    """Show the newest events that could not be used, and why."""
    with Remote(find_address(_settings(), url, key)) as remote:
        letters = remote.call("GET", "/v1/dead-letters", parameters={"limit": limit})["dead_letters"]
    if as_json:
        _print_json(letters)
        return
    table = Table("position", "at", "source", "reason", "event")
    for letter in letters:
        table.add_row(
            str(letter["position"]),
            letter["at"],
            letter["source"],
            f"{letter['code']}: {letter['message']}",
            letter["value"][:200],
        )
    Console().print(table if letters else "no dead letters")


@dead_letters.command("replay")
def replay_dead_letters(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Check every event set aside since the last replay again; those valid now are accepted."""
    with Remote(find_address(_settings(), url, key)) as remote:
        answer = remote.call("POST", "/v1/dead-letters/replay")
    if as_json:
        _print_json(answer)
        return
    print(f"{answer['accepted']} accepted, {len(answer['rejected'])} still not usable")
    for rejection in answer["rejected"]:
        sys.stderr.write(f"dead letter {rejection['position']}: {rejection['message']}\n")


@app.command()
def settings() -> None:
    """List every setting: environment variable, default, unit, meaning, and the value in force."""
    in_force = load_settings()
    table = Table("environment variable", "default", "unit", "meaning", "in force")
    for variable, default, unit, meaning in settings_table():
        name = variable.removeprefix(PREFIX).lower()
        value = getattr(in_force, name)
        text = ", ".join(element.site for element in value) if name == "sites" else str(value)
        table.add_row(variable, default, unit, escape(meaning), "(set)" if name.endswith("_key") and value else text)
    Console(width=None if sys.stdout.isatty() else 160).print(table)
    print(
        f"In a TOML file named by {PREFIX}CONFIG, or ./shopwindow.toml: the same names in lower case, without prefix."
    )
