"""Commands about the archive."""

from typing import Annotated

import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table

archive_commands = typer.Typer(help="The files that reports are made from.", no_args_is_help=True)


@archive_commands.command("mend")
def mend_archive_files(
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
    *,
    drop: Annotated[bool, typer.Option("--drop", help="Remove, too, files of which something is lost.")] = False,
) -> None:
    """Write anew what files that could not be read held, as far as the log still has it; tell what is lost."""
    with open_remote(url, key) as remote:
        files = remote.call("POST", "/v1/archive/mend", parameters={"drop": str(drop).lower()})["files"]
    if as_json:
        print_json(files)
        return
    if not files:
        typer.echo("every file of the archive can be read")
        return
    rows = [(file["file"], file["rows"], file["lost"] or "all of it is back") for file in files]
    print_table(("file", "rows_written", "lost"), rows)
