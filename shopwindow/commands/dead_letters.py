"""Commands about dead letters."""

import sys
from typing import Annotated, Any

import typer

from shopwindow.commands.options import AsJson, Key, Limit, Url, open_remote
from shopwindow.commands.output import print_json, print_table

dead_letter_commands = typer.Typer(help="Events that could not be used.", no_args_is_help=True)


@dead_letter_commands.command("list")
def print_dead_letters(
    limit: Limit = 20,
    before: Annotated[str, typer.Option(help="Only what stands before this position.")] = "",
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Show the newest events that could not be used, and what was stored and cannot be read, with why."""
    parameters: dict[str, Any] = {"limit": limit, "before": before} if before else {"limit": limit}
    with open_remote(url, key) as remote:
        letters = remote.call("GET", "/v1/dead-letters", parameters=parameters)["dead_letters"]
    if as_json:
        print_json(letters)
        return
    if not letters:
        typer.echo("no dead letters")
        return
    rows = [
        (
            letter["position"],
            letter["at"],
            letter["source"],
            f"{letter['code']}: {letter['message']}",
            letter["value"][:200],
        )
        for letter in letters
    ]
    print_table(("position", "at", "source", "reason", "event"), rows)


@dead_letter_commands.command("replay")
def retry_dead_letters(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Check all that was set aside since the last replay again: events valid now are accepted, and what can be read by
    now is put back."""
    accepted = restored = 0
    rejected: list[dict[str, Any]] = []
    with open_remote(url, key) as remote:
        left = True
        while left:
            answer = remote.call("POST", "/v1/dead-letters/replay")
            accepted, restored = accepted + answer["accepted"], restored + answer["restored"]
            rejected += answer["rejected"]
            left = answer["left"]
    if as_json:
        print_json({"accepted": accepted, "restored": restored, "rejected": rejected})
        return
    typer.echo(f"{accepted} accepted, {restored} put back, {len(rejected)} still not usable")
    for rejection in rejected:
        sys.stderr.write(f"dead letter {rejection['position']}: {rejection['message']}\n")
