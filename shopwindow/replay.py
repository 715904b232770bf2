"""Replay: a recorded event file through a running Shopwindow, and an account of every event."""

import csv
import gzip
import time
import zlib
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, field
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from shopwindow.files import FileError

if TYPE_CHECKING:
    from shopwindow.remote import Remote

COLUMNS: Final = (
    "ts",
    "session_id",
    "visitor_id",
    "item_id",
    "event_type",
    "category",
    "brand",
    "price",
    "quantity",
)
EVENT_NAMES: Final = {
    "view": "view_item",
    "cart": "add_to_cart",
    "remove_from_cart": "remove_from_cart",
    "fav": "add_to_wishlist",
    "purchase": "purchase",
}
_PORTION: Final = 500
_LONGEST_WAIT_S: Final = 30.0


@dataclass(slots=True)
class Account:
    """Where every row went. Nothing is lost when accepted = applied + duplicates + erased + dead_letters."""

    rows: int = 0
    accepted: int = 0
    rejected: int = 0
    applied: int = 0
    duplicates: int = 0
    erased: int = 0
    dead_letters: int = 0
    items_added: int = 0
    send_s: float = 0.0
    total_s: float = 0.0
    events_per_s: float = 0.0
    rejections: list[str] = field(default_factory=list)

    @property
    def lost(self) -> int:
        """Accepted events that are nowhere: 0, or something is wrong."""
        return self.accepted - self.applied - self.duplicates - self.erased - self.dead_letters

    def figures(self) -> dict[str, Any]:
        """Give all figures as plain values."""
        return {**asdict(self), "lost": self.lost}


def read_rows(path: Path) -> Iterator[tuple[int, dict[str, str]]]:
    """Give (line number, row) of an event file with the nine columns; raises `FileError`."""
    try:
        with (
            gzip.open(path, "rt", encoding="utf-8", newline="")
            if path.suffix == ".gz"
            else path.open(encoding="utf-8", newline="") as file
        ):
            reader = csv.DictReader(file, restval="")  # a row cut short lacks values, not columns
            missing = [name for name in COLUMNS if name not in (reader.fieldnames or [])]
            if missing:
                raise FileError(f"{path} has no column {', '.join(missing)}; an event file has {', '.join(COLUMNS)}")
            for row in reader:
                yield reader.line_num, row
    except (OSError, EOFError, UnicodeDecodeError, csv.Error, zlib.error) as error:
        raise FileError(f"{path} cannot be read: {error}") from error


def event_of_row(path: Path, line: int, row: dict[str, str]) -> dict[str, Any]:
    """Give a row as an event of the API; raises `FileError` naming the line for what no event can be made of.

    The event id is the row's digest, so that rows repeated in the file, and rows sent again, count once.
    """
    name = EVENT_NAMES.get(row["event_type"])
    if name is None:
        raise FileError(
            f"{path} line {line}: event_type has value {row['event_type']!r}, not one of {', '.join(EVENT_NAMES)}"
        )
    try:
        at_s = float(row["ts"])
    except ValueError as error:
        raise FileError(f"{path} line {line}: ts has value {row['ts']!r}, not epoch seconds") from error
    item: dict[str, Any] = {"item_id": row["item_id"]}
    for number, level in enumerate(levels_of(row["category"])):
        item["item_category" if number == 0 else f"item_category{number + 1}"] = level
    if row["brand"]:
        item["item_brand"] = row["brand"]
    if row["price"]:
        item["price"] = row["price"]
    if row["quantity"]:
        item["quantity"] = row["quantity"]
    digest = blake2b("\x1f".join(row[name] or "" for name in COLUMNS).encode(), digest_size=12).hexdigest()
    event: dict[str, Any] = {
        "event": name,
        "visitor_id": row["visitor_id"] or row["session_id"],
        "session_id": row["session_id"],
        "event_id": digest,
        "timestamp": at_s,
        "items": [item],
    }
    if name == "purchase":
        event["params"] = {"transaction_id": row["session_id"]}
    return event


def levels_of(category: str) -> list[str]:
    """Split a category path, written with `>` or with dots, into at most five levels.

    >>> levels_of("computers.notebook"), levels_of("Home > Kitchen"), levels_of("")
    (['computers', 'notebook'], ['Home', 'Kitchen'], [])
    """
    parts = category.split(">") if ">" in category else category.split(".")
    return [part.strip() for part in parts if part.strip()][:5]


def item_of(event: dict[str, Any]) -> dict[str, Any]:
    """Give the catalog item that an event tells of."""
    item = event["items"][0]
    levels = [item[name] for name in ("item_category", *(f"item_category{n}" for n in range(2, 6))) if name in item]
    words = [item.get("item_brand", ""), (levels[-1] if levels else "item").replace("_", " "), item["item_id"]]
    found = {
        "item_id": item["item_id"],
        "title": " ".join(word for word in words if word),
        "category": levels,
        "brand": item.get("item_brand", ""),
    }
    return {**found, "price": item["price"]} if "price" in item else found


def replay(
    remote: "Remote",
    path: Path,
    *,
    speed: float | None,
    add_items: bool,
    progress: Callable[[int], None],
) -> Account:
    """Send a file's events and wait until all of them are applied.

    Parameters
    ----------
    remote
        Where to.
    path
        An event file with the nine columns.
    speed
        Times real time; None for as fast as it goes.
    add_items
        Whether items the catalog does not know are added to it as the events tell of them.
    progress
        Called with the number of rows sent so far.
    """
    account = Account()
    before = remote.call("GET", "/v1/status")["events"]
    known = {item["item_id"] for item in remote.list_all("/v1/catalog/items", "items")} if add_items else set()
    started = time.monotonic()
    first_ts: float | None = None
    portion: list[dict[str, Any]] = []
    for line, row in read_rows(path):
        account.rows += 1
        event = event_of_row(path, line, row)
        if speed is not None:
            first_ts = event["timestamp"] if first_ts is None else first_ts
            due = started + (event["timestamp"] - first_ts) / speed
            if due > time.monotonic():
                _send(remote, portion, known, account, add_items)
                portion = []
                progress(account.rows - 1)
                time.sleep(max(0.0, due - time.monotonic()))
        portion.append(event)
        if len(portion) >= _PORTION:
            _send(remote, portion, known, account, add_items)
            portion = []
            progress(account.rows)
    _send(remote, portion, known, account, add_items)
    progress(account.rows)
    account.send_s = round(time.monotonic() - started, 3)
    _settle(remote, before, account)
    account.total_s = round(time.monotonic() - started, 3)
    account.events_per_s = round(account.accepted / account.total_s, 1) if account.total_s else 0.0
    return account


def _send(remote: "Remote", portion: list[dict[str, Any]], known: set[str], account: Account, add_items: bool) -> None:
    if not portion:
        return
    if add_items:
        new = {event["items"][0]["item_id"]: item_of(event) for event in portion}
        unknown = [item for item_id, item in new.items() if item_id and item_id not in known]
        rejected = remote.put_all("/v1/catalog/items", "items", unknown)
        account.items_added += len(unknown) - len(rejected)
        known.update(item["item_id"] for item in unknown)
    answer = remote.call("POST", "/v1/events", {"events": portion})
    account.accepted += answer["accepted"]
    account.rejected += len(answer["rejected"])
    for rejection in answer["rejected"][: max(0, 10 - len(account.rejections))]:
        account.rejections.append(f"{portion[rejection['index']]['event_id']}: {rejection['message']}")


def _settle(remote: "Remote", before: dict[str, int], account: Account) -> None:
    """Wait until the stream has dealt with every accepted event, or has not moved for a while."""
    moved_at = time.monotonic()
    while True:
        now = remote.call("GET", "/v1/status")["events"]
        seen = {name: now[name] - before[name] for name in now}
        if seen["applied"] != account.applied or seen["duplicates"] != account.duplicates:
            moved_at = time.monotonic()
        account.applied = seen["applied"]
        account.duplicates = seen["duplicates"]
        account.erased = seen["erased"]
        account.dead_letters = seen["dead_letters"]
        if account.lost <= 0 or time.monotonic() - moved_at > _LONGEST_WAIT_S:
            return
        time.sleep(0.05)
