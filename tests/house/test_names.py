"""One name, one thing: no public name stands in two modules, and a method's name has one type."""

import ast
from collections import defaultdict
from collections.abc import Iterator

import pytest

from tests.house.tree import ROOMS, ROOT, modules, parsed, public_names

SHARED_NAMES = {
    "router": "FastAPI's word for a module's routes, as every tutorial has it",
}
"""Public names that several modules define, and why; at most fifteen."""
SHARED_METHODS = {
    "about": "each kind of condition gives its own record",
    "build": "Bytewax's interface of sources and sinks",
    "consume": "each log has its own kind of consumer",
    "current": "the newest there is of what the class holds",
    "get": "by key, of whatever the store holds",
    "load": "read what was saved",
    "read": "from the server, of whatever the store holds",
    "reader": "each log has its own kind of reader",
    "save": "give what `load` reads",
    "stored": "give the stored form",
}
"""Methods that give each class's own type, with the one meaning they have everywhere."""
NUMBER_ONE = {"models/ranking/candidates.py": "the number 1 of the right type"}
"""Modules in which `one` is what it says."""
MOST_PARAMETERS = 7
"""Of a function, `*args` and `**kwargs` counted as one each; a command's are its options: Typer reads them."""


def test_no_public_name_is_defined_in_two_modules() -> None:
    assert len(SHARED_NAMES) <= 15
    places: dict[str, list[str]] = defaultdict(list)
    for room in ROOMS:
        for path in modules(room):
            for name in set(public_names(path)):
                places[name].append(str(path.relative_to(ROOT)))
    twice = {name: found for name, found in places.items() if len(found) > 1}
    assert {name: found for name, found in twice.items() if name not in SHARED_NAMES} == {}
    assert SHARED_NAMES.keys() <= twice.keys()


def test_a_method_of_one_name_gives_one_type() -> None:
    types: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    for room in ROOMS:
        for path in modules(room):
            for kind in ast.walk(parsed(path)):
                if not isinstance(kind, ast.ClassDef) or kind.name.startswith("_"):
                    continue
                for node in kind.body:
                    if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)) and not node.name.startswith("_"):
                        given = ast.unparse(node.returns).replace("'", "") if node.returns else ""
                        types[node.name][given].append(f"{path.relative_to(ROOT)}:{kind.name}")
    several = {name: dict(found) for name, found in types.items() if len(found) > 1}
    assert {name: found for name, found in several.items() if name not in SHARED_METHODS} == {}
    assert SHARED_METHODS.keys() <= several.keys()


@pytest.mark.parametrize("room", ROOMS)
def test_nothing_takes_more_than_a_handful_of_parameters(room: str) -> None:
    many = [
        f"{path.relative_to(ROOT)}:{node.lineno} {node.name}"
        for path in modules(room)
        if ROOT / "shopwindow" / "commands" not in path.parents
        for node in ast.walk(parsed(path))
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef))
        and len([name for name in _parameters(node) if name not in ("self", "cls")]) > MOST_PARAMETERS
    ]
    assert many == []


def _parameters(node: ast.FunctionDef | ast.AsyncFunctionDef) -> list[str]:
    """Names of what a function takes; `*args` and `**kwargs` are one each."""
    taken = node.args
    rest = [given for given in (taken.vararg, taken.kwarg) if given is not None]
    return [given.arg for given in (*taken.posonlyargs, *taken.args, *taken.kwonlyargs, *rest)]


@pytest.mark.parametrize("room", [*ROOMS, "bench", "tests"])
def test_loop_variables_say_what_they_hold(room: str) -> None:
    found = []
    for path in modules(room):
        for node in ast.walk(parsed(path)):
            targets: list[ast.expr] = []
            if isinstance(node, (ast.For, ast.AsyncFor, ast.comprehension)):
                targets = [node.target]
            names = [name.id for target in targets for name in ast.walk(target) if isinstance(name, ast.Name)]
            if isinstance(node, ast.Lambda):
                names += [given.arg for given in node.args.args]
            if "one" in names:
                found.append(f"{path.relative_to(ROOT)}:{getattr(node, 'lineno', 0)}")
    assert found == []


def _vague(tree: ast.AST) -> Iterator[int]:
    """Give lines that call something `one`: what is assigned, or a parameter, where no `other` stands beside it."""
    for node in ast.walk(tree):
        if isinstance(node, (ast.FunctionDef, ast.AsyncFunctionDef)):
            taken = _parameters(node)
            if "one" in taken and "other" not in taken:
                yield node.lineno
        elif isinstance(node, (ast.Assign, ast.AnnAssign, ast.NamedExpr, ast.withitem, ast.MatchAs, ast.MatchStar)):
            names = _given(node)
            if "one" in names and "other" not in names:
                yield getattr(node, "lineno", 0)


def _given(node: ast.AST) -> set[str]:
    """Names that a statement gives to what it has."""
    stored = {name.id for name in ast.walk(node) if isinstance(name, ast.Name) and isinstance(name.ctx, ast.Store)}
    return stored | ({node.name} if isinstance(node, (ast.MatchAs, ast.MatchStar)) and node.name else set())


@pytest.mark.parametrize("room", [*ROOMS, "bench"])
def test_what_is_assigned_is_called_by_what_it_is(room: str) -> None:
    found = {str(path.relative_to(ROOT)) for path in modules(room) if [*_vague(parsed(path))]}
    assert found - NUMBER_ONE.keys() == set()


@pytest.mark.parametrize(
    "text",
    [
        "one = rows[0]",
        "one: int = 0",
        "one, rest = rows",
        "f(one := 1)",
        "with open(x) as one: ...",
        "def f(one): ...",
        "match x:\n    case [one, *_]: ...",
    ],
)
def test_a_vague_name_is_found(text: str) -> None:
    assert [*_vague(ast.parse(text))] != []
    assert [*_vague(ast.parse("one, other = rows\ndef f(one, other): ...\nf(one, 1)"))] == []


@pytest.mark.parametrize("text", ["def f(a, b, /, c, *, d): ...", "def f(a, b, *args, **kwargs): ..."])
def test_every_parameter_is_counted(text: str) -> None:
    [function] = ast.parse(text).body
    assert isinstance(function, ast.FunctionDef)
    assert len(_parameters(function)) == 4


@pytest.mark.parametrize("room", ROOMS)
def test_every_module_and_public_function_says_what_it_is(room: str) -> None:
    missing: list[str] = []
    for path in modules(room):
        tree = parsed(path)
        nodes = [
            tree,
            *(node for node in tree.body if isinstance(node, (ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef))),
        ]
        missing += [
            f"{path.relative_to(ROOT)}:{getattr(node, 'name', '')}"
            for node in nodes
            if not getattr(node, "name", "").startswith("_") and ast.get_docstring(node) is None
        ]
    assert missing == []
