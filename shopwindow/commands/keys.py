"""Commands about keys: made with scopes, listed, rotated and revoked; and tokens of visitors."""

from typing import Annotated, Any

import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table

key_commands = typer.Typer(help="Keys of a site, each with what it may do.", no_args_is_help=True)
_KeyId = Annotated[str, typer.Argument(help="A key's id, as `list` shows it.")]


@key_commands.command("list")
def print_keys(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """List the keys made beside the two of the settings."""
    with open_remote(url, key) as remote:
        found = remote.call("GET", "/v1/keys")["keys"]
    if as_json:
        print_json(found)
        return
    rows = [
        (
            known["key_id"],
            known["name"],
            ", ".join(known["scopes"]),
            known["created_at"],
            known["expires_at"] or "never",
        )
        for known in found
    ]
    print_table(("key_id", "name", "scopes", "created", "expires"), rows)


@key_commands.command("create")
def create_key(
    name: Annotated[str, typer.Argument(help="What it is for.")],
    scope: Annotated[list[str], typer.Option(help="browser, events, read, write or admin; several with several.")],
    expires_at: Annotated[str | None, typer.Option(help="A time after which it opens nothing.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Make a key; what it opens with is shown now and never again."""
    asked: dict[str, Any] = {"name": name, "scopes": scope}
    if expires_at is not None:
        asked["expires_at"] = expires_at
    with open_remote(url, key) as remote:
        _show(remote.call("POST", "/v1/keys", asked), as_json)


@key_commands.command("rotate")
def rotate_key(key_id: _KeyId, url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Make another key with the same name and scopes; the old one opens everything still until it is revoked."""
    with open_remote(url, key) as remote:
        _show(remote.call("POST", f"/v1/keys/{key_id}/rotate"), as_json)


@key_commands.command("revoke")
def revoke_key(key_id: _KeyId, url: Url = None, key: Key = None) -> None:
    """Revoke a key: it opens nothing within a second."""
    with open_remote(url, key) as remote:
        remote.call("DELETE", f"/v1/keys/{key_id}")
    typer.echo(f"key {key_id} is revoked")


@key_commands.command("token")
def mint_visitor_token(
    visitor_id: Annotated[str, typer.Argument(help="Whom it is for.")],
    lasts_s: Annotated[int | None, typer.Option(help="Seconds it counts for; 30 days by default.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Mint a visitor token, with which a browser may speak for a visitor."""
    asked: dict[str, Any] = {"visitor_id": visitor_id}
    if lasts_s is not None:
        asked["lasts_s"] = lasts_s
    with open_remote(url, key) as remote:
        minted = remote.call("POST", "/v1/visitor-tokens", asked)
    if as_json:
        print_json(minted)
    else:
        typer.echo(minted["visitor_token"])


def _show(made: dict[str, Any], as_json: bool) -> None:
    if as_json:
        print_json(made)
        return
    typer.echo(f"key {made['key_id']} ({', '.join(made['scopes'])}), told now and never again:")
    typer.echo(made["key"])
