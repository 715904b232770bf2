"""Bounded YAML: what people write is read as ever, and what makes much of little is refused before it does."""

import pytest

from shopwindow.bounded_yaml import MAX_YAML_BYTES, YamlRefusedError, load_documents

LAUGHS = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n" + "".join(
    f"a{number}: &a{number} [{', '.join([f'*a{number - 1}'] * 10)}]\n" for number in range(1, 12)
)
MERGES = "a0: &a0 {k: v}\n" + "".join(
    f"a{number}: &a{number} {{<<: [*a{number - 1}, *a{number - 1}]}}\n" for number in range(1, 60)
)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (LAUGHS, "comes to more than 200,000 values"),
        (MERGES, "merges come to more than 200,000 values"),
        ("a: &a [*a]\n", "holds itself"),
        ("a: &a {b: *a}\n", "holds itself"),
        ("[" * 5_000, "nested deeper"),
        ("[" * 90 + "{a: " * 90 + "1", "nested deeper"),
        ("".join(f"{' ' * depth}a:\n" for depth in range(1_200)), "nested too deep"),
        ("- " * 3_000 + "a", "nested too deep"),
        ("a: [", "expected"),
        ("a: !!python/object/apply:os.system [ls]", "could not determine a constructor"),
        ("a" * (MAX_YAML_BYTES + 1), "more than 1,048,576"),
        ("a: \x00", "special characters"),
        ("a: !!timestamp 2026-99-99", "month"),
    ],
    ids=range(13),
)
def test_what_makes_much_of_little_is_refused(text: str, why: str) -> None:
    with pytest.raises(YamlRefusedError, match=why):
        load_documents(text)


def test_a_few_aliases_and_merges_are_what_they_stand_for() -> None:
    text = "base: &base {slots: 4}\nhero: {<<: *base, id: hero}\nboth: [*base, *base]\n"
    assert load_documents(text) == [
        {"base": {"slots": 4}, "hero": {"slots": 4, "id": "hero"}, "both": [{"slots": 4}, {"slots": 4}]}
    ]


def test_numbers_are_numbers_and_hours_are_text() -> None:
    long = "1" * 5_000
    text = f"a: 12\nb: 1.5\nc: 0x1F\nd: 21:00\ne: {'1:' * 400_000}1\nf: {long}\ng: .inf\n"
    [found] = load_documents(text)
    assert (found["a"], found["b"], found["c"], found["d"], found["f"]) == (12, 1.5, 31, "21:00", long)
    assert isinstance(found["e"], str)


def test_many_things_are_taken() -> None:
    [found] = load_documents("a:\n" + "- {id: x, name: y}\n" * 10_000)
    assert len(found["a"]) == 10_000
