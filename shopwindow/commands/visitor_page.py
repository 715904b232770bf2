"""Visitor page: a visitor's profile for a person at a terminal."""

from collections.abc import Iterator
from typing import Any

from rich.console import Console
from rich.text import Text

from shopwindow.commands.output import print_table


def show_visitor(found: dict[str, Any]) -> None:
    """Print what the API says of a visitor."""
    console = Console(markup=False, emoji=False)  # what shops send may hold brackets
    session = found["session"]
    arm = "holdout, not personalized" if found["holdout"] else "personalized"
    console.print(Text.assemble((found["visitor_id"], "bold"), f"  {arm}"), highlight=False)
    console.print(f"first seen {found['first_seen']}, last seen {found['last_seen']}", highlight=False)
    console.print(f"{found['events_seen']} events, {found['sessions']} sessions: {_counts(found['counts'])}")
    console.print(f"session {session['session_id'] or '-'} since {session['started_at']}, {session['events']} events")
    stage, value = found["stage"], found["value"]
    console.print(f"{stage['stage']}: {stage['why']}", highlight=False)
    console.print(f"{value['tier']}, {value['orders']} orders, lifetime value {_money(value)}", highlight=False)
    for segment in found["segments"]:
        console.print(f"in segment {segment['segment_id']}: {segment['why']}", highlight=False)
    for name in ("first_touch", "last_touch"):
        if found[name]:
            touch = found[name]
            console.print(f"{name.replace('_', ' ')}: {touch['source']} / {touch['medium']} / {touch['campaign']}")
    columns = ("half-life", "categories", "brands", "price bands")
    print_table(columns, _interests(found["interests"]), title="Interests")
    seen = [
        (thing.get("item_id") or thing["creative_id"], thing["title"] or "-", thing["category"] or "-", thing["event"],
         thing["at"])
        for thing in found["recent_items"]
    ]  # fmt: skip
    print_table(("item", "title", "category", "event", "at"), seen, title="Recent items")
    if found["cart"]:
        cart = [(line["item_id"], str(line["quantity"]), str(line["price"] or "-")) for line in found["cart"]]
        print_table(("item", "quantity", "price"), cart, title="Cart")
    listed = [
        (str(item["position"] + 1), item["item_id"], item["title"], f"{item['score']:.3f}", item["tier"],
         item["reason"], _contributions(item))
        for item in found["for_you"]["items"]
    ]  # fmt: skip
    print_table(("", "item", "title", "score", "tier", "why", "contributions"), listed, title="For you")
    storage = found["storage"]
    console.print(
        f"partition {storage['partition']}, position {storage['position']}, {storage['profile_bytes']} bytes, "
        f"{storage['pending_events']} events not in the stored profile yet"
    )


def _money(value: dict[str, Any]) -> str:
    """Lifetime value, and what there is in other currencies beside it."""
    sums = [(value["currency"] or "", value["lifetime_value"])]
    sums += [(code, other["lifetime_value"]) for code, other in value["other_currencies"].items()]
    return ", ".join(f"{amount:g} {code}".rstrip() for code, amount in sums)


def _contributions(item: dict[str, Any]) -> str:
    """Every learner's say that moves the item's odds by a tenth or more, and the item it leads back to."""
    says = [f"{say['learner']} {say['says']:+.1f}" for say in item["says"] if abs(say["says"]) >= 0.1]
    through = f" through {item['because_item_id']}" if item["because_item_id"] else ""
    return (", ".join(says) or item["learner"]) + through


def _counts(counts: dict[str, int]) -> str:
    return ", ".join(f"{name} {count}" for name, count in sorted(counts.items(), key=lambda pair: -pair[1]))


def _interests(interests: dict[str, Any]) -> Iterator[tuple[str, ...]]:
    for half_life, kinds in interests.items():
        yield (
            half_life,
            "\n".join(f"{category['category']} {category['weight']:.0%}" for category in kinds["categories"]),
            "\n".join(f"{brand['brand']} {brand['weight']:.0%}" for brand in kinds["brands"]),
            "\n".join(
                f"{price_band['from']:g} to {price_band['below']:g} {price_band['weight']:.0%}"
                for price_band in kinds["price_bands"]
            ),
        )
