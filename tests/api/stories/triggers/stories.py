"""Stories over HTTP on a stack whose clock its events move: each story has a site, and so a time, of its own."""

import time
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from typing import Any

import httpx

from models.events.names import SERVER_EVENTS
from shopwindow.embedded_stack import EmbeddedStack
from store.log.log import partition_of

T0 = 1_760_000_000.0  # 2025-10-09, 08:53 UTC, a Thursday
HOUR = 3_600.0
DAY = 86_400.0


def until(check: Callable[[], Any], within_s: float = 15.0) -> Any:
    """Wait until something holds, and give it."""
    deadline_s = time.monotonic() + within_s
    while not (found := check()):
        assert time.monotonic() < deadline_s
        time.sleep(0.03)
    return found


@dataclass
class Story:
    """One site of the running stack."""

    stack: EmbeddedStack
    site: str
    public: httpx.Client
    secret: httpx.Client
    now: float = 0.0
    clocks: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        """A visitor in each partition, for whom a trigger is due whenever they say so."""
        count = self.stack.settings.log_partitions
        homes = {partition_of(self.site, f"tock-{number}", count): f"tock-{number}" for number in range(50)}
        self.clocks = tuple(homes[partition] for partition in range(count))
        self.put_trigger(
            "tock", when={"event": {"name": "tock"}}, purpose="service", actions=["topic"], recommend={"limit": 0}
        )

    def put_items(self, *items: dict[str, Any]) -> None:
        """Put products."""
        response = self.secret.put("/v1/catalog/items", json={"items": list(items)})
        assert (response.json()["accepted"], response.json()["rejected"]) == (len(items), [])

    def put_policy(self, **policy: Any) -> None:
        """Set the contact policy."""
        response = self.secret.put("/v1/contact-policy", json=policy)
        assert response.status_code == 200, response.text
        time.sleep(0.4)  # the trigger flow reads it with its next tick

    def put_trigger(self, trigger_id: str, **trigger: Any) -> None:
        """Put a trigger."""
        response = self.secret.put(f"/v1/triggers/{trigger_id}", json=trigger)
        assert response.status_code == 200, response.text

    def post(self, *events: dict[str, Any]) -> None:
        """Send events, with the public key where it may; all must be taken."""
        self.now = max(self.now, *(event["timestamp"] - T0 for event in events))
        client = self.secret if any(told["event"] in SERVER_EVENTS for told in events) else self.public
        response = client.post("/v1/events", json={"events": list(events)})
        assert response.json() == {"accepted": len(events), "rejected": [], "warnings": []}, response.text

    def pass_to(self, at: float) -> None:
        """Let the time pass, by an event of somebody else; until all that came of it is done."""
        self.post(event("page_view", "clock", at=at))
        self.settle()

    def settle(self) -> None:
        """Wait until what is due now is done: in each partition a trigger that is due last has been carried out."""
        self.now += 0.001
        at = datetime.fromtimestamp(T0 + self.now, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        self.post(*(event("tock", clock, at=self.now) for clock in self.clocks))
        for clock in self.clocks:
            until(partial(self._ticked, clock, at), 60.0)
        time.sleep(0.1)  # what was sent is told in the log a moment later
        until(self._read_all, 60.0)

    def _ticked(self, clock: str, at: str) -> bool:
        return any(told["due_at"] == at for told in self.journal(clock, limit=1))

    def _read_all(self) -> bool:
        lag = self.secret.get("/v1/status").json()["lag"]
        return not (lag["profile"] or lag["trigger"])

    def journal(self, visitor: str = "", **asked: Any) -> list[dict[str, Any]]:
        """Read the journal, oldest first."""
        response = self.secret.get("/v1/journal", params={"visitor_id": visitor, **asked})
        assert response.status_code == 200, response.text
        found: list[dict[str, Any]] = response.json()["entries"]
        return found[::-1]

    def sent(self, visitor: str) -> list[str]:
        """Which triggers sent something to a visitor, oldest first."""
        return [message["trigger_id"] for message in self.journal(visitor, status="sent")]

    def armed(self, visitor: str) -> dict[str, dict[str, Any]]:
        """Timers of a visitor, by trigger."""
        body = self.secret.post("/v1/triggers/preview", json={"visitor_id": visitor}).json()
        return {timer["trigger_id"]: timer for timer in body["armed"]}

    def only(self, *trigger_ids: str) -> None:
        """Switch every shipped trigger off but these."""
        known = self.secret.get("/v1/triggers").json()["triggers"]
        off = [
            {**{name: value for name, value in shipped.items() if name != "shipped"}, "enabled": False}
            for shipped in known
            if shipped["trigger_id"] not in (*trigger_ids, "tock")
        ]
        response = self.secret.put("/v1/triggers", json={"triggers": off})
        assert (response.json()["accepted"], response.json()["rejected"]) == (len(off), []), response.text


def event(name: str, visitor: str, *items: str, at: float = 0.0, **fields: Any) -> dict[str, Any]:
    """Make an event `at` seconds after `T0`."""
    made: dict[str, Any] = {"event": name, "visitor_id": visitor, "timestamp": T0 + at, **fields}
    if items:
        made["items"] = [{"item_id": item} for item in items]
    return made


def visitor() -> str:
    """A visitor nobody used."""
    return f"v-{uuid.uuid4().hex[:10]}"


def product(number: int, **fields: Any) -> dict[str, Any]:
    """A product."""
    return {
        "item_id": f"p{number}",
        "title": f"Product {number}",
        "price": f"{10 + number}.00 EUR",
        "product_type": f"Home > Kind {number % 3}",
        "link": f"https://shop.example/p{number}",
        **fields,
    }
