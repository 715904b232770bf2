"""Lua scripts: each says what it takes and gives, names what it is handed in one place, and is run by somebody."""

import ast
import re
from pathlib import Path

import pytest

from store.lua import read_script
from store.visitors import profiles

STORE = Path(__file__).parents[3] / "store"
SCRIPTS = sorted(path.stem for path in (STORE / "lua").glob("*.lua"))
FUNCTIONS = {"grow_version", "last_position"}
"""What other scripts stand behind; takes no keys of its own."""
MODULES = {path: path.read_text() for path in STORE.rglob("*.py")}


def head_of(script: str) -> str:
    """The comment a script begins with."""
    lines = []
    for line in script.splitlines():
        if not line.startswith("--"):
            break
        lines.append(line.removeprefix("--").strip())
    return "\n".join(lines)


def test_there_are_scripts() -> None:
    assert len(SCRIPTS) > 10


@pytest.mark.parametrize("name", sorted(set(SCRIPTS) - FUNCTIONS))
def test_a_script_says_what_it_takes_and_gives(name: str) -> None:
    head = head_of(read_script(name))
    for part in ("KEYS: ", "ARGV: ", "Returns "):
        assert f"\n{part}" in head, part


@pytest.mark.parametrize("name", sorted(set(SCRIPTS) - FUNCTIONS))
def test_every_key_and_argument_used_by_number_is_named_in_the_head(name: str) -> None:
    """KEYS[2] stands for the second name behind `KEYS: `; rows and pairs that follow are told in words."""
    script = read_script(name)
    head = head_of(script)
    for source in ("KEYS", "ARGV"):
        said = re.search(rf"^{source}: (.*?)(?:\.$|\.\n|: *\n|$)", head, re.MULTILINE | re.DOTALL)
        assert said is not None
        body = script[len(head) :]
        numbers = [int(number) for number in re.findall(rf"{source}\[(\d+)\]", body)]
        assert len(numbers) == len(set(numbers)), f"{source} taken by the same number twice"
        assert said[1].count(",") + 1 >= max(numbers, default=0), f"{source} has names for too few"


@pytest.mark.parametrize("name", SCRIPTS)
def test_a_script_is_run_by_somebody(name: str) -> None:
    assert any(f'"{name}"' in text and "read_script(" in text for text in MODULES.values())


def test_no_script_stands_in_a_python_string() -> None:
    assert [str(path) for path, text in MODULES.items() if re.search(r"redis\.(call|pcall)", text)] == []


def test_a_script_stands_behind_the_functions_it_calls() -> None:
    both = read_script("last_position", "partition_bounds")
    assert both.index("local function last_position") < both.index("last_position(records)\n")
    assert both.endswith(read_script("partition_bounds"))


def tuples_of(pattern: str) -> list[tuple[str, str, str, list[str]]]:
    """(class, what it is, script, fields) of every tuple whose docstring begins so: what it is, then the script."""
    found = []
    for text in MODULES.values():
        for node in ast.walk(ast.parse(text)):
            said = re.match(pattern, _docstring(node))
            if said is not None and isinstance(node, ast.ClassDef):
                names = [field.target.id for field in node.body if _is_field(field)]  # type: ignore[attr-defined]
                found.append((node.name, said[1], said[2], names))
    return found


def _docstring(node: ast.AST) -> str:
    return (ast.get_docstring(node) or "") if isinstance(node, ast.ClassDef) else ""


def _is_field(node: ast.stmt) -> bool:
    return isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name)


@pytest.mark.parametrize(
    ("name", "source", "script", "fields"), tuples_of(r"(?:The first of )?(KEYS|ARGV) of `(\w+)\.lua`")
)
def test_python_and_lua_name_the_same_in_the_same_order(name: str, source: str, script: str, fields: list[str]) -> None:
    named: dict[int, str] = {}
    for line in read_script(script).splitlines():
        names, _, values = line.partition(" = ")
        for local, value in zip(names.removeprefix("local ").split(", "), values.split(", "), strict=False):
            number = re.fullmatch(rf"(?:tonumber\()?{source}\[(\d+)\]\)?", value)
            if names.startswith("local ") and number is not None:
                named[int(number[1])] = local.removesuffix("_key")
    assert [named[number] for number in sorted(named)] == fields
    assert sorted(named) == list(range(1, len(fields) + 1))


def test_a_row_of_profiles_is_unpacked_in_the_order_it_is_packed() -> None:
    unpacked = re.search(r"^  (visitor, [\w,\s]+), place = struct", read_script("save_profiles"), re.MULTILINE)
    assert unpacked is not None
    assert tuple(re.split(r",\s+", unpacked[1])) == profiles._SavedRow._fields


RETURNED = tuples_of(r"What ()`(\w+)\.lua` returns")
RETURNING = re.compile(r"^Returns \{([\w, ]+)\}", re.MULTILINE)
UNPACKING = re.compile(r"^ *local (\w+, [\w, ]+) = unpack\((?:cmsgpack\.unpack\()?(\w+)\)", re.MULTILINE)
UNPACKED = tuples_of(r"`(\w+)` of `(\w+)\.lua`")


@pytest.mark.parametrize(("name", "_", "script", "fields"), RETURNED)
def test_what_a_script_returns_is_named_the_same_in_the_same_order(
    name: str, _: str, script: str, fields: list[str]
) -> None:
    said = RETURNING.search(head_of(read_script(script)))
    assert said is not None
    assert said[1].split(", ") == fields


@pytest.mark.parametrize(("name", "row", "script", "fields"), UNPACKED)
def test_a_row_is_unpacked_by_the_names_it_is_packed_by(name: str, row: str, script: str, fields: list[str]) -> None:
    rows = {unpacked[2]: unpacked[1] for unpacked in UNPACKING.finditer(read_script(script))}
    assert rows[row].split(", ") == fields


def test_every_row_that_a_script_returns_or_unpacks_is_named() -> None:
    """A script that says `Returns {a, b}` has a tuple for it, and each `local a, b = unpack(row)` as well."""
    scripts = {name: read_script(name) for name in SCRIPTS}
    returning = {name for name, text in scripts.items() if RETURNING.search(head_of(text))}
    unpacking = {(unpacked[2], name) for name, text in scripts.items() for unpacked in UNPACKING.finditer(text)}
    assert returning == {script for _, _, script, _ in RETURNED}
    assert unpacking == {(row, script) for _, row, script, _ in UNPACKED}


def test_no_answer_of_a_script_is_sliced_by_number() -> None:
    """Pairs may be: of two things in turn, every second one says which."""
    sliced = re.compile(r"\[\d*::(?!2\])\d+\]")
    assert [str(path) for path, text in MODULES.items() if sliced.search(text)] == []
