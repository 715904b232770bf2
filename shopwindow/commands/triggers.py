"""Commands about triggers: what is set, and what is armed for a visitor."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

import typer

from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json, print_table
from shopwindow.files import FileError, read_display

if TYPE_CHECKING:
    from shopwindow.remote import Remote

trigger_commands = typer.Typer(help="What starts a message; `apply` sets them from YAML.", no_args_is_help=True)


@trigger_commands.command("list")
def print_triggers(url: Url = None, key: Key = None, as_json: AsJson = False) -> None:
    """Show every trigger: those every site begins with, and the site's own."""
    with open_remote(url, key) as remote:
        found = remote.call("GET", "/v1/triggers")["triggers"]
    if as_json:
        print_json(found)
        return
    columns = ("trigger", "when", "purpose", "actions", "priority", "")
    print_table(columns, [_trigger_row(trigger) for trigger in found])


def _trigger_row(trigger: dict[str, Any]) -> tuple[str, ...]:
    ((kind, fields),) = trigger["when"].items()
    details = ", ".join(f"{name} {value}" for name, value in fields.items()) if isinstance(fields, dict) else fields
    state = "off" if not trigger["enabled"] else "shipped" if trigger["shipped"] else "own"
    return (
        trigger["trigger_id"],
        f"{kind} {details}".strip(),
        trigger["purpose"],
        ", ".join(trigger["actions"]),
        str(trigger["priority"]),
        state,
    )


@trigger_commands.command("preview")
def print_trigger_preview(
    visitor_id: Annotated[str, typer.Argument(metavar="ID", help="A visitor id.")],
    file: Annotated[Path | None, typer.Argument(help="YAML file with triggers.")] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
) -> None:
    """Say what is armed for a visitor, and what the triggers of a file would do now; nothing is changed."""
    with open_remote(url, key) as remote:
        found = _preview(remote, visitor_id, file)
    if as_json:
        print_json(found)
        return
    first = found[0]
    armed = [(timer["trigger_id"], timer["due"], timer["expires"], timer["held"] or "") for timer in first["armed"]]
    print_table(("armed", "due", "until", "held back by"), armed, title=f"{first['visitor_id']} at {first['now']}")
    for trigger in found:
        would = trigger.get("would")
        if would is not None:
            said = f"{trigger['trigger_id']} would {would['does']}: {would['why'] or 'it does not hold'}"
            typer.echo(said + (f" ({would['reason']})" if would["reason"] else ""))


def _preview(remote: "Remote", visitor_id: str, file: Path | None) -> list[dict[str, Any]]:
    """Say what is armed for a visitor; with a file, also what each trigger in it would do now."""
    drafts = read_display(file).get("triggers", []) if file is not None else [None]
    if not drafts:
        raise FileError(f"{file} has no triggers")
    remote.call("GET", f"/v1/visitors/{quote(visitor_id, safe='')}", parameters={"limit": 0})  # nobody is an error
    bodies = [{"visitor_id": visitor_id, **({} if draft is None else {"trigger": draft})} for draft in drafts]
    found = [remote.call("POST", "/v1/triggers/preview", body) for body in bodies]
    for draft, trigger in zip(drafts, found, strict=True):
        trigger["trigger_id"] = draft.get("trigger_id") if isinstance(draft, dict) else None
    return found


@trigger_commands.command("delete")
def remove_trigger(trigger_id: Annotated[str, typer.Argument(metavar="ID")], url: Url = None, key: Key = None) -> None:
    """Remove one of the site's own triggers; a shipped one of the same id counts again."""
    with open_remote(url, key) as remote:
        remote.call("DELETE", f"/v1/triggers/{quote(trigger_id, safe='')}")
