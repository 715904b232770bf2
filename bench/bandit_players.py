"""Who plays in the made-up shop: the engine, and policies of river's, random and the oracle to compare it with.

Everyone fills the same slots from the same creatives, campaigns in turn; everyone hears of a click when it comes, and
of none when the click window is over. On a late click the engine undoes the ignored impression, as it does in a shop;
river's policies cannot, and are taught the click as one more impression.
"""

from typing import Any, Final, Protocol

import numpy as np
from river import bandit, proba

from bench.bandit_shop import CATEGORIES, SLOTS, Shop, Visit, creative_id, in_turn
from models.bandit.click_context import arrival_of, context_of
from models.bandit.click_model import ClickModel
from models.bandit.click_weights import ClickWeights
from models.bandit.creative_affinity import affinity, bucket_of, latest_items
from models.decisions.slots import SlotRequest, fill
from models.decisions.visitor_context import VisitorContext
from models.events.traffic_source import Touch
from models.visitor.profile import Profile, RecentItem

WINDOW_S: Final = 90.0
PUBLISH_EVERY_S: Final = 900.0
"""The engine decides by a snapshot at most so old; in a shop it is a second or so."""


class Player(Protocol):
    """Fills slots and is told what came of it. Creatives go by number."""

    def choose(self, visit: Visit, eligible: list[int]) -> list[int]:
        """Give up to `SLOTS` of the eligible creatives, first slot first."""

    def seen(self, visit: Visit, creative: int, slot: int) -> None:
        """A chosen creative came into view."""

    def clicked(self, visit: Visit, creative: int) -> None:
        """It was clicked, `WINDOW_S` not being over."""

    def ignored(self, visit: Visit, creative: int) -> None:
        """`WINDOW_S` is over without a click."""

    def clicked_late(self, visit: Visit, creative: int) -> None:
        """It was clicked after having been told as ignored."""


class Silent:
    """One who learns nothing."""

    def seen(self, visit: Visit, creative: int, slot: int) -> None:
        """Nothing to learn."""

    def clicked(self, visit: Visit, creative: int) -> None:
        """Nothing to learn."""

    ignored = clicked_late = clicked


class Random(Silent):
    """Shows any creative as often as any other."""

    def __init__(self, shop: Shop, seed: int) -> None:
        self._shop, self._random = shop, np.random.default_rng(seed)

    def choose(self, visit: Visit, eligible: list[int]) -> list[int]:  # noqa: ARG002 - whoever comes
        """Shuffle."""
        return in_turn(self._random.permutation(eligible).tolist(), self._shop.campaign.tolist())


class Oracle(Silent):
    """Knows every chance, tastes that nobody was told of included."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def choose(self, visit: Visit, eligible: list[int]) -> list[int]:
        """Take the best."""
        return self._shop.best(visit, eligible)


class Engine:
    """What serves: `models.decisions.slots.fill` decides, `models.bandit.click_model.ClickModel` learns."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop
        self._assortment = shop.assortment()
        self._number = {creative_id(number): number for number in range(len(shop.category))}
        self._clicks = ClickModel(WINDOW_S)
        self._weights: ClickWeights = self._clicks.weights()
        self._published_s = 0.0

    def choose(self, visit: Visit, eligible: list[int]) -> list[int]:
        """Fill the slots as the API does."""
        if visit.at_s >= self._published_s + PUBLISH_EVERY_S:
            self._clicks.expire(visit.at_s)
            self._weights, self._published_s = self._clicks.weights(), visit.at_s
        known = frozenset(map(creative_id, eligible))
        slate = fill(
            self._assortment,
            self._weights,
            VisitorContext(_profile(visit), visit.at_s, visit.visitor_id),
            SlotRequest("hero", SLOTS, left_out=frozenset(self._number) - known),
        )
        return [self._number[slot.creative.creative_id] for slot in slate.slots]

    def seen(self, visit: Visit, creative: int, slot: int) -> None:
        """Open the impression, as the learner does on `view_promotion`."""
        profile, shown = _profile(visit), self._shop.creative(creative)
        latest = latest_items(visit.recent, self._assortment)
        context = context_of(
            bucket_of(affinity(shown, latest, self._assortment.item_groups)),
            arrival_of(profile.device, profile.last_touch),
            shown.campaign_id,
            visit.at_s,
            f"hero:{slot}",
        )
        self._clicks.show_one(visit.visitor_id, shown.creative_id, context, visit.at_s)

    def clicked(self, visit: Visit, creative: int) -> None:
        """Learn it, as the learner does on `select_promotion`."""
        self._clicks.click_one(visit.visitor_id, creative_id(creative))

    clicked_late = clicked

    def ignored(self, visit: Visit, creative: int) -> None:
        """The click model finds out itself."""


def _profile(visit: Visit) -> Profile:
    touch = Touch("mail", "email", visit.campaign, visit.at_s) if visit.campaign else None
    recent = [RecentItem(item, visit.at_s) for item in reversed(visit.recent)]
    return Profile(events_seen=len(recent), recent=recent, last_touch=touch, device=visit.device)


class River:
    """A policy of river's; the contextual one is told the visit's device and how much of each category was looked at.

    The campaign a visitor came by is not among its features: with it, it does worse (.51 against .54 of the gap).
    """

    def __init__(self, shop: Shop, policy: Any, *, contextual: bool = False) -> None:
        self._shop, self._policy, self._contextual = shop, policy, contextual
        self._campaign = shop.campaign.tolist()

    def choose(self, visit: Visit, eligible: list[int]) -> list[int]:
        """Pull once a slot, from what is left."""
        context = self._context(visit)
        slate: list[int] = []
        while len(slate) < min(SLOTS, len(eligible)):
            used = {self._campaign[chosen] for chosen in slate}
            left = [creative for creative in eligible if creative not in slate]
            arms = [creative for creative in left if self._campaign[creative] not in used] or left
            slate.append(self._policy.pull(arms, context) if self._contextual else self._policy.pull(arms))
        return slate

    def seen(self, visit: Visit, creative: int, slot: int) -> None:
        """Nothing is known yet."""

    def clicked(self, visit: Visit, creative: int) -> None:
        """Reward 1."""
        self._learn(visit, creative, 1)

    clicked_late = clicked

    def ignored(self, visit: Visit, creative: int) -> None:
        """Reward 0."""
        self._learn(visit, creative, 0)

    def _learn(self, visit: Visit, creative: int, reward: int) -> None:
        if self._contextual:
            self._policy.update(creative, self._context(visit), reward)
        else:
            self._policy.update(creative, reward)

    def _context(self, visit: Visit) -> dict[str, float]:
        if not self._contextual:
            return {}
        found = {"always": 1.0, "mobile": float(visit.device == "mobile"), "tablet": float(visit.device == "tablet")}
        found |= {f"category {category}": 0.0 for category in range(CATEGORIES)}
        weights = [1.0 / (place + 1) for place in range(len(visit.recent))]
        for item, weight in zip(visit.recent, weights, strict=True):
            found[f"category {item[1:].split('-')[0]}"] += weight / sum(weights)
        return found


EPSILON: Final = 0.1
THOMPSON: Final[dict[str, Any]] = {"alpha": 1.8, "beta": 58.2}
LIN_UCB: Final = {"alpha": 100.0, "beta": 15.0}
"""Prior precision of a weight, and of a reward: clicks at about 7 % have a variance of 1/15."""


def epsilon_greedy(shop: Shop, seed: int) -> River:
    """ε-greedy: one page in ten at random, else the highest click rate so far."""
    return River(shop, bandit.EpsilonGreedy(epsilon=EPSILON, decay=0.0, seed=seed))


def thompson(shop: Shop, seed: int) -> River:
    """Thompson sampling from Beta(1.8, 58.2), told the shop's click rate as the prior."""
    return River(shop, bandit.ThompsonSampling(reward_obj=proba.Beta(**THOMPSON, seed=seed), seed=seed))


def lin_ucb(shop: Shop, seed: int) -> River:
    """LinUCB, one linear model a creative."""
    return River(shop, bandit.LinUCBDisjoint(**LIN_UCB, seed=seed), contextual=True)
