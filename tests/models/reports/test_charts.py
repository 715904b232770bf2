"""Report pictures: every report can be drawn, its figures stand in the drawing, and what visitors write stays text."""

from typing import Any
from xml.etree import ElementTree

import pytest

from models.reports.charts import CHART_WIDTH, CHARTS, draw
from store.archive.reports import REPORTS

SVG = "{http://www.w3.org/2000/svg}"


def parsed(picture: str) -> ElementTree.Element:
    """Read a drawing of our own."""
    return ElementTree.fromstring(picture)  # noqa: S314


def test_every_report_has_a_drawing() -> None:
    assert CHARTS.keys() == REPORTS.keys()


@pytest.mark.parametrize("name", CHARTS)
def test_a_drawing_is_sound_with_and_without_rows(name: str) -> None:
    drawing = CHARTS[name]
    rows: list[dict[str, Any]] = []
    for number in range(3):
        rows.append(dict.fromkeys(drawing.labels, f'<b>&"row {number}'))
        rows[-1] |= dict.fromkeys(drawing.values, (number - 1) / 4)
        if drawing.kind == "grid":
            rows[-1][drawing.labels[1]] = number
    for some in ([], rows):
        root = parsed(draw(name, some, "a note"))
        assert root.tag == f"{SVG}svg"
        for shape in root.iter(f"{SVG}rect"):
            if shape.get("x"):
                assert float(shape.get("width", "")) >= 0
                assert 0 <= float(shape.get("x", "")) <= CHART_WIDTH
    texts = [node.text or "" for node in root.iter(f"{SVG}text")]
    assert any("<b>&" in text for text in texts)


def test_bars_are_as_long_as_their_figures() -> None:
    rows = [{"step": "visits", "visits": 100}, {"step": "orders", "visits": 25}, {"step": "total", "visits": 999}]
    root = parsed(draw("funnel", rows))
    widths = [float(node.get("width", "")) for node in root.iter(f"{SVG}rect") if node.get("x")]
    assert len(widths) == 2, "totals are not drawn"
    assert widths[1] == pytest.approx(widths[0] / 4, abs=0.1)
    below = [{"month": "2026-01", "nps": -50.0}, {"month": "2026-02", "nps": 50.0}]
    root = parsed(draw("satisfaction", below))
    left, right = (
        [float(node.get(at, "")) for at in ("x", "width")] for node in root.iter(f"{SVG}rect") if node.get("x")
    )
    assert left[0] + left[1] == pytest.approx(right[0], abs=0.2), "one ends where the other begins"
