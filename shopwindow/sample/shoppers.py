"""Shoppers: simulated visitors with hidden tastes, who use the shop over HTTP and report what they met."""

import asyncio
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from itertools import count
from random import Random
from typing import Any, Final

import httpx

from models.catalog.resources import SELLABLE, CatalogItem
from shopwindow.sample.shop import SampleShop
from shopwindow.sample.shopper_report import Arm, ShopperReport
from shopwindow.sample.taste import CategoryPath, Taste

Target = CatalogItem | CategoryPath | None
"""Where a shopper goes next: a product, a category, the home page (the empty path), or wherever taste leads (None)."""

SLOT_CLICK_MATCH, SLOT_CLICK_OTHER = 0.25, 0.02  # chance of a click on a slot looked at, by whether it meets the taste
SLOT_ATTENTION = 0.8  # each further slot is looked at this much less
LIST_CLICK = 0.2  # chance of a click on a perfectly liked product at the head of a list
LIST_ATTENTION = 0.92
LOOK_AGAIN_S = (0.003, 0.006, 0.012, 0.024, 0.048, 0.096)
MAX_VISITS = 4
GRACE_S = 3.0


@dataclass(slots=True)
class _Shopper:
    visitor_id: str
    taste: Taste
    random: Random
    session_id: str = ""
    events: int = 0
    cart: dict[str, CatalogItem] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Shown:
    """One decision as a page shows it."""

    decision_id: str
    arm: Arm
    slots: tuple[tuple[str, dict[str, Any]], ...]  # placement and slot, in reading order
    lists: tuple[tuple[str, tuple[dict[str, Any], ...]], ...]  # strategy and its products, in reading order


@dataclass(frozen=True, slots=True)
class Footfall:
    """How many shoppers come, and how fast.

    Parameters
    ----------
    concurrency
        Visits under way at the same time; arrivals beyond it wait. 1 or more.
    arrivals_per_s
        New shoppers a second, exponentially spaced. Above 0.
    pause_s
        Seconds between two page views of a shopper, on average. 0 or more.
    """

    concurrency: int = 16
    arrivals_per_s: float = 4.0
    pause_s: float = 0.5

    def __post_init__(self) -> None:
        if self.concurrency < 1 or self.arrivals_per_s <= 0 or self.pause_s < 0:
            raise ValueError(
                "concurrency must be 1 or more, arrivals_per_s above 0 and pause_s 0 or more, "
                f"got {self.concurrency}, {self.arrivals_per_s} and {self.pause_s}"
            )


DEFAULT_FOOTFALL: Final = Footfall()


class Shoppers:
    """Visitors of a running shop. Both arms run the same behaviour: only what they are served differs.

    Parameters
    ----------
    base_url, public_key
        Where the engine is, and the key browsers use.
    shop
        The catalog it serves; also what shoppers know of a product they see.
    seed
        Tastes and choices follow from it; what is served, and how fast, is the engine's part.
    footfall
        How many come, and how fast.
    transport
        Stands in for the network in tests.
    """

    def __init__(
        self,
        base_url: str,
        public_key: str,
        shop: SampleShop,
        seed: int,
        footfall: Footfall = DEFAULT_FOOTFALL,
        transport: httpx.AsyncBaseTransport | None = None,
    ) -> None:
        self.report = ShopperReport()
        self._base_url = base_url
        self._public_key = public_key
        self._seed = seed
        self._footfall = footfall
        self._transport = transport
        self._items = {item.item_id: item for item in shop.items}
        self._creatives = {creative.creative_id: creative for creative in shop.creatives}
        self._slot_counts = [(placement.placement_id, placement.slots) for placement in shop.placements]
        self._leaves: dict[CategoryPath, list[CatalogItem]] = {}
        for item in shop.items:
            self._leaves.setdefault(item.category, []).append(item)
        self._usual_price = {
            leaf: sorted(item.price or 1.0 for item in items)[len(items) // 2] for leaf, items in self._leaves.items()
        }
        # Some branches are sought more than others, the same ones for everybody under this seed.
        branches = sorted({leaf[:2] for leaf in self._leaves})
        Random(f"branches:{seed}").shuffle(branches)
        self._branches = {branch: 1.0 / (place + 4) for place, branch in enumerate(branches)}
        self._stopping = asyncio.Event()
        self._client: httpx.AsyncClient

    async def shop(self, seconds: float) -> ShopperReport:
        """Let shoppers come for so many seconds, let the last of them finish, and tell what happened."""
        self._stopping.clear()
        random = Random(f"arrivals:{self._seed}")
        concurrency = self._footfall.concurrency
        places = asyncio.Semaphore(concurrency)
        tasks: set[asyncio.Task[None]] = set()
        limits = httpx.Limits(
            max_connections=self._footfall.concurrency, max_keepalive_connections=self._footfall.concurrency
        )
        ends_at = time.monotonic() + seconds
        async with httpx.AsyncClient(
            base_url=self._base_url,
            headers={"Authorization": f"Bearer {self._public_key}", "User-Agent": "Mozilla/5.0 (X11; Linux) Shoppers"},
            timeout=5.0,
            limits=limits,
            transport=self._transport,
        ) as client:
            self._client = client
            try:
                for number in count():
                    await asyncio.sleep(
                        max(0.0, min(random.expovariate(self._footfall.arrivals_per_s), ends_at - time.monotonic()))
                    )
                    if time.monotonic() >= ends_at:
                        break
                    task = asyncio.create_task(self._live(self._shopper(number), places))
                    tasks.add(task)
                    task.add_done_callback(tasks.discard)
            finally:
                self._stopping.set()
                if tasks:
                    await asyncio.wait(set(tasks), timeout=GRACE_S)
                for task in list(tasks):
                    task.cancel()
                await asyncio.gather(*tasks, return_exceptions=True)
        return self.report

    def _shopper(self, number: int) -> _Shopper:
        random = Random(f"shopper:{self._seed}:{number}")
        branches = random.choices(list(self._branches), list(self._branches.values()), k=random.choice((1, 1, 2)))
        leaves = sorted(leaf for leaf in self._leaves if leaf[:2] in branches)
        chosen = random.sample(leaves, min(len(leaves), random.choice((1, 2, 2, 3))))
        brands = sorted({item.brand for leaf in chosen for item in self._leaves[leaf]})
        taste = Taste(frozenset(chosen), random.choice(brands), random.lognormvariate(0.0, 0.3))
        return _Shopper(f"shopper-{self._seed}-{number:06d}", taste, random)

    async def _live(self, shopper: _Shopper, places: asyncio.Semaphore) -> None:
        self.report.visitors += 1
        # The run's moment is in the names of events, since a second run is no repetition of the first.
        run = f"{time.time_ns():x}"
        for visit in range(MAX_VISITS):
            async with places:
                if self._stopping.is_set():
                    return
                shopper.session_id = f"{shopper.visitor_id}-{run}-{visit}"
                self.report.visits += 1
                try:
                    await self._visit(shopper)
                except (httpx.HTTPError, KeyError, TypeError, ValueError) as error:
                    # An answer that is no decision is an error of the engine, not of the run.
                    self.report.add_error(f"{type(error).__name__}: {error}")
            if shopper.random.random() < 0.35:
                return
            await self._wait(shopper.random.uniform(2.0, 5.0) * min(1.0, 2 * self._footfall.pause_s))

    async def _wait(self, seconds: float) -> None:
        if seconds > 0 and not self._stopping.is_set():
            try:
                await asyncio.wait_for(self._stopping.wait(), seconds)
            except TimeoutError:
                return

    async def _visit(self, shopper: _Shopper) -> None:
        random = shopper.random
        target: Target = ()
        for _ in range(random.randint(3, 8)):
            if target is None:
                target = await self._wander(shopper)
            if isinstance(target, CatalogItem):
                target = await self._product(shopper, target)
            elif target:
                target = await self._category(shopper, target)
            else:
                target = await self._home(shopper)
            await self._wait(random.uniform(0.5, 1.5) * self._footfall.pause_s)
            if self._stopping.is_set():
                return
        if shopper.cart and random.random() < 0.6:
            await self._purchase(shopper)

    # Pages. Each says what happened, asks what to show, looks at it, and gives where the shopper goes from there.

    async def _home(self, shopper: _Shopper) -> Target:
        await self._post(shopper, [{"event": "page_view", "params": {"page_location": "/shop/"}}])
        shown = await self._decide(
            shopper,
            placements=[{"placement": name, "count": slots} for name, slots in self._slot_counts],
            lists=[_list("for_you", 12), _list("trending", 6)],
        )
        return await self._look(shopper, shown) if shown else None

    async def _category(self, shopper: _Shopper, path: CategoryPath) -> Target:
        listed = [item for item in self._items.values() if item.category[: len(path)] == path][:24]
        params = {"item_list_id": "category", "item_list_name": " > ".join(path)}
        items = [{"item_id": item.item_id, "index": index} for index, item in enumerate(listed)]
        await self._post(
            shopper,
            [
                {"event": "page_view", "params": {"page_location": f"/shop/category/{'>'.join(path)}"}},
                {"event": "view_item_list", "params": params, "items": items},
            ],
        )
        await self._decide(shopper, lists=[_list("for_you", 6)])
        return await self._choose(shopper, listed, params)

    async def _search(self, shopper: _Shopper) -> Target:
        leaf = shopper.random.choice(sorted(shopper.taste.leaves))
        await self._post(shopper, [{"event": "search", "params": {"search_term": leaf[-1].lower()}}])
        await self._decide(shopper, lists=[_list("for_you", 6)])
        return await self._choose(shopper, self._leaves[leaf], {"item_list_id": "search"})

    async def _choose(self, shopper: _Shopper, listed: Sequence[CatalogItem], params: dict[str, Any]) -> Target:
        """Pick a product from a page of the shop's own, by liking."""
        likings = [self._liking(shopper, item) for item in listed]
        if not listed or shopper.random.random() > 2 * max(likings):
            return None
        index = shopper.random.choices(range(len(listed)), likings)[0]
        chosen = {
            "event": "select_item",
            "params": params,
            "items": [{"item_id": listed[index].item_id, "index": index}],
        }
        await self._post(shopper, [chosen])
        await self._catch_up(shopper)
        return listed[index]

    async def _product(self, shopper: _Shopper, item: CatalogItem) -> Target:
        random, liking = shopper.random, self._liking(shopper, item)
        await self._post(shopper, [{"event": "view_item", "items": [_event_item(item)], "params": _value(item)}])
        near = [_list("similar", 6, item.item_id), _list("also_bought", 6, item.item_id)]
        shown = await self._decide(shopper, lists=near, exclude=[item.item_id])
        if item.availability in SELLABLE and item.item_id not in shopper.cart and random.random() < 0.4 * liking:
            await self._wait(0.5 * self._footfall.pause_s)
            shopper.cart[item.item_id] = item
            await self._post(shopper, [{"event": "add_to_cart", "items": [_event_item(item)], "params": _value(item)}])
            shown = await self._decide(shopper, lists=near, exclude=[item.item_id]) or shown
        elif shopper.cart and random.random() < 0.06:
            dropped = shopper.cart.pop(random.choice(sorted(shopper.cart)))
            removed = {"event": "remove_from_cart", "items": [_event_item(dropped)], "params": _value(dropped)}
            await self._post(shopper, [removed])
        target = await self._look(shopper, shown) if shown else None
        # Now and then back to the home page, where the slots have moved.
        return () if target is None and random.random() < 0.4 else target

    async def _wander(self, shopper: _Shopper) -> Target:
        random = shopper.random
        if random.random() < 0.3:
            return await self._search(shopper)
        if random.random() < 0.1:
            return random.choice(list(self._leaves))  # out of curiosity
        leaf = random.choice(sorted(shopper.taste.leaves))
        return leaf if random.random() < 0.5 else leaf[:2]

    async def _purchase(self, shopper: _Shopper) -> None:
        items = [_event_item(item) for item in shopper.cart.values()]
        value = {"value": round(sum(item["price"] for item in items), 2), "currency": "EUR"}
        order = {"transaction_id": f"order-{shopper.session_id}", **value}
        accepted = await self._post(
            shopper,
            [
                {"event": "begin_checkout", "items": items, "params": value},
                {"event": "purchase", "items": items, "params": order},
            ],
        )
        self.report.orders += accepted[1]
        shopper.cart.clear()
        await self._decide(shopper, lists=[_list("for_you", 6)])

    async def _look(self, shopper: _Shopper, shown: _Shown) -> Target:
        """See the slots and lists of a decision, say so, and click one thing at most."""
        random, report = shopper.random, self.report
        seen: list[dict[str, Any]] = [
            {"event": "view_promotion", "params": _slot_params(shown.decision_id, placement, slot)}
            for placement, slot in shown.slots
        ]
        seen += [
            {
                "event": "view_item_list",
                "params": {"decision_id": shown.decision_id, "item_list_id": strategy},
                "items": [{"item_id": item["item_id"], "index": item["position"]} for item in items],
            }
            for strategy, items in shown.lists
            if items
        ]
        accepted = await self._post(shopper, seen) if seen else []
        if seen:
            await self._catch_up(shopper)
        report.slot_impressions[shown.arm] += sum(accepted[: len(shown.slots)])
        lengths = [len(items) for _, items in shown.lists if items]
        for length, was_accepted in zip(lengths, accepted[len(shown.slots) :], strict=True):
            report.list_impressions[shown.arm] += length if was_accepted else 0
        for place, (placement, slot) in enumerate(shown.slots):
            creative = self._creatives.get(slot["creative_id"])
            meets = creative is not None and shopper.taste.meets(creative)
            chance = (SLOT_CLICK_MATCH if meets else SLOT_CLICK_OTHER) * SLOT_ATTENTION**place
            if random.random() < chance and creative is not None:
                params = _slot_params(shown.decision_id, placement, slot)
                clicked = await self._post(shopper, [{"event": "select_promotion", "params": params}])
                report.slot_clicks[shown.arm] += clicked[0]
                await self._catch_up(shopper)
                return creative.category or self._home_of(creative.brand)
        for strategy, items in shown.lists:
            for place, entry in enumerate(items):
                item = self._items.get(entry["item_id"])
                if item is None:
                    report.add_error(f"{strategy} holds {entry['item_id']!r}, which the shop does not sell")
                    continue
                if random.random() < LIST_CLICK * self._liking(shopper, item) * LIST_ATTENTION**place:
                    params = {"decision_id": shown.decision_id, "item_list_id": strategy}
                    chosen = [{"item_id": item.item_id, "index": entry["position"]}]
                    clicked = await self._post(shopper, [{"event": "select_item", "params": params, "items": chosen}])
                    report.list_clicks[shown.arm] += clicked[0]
                    await self._catch_up(shopper)
                    return item
        return None

    def _liking(self, shopper: _Shopper, item: CatalogItem) -> float:
        return shopper.taste.liking(item, self._usual_price[item.category])

    def _home_of(self, brand: str) -> CategoryPath:
        made = [leaf[:2] for leaf, items in self._leaves.items() for item in items if item.brand == brand]
        return max(sorted(set(made)), key=made.count) if made else ()

    # HTTP

    async def _post(self, shopper: _Shopper, events: list[dict[str, Any]]) -> list[bool]:
        """Report events; gives for each whether it was accepted."""
        for event in events:
            shopper.events += 1
            event["visitor_id"] = shopper.visitor_id
            event["session_id"] = shopper.session_id
            event["event_id"] = f"{shopper.session_id}-{shopper.events}"
        answer = await self._ask(lambda: self._client.post("/v1/events", json={"events": events}))
        if answer is None:
            return [False] * len(events)
        rejected = {rejection["index"]: rejection for rejection in answer["rejected"]}
        for rejection in rejected.values():
            self.report.add_error(
                f"event {events[rejection['index']]['event']} rejected: {rejection['code']}: {rejection['message']}"
            )
        self.report.events_in += answer["accepted"]
        return [index not in rejected for index in range(len(events))]

    async def _decide(
        self,
        shopper: _Shopper,
        placements: Sequence[dict[str, Any]] = (),
        lists: Sequence[dict[str, Any]] = (),
        exclude: Sequence[str] = (),
    ) -> _Shown | None:
        """Ask what to show, and then see how long the event just reported takes to be used."""
        asked = {
            "visitor_id": shopper.visitor_id,
            "placements": list(placements),
            "lists": list(lists),
            "exclude": list(exclude),
        }
        answer = await self._ask(lambda: self._client.post("/v1/decisions", json=asked))
        if answer is None:
            return None
        self.report.decisions_out += 1
        shown = _Shown(
            decision_id=answer["decision_id"],
            arm="holdout" if answer["holdout"] else "personalized",
            slots=tuple((name, slot) for name, filled in answer["placements"].items() for slot in filled["slots"]),
            lists=tuple((given["strategy"], tuple(given["items"])) for given in answer["lists"].values()),
        )
        await self._catch_up(shopper, answer["state"]["freshness_ms"])
        return shown

    async def _catch_up(self, shopper: _Shopper, freshness_ms: float | None = None) -> None:
        """Look until a decision has used the event just reported, unless the one that told `freshness_ms` has.

        Without it the shopper's own pause would count as the engine's delay at the next page.
        """
        look = {"visitor_id": shopper.visitor_id, "lists": [_list("recently_viewed", 1)]}
        for delay_s in (0.0, *LOOK_AGAIN_S):
            if freshness_ms is not None:
                self.report.freshness_ms.append(freshness_ms)
                return
            await asyncio.sleep(delay_s)
            answer = await self._ask(lambda: self._client.post("/v1/decisions", json=look))
            if answer is None:
                return
            self.report.decisions_out += 1
            freshness_ms = answer["state"]["freshness_ms"]
        if freshness_ms is None:
            self.report.freshness_missed += 1
        else:
            self.report.freshness_ms.append(freshness_ms)

    async def _ask(self, call: Callable[[], Awaitable[httpx.Response]]) -> Any:
        """The JSON of an answer, or None after an error, which is counted."""
        try:
            response = await call()
            if response.is_success:
                return response.json()
            self.report.add_error(f"{response.request.url.path} answered {response.status_code}: {response.text[:200]}")
        except (httpx.HTTPError, ValueError) as error:
            self.report.add_error(f"{type(error).__name__}: {error}")
        return None


def _list(strategy: str, limit: int, item_id: str = "") -> dict[str, Any]:
    about = {"item_id": item_id} if item_id else {}
    return {"name": strategy, "strategy": strategy, "limit": limit, **about}


def _slot_params(decision_id: str, placement: str, slot: dict[str, Any]) -> dict[str, Any]:
    return {
        "decision_id": decision_id,
        "promotion_id": slot["campaign_id"],
        "creative_name": slot["creative_id"],
        "creative_slot": f"{placement}:{slot['position']}",
    }


def _event_item(item: CatalogItem) -> dict[str, Any]:
    levels = {f"item_category{level or ''}": name for level, name in zip(("", 2, 3), item.category, strict=False)}
    price = item.sale_price or item.price or 0.0
    return {"item_id": item.item_id, "item_name": item.title, "item_brand": item.brand, "price": price, **levels}


def _value(item: CatalogItem) -> dict[str, Any]:
    return {"value": item.sale_price or item.price or 0.0, "currency": item.currency}
