"""Show: a visitor's profile for a person at a terminal."""

from typing import Any

from rich.console import Console
from rich.table import Table


def show_visitor(console: Console, found: dict[str, Any]) -> None:
    """Print what the API says of a visitor."""
    session = found["session"]
    arm = "holdout, not personalized" if found["holdout"] else "personalized"
    console.print(f"[bold]{found['visitor_id']}[/bold]  {arm}", highlight=False)
    console.print(f"first seen {found['first_seen']}, last seen {found['last_seen']}", highlight=False)
    console.print(f"{found['events_seen']} events, {found['sessions']} sessions: {_counts(found['counts'])}")
    console.print(f"session {session['session_id'] or '-'} since {session['started_at']}, {session['events']} events")
    stage, value = found["stage"], found["value"]
    console.print(f"{stage['stage']}: {stage['why']}", highlight=False)
    console.print(
        f"{value['tier']}, {value['orders']} orders, lifetime value {value['lifetime_value']:g}", highlight=False
    )
    for one in found["segments"]:
        console.print(f"in segment {one['segment_id']}: {one['why']}", highlight=False, markup=False)
    for name in ("first_touch", "last_touch"):
        if found[name]:
            touch = found[name]
            console.print(f"{name.replace('_', ' ')}: {touch['source']} / {touch['medium']} / {touch['campaign']}")
    console.print(_interests(found["interests"]))
    recent = Table("item", "title", "category", "event", "at", title="Recent items")
    for one in found["recent_items"]:
        name = one.get("item_id") or one["creative_id"]
        recent.add_row(name, one["title"] or "-", one["category"] or "-", one["event"], one["at"])
    console.print(recent)
    if found["cart"]:
        cart = Table("item", "quantity", "price", title="Cart")
        for line in found["cart"]:
            cart.add_row(line["item_id"], str(line["quantity"]), str(line["price"] or "-"))
        console.print(cart)
    for_you = Table("", "item", "title", "score", "tier", "why", "reckoning", title="For you")
    for one in found["for_you"]["items"]:
        shown = [one["item_id"], one["title"], f"{one['score']:.3f}", one["tier"], one["reason"]]
        for_you.add_row(str(one["position"] + 1), *shown, _contributions(one))
    console.print(for_you)
    storage = found["storage"]
    console.print(
        f"partition {storage['partition']}, position {storage['position']}, {storage['profile_bytes']} bytes, "
        f"{storage['pending_events']} events not in the stored profile yet"
    )


def _contributions(item: dict[str, Any]) -> str:
    """Every learner's say that moves the item's odds by a tenth or more, and the item it leads back to."""
    says = [f"{one['learner']} {one['says']:+.1f}" for one in item["says"] if abs(one["says"]) >= 0.1]
    through = f" through {item['because_item_id']}" if item["because_item_id"] else ""
    return (", ".join(says) or item["learner"]) + through


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


def _interests(interests: dict[str, Any]) -> Table:
    table = Table("half-life", "categories", "brands", "price bands", title="Interests")
    for half_life, kinds in interests.items():
        table.add_row(
            half_life,
            "\n".join(f"{one['category']} {one['weight']:.0%}" for one in kinds["categories"]),
            "\n".join(f"{one['brand']} {one['weight']:.0%}" for one in kinds["brands"]),
            "\n".join(f"{one['from']:g} to {one['below']:g} {one['weight']:.0%}" for one in kinds["price_bands"]),
        )
    return table
