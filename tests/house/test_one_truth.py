"""One truth: a fact that several modules need is written once, where it can be mended once."""

import ast
import re
from collections.abc import Callable, Container, Iterator
from pathlib import Path

import pytest

from models.events.names import ORDERED_EVENTS, UNDONE_EVENTS
from models.triggers.conditions.base import TriggerCondition
from models.triggers.conditions.kinds import CONDITION_KINDS
from models.triggers.trigger_state import Timer
from models.visitor import holds
from tests.house.tree import ROOMS, ROOT, imported, modules, parsed

ORDER_NAMES = ORDERED_EVENTS | UNDONE_EVENTS
ORDERS_NAMED_ALOUD = {
    "models/visitor/profile.py": "the order in which counts are stored: a name added would move the others",
}
"""Modules that list some events of orders, and why they list just those."""
REGION_KEYS = {"location", "geo", "user_location", "countryCode", "country_code", "regionCode", "region_code"}
"""Keys of a context that tell a region."""
HASH_CALL = re.compile(r"(hashlib\.)?(blake2[bs]|sha\d+|md5|new)$")
VIEWABLE_NAMED_ALOUD = {
    "models/visitor/timeline.py": "leaves the param out of what a timeline shows, and asks nothing of it",
}
HASHED = {
    "api/http/documentation.py": "the script that may run in the page of the document",
    "models/access/address_tag.py": "what stands for an address, from the address",
    "models/access/api_key.py": "what a key is known by, from the key",
    "models/access/visitor_token.py": "the signature of a token",
    "api/shop/pictures.py": "the seed of a made-up picture, from a name",
    "models/base/bucketing.py": "a visitor's bucket, from what it is for, the site and the visitor",
    "models/catalog/feature_hashing.py": "the rows of a sketch, from a token",
    "models/decisions/slots.py": "waiting times that stay the same for a visitor, a placement and a window",
    "models/events/event_ids.py": "ids of events, and the digests by which they are kept",
    "models/ranking/buy_again.py": "which visitors are kept, from the visitor",
    "models/triggers/payload.py": "the signature of a message",
    "models/triggers/trigger_state.py": "the mark of a thing done, from a trigger and what it was about",
    "models/visitor/contact_history.py": "the id of a message, from what it is about",
    "shopwindow/replay.py": "the id of a row that a file gives none",
    "store/log/redis_server.py": "the name by which Redis knows a script",
}
"""Modules that hash, and what."""


def _places(found: Callable[[Path], bool]) -> set[str]:
    return {str(path.relative_to(ROOT)) for room in ROOMS for path in modules(room) if found(path)}


def _texts(tree: ast.AST) -> Iterator[str]:
    """Give the string constants of code; docstrings are none."""
    told = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in told:
            yield node.value


def _says(words: Container[str]) -> Callable[[Path], bool]:
    return lambda path: any(text in words for text in _texts(parsed(path)))


def _lists_orders(tree: ast.AST) -> bool:
    """Whether two events of orders or more stand in one set, list or tuple."""
    return any(
        len({item.value for item in node.elts if isinstance(item, ast.Constant)} & ORDER_NAMES) > 1
        for node in ast.walk(tree)
        if isinstance(node, (ast.Set, ast.List, ast.Tuple))
    )


def _number(node: ast.AST) -> float | None:
    """What a number, or a sum or product of numbers, comes to; None for anything else."""
    if isinstance(node, ast.Constant) and type(node.value) in (int, float):
        return float(node.value)  # type: ignore[arg-type]
    if not isinstance(node, ast.BinOp):
        return None
    left, right = _number(node.left), _number(node.right)
    if left is None or right is None:
        return None
    if isinstance(node.op, ast.Mult):
        return left * right
    if isinstance(node.op, ast.Add):
        return left + right
    return None


def _writes_days(tree: ast.AST) -> bool:
    """Whether a day stands there as seconds or milliseconds, or whole days worked out from smaller numbers."""
    for node in ast.walk(tree):
        number = _number(node)
        if number in (86_400, 86_400_000):
            return True
        if isinstance(node, ast.BinOp) and number is not None and number > 0 and number % 86_400 == 0:
            return True
    return False


def _compares_holds(tree: ast.AST) -> bool:
    """Whether an attribute or a name `held` is compared with a text written out."""
    for node in ast.walk(tree):
        sides: list[ast.expr] = []
        if isinstance(node, ast.Compare):
            sides = [node.left, *node.comparators]
        elif isinstance(node, ast.Match):
            sides = [node.subject]
        held = any(
            (isinstance(side, ast.Attribute) and side.attr == "held")
            or (isinstance(side, ast.Name) and side.id == "held")
            for side in sides
        )
        if held and any(text for text in _texts(node)):
            return True
    return False


def test_the_events_of_orders_are_named_in_one_module() -> None:
    found = _places(lambda path: _lists_orders(parsed(path)))
    assert found == {"models/events/names.py", *ORDERS_NAMED_ALOUD}


@pytest.mark.parametrize("text", ['{"refund", "order_returned"}', 'x in ("purchase", "order_paid", "else")'])
def test_a_list_of_events_of_orders_is_found(text: str) -> None:
    assert _lists_orders(ast.parse(text))
    assert not _lists_orders(ast.parse('("purchase", "search")'))


def test_a_day_has_its_seconds_in_one_module() -> None:
    assert _places(lambda path: _writes_days(parsed(path))) == {"models/base/durations.py"}


@pytest.mark.parametrize("text", ["86_400", "86400.0", "24 * 60 * 60", "365 * 24 * 3_600", "7 * 86_400_000"])
def test_a_day_written_out_is_found(text: str) -> None:
    assert _writes_days(ast.parse(f"x = {text}"))
    assert not _writes_days(ast.parse("x = 0, 24 * 60, 3_600, True, 7 * DAY_S, 2_592_000"))


def test_moments_are_written_in_one_module() -> None:
    assert _places(lambda path: "isoformat(timespec" in path.read_text()) == {"models/base/timestamps.py"}


def test_hashes_are_made_by_those_who_say_why() -> None:
    def hashes(path: Path) -> bool:
        return any(name.split(".")[0] in ("hashlib", "_hashlib", "_blake2") for name in imported(path))

    assert _places(hashes) == HASHED.keys()


def test_ids_of_events_are_digested_in_one_module() -> None:
    def digests_ids(path: Path) -> bool:
        return any(
            isinstance(node, ast.Call) and HASH_CALL.match(ast.unparse(node.func)) and "event_id" in ast.unparse(node)
            for node in ast.walk(parsed(path))
        )

    assert _places(digests_ids) == {"models/events/event_ids.py"}


def test_who_was_in_view_is_asked_in_one_module() -> None:
    assert _places(_says({"viewable"})) == {"models/events/impressions.py", *VIEWABLE_NAMED_ALOUD}


def test_a_region_is_read_from_a_context_in_one_module() -> None:
    assert _places(_says(REGION_KEYS)) == {"models/events/region.py"}


def test_a_hold_is_compared_by_its_name() -> None:
    assert _places(lambda path: _compares_holds(parsed(path))) == set()


@pytest.mark.parametrize(
    "text",
    ['timer.held == "no_page_open"', '"cap" != timer.held', 'held in ("cap", "quiet_hours")', 'held == "x"'],
)
def test_a_hold_compared_with_a_text_is_found(text: str) -> None:
    assert _compares_holds(ast.parse(text))
    assert not _compares_holds(ast.parse('timer.held == NO_PAGE_OPEN or timer.held is None or held == ""'))


def test_what_holds_a_promotion_back_is_worded_in_one_module() -> None:
    codes = [value for name, value in vars(holds).items() if name.isupper() and not name.startswith("_")]
    sentences = [holds.hold_words(code) for code in codes]
    assert len(codes) == 5
    assert all(code != words for code, words in zip(codes, sentences, strict=True))

    def words_one(path: Path) -> bool:
        constants = {node.value for node in ast.walk(parsed(path)) if isinstance(node, ast.Constant)}
        return not constants.isdisjoint(sentences)

    assert _places(words_one) == {"models/visitor/holds.py"}


@pytest.mark.parametrize("kind", CONDITION_KINDS)
def test_a_condition_reads_its_own_record_of_what_a_timer_is_about(kind: str) -> None:
    condition = CONDITION_KINDS[kind]
    told = condition.about(TriggerCondition(), Timer("x", "s", 0.0, 0.0, 0.0))
    assert condition.reason is not TriggerCondition.reason
    assert told == type(told)()
    assert type(told).__name__.startswith("About")
