"""Command line: the one door to everything."""

import sys
from typing import Annotated, NoReturn

import typer

from shopwindow.commands.archive import archive_commands
from shopwindow.commands.catalog import delete_commands, import_catalog
from shopwindow.commands.configure import apply_files, list_settings
from shopwindow.commands.dead_letters import dead_letter_commands
from shopwindow.commands.erasures import erasure_commands, print_export
from shopwindow.commands.keys import key_commands
from shopwindow.commands.look import print_report, print_visitor, replay_event_file
from shopwindow.commands.messages import print_journal, undelivered_commands
from shopwindow.commands.resources import add_delete_commands, list_resources, show_resource, write_example
from shopwindow.commands.segments import segment_commands
from shopwindow.commands.start import run_api, run_demo_shop, run_embedded_stack, run_stream
from shopwindow.commands.triggers import trigger_commands
from shopwindow.errors import MendableError
from store.log.log import LogRecreatedError, LogUnavailableError, PartitionCountError

app = typer.Typer(
    name="shopwindow",
    help="A shop window that dresses itself for each visitor: events in, banner slots and recommendations out.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    add_completion=False,
    rich_markup_mode=None,
)
import_commands = typer.Typer(help="Bring in what other systems hold.", no_args_is_help=True)
import_commands.command("catalog")(import_catalog)
app.add_typer(import_commands, name="import")
add_delete_commands(delete_commands)
app.add_typer(delete_commands, name="delete")
app.add_typer(archive_commands, name="archive")
app.add_typer(dead_letter_commands, name="dead-letters")
app.add_typer(erasure_commands, name="erasures")
app.add_typer(key_commands, name="keys")
app.add_typer(segment_commands, name="segments")
app.add_typer(trigger_commands, name="triggers")
app.add_typer(undelivered_commands, name="undelivered")
for _name, _command in (
    ("demo", run_demo_shop),
    ("up", run_embedded_stack),
    ("api", run_api),
    ("stream", run_stream),
    ("example", write_example),
    ("apply", apply_files),
    ("list", list_resources),
    ("show", show_resource),
    ("replay", replay_event_file),
    ("visitor", print_visitor),
    ("export", print_export),
    ("report", print_report),
    ("journal", print_journal),
    ("settings", list_settings),
):
    app.command(_name)(_command)


def _print_version(wanted: bool) -> None:
    if wanted:
        from importlib.metadata import version

        typer.echo(version("shopwindow"))
        raise typer.Exit


@app.callback()
def begin(
    version: Annotated[
        bool, typer.Option("--version", callback=_print_version, is_eager=True, help="Print the version.")
    ] = False,
) -> None:
    """A shop window that dresses itself for each visitor: events in, banner slots and recommendations out."""


def main() -> NoReturn:
    """Run a command; what a person can mend ends in one line on standard error and exit code 1 (2 for usage)."""
    try:
        app()
    except (MendableError, PartitionCountError, LogUnavailableError, LogRecreatedError) as error:
        sys.stderr.write(f"shopwindow: {error}\n")
        sys.exit(1)
    sys.exit(0)
