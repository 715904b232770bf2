"""Commands about what is kept of one visitor: all of it exported, or erased, and what became of that."""

from typing import Annotated
from urllib.parse import quote

import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table

erasure_commands = typer.Typer(help="Visitors erased, with receipts.", no_args_is_help=True)


@erasure_commands.command("begin")
def erase_visitor(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="A visitor id.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Erase a visitor and every device they held, and print the id of the receipt."""
    with open_remote(url, key) as remote:
        erasure_id = remote.begin_erasure(f"/v1/visitors/{quote(visitor_id, safe='')}")
    if as_json:
        print_json({"erasure_id": erasure_id})
    else:
        typer.echo(erasure_id)


@erasure_commands.command("show")
def print_erasure(
    erasure_id: Annotated[str, typer.Argument(metavar="ID", help="The id that `begin` printed.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show what was erased, what is on its way, and when it was finished."""
    with open_remote(url, key) as remote:
        receipt = remote.call("GET", f"/v1/erasures/{quote(erasure_id, safe='')}")
    if as_json:
        print_json(receipt)
        return
    rows = [(place, "erased" if done else "on its way") for place, done in receipt["erased"].items()]
    rows += [(f"{what} removed", str(count)) for what, count in receipt["removed"].items()]
    print_table(("what", "state"), [*rows, ("finished", receipt["finished_at"] or "not yet")])


def print_export(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="A visitor id.")],
    url: Url = None,
    key: Key = None,
) -> None:
    """Print everything kept of a visitor and their devices as one JSON document."""
    with open_remote(url, key) as remote:
        for piece in remote.stream(f"/v1/visitors/{quote(visitor_id, safe='')}/export"):
            typer.echo(piece, nl=False)
    typer.echo()
