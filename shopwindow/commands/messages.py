"""Commands about messages: who was sent what, and what could not be delivered."""

from typing import Annotated, Any

import typer

from shopwindow.commands.options import AsJson, Key, Limit, Url, open_remote
from shopwindow.commands.output import print_json, print_table

undelivered_commands = typer.Typer(help="Messages set aside after the last try.", no_args_is_help=True)


def print_journal(
    visitor_id: Annotated[str | None, typer.Option("--visitor", help="Only this visitor's.")] = None,
    trigger: Annotated[str | None, typer.Option(help="Only this trigger's.")] = None,
    status: Annotated[str | None, typer.Option(help="sent, suppressed or expired.")] = None,
    first: Annotated[str | None, typer.Option("--from", help="Not before this time.")] = None,
    last: Annotated[str | None, typer.Option("--to", help="Before this time.")] = None,
    limit: Limit = 20,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say who was sent what, when, why, and what came of it; newest first."""
    asked = {"visitor_id": visitor_id, "trigger": trigger, "status": status, "from": first, "to": last, "limit": limit}
    with open_remote(url, key) as remote:
        parameters = {name: value for name, value in asked.items() if value is not None}
        found = remote.call("GET", "/v1/journal", parameters=parameters)["entries"]
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo("nothing was sent")
        return
    columns = ("at", "visitor", "trigger", "status", "why", "delivery", "what came of it")
    print_table(columns, [_journal_row(entry) for entry in found])


def _journal_row(entry: dict[str, Any]) -> tuple[str, ...]:
    delivery = ", ".join(f"{way} {told['status']}" for way, told in entry["delivery"].items())
    reason = f" ({entry['reason']})" if entry["reason"] else ""
    return (
        entry["at"],
        entry["visitor_id"],
        entry["trigger_id"],
        entry["status"],
        f"{entry['why']}{reason}",
        delivery,
        _came(entry["outcome"]),
    )


def _came(outcome: dict[str, Any]) -> str:
    seen = [name for name, came_at in outcome.items() if name != "orders" and came_at]
    ordered = [
        f"ordered {order['order_id']} for {order['value']:.2f}"
        for order in outcome["orders"]
        if not order["taken_back"]
    ]
    return ", ".join([*seen, *ordered])


@undelivered_commands.command("list")
def print_undelivered(limit: Limit = 20, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show the newest messages that no try delivered."""
    with open_remote(url, key) as remote:
        found = remote.call("GET", "/v1/undelivered", parameters={"limit": limit})["undelivered"]
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo("everything was delivered")
        return
    rows: list[tuple[str, ...]] = []
    for message in found:
        data = message["body"]["data"]
        rows.append((message["at"], message["message_id"], message["way"], data["visitor_id"], data["trigger_id"]))
    print_table(("at", "message", "way", "visitor", "trigger"), rows)


@undelivered_commands.command("replay")
def retry_undelivered(
    message_id: Annotated[str | None, typer.Argument(metavar="ID", help="One message; all by default.")] = None,
    url: Url = None,
    key: Key = None,
) -> None:
    """Try messages that were set aside again."""
    body = {"message_id": message_id} if message_id else None
    with open_remote(url, key) as remote:
        typer.echo(f"{remote.call('POST', '/v1/undelivered/replay', body)['replayed']} are tried again")
