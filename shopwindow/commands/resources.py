"""Commands about what a site has, by kind: listed, shown, taken out; and examples to begin with."""

import sys
from importlib.resources import files
from typing import Annotated, Any, Final
from urllib.parse import quote

import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json
from shopwindow.files import FILE_KINDS, id_field

_ITEMS: Final = "items"
KINDS: Final = (_ITEMS, *FILE_KINDS)
_EXAMPLES: Final = {"feed": "products.csv", "display": "display.yaml"}

Kind = Annotated[str, typer.Argument(metavar="KIND", help=f"One of {', '.join(KINDS)}.")]
Id = Annotated[str, typer.Argument(metavar="ID")]


def path_of(kind: str) -> str:
    """Give where the API has a kind of things; raises a usage error for no kind."""
    if kind not in KINDS:
        raise typer.BadParameter(f"must be one of {', '.join(KINDS)}, got {kind!r}")
    return "/v1/catalog/items" if kind == _ITEMS else f"/v1/{kind}"


def list_resources(kind: Kind, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """List what a site has of a kind: an id a line, whole, with its name or title."""
    path = path_of(kind)
    with open_remote(url, key) as remote:
        found = list(remote.list_all(path, kind))
    if as_json:
        print_json(found)
        return
    for resource in found:
        named = resource.get("title") or resource.get("name") or resource.get("headline") or ""
        typer.echo(f"{resource[id_field(kind)]}\t{named}" if named else resource[id_field(kind)])


def show_resource(kind: Kind, resource_id: Id, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show one thing as YAML, as `apply` takes it, or as JSON."""
    path = path_of(kind)
    with open_remote(url, key) as remote:
        found: dict[str, Any] = remote.call("GET", f"{path}/{quote(resource_id, safe='')}")
    if as_json:
        print_json(found)
        return
    import yaml

    typer.echo(yaml.safe_dump({kind: [found]}, sort_keys=False, allow_unicode=True), nl=False)


def delete_resources(kind: str, resource_ids: list[str], url: str | None, key: str | None, *, as_json: bool) -> None:
    """Take things of a kind out; those that are not there are named, and end in exit code 1."""
    from shopwindow.remote import RemoteError

    removed: list[str] = []
    errors: list[dict[str, str]] = []
    with open_remote(url, key) as remote:
        for resource_id in dict.fromkeys(resource_ids):
            try:
                remote.call("DELETE", f"{path_of(kind)}/{quote(resource_id, safe='')}")
                removed.append(resource_id)
            except RemoteError as error:
                errors.append({"id": resource_id, "message": str(error)})
    if as_json:
        print_json({"removed": removed, "errors": errors})
    else:
        for missing in errors:
            sys.stderr.write(f"{missing['message']}\n")
        typer.echo(f"{kind}: {len(removed)} taken out")
    if errors:
        raise typer.Exit(1)


def add_delete_commands(commands: typer.Typer) -> None:
    """Give `delete` a command for each kind that a file has."""

    def deleting(kind: str) -> None:
        def delete(
            resource_ids: Annotated[list[str], typer.Argument(metavar="ID...")],
            url: Url = None,
            key: Key = None,
            as_json: AsJson = False,
        ) -> None:
            delete_resources(kind, resource_ids, url, key, as_json=as_json)

        commands.command(kind, help=f"Take {kind} out.")(delete)

    for kind in FILE_KINDS:
        deleting(kind)


def write_example(
    what: Annotated[str, typer.Argument(metavar="WHAT", help=f"One of {', '.join(_EXAMPLES)}.")],
) -> None:
    """Write an example to begin with: `feed`, products to import; `display`, all that `apply` takes, commented."""
    if what not in _EXAMPLES:
        raise typer.BadParameter(f"must be one of {', '.join(_EXAMPLES)}, got {what!r}")
    typer.echo(files("shopwindow.examples").joinpath(_EXAMPLES[what]).read_text(encoding="utf-8"), nl=False)
