"""Commands of the catalog: a feed brought in, and products taken off."""

import sys
from collections import Counter
from collections.abc import Sequence
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from models.base.errors import InvalidError
from models.catalog.feed.whole import items_gone
from shopwindow.commands.options import AsJson, Key, Url, open_remote
from shopwindow.commands.output import print_json
from shopwindow.errors import MendableError
from shopwindow.feeds.rows import Complaint, Feed

if TYPE_CHECKING:  # a command loads what reads feeds when it reads one
    from shopwindow.feeds.checking import CheckedFeed
    from shopwindow.remote import Remote

ITEMS: Final = "/v1/catalog/items"
_NAMED: Final = 20
_AT_ONCE: Final = 1_000

Encoding = Annotated[str, typer.Option(help="What the file is in, such as windows-1252, where it does not say.")]
IdColumn = Annotated[str, typer.Option(help="Column that holds the id, such as SKU, where it is not the usual one.")]

delete_commands = typer.Typer(help="Take things off.", no_args_is_help=True)


class WholeRefusedError(MendableError):
    """A whole feed would take off most of the catalog."""


def import_catalog(
    file: Annotated[
        Path,
        typer.Argument(
            help="Feed: Google Merchant XML, CSV, TSV, JSON, an export of Shopify, WooCommerce or Magento; "
            "gzip and zip too; - is standard input."
        ),
    ],
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
    whole: Annotated[
        bool, typer.Option("--whole", help="The feed is all there is: what is gone is taken off.")
    ] = False,
    force: Annotated[bool, typer.Option("--force", help="With --whole: take off more than half, if need be.")] = False,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would come of it.")] = False,
    encoding: Encoding = "",
    id_column: IdColumn = "",
    currency: Annotated[str, typer.Option(help="Currency of prices that name none, such as EUR.")] = "",
    locale: Annotated[str, typer.Option(help="Language and country the feed is written for, such as de-DE.")] = "",
) -> None:
    """Add or replace the products of a feed; a bad one is named and fails no other, an odd field costs no product."""
    from shopwindow.feeds.checking import check_feed
    from shopwindow.feeds.feed import FeedOptions, read_feed

    try:
        options = FeedOptions(encoding, id_column, currency, locale)
    except InvalidError as error:
        raise typer.BadParameter(error.message) from error
    feed = read_feed(file, options)
    checked = check_feed(feed)
    gone: list[str] = []
    if not dry_run or whole:
        with open_remote(url, key) as remote:
            if whole:
                gone = _gone(remote, file, checked, force=force)
            if not dry_run:
                _put(remote, checked)
                _delete(remote, gone)
                _warn_of_currencies(remote, checked)
    _say(file, feed, checked)
    taken = len(checked.items)
    report = {"accepted": taken, "rejected": len(checked.rejected), "repeated": checked.repeated, "removed": len(gone)}
    if as_json:
        lists = {
            "errors": [_complaint(feed, complaint) for complaint in checked.rejected],
            "warnings": [_complaint(feed, complaint) for complaint in checked.warnings],
            "left_out": [_complaint(feed, complaint) for complaint in feed.left_out],
            "unread_columns": feed.unread,
            "never_given": checked.never,
        }
        print_json({**report, "kind": feed.kind or None, "dry_run": dry_run, **lists})
    else:
        more = f", {checked.repeated} of {len(feed.rows)} rows had an id that came before" if checked.repeated else ""
        more += f", {len(gone)} taken off" if whole else ""
        typer.echo(f"{taken} products taken, {len(checked.rejected)} rejected{more}")
    if checked.rejected:
        raise typer.Exit(1)


@delete_commands.command("items")
def delete_catalog_items(
    item_ids: Annotated[list[str] | None, typer.Argument(help="Ids of products.")] = None,
    from_file: Annotated[
        Path | None,
        typer.Option("--from", help="A feed, or a list of ids, one a line: its products; - is standard input."),
    ] = None,
    url: Url = None,
    key: Key = None,
    as_json: AsJson = False,
    encoding: Encoding = "",
    id_column: IdColumn = "",
) -> None:
    """Take products off the catalog, such as all of a feed that should not have been imported."""
    wanted = list(item_ids or [])
    if from_file is not None:
        from shopwindow.feeds.feed import FeedOptions, read_feed_ids

        wanted += read_feed_ids(from_file, FeedOptions(encoding=encoding, id_column=id_column))
    if not wanted:
        raise typer.BadParameter("name ids, or a file with --from")
    with open_remote(url, key) as remote:
        deleted, unknown = _delete(remote, list(dict.fromkeys(wanted)))
    if as_json:
        print_json({"deleted": deleted, "unknown": unknown})
    else:
        typer.echo(f"{deleted} products taken off" + (f", {len(unknown)} were not there" if unknown else ""))
        for item_id in unknown[:_NAMED]:
            sys.stderr.write(f"no product {item_id!r}\n")


def _gone(remote: "Remote", file: Path, checked: "CheckedFeed", *, force: bool) -> list[str]:
    known = (item["item_id"] for item in remote.list_all(ITEMS, "items"))
    try:
        return items_gone(known, checked.told_ids, forced=force)
    except InvalidError as error:
        raise WholeRefusedError(f"{file}: {error.message}; --force does it all the same") from error


def _put(remote: "Remote", checked: "CheckedFeed") -> None:
    """Put the items; what the API refuses all the same is rejected by its place."""
    from shopwindow.feeds.checking import written_items

    ids = list(checked.items)
    for rejection in remote.put_all(ITEMS, "items", written_items(checked.items.values())):
        item_id = ids[rejection["index"]]
        complaint = Complaint(checked.places[item_id], rejection["code"], rejection["message"], item_id)
        checked.rejected.append(complaint)
        del checked.items[item_id]


def _warn_of_currencies(remote: "Remote", checked: "CheckedFeed") -> None:
    """Name each currency of the feed that is worth nothing known in the site's, else in that of most products."""
    said = remote.call("GET", "/v1/currency")
    counts = Counter(item.currency for item in checked.items.values())
    main = said["base"] or min((code for code in counts if code), key=lambda code: (-counts[code], code), default="")
    for code in sorted(set(counts) - {"", main, *said["rates"]}):
        item_id = next(item.item_id for item in checked.items.values() if item.currency == code)
        message = f"prices in {code} are never compared with those in {main}, nor added: it has no rate in /v1/currency"
        checked.warnings.append(Complaint(checked.places[item_id], "currency_unknown", message, item_id))


def _delete(remote: "Remote", item_ids: Sequence[str]) -> tuple[int, list[str]]:
    deleted, unknown = 0, list[str]()
    for start in range(0, len(item_ids), _AT_ONCE):
        answer = remote.call("DELETE", ITEMS, {"item_ids": list(item_ids[start : start + _AT_ONCE])})
        deleted += answer["deleted"]
        unknown += answer["unknown"]
    return deleted, unknown


def _say(file: Path, feed: Feed, checked: "CheckedFeed") -> None:
    """Say on standard error what became of what was not simply taken: rejected rows, and warnings by kind."""
    from shopwindow.feeds.checking import by_kind

    for complaint in checked.rejected[:_NAMED]:
        item = f" ({complaint.item_id})" if complaint.item_id else ""
        sys.stderr.write(f"{file} {feed.unit} {complaint.place}{item}: {complaint.message}\n")
    if len(checked.rejected) > _NAMED:
        sys.stderr.write(f"{file}: {len(checked.rejected) - _NAMED} more were rejected\n")
    for what, complaints in (("warning", checked.warnings), ("left out", feed.left_out)):
        for kind in by_kind(complaints):
            places = ", ".join(str(place) for place in kind.places if place)
            more = ", ..." if kind.count > len(kind.places) else ""
            where = f" in {feed.unit}{'s' if kind.count > 1 else ''} {places}{more}" if places else ""
            sys.stderr.write(f"{file}: {what} {kind.code}, {kind.count}{where}: {kind.message}\n")
    if feed.kind:
        sys.stderr.write(f"{file}: read as {feed.kind}\n")
    if feed.unread:
        sys.stderr.write(f"{file}: columns nobody reads: {', '.join(feed.unread)}\n")
    if checked.never:
        sys.stderr.write(f"{file}: no product has {', '.join(checked.never)}\n")


def _complaint(feed: Feed, complaint: Complaint) -> dict[str, Any]:
    fields = asdict(complaint)
    place = fields.pop("place")
    return {feed.unit: place or None, **fields, "item_id": complaint.item_id or None}
