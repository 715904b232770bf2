"""Output: what commands print, for people or as JSON."""

import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import orjson


def print_json(value: Any) -> None:
    """Print a value as JSON, on one line."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


def print_table(
    columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None, width: int | None = None
) -> None:
    """Print a table of plain texts.

    Parameters
    ----------
    columns
        Heads.
    rows
        A text for each column.
    title
        Above the table.
    width
        Characters a line has where standard output is no terminal; what rich takes there by default.
    """
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(title=None if title is None else escape(title))
    for column in columns:
        table.add_column(column, overflow="fold")  # an id that is cut cannot be copied
    for row in rows:
        table.add_row(*(escape(text) for text in row))
    Console(width=None if sys.stdout.isatty() else width).print(table)


@contextmanager
def progress_bar(what: str, count: Callable[[], int]) -> Iterator[Callable[[int], None]]:
    """Give what to call with the number done so far; a bar shows it where standard error is a terminal.

    `count` gives how many there are in all; it is asked only then.
    """
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

    console = Console(stderr=True)
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=console, disable=not console.is_terminal) as bar:
        task = bar.add_task(what, total=count() if console.is_terminal else None)
        yield lambda done: bar.update(task, completed=done)
