"""/v1/reports over HTTP, and the command that prints them."""

import csv
import io
import json
import os
import subprocess
import sys

import pytest

from store.archive.reports import REPORTS
from tests.api.conftest import Api, event, new_visitor


def test_events_posted_come_out_in_the_reports(other_api: Api) -> None:
    visitor = new_visitor()
    landing = {"page_location": "https://shop.example/?utm_source=crm&utm_medium=email&utm_campaign=may"}
    days = {"from": "2026-02-01", "to": "2026-02-01"}
    other_api.post(
        event("page_view", visitor, params=landing, timestamp="2026-02-01T10:00:00Z"),
        event("add_to_cart", visitor, {"item_id": "p1", "price": 12.5}, timestamp="2026-02-01T10:01:00Z"),
        event(
            "purchase",
            visitor,
            {"item_id": "p1", "price": 12.5, "quantity": 2},
            params={"transaction_id": "r1"},
            timestamp="2026-02-01T10:02:00Z",
        ),
    )
    other_api.wait_until_learned()
    found = other_api.secret.get("/v1/reports/campaigns", params=days).json()
    assert (found["name"], found["from"], found["to"]) == ("campaigns", "2026-02-01", "2026-02-01")
    first = found["rows"][0]
    assert list(first) == found["columns"]
    assert [first[name] for name in ("channel", "campaign", "visits", "orders", "revenue", "markov_revenue")] == [
        "email", "may", 1, 1, 25.0, 25.0,
    ]  # fmt: skip
    environment = {name: value for name, value in os.environ.items() if not name.startswith("SHOPWINDOW_")}
    command = [sys.executable, "-m", "shopwindow", "report", "channels", "--from", "2026-02-01", "--to", "2026-02-01"]
    told = {"csv": "", "json": "", "table": "", "svg": ""}
    for form in told:
        where = ["--format", form, "--url", other_api.url, "--key", other_api.keys.secret_key]
        done = subprocess.run([*command, *where], env=environment, capture_output=True, text=True, timeout=60)
        assert done.returncode == 0, done.stderr
        told[form] = done.stdout
    rows = list(csv.DictReader(io.StringIO(told["csv"])))
    assert (rows[-1]["channel"], float(rows[-1]["revenue"])) == ("total", 25.0)
    assert json.loads(told["json"])["rows"][-1]["orders"] == 1
    assert "markov_revenue" in told["table"]
    assert told["svg"].startswith("<svg")
    assert api_error_of(other_api, "/v1/reports/sales/picture") == (404, "report_unknown")


def api_error_of(api: Api, path: str) -> tuple[int, str]:
    """Status and code of a refused request."""
    response = api.secret.get(path)
    return response.status_code, response.json()["code"]


def test_an_event_is_in_the_reports_at_once(api: Api) -> None:
    day = {"from": "2024-06-01", "to": "2024-06-01"}
    visitor = new_visitor()
    for count in (1, 2, 3):
        paid = {"item_id": "p1", "price": 5.0}
        order = {"transaction_id": f"{visitor}-{count}"}
        api.post(event("purchase", visitor, paid, params=order, timestamp=f"2024-06-01T10:0{count}:00Z"))
        rows = api.secret.get("/v1/reports/holdout", params=day).json()["rows"]
        assert [(row["orders"], row["revenue"]) for row in rows] == [(count, 5.0 * count)]


@pytest.mark.parametrize("name", REPORTS)
def test_every_report_answers(api: Api, name: str) -> None:
    response = api.secret.get(f"/v1/reports/{name}")
    assert response.status_code == 200, response.text
    picture = api.secret.get(f"/v1/reports/{name}/picture")
    assert (picture.status_code, picture.headers["content-type"]) == (200, "image/svg+xml")
    assert picture.text.startswith("<svg")
    assert api.public.get(f"/v1/reports/{name}/picture").status_code == 403


def test_a_report_needs_the_secret_key_and_sound_days(api: Api) -> None:
    assert api.public.get("/v1/reports/funnel").status_code == 403
    unknown = api.secret.get("/v1/reports/sales")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "report_unknown")
    for days, code in (
        ({"from": "yesterday"}, "day_invalid"),
        ({"to": "2026-02-30"}, "day_invalid"),
        ({"from": "2026-02-02", "to": "2026-02-01"}, "days_invalid"),
        ({"from": "2026-01-01'; DROP TABLE visits; --"}, "day_invalid"),
    ):
        response = api.secret.get("/v1/reports/funnel", params=days)
        assert (response.status_code, response.json()["code"]) == (422, code)
