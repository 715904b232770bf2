"""Commands about segments."""

from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import orjson
import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table
from shopwindow.files import read_display

segment_commands = typer.Typer(help="Named rules over visitors; `apply` sets them from YAML.", no_args_is_help=True)


@segment_commands.command("list")
def print_segments(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show every segment, and how many visitors are in it."""
    with open_remote(url, key) as remote:
        known = list(remote.list_all("/v1/segments", "segments"))
        found = [remote.call("GET", f"/v1/segments/{segment['segment_id']}") for segment in known]
    if as_json:
        print_json(found)
        return
    if not found:
        typer.echo("no segments")
        return
    rows = [
        (
            segment["segment_id"],
            str(segment["count"]),
            segment["changed_at"] or "-",
            orjson.dumps(segment["rule"]).decode(),
        )
        for segment in found
    ]
    print_table(("segment", "visitors", "changed", "rule"), rows)


@segment_commands.command("preview")
def print_segment_preview(
    file: Annotated[Path, typer.Argument(help="YAML file with segments.")],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say how many visitors each segment of a file would have now, and show some; nothing is changed."""
    wanted = read_display(file).get("segments", [])
    with open_remote(url, key) as remote:
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
        print_json(found)
        return
    if not found:
        typer.echo(f"{file} has no segments")
        return
    rows: list[tuple[str, ...]] = []
    for segment in found:
        rows.append((str(segment["segment_id"]), str(segment["count"]), str(segment["judged"]), "", ""))
        rows += [("", "", "", example["visitor_id"], example["why"]) for example in segment["examples"]]
    print_table(("segment", "visitors", "of", "such as", "why"), rows)


@segment_commands.command("delete")
def remove_segment(segment_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None, key: Key = None) -> None:
    """Remove a segment; its visitors leave it."""
    with open_remote(url, key) as remote:
        remote.call("DELETE", f"/v1/segments/{quote(segment_id, safe='')}")
