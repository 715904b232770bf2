"""Commands about triggers: what is set, what is armed for a visitor, what was sent, what could not be delivered."""

from pathlib import Path
from typing import Any

import typer
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from shopwindow.files import FileError, read_display
from shopwindow.remote import Remote


def show_triggers(remote: Remote) -> list[dict[str, Any]]:
    """Give all triggers that count."""
    found: list[dict[str, Any]] = remote.call("GET", "/v1/triggers")["triggers"]
    return found


def triggers_table(found: list[dict[str, Any]]) -> Table:
    """Show triggers, one a line."""
    table = Table("trigger", "when", "purpose", "actions", "priority", "")
    for trigger in found:
        ((kind, fields),) = trigger["when"].items()
        details = ", ".join(f"{name} {value}" for name, value in fields.items()) if isinstance(fields, dict) else fields
        state = "off" if not trigger["enabled"] else "shipped" if trigger["shipped"] else "own"
        table.add_row(
            trigger["trigger_id"],
            escape(f"{kind} {details}".strip()),
            trigger["purpose"],
            ", ".join(trigger["actions"]),
            str(trigger["priority"]),
            state,
        )
    return table


def preview_triggers(remote: Remote, visitor_id: str, file: Path | None) -> list[dict[str, Any]]:
    """Say what is armed for a visitor; with a file, also what each trigger in it would do now."""
    drafts = read_display(file).get("triggers", []) if file is not None else [None]
    if not drafts:
        raise FileError(f"{file} has no triggers")
    bodies = [{"visitor_id": visitor_id, **({} if draft is None else {"trigger": draft})} for draft in drafts]
    found = [remote.call("POST", "/v1/triggers/preview", body) for body in bodies]
    for draft, trigger in zip(drafts, found, strict=True):
        trigger["trigger_id"] = draft.get("trigger_id") if isinstance(draft, dict) else None
    return found


def print_preview(found: list[dict[str, Any]]) -> None:
    """Show a preview."""
    first = found[0]
    table = Table("armed", "due", "until", "held back by", title=f"{escape(first['visitor_id'])} at {first['now']}")
    for timer in first["armed"]:
        table.add_row(timer["trigger_id"], timer["due"], timer["expires"], timer["held"] or "")
    Console().print(table)
    for trigger in found:
        would = trigger.get("would")
        if would is not None:
            said = f"{trigger['trigger_id']} would {would['does']}: {would['why'] or 'it does not hold'}"
            typer.echo(said + (f" ({would['reason']})" if would["reason"] else ""))


def read_journal(remote: Remote, asked: dict[str, Any]) -> list[dict[str, Any]]:
    """Give journal entries, newest first."""
    found: list[dict[str, Any]] = remote.call("GET", "/v1/journal", parameters=asked)["entries"]
    return found


def journal_table(found: list[dict[str, Any]]) -> Table:
    """Show journal entries, one a line."""
    table = Table("at", "visitor", "trigger", "status", "why", "delivery", "what came of it")
    for trigger in found:
        delivery = ", ".join(f"{way} {told['status']}" for way, told in trigger["delivery"].items())
        reason = f" ({trigger['reason']})" if trigger["reason"] else ""
        table.add_row(
            trigger["at"],
            escape(trigger["visitor_id"]),
            trigger["trigger_id"],
            trigger["status"],
            escape(f"{trigger['why']}{reason}"),
            delivery,
            _came(trigger["outcome"]),
        )
    return table


def _came(outcome: dict[str, Any]) -> str:
    seen = [name for name in ("delivered", "opened", "clicked", "dismissed") if outcome[name]]
    ordered = [
        f"ordered {order['order_id']} for {order['value']:.2f}"
        for order in outcome["orders"]
        if not order["taken_back"]
    ]
    return ", ".join([*seen, *ordered])
