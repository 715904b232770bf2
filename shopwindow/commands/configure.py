"""Commands that say how a shop is to be: its files, its settings."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from urllib.parse import quote

import typer

from shopwindow.commands.options import Key, Url, open_remote
from shopwindow.commands.output import print_table
from shopwindow.files import CURRENCY_KEY, FILE_KINDS, POLICY_KEY, read_display
from shopwindow.settings import PREFIX, load_settings, settings_table

if TYPE_CHECKING:
    from shopwindow.remote import Remote

_NAMED: Final = 10
_SINGLE: Final = {CURRENCY_KEY: "/v1/currency", POLICY_KEY: "/v1/contact-policy"}
"""Where things are put of which a site has one."""


def apply_files(
    files: Annotated[
        list[Path], typer.Argument(help="YAML files: placements, campaigns, creatives, rules, segments, triggers ...")
    ],
    url: Url = None,
    key: Key = None,
    prune: Annotated[
        bool, typer.Option("--prune", help="Take out what the files do not have, of the kinds they do have.")
    ] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would be done.")] = False,
) -> None:
    """Make placements, campaigns, creatives, segments, rules, experiments, triggers, contact policy and currency what
    files say.

    Applied twice, nothing changes.
    """
    wanted: dict[str, list[tuple[Path, Any]]] = {kind: [] for kind in FILE_KINDS}
    single: dict[str, Any] = {}
    for file in files:
        for kind, resources in read_display(file).items():
            if kind in _SINGLE:
                single[kind] = resources[-1]
            else:
                wanted[kind] += [(file, resource) for resource in resources]
    with open_remote(url, key) as remote:
        for kind, path in _SINGLE.items():
            if kind in single:
                if not dry_run:
                    remote.call("PUT", path, single[kind])
                typer.echo(f"{kind.replace('_', ' ')}: {'would be set' if dry_run else 'set'}")
        rejected = [
            _apply_kind(remote, kind, resources, prune=prune, dry_run=dry_run)
            for kind, resources in wanted.items()
            if resources
        ]
    if any(rejected):
        raise typer.Exit(1)


def _apply_kind(remote: "Remote", kind: str, resources: list[tuple[Path, Any]], *, prune: bool, dry_run: bool) -> int:
    """Put things of a kind, each with the file it is from, and say what came of it; gives how many were rejected."""
    id_field = f"{kind.removesuffix('s')}_id"
    before = {known[id_field]: known for known in remote.list_all(f"/v1/{kind}", kind)}
    wanted = {str(resource.get(id_field)) for _, resource in resources if isinstance(resource, dict)}
    own = [name for name, known in before.items() if not known.get("shipped")]
    gone = sorted(set(own) - wanted) if prune else []
    if dry_run:
        typer.echo(
            f"{kind}: {len(wanted - before.keys())} would be created, {len(wanted & before.keys())} "
            f"compared and changed where they differ, {len(gone)} taken out{_named(gone)}"
        )
        return 0
    rejected = remote.put_all(f"/v1/{kind}", kind, [resource for _, resource in resources])
    for rejection in rejected:
        sys.stderr.write(f"{resources[rejection['index']][0]}: {kind}: {rejection['message']}\n")
    after = {known[id_field]: known for known in remote.list_all(f"/v1/{kind}", kind)}
    named = wanted & after.keys()
    created = len(named - before.keys())
    changed = sum(resource in before and before[resource] != after[resource] for resource in named)
    for name in gone:
        remote.call("DELETE", f"/v1/{kind}/{quote(name, safe='')}")
    taken = f", {len(gone)} taken out{_named(gone)}" if prune else ""
    typer.echo(f"{kind}: {created} created, {changed} changed, {len(named) - created - changed} unchanged{taken}")
    return len(rejected)


def _named(ids: Sequence[str]) -> str:
    """Give ids in brackets, whole, the first few of many."""
    if not ids:
        return ""
    more = f" and {len(ids) - _NAMED} more" if len(ids) > _NAMED else ""
    return f" ({', '.join(ids[:_NAMED])}{more})"


def list_settings() -> None:
    """List every setting: environment variable, default, unit, meaning, and the value in force."""
    in_force = load_settings()
    rows: list[tuple[str, ...]] = []
    for variable, default, unit, meaning in settings_table():
        name = variable.removeprefix(PREFIX).lower()
        value = getattr(in_force, name)
        text = ", ".join(element.site for element in value) if name == "sites" else str(value)
        rows.append((variable, default, unit, meaning, "(set)" if name.endswith("_key") and value else text))
    print_table(("environment variable", "default", "unit", "meaning", "in force"), rows, width=160)
    typer.echo(
        f"In a TOML file named by {PREFIX}CONFIG, or ./shopwindow.toml: the same names in lower case, without prefix."
    )
