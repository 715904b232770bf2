"""Charts: a report's rows as an SVG drawing: bars, a grid of shades, or intervals."""

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any, Final, Literal, NamedTuple

from models.base.plain_text import plain_text

CHART_WIDTH: Final = 860
_LEFT: Final = 260
_RIGHT: Final = 90
_BAR: Final = 16
_GAP: Final = 10
_TOP: Final = 64
_CELL: Final = (52, 24)
_MAX_ROWS: Final = 60
"""Rows drawn; a report has its largest first where it is about size."""
_COLOURS: Final = ("#2f6f8f", "#d98032", "#7a9a3c", "#8c5aa8")

_INK: Final = "#22303a"
_FAINT: Final = "#c9d3da"


class Drawing(NamedTuple):
    """How a report is drawn: its `labels` columns name a row; `values` are the figures, for a grid one, whose rows and
    columns are the two labels; for intervals value, low and high."""

    kind: Literal["bars", "grid", "intervals"]
    labels: tuple[str, ...]
    values: tuple[str, ...]


CHARTS: Final[Mapping[str, Drawing]] = {
    "funnel": Drawing("bars", ("step",), ("visits",)),
    "channels": Drawing("bars", ("channel",), ("first_touch_revenue", "last_touch_revenue", "markov_revenue")),
    "campaigns": Drawing(
        "bars", ("channel", "campaign"), ("first_touch_revenue", "last_touch_revenue", "markov_revenue")
    ),
    "segments": Drawing("bars", ("tier",), ("share_of_buyers", "share_of_revenue")),
    "segment-revenue": Drawing("bars", ("segment",), ("share_of_visitors", "share_of_revenue")),
    "stages": Drawing("bars", ("stage",), ("visitors",)),
    "stage-flows": Drawing("bars", ("from", "to"), ("moves",)),
    "cohorts": Drawing("grid", ("cohort", "month"), ("retention",)),
    "lifetime-value": Drawing("grid", ("cohort", "month"), ("lifetime_value",)),
    "carts": Drawing("bars", ("channel",), ("bought", "abandoned")),
    "satisfaction": Drawing("bars", ("month",), ("nps",)),
    "slots": Drawing("bars", ("placement", "group"), ("click_rate",)),
    "strategies": Drawing("bars", ("strategy", "group"), ("click_rate",)),
    "holdout": Drawing("bars", ("group",), ("revenue_per_visitor",)),
    "bots": Drawing("bars", ("class",), ("visitors",)),
    "experiments": Drawing("intervals", ("experiment", "variant", "metric"), ("lift", "lift_low", "lift_high")),
}
"""Every report's drawing, by its name."""


def draw(name: str, rows: Sequence[Mapping[str, Any]], note: str = "") -> str:
    """Draw a report of `CHARTS`; rows are by column name. Totals are left out, and rows past the sixtieth.

    >>> draw("funnel", [{"step": "visits", "visits": 3}]).startswith("<svg")
    True
    """
    drawing = CHARTS[name]
    kept = [row for row in rows if "total" not in [row[label] for label in drawing.labels]]
    if drawing.kind == "grid":
        body, height = _grid(kept, drawing)
    elif drawing.kind == "intervals":
        body, height = _intervals([row for row in kept if row[drawing.values[0]] is not None], drawing)
    else:
        body, height = _bars(kept, drawing)
    if not kept:
        body, height = _text(_LEFT, _TOP + 14, "nothing to show"), _TOP + 30
    about = ", ".join(value.replace("_", " ") for value in drawing.values)
    head = _text(12, 26, name, size=18) + _text(12, 46, " · ".join(text for text in (about, note) if text), most=120)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{CHART_WIDTH}" height="{height}" '
        f'viewBox="0 0 {CHART_WIDTH} {height}" '
        f'font-family="sans-serif"><rect width="100%" height="100%" fill="white"/>{head}{body}</svg>\n'
    )


def _bars(rows: Sequence[Mapping[str, Any]], drawing: Drawing) -> tuple[str, int]:
    shown = rows[:_MAX_ROWS]
    figures = [float(row[value] or 0.0) for row in shown for value in drawing.values]
    least, most = min([0.0, *figures]), max([0.0, *figures])
    parts: list[str] = []
    y = _TOP
    for place, series in enumerate(drawing.values if len(drawing.values) > 1 else ()):
        parts.append(f'<rect x="{_LEFT + 190 * place}" y="{y}" width="10" height="10" fill="{_COLOURS[place]}"/>')
        parts.append(_text(_LEFT + 190 * place + 16, y + 9, series.replace("_", " "), size=11))
    y += 24 if len(drawing.values) > 1 else 0
    for row in shown:
        label = " · ".join(str(row[label]) for label in drawing.labels if row[label] not in ("", None))
        parts.append(_text(_LEFT - 10, y + 12, label, anchor="end"))
        for place, series in enumerate(drawing.values):
            value = row[series]
            if value is not None:
                start, end = sorted((_x(0.0, least, most), _x(float(value), least, most)))
                parts.append(
                    f'<rect x="{start:.1f}" y="{y}" width="{max(end - start, 0.5):.1f}" height="{_BAR - 3}" '
                    f'fill="{_COLOURS[place]}"/>'
                )
                parts.append(_text(end + 6, y + 11, _figure(value, series), size=11))
            y += _BAR
        y += _GAP
    return "".join(parts), y + 12


def _grid(rows: Sequence[Mapping[str, Any]], drawing: Drawing) -> tuple[str, int]:
    across, down = sorted({row[drawing.labels[1]] for row in rows}), sorted({row[drawing.labels[0]] for row in rows})
    across, down = across[: (CHART_WIDTH - 100) // _CELL[0]], down[:_MAX_ROWS]
    (name,) = drawing.values
    found = {(row[drawing.labels[0]], row[drawing.labels[1]]): row[name] for row in rows}
    most = max((float(value or 0.0) for value in found.values()), default=0.0) or 1.0
    parts = [
        _text(90 + _CELL[0] * place + 26, _TOP + 10, str(label), anchor="middle") for place, label in enumerate(across)
    ]
    for number, row in enumerate(down):
        y = _TOP + 20 + _CELL[1] * number
        parts.append(_text(82, y + 16, str(row), anchor="end"))
        for place, column in enumerate(across):
            value = found.get((row, column))
            if value is None:
                continue
            share = max(0.0, float(value) / most)
            parts.append(
                f'<rect x="{90 + _CELL[0] * place}" y="{y}" width="{_CELL[0] - 2}" height="{_CELL[1] - 2}" '
                f'fill="{_COLOURS[0]}" fill-opacity="{0.06 + 0.94 * share:.3f}"/>'
            )
            ink = "white" if share > 0.55 else _INK
            x = 90 + _CELL[0] * place + _CELL[0] / 2 - 1
            parts.append(_text(x, y + 15, _figure(value, name), anchor="middle", ink=ink, size=11))
    return "".join(parts), _TOP + 32 + _CELL[1] * len(down)


def _intervals(rows: Sequence[Mapping[str, Any]], drawing: Drawing) -> tuple[str, int]:
    shown = rows[:_MAX_ROWS]
    ends = [float(row[value]) for row in shown for value in drawing.values if row[value] is not None]
    # An interval of a few visitors reaches far: the drawing keeps to what tells something, and cuts the rest.
    least, most = max(-1.0, min([-0.05, *ends])), min(2.0, max([0.05, *ends]))
    zero = _x(0.0, least, most)
    height = _TOP + (_BAR + _GAP) * len(shown) + 12
    parts = [f'<line x1="{zero:.1f}" x2="{zero:.1f}" y1="{_TOP - 6}" y2="{height - 8}" stroke="{_FAINT}"/>']
    for place, row in enumerate(shown):
        y = _TOP + (_BAR + _GAP) * place
        value, low, high = (min(max(float(row[value]), least), most) for value in drawing.values)
        parts.append(
            _text(_LEFT - 10, y + 12, " · ".join(str(row[label]) for label in drawing.labels), anchor="end", size=11)
        )
        middle = y + 8
        parts.append(
            f'<line x1="{_x(low, least, most):.1f}" x2="{_x(high, least, most):.1f}" y1="{middle}" y2="{middle}" '
            f'stroke="{_COLOURS[0]}" stroke-width="3"/>'
        )
        parts.append(f'<circle cx="{_x(value, least, most):.1f}" cy="{middle}" r="5" fill="{_COLOURS[1]}"/>')
        parts.append(_text(CHART_WIDTH - _RIGHT + 6, y + 12, f"{float(row[drawing.values[0]]):+.1%}", size=11))
    return "".join(parts), height


def _x(value: float, least: float, most: float) -> float:
    span = (most - least) or 1.0
    return _LEFT + (CHART_WIDTH - _LEFT - _RIGHT) * (value - least) / span


def _figure(value: Any, name: str) -> str:
    number = float(value)
    if name.startswith("share") or name in ("retention", "click_rate"):
        return f"{number:.1%}" if name == "click_rate" else f"{number:.0%}"
    return f"{number:,.0f}" if number.is_integer() or abs(number) >= 1_000 else f"{number:,.2f}"


def _text(
    x: float, y: float, text: str, *, anchor: str = "start", size: int = 12, ink: str = _INK, most: int = 44
) -> str:
    shown = text if len(text) <= most else f"{text[: most - 1]}…"
    written = escape(plain_text(shown), quote=False)
    return f'<text x="{x:.1f}" y="{y:.1f}" font-size="{size}" text-anchor="{anchor}" fill="{ink}">{written}</text>'
