"""Bounded YAML: files as people write them, without the ways YAML has to make much of little.

An alias stands for all that its anchor names: ten lines of ten aliases each come to ten billion values. So the values
are counted as they would be written out, before anything writes them out.
"""

from typing import Any, Final

import yaml

from models.base.nesting import MAX_NESTING

MAX_YAML_BYTES: Final = 1024 * 1024
MAX_YAML_VALUES: Final = 200_000
"""Of one document, aliases written out."""
_MAX_NUMBER: Final = 60
"""Characters of a number: what is longer is text, as digits in base 60 are."""


class YamlRefusedError(ValueError):
    """A text is no YAML, or makes more of itself than anybody writes; says why."""


class _Loader(yaml.SafeLoader):
    """PyYAML's safe loader; merges of merges stay small, and so do numbers."""

    def fetch_flow_collection_start(self, kind: type[yaml.Token]) -> None:
        super().fetch_flow_collection_start(kind)
        if self.flow_level > MAX_NESTING:  # the scanner looks at all open ones for each token
            raise YamlRefusedError(f"it is nested deeper than {MAX_NESTING} levels")

    def flatten_mapping(self, node: yaml.MappingNode) -> None:
        super().flatten_mapping(node)
        if len(node.value) > MAX_YAML_VALUES:
            raise YamlRefusedError(f"its merges come to more than {MAX_YAML_VALUES:,} values")

    def construct_number(self, node: yaml.ScalarNode) -> Any:
        """Give a number; text for what is longer than one."""
        if len(node.value) > _MAX_NUMBER or ":" in node.value:
            return self.construct_scalar(node)
        kind = self.construct_yaml_int if node.tag.endswith(":int") else self.construct_yaml_float
        return kind(node)


for _kind in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_kind}", _Loader.construct_number)


def load_documents(text: str) -> list[Any]:
    """Load the documents of a text, but for empty ones; raises `YamlRefusedError`.

    >>> load_documents("a: 1\\n---\\n---\\nb: [x, y]")
    [{'a': 1}, {'b': ['x', 'y']}]
    """
    if len(text) > MAX_YAML_BYTES:
        raise YamlRefusedError(f"it has more than {MAX_YAML_BYTES:,} characters")
    try:
        documents = [document for document in yaml.load_all(text, _Loader) if document is not None]
    except (yaml.YAMLError, ValueError, RecursionError) as error:
        told = "it is nested too deep" if isinstance(error, RecursionError) else str(error)
        raise YamlRefusedError(told) from error
    for document in documents:
        if _written_out(document, {}, MAX_NESTING) > MAX_YAML_VALUES:
            raise YamlRefusedError(f"a document of it comes to more than {MAX_YAML_VALUES:,} values")
    return documents


def _written_out(value: Any, known: dict[int, int], depth: int) -> int:
    """Count the values of a document, those behind an alias each time it stands there; each is looked at once."""
    if not isinstance(value, (dict, list)):
        return 1
    if depth == 0:
        raise YamlRefusedError(f"it is nested deeper than {MAX_NESTING} levels, or holds itself")
    counted = known.get(id(value))
    if counted is None:
        inner = value.values() if isinstance(value, dict) else value
        counted = known[id(value)] = 1 + sum(_written_out(part, known, depth - 1) for part in inner)
    return counted
