"""The shop in a real browser, in front of a real engine: what is shown moves with what the visitor does."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import httpx
import pytest
from playwright.sync_api import Browser, Page, Route, expect, sync_playwright

pytestmark = [pytest.mark.browser, pytest.mark.slow]

START_S = 60.0
AUDIO = ("headphones", "speakers", "turntables")


def _chromium() -> str:
    names = ("chromium", "chromium-browser", "google-chrome", "chrome")
    found = next((path for name in names if (path := shutil.which(name))), None)
    if found:
        return found
    if os.environ.get("CI") == "true":
        pytest.fail(f"none of {', '.join(names)} is installed, and CI must not skip the browser")
    pytest.skip(f"none of {', '.join(names)} is installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    path = _chromium()
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=path,
            args=["--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-component-update"],
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory, browser: Browser) -> Iterator[str]:
    """Address of a demo of our own, with its own data directory."""
    directory = tmp_path_factory.mktemp("demo")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [
        sys.executable,
        "-m",
        "shopwindow",
        "demo",
        "--no-shoppers",
        "--port",
        str(port),
        "--data-dir",
        str(directory / "data"),
    ]
    with (directory / "output").open("wb") as output:
        process = subprocess.Popen(command, stdout=output, stderr=subprocess.STDOUT)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(address, process, directory / "output")
        yield address
    finally:
        process.terminate()
        try:
            process.wait(20)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_ready(address: str, process: "subprocess.Popen[bytes]", output: Path) -> None:
    ends_at = time.monotonic() + START_S
    while time.monotonic() < ends_at:
        assert process.poll() is None, f"the demo ended: {output.read_text()[-3000:]}"
        try:
            if httpx.get(f"{address}/readyz", timeout=2.0).status_code == 200:
                return
        except httpx.HTTPError:
            pass
        time.sleep(0.1)
    pytest.fail(f"the demo was not ready within {START_S:g} s: {output.read_text()[-3000:]}")


@pytest.fixture
def secret_key(tmp_path_factory: pytest.TempPathFactory, demo: str) -> str:
    """The demo's own."""
    port = demo.rpartition(":")[2]
    for file in tmp_path_factory.getbasetemp().glob("demo*/data/*/run.toml"):
        text = file.read_text()
        if f"port = {port}" in text:
            return str(re.findall(r'secret_key = "(.+)"', text)[0])
    pytest.fail("the demo left no keys")


@pytest.fixture
def page(browser: Browser, demo: str) -> Iterator[Page]:
    """A new visitor outside the holdout, on the home page; fails on any script error."""
    context = browser.new_context(base_url=demo, viewport={"width": 1280, "height": 900}, reduced_motion="reduce")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if "Content Security" in message.text else None)
    for _ in range(30):
        visit(page, "/shop/")
        if page.inner_text("[data-engine-holdout]") == "no":
            break
        page.click("[data-new-visitor]")
        page.wait_for_url("**/shop/")
    else:
        pytest.fail("thirty visitors in a row were in the holdout")
    yield page
    context.close()
    assert problems == []


def visit(page: Page, path: str) -> None:
    """Open a page of the shop, filled by the engine and caught up with the newest event."""
    page.goto(path)
    page.wait_for_selector("body[data-settled]", timeout=20_000)


def slots(page: Page) -> list[str]:
    links = page.locator(".carousel [data-creative-id]").all()
    return [link.get_attribute("data-creative-id") or "" for link in links]


def listed(page: Page, name: str) -> list[str]:
    cards = page.locator(f"[data-list={name}] [data-item-id]").all()
    return [card.get_attribute("data-item-id") or "" for card in cards]


def look_at_audio(page: Page) -> None:
    """Click into products of one category, as a visitor does: from its page."""
    for number in range(4):
        visit(page, "/shop/category/Electronics%3EAudio")
        page.locator("[data-grid] .card a").nth(3 * number).click()
        page.wait_for_selector("body[data-page=product][data-settled]", timeout=20_000)


def test_who_hesitates_is_invited_on_the_page_and_may_decline(page: Page, demo: str, secret_key: str) -> None:
    headers = {"Authorization": f"Bearer {secret_key}"}
    trigger = {
        "when": {"hesitation": {"after": "1s"}},
        "actions": ["on_site"],
        "message": {"headline": "Can we help?"},
        "recommend": {"strategy": "similar"},
    }
    httpx.put(f"{demo}/v1/triggers/hesitation", json=trigger, headers=headers).raise_for_status()
    page.locator("[data-list=trending] .card a").first.click()
    page.wait_for_selector("body[data-page=product]")
    expect(page.locator(".invitation")).to_contain_text("Can we help?", timeout=15_000)
    assert page.locator(".invitation li a").count() == 3
    page.locator(".invitation button").click()
    expect(page.locator(".invitation")).to_have_count(0)
    visitor = page.inner_text("[data-engine-visitor]")
    deadline_s = time.monotonic() + 15
    while True:
        found = httpx.get(f"{demo}/v1/journal", params={"visitor_id": visitor}, headers=headers).json()["entries"]
        if found and found[0]["outcome"]["dismissed"]:
            break
        assert time.monotonic() < deadline_s, found
        time.sleep(0.2)
    httpx.delete(f"{demo}/v1/triggers/hesitation", headers=headers).raise_for_status()


def test_the_carousel_has_four_slots_with_working_pictures_and_keys(page: Page) -> None:
    assert len(slots(page)) >= 4
    assert len(set(slots(page))) == len(slots(page))
    page.wait_for_function("Array.from(document.images).every((one) => one.complete || one.loading === 'lazy')")
    broken = "Array.from(document.images).filter((image) => image.complete && !image.naturalWidth).length"
    assert page.evaluate(broken) == 0
    dots = page.locator(".carousel .dot")
    expect(dots.nth(0)).to_have_attribute("aria-current", "true")
    page.locator(".carousel [data-track]").focus()
    page.keyboard.press("ArrowRight")
    expect(dots.nth(1)).to_have_attribute("aria-current", "true")
    page.click(".carousel [data-back]")
    expect(dots.nth(0)).to_have_attribute("aria-current", "true")


def test_looking_at_one_category_moves_slots_and_list_at_the_next_view(page: Page) -> None:
    # A slate is drawn: some visitors see the category's creative before they looked, a few do not see it after.
    for _ in range(8):
        slots_before, list_before = slots(page), listed(page, "for_you")
        assert len(slots_before) >= 4
        if "electronics-audio" not in slots_before:
            look_at_audio(page)
            visit(page, "/shop/")
            if "electronics-audio" in slots(page):
                break
        page.click("[data-new-visitor]")
        page.wait_for_url("**/shop/")
        visit(page, "/shop/")
    assert slots(page) != slots_before
    assert "electronics-audio" in slots(page)
    list_after = listed(page, "for_you")
    assert list_after != list_before
    of_audio = [item_id for item_id in list_after if item_id.rsplit("-", 1)[0] in AUDIO]
    assert len(of_audio) >= len(list_after) / 3
    assert len(of_audio) > sum(item_id.rsplit("-", 1)[0] in AUDIO for item_id in list_before)


def test_the_strip_tells_tier_reason_and_freshness(page: Page) -> None:
    look_at_audio(page)
    visit(page, "/shop/")
    assert page.inner_text("[data-engine-tier]") not in ("", "waiting", "no answer", "static", "popular")
    assert page.inner_text("[data-engine-reason]").strip()
    assert re.fullmatch(r"[\d.,]+ ms", page.inner_text("[data-engine-freshness]"))
    assert int(page.inner_text("[data-engine-events]")) > 4
    cookies = {cookie["name"]: cookie["value"] for cookie in page.context.cookies() if "name" in cookie}
    assert page.inner_text("[data-engine-visitor]") == cookies["shopwindow_visitor"]


def test_every_list_and_slot_says_why(page: Page) -> None:
    look_at_audio(page)
    visit(page, "/shop/")
    for reason in page.locator(".carousel .banner .reason, .row:visible header .reason").all():
        assert (reason.text_content() or "").strip()


def test_a_product_page_shows_similar_products(page: Page) -> None:
    visit(page, "/shop/item/headphones-01")
    similar = listed(page, "similar")
    assert similar
    assert "headphones-01" not in similar


def test_what_is_in_the_cart_is_in_no_list(page: Page) -> None:
    look_at_audio(page)
    visit(page, "/shop/")
    wanted = listed(page, "for_you")[0]
    page.locator(f"[data-list=for_you] [data-item-id='{wanted}'] a").click()
    page.wait_for_selector("body[data-page=product][data-settled]", timeout=20_000)
    page.evaluate("delete document.body.dataset.settled")
    page.click("[data-add-to-cart]")
    page.wait_for_selector("body[data-settled]", timeout=20_000)
    expect(page.locator("[data-cart-count]")).to_have_text("1")
    visit(page, "/shop/")
    for name in ("for_you", "trending", "new"):
        assert wanted not in listed(page, name)
    visit(page, "/shop/cart")
    page.click("text=Buy now")
    expect(page.locator("[data-cart]")).to_contain_text("Thank you")
    expect(page.locator("[data-cart-count]")).to_have_text("0")


def test_events_that_could_not_be_sent_are_sent_again_under_their_id(page: Page) -> None:
    tries: list[dict[str, object]] = []

    def fail_first(route: Route) -> None:
        events = json.loads(route.request.post_data or "{}")["events"]
        tries.extend(event for event in events if event["event"] == "view_item")
        if len(tries) == 1:
            route.fulfill(status=503, body="later")
        else:
            route.continue_()

    page.route("**/v1/events", fail_first)
    visit(page, "/shop/item/mugs-01")
    ends_at = time.monotonic() + 10.0
    while len(tries) < 2 and time.monotonic() < ends_at:
        page.wait_for_timeout(50)
    assert len(tries) >= 2
    assert tries[0]["event_id"] == tries[1]["event_id"]
    assert "timestamp" not in tries[0]
    assert "timestamp" in tries[1]


def test_slots_count_as_seen_only_when_they_are(page: Page) -> None:
    seen: list[str] = []

    def note(route: Route) -> None:
        events = json.loads(route.request.post_data or "{}")["events"]
        seen.extend(event["params"]["creative_slot"] for event in events if event["event"] == "view_promotion")
        route.continue_()

    page.route("**/v1/events", note)
    visit(page, "/shop/")
    page.wait_for_timeout(1800)
    first = [slot for slot in seen if slot.startswith("home_hero")]
    assert len(first) == 1
    page.click(".carousel [data-on]")
    page.wait_for_timeout(1800)
    hero = [slot for slot in seen if slot.startswith("home_hero")]
    assert len(hero) == len(set(hero)) == 2


def test_without_the_engine_the_page_still_stands(page: Page) -> None:
    page.route("**/v1/**", lambda route: route.abort())
    page.goto("/shop/")
    expect(page.locator("[data-engine-tier]")).to_have_text("no answer", timeout=10_000)
    expect(page.locator(".carousel")).to_be_hidden()
    expect(page.locator("nav[aria-label=Categories] a").first).to_be_visible()


def test_a_new_visitor_starts_from_nothing(page: Page) -> None:
    before = page.inner_text("[data-engine-visitor]")
    look_at_audio(page)
    page.evaluate("delete document.body.dataset.page")
    page.click("[data-new-visitor]")
    page.wait_for_selector("body[data-page=home][data-filled]", timeout=20_000)
    assert page.inner_text("[data-engine-visitor]") != before
    assert listed(page, "recently_viewed") == []


DENY = """async () => {
    const { Shopwindow } = await import("/shop/static/shopwindow.js");
    const shopwindow = new Shopwindow({ key: document.querySelector("meta[name=shopwindow-key]").content });
    shopwindow.agree({ analytics_storage: "denied" });
    shopwindow.track("view_item", { items: [{ item_id: "mugs-01" }] });
    const asked = { lists: [{ strategy: "recently_viewed", refill: false }] };
    const denied = await shopwindow.decide(asked);
    const kept = Object.keys(localStorage).filter((name) => name.startsWith("shopwindow."));
    shopwindow.agree("granted");
    shopwindow.track("view_item", { items: [{ item_id: "mugs-02" }] });
    return { denied, kept, granted: await shopwindow.decide(asked) };
}"""


def test_who_denies_storage_is_forgotten_and_a_grant_begins_anew(page: Page) -> None:
    page.route("**/shop/static/shop.js*", lambda route: route.abort())  # which would write storage again
    page.goto(page.url)
    page.evaluate("localStorage.clear()")
    found = page.evaluate(DENY)
    assert (found["denied"]["personalized"], found["denied"]["not_personalized_because"]) == (False, "consent_denied")
    assert (found["denied"]["lists"]["recently_viewed"]["items"], found["kept"]) == ([], [])
    [seen] = found["granted"]["lists"]["recently_viewed"]["items"]
    assert seen["item_id"] == "mugs-02"
    assert found["granted"]["not_personalized_because"] in (None, "holdout"), "who begins anew may be one of those"


def test_a_browser_that_asks_for_privacy_sees_the_shop(browser: Browser, demo: str) -> None:
    context = browser.new_context(base_url=demo, extra_http_headers={"Sec-GPC": "1", "DNT": "1"})
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    visit(page, "/shop/item/mugs-01")
    visit(page, "/shop/")
    assert len(slots(page)) == 4
    assert listed(page, "for_you")
    assert listed(page, "recently_viewed") == []
    assert page.inner_text("[data-engine-events]") == "0"
    context.close()
    assert problems == []


BEACON = """([address, visitor, kind]) => navigator.sendBeacon(address, new Blob([JSON.stringify(
    {events: [{event: "view_item", visitor_id: visitor, items: [{item_id: "scarves-01"}]}]})], {type: kind}))"""
ASK = """async ([address, key]) => (await (await fetch(address, {credentials: "include", headers:
    {Authorization: "Bearer " + key, "sentry-trace": "1", baggage: "x=1"}})).json()).state"""


@pytest.fixture
def other_origin() -> Iterator[str]:
    """A page of another origin."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html")
            self.end_headers()
            self.wfile.write(b"<!doctype html><title>another shop</title>")

        def log_message(self, format: str, *args: Any) -> None:  # noqa: A002 - the name is the base class's
            return

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_address[1]}/"
    server.shutdown()
    thread.join()
    server.server_close()


def test_beacons_arrive_from_another_origin_whatever_their_type(browser: Browser, demo: str, other_origin: str) -> None:
    context = browser.new_context()
    page = context.new_page()
    page.goto(f"{demo}/shop/")
    key = page.evaluate("() => document.documentElement.outerHTML.match(/public-[A-Za-z0-9_-]+/)[0]")
    page.goto(other_origin)
    for number, kind in enumerate(("application/json", "text/plain", "")):
        assert page.evaluate(BEACON, [f"{demo}/v1/events?key={key}", f"beacon-{number}", kind])
    for number in range(3):
        ends_at = time.monotonic() + 10
        state = {"events_seen": 0}
        while not state["events_seen"] and time.monotonic() < ends_at:
            state = page.evaluate(ASK, [f"{demo}/v1/recommendations?visitor_id=beacon-{number}", key])
        assert state["events_seen"] == 1, f"beacon {number}"
    context.close()
