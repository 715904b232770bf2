"""Commands about dead letters."""

import sys

import typer

from shopwindow.commands.options import AsJson, Key, Limit, Url, open_remote
from shopwindow.commands.output import print_json, print_table

dead_letter_commands = typer.Typer(help="Events that could not be used.", no_args_is_help=True)


@dead_letter_commands.command("list")
def print_dead_letters(limit: Limit = 20, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show the newest events that could not be used, and why."""
    with open_remote(url, key) as remote:
        letters = remote.call("GET", "/v1/dead-letters", parameters={"limit": limit})["dead_letters"]
    if as_json:
        print_json(letters)
        return
    if not letters:
        typer.echo("no dead letters")
        return
    rows = [
        (
            str(letter["position"]),
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
    """Check every event set aside since the last replay again; those valid now are accepted."""
    with open_remote(url, key) as remote:
        answer = remote.call("POST", "/v1/dead-letters/replay")
    if as_json:
        print_json(answer)
        return
    typer.echo(f"{answer['accepted']} accepted, {len(answer['rejected'])} still not usable")
    for rejection in answer["rejected"]:
        sys.stderr.write(f"dead letter {rejection['position']}: {rejection['message']}\n")
