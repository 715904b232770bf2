"""Commands that say how a shop is to be: its files, its settings."""

import sys
from pathlib import Path
from typing import Annotated, Any, Final

import typer

from shopwindow.commands.options import Key, Url, open_remote
from shopwindow.commands.output import print_table
from shopwindow.files import CURRENCY_KEY, FILE_KINDS, POLICY_KEY, read_display
from shopwindow.settings import PREFIX, load_settings, settings_table

_SINGLE: Final = {CURRENCY_KEY: "/v1/currency", POLICY_KEY: "/v1/contact-policy"}
"""Where things are put of which a site has one."""


def apply_files(
    files: Annotated[
        list[Path], typer.Argument(help="YAML files: placements, campaigns, creatives, rules, segments, triggers ...")
    ],
    url: Url = None,
    key: Key = None,
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
    failed = False
    with open_remote(url, key) as remote:
        for kind, path in _SINGLE.items():
            if kind in single:
                remote.call("PUT", path, single[kind])
                typer.echo(f"{kind.replace('_', ' ')}: set")
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
            typer.echo(f"{kind}: {created} created, {changed} changed, {unchanged} unchanged")
    if failed:
        raise typer.Exit(1)


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
