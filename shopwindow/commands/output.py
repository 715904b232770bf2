"""Output: what commands print, for people or as JSON."""

import os
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Final

import orjson

from models.base.plain_text import plain_text

_ENDLESS: Final = 1_000_000
"""Characters a line has that nothing limits."""


def print_json(value: Any) -> None:
    """Print a value as JSON, on one line."""
    sys.stdout.buffer.write(orjson.dumps(value, option=orjson.OPT_APPEND_NEWLINE))
    sys.stdout.flush()


def print_table(columns: Sequence[str], rows: Iterable[Sequence[str]], *, title: str | None = None) -> None:
    """Print a table of plain texts that fits the terminal, and a text a line where none would.

    Sentences are wrapped between words, never within one: an id that is cut cannot be copied. What is no terminal gets
    lines as long as they need to be, unless `COLUMNS` says how long.

    Parameters
    ----------
    columns
        Heads.
    rows
        A text for each column.
    title
        Above the table.
    """
    from rich.cells import cell_len
    from rich.console import Console
    from rich.table import Table

    texts = [[plain_text(text) for text in row] for row in rows]
    console = Console(markup=False, emoji=False)  # what shops send may hold brackets
    table = Table(title=title)
    narrowest = [
        max((cell_len(word) for text in column for word in text.split()), default=0)
        for column in zip(columns, *texts, strict=True)
    ]
    for column, width in zip(columns, narrowest, strict=True):
        table.add_column(column, min_width=width, overflow="fold")
    for row in texts:
        table.add_row(*row)
    borders = 3 * len(columns) + 1
    if not console.is_terminal and "COLUMNS" not in os.environ:
        widest = console.measure(table, options=console.options.update(max_width=_ENDLESS)).maximum
        Console(width=max(widest, borders), markup=False, emoji=False).print(table)
    elif sum(narrowest) + borders <= console.width:
        console.print(table)
    else:
        _print_records(columns, texts, title)


def _print_records(columns: Sequence[str], rows: Iterable[Sequence[str]], title: str | None) -> None:
    """Print each row as lines of head and text, with an empty line between rows."""
    head = max(len(column) for column in columns)
    records = [
        "\n".join(f"{column:<{head}}  {text}".rstrip() for column, text in zip(columns, row, strict=True))
        for row in rows
    ]
    sys.stdout.write("\n\n".join([title, *records] if title is not None else records) + "\n")


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
