"""Curve: a line chart as SVG, one line a series, over named steps; no more than a document needs."""

from collections.abc import Mapping, Sequence
from html import escape
from math import ceil
from typing import Final

WIDTH: Final = 720
HEIGHT: Final = 400
_LEFT, _RIGHT, _TOP, _BOTTOM = 60, 230, 40, 50
_COLOURS: Final = ("#1b6ca8", "#c4501b", "#2f7d4f", "#7a4fa0", "#a8881b", "#555555")


def curve(title: str, steps: Sequence[str], series: Mapping[str, Sequence[float]]) -> str:
    """Draw shares, 0 to 1, by step.

    Parameters
    ----------
    steps
        Names under the axis, evenly spread.
    series
        By name, one value a step.
    """
    most = ceil(10 * max(max(values) for values in series.values())) / 10
    right, bottom = WIDTH - _RIGHT, HEIGHT - _BOTTOM

    def x(step: int) -> float:
        return _LEFT + (right - _LEFT) * step / max(len(steps) - 1, 1)

    def y(value: float) -> float:
        return bottom - (bottom - _TOP) * value / most

    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" '
        'font-family="sans-serif" font-size="12">',
        f'<rect width="{WIDTH}" height="{HEIGHT}" fill="white"/>',
        f'<text x="{_LEFT}" y="22" font-size="14">{escape(title)}</text>',
    ]
    for tenth in range(round(10 * most) + 1):
        at = y(tenth / 10)
        parts.append(f'<line x1="{_LEFT}" x2="{right}" y1="{at:.1f}" y2="{at:.1f}" stroke="#dddddd"/>')
        parts.append(f'<text x="{_LEFT - 8}" y="{at + 4:.1f}" text-anchor="end">{tenth / 10:.1f}</text>')
    for number, name in enumerate(steps):
        parts.append(f'<text x="{x(number):.1f}" y="{bottom + 20}" text-anchor="middle">{escape(name)}</text>')
    ends = sorted(series, key=lambda name: -series[name][-1])
    lowest = float(_TOP)
    for number, values in enumerate(series.values()):
        colour = _COLOURS[number % len(_COLOURS)]
        points = " ".join(f"{x(step):.1f},{y(value):.1f}" for step, value in enumerate(values))
        parts.append(f'<polyline points="{points}" fill="none" stroke="{colour}" stroke-width="2"/>')
    for name in ends:  # from the top, so that no label covers another
        lowest = max(lowest + 16, y(series[name][-1]))
        colour = _COLOURS[list(series).index(name) % len(_COLOURS)]
        parts.append(f'<text x="{right + 10}" y="{lowest + 4:.1f}" fill="{colour}">{escape(name)}</text>')
    return "\n".join([*parts, "</svg>", ""])
