"""Lua scripts: run by Redis in one step each. A file's head says what it takes and gives."""

from functools import cache
from importlib.resources import files


@cache
def read_script(*names: str) -> str:
    """Give the text of `<name>.lua` beside this module; several names for a script behind the functions it calls."""
    return "\n".join(files(__name__).joinpath(f"{name}.lua").read_text(encoding="utf-8") for name in names)
