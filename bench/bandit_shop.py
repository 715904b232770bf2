"""A shop made up from a seed, to play slot policies in: who comes, what they like, what they would click.

Visitors come on some device at some hour, some by a campaign; most have looked at a few items, mostly of what they
like, and some are new. A click depends on the creative, on whether its category is to the visitor's taste, on the
season, the device and the campaign they came by, on the slot it stands in, and on whether it was seen at all. Creatives
come and go; their appeal, the seasons and the visitors' tastes drift. Clicks come late, some after the window in which
an impression counts as ignored.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from models.base.durations import DAY_S
from models.catalog.assortment import Assortment
from models.catalog.resources import Campaign, CatalogItem, Creative, Placement

DAYS: Final = 20
VISITS: Final = 12_000
VISITORS: Final = 2_500
CATEGORIES: Final = 10
ITEMS_A_CATEGORY: Final = 4
CAMPAIGNS: Final = 8
CREATIVES: Final = 40
"""Over all days; about 16 at a time."""
SLOTS: Final = 3
START_S: Final = 1_704_067_200.0

BASE_LOG_ODDS: Final = -4.0
LIKED: Final = 1.6
ECHO: Final = 0.8
APPEAL_DEVIATION: Final = 0.6
APPEAL_DRIFT_A_DAY: Final = 0.08
SEASON_DRIFT_A_DAY: Final = 0.08
DEVICE_DEVIATION: Final = 0.25
TASTE_CHANGES_A_DAY: Final = 0.02
SEEN: Final = (0.95, 0.75, 0.55)
"""Chance that the slot comes into view."""
SLOT_LOG_ODDS: Final = (0.0, -0.25, -0.5)
"""What a click loses by the slot, seen or not."""
DELAY_MEDIAN_S: Final = 12.0
DELAY_SPREAD: Final = 1.5
"""Of the logarithm: about one click in eleven takes longer than 90 s."""
DEVICES: Final = ("desktop", "mobile", "tablet")
DEVICE_SHARES: Final = (0.4, 0.5, 0.1)

Floats = NDArray[np.float64]


@dataclass(frozen=True)
class Visit:
    """One page view: who, when, what is known of them, and what they would do.

    `clicks_if_seen` is the log odds of a click on each creative but for the slot, shape `(CREATIVES,)`; `luck` decides
    it, uniform, one a creative; `seen_luck` and `delays_s` one a slot.
    """

    visitor_id: str
    at_s: float
    device: str
    campaign: str
    recent: tuple[str, ...]
    clicks_if_seen: Floats
    luck: Floats
    seen_luck: Floats
    delays_s: Floats


class Shop:
    """Everything of one seed: creatives with the days they run, and the visits in order of time."""

    def __init__(self, seed: int, visits: int = VISITS) -> None:
        random = np.random.default_rng(seed)
        self.category = random.integers(CATEGORIES, size=CREATIVES)
        self.campaign = random.integers(CAMPAIGNS, size=CREATIVES)
        # Two in five run from the first day; the others come one by one. Each runs for 8 days.
        started = np.sort(random.uniform(-8, DAYS, CREATIVES))
        self.from_s = START_S + started * DAY_S
        self.until_s = self.from_s + 11.2 * DAY_S
        appeal = _walks(random, CREATIVES, APPEAL_DEVIATION, APPEAL_DRIFT_A_DAY)
        season = _walks(random, CATEGORIES, 0.3, SEASON_DRIFT_A_DAY)
        by_device = random.normal(0.0, DEVICE_DEVIATION, (len(DEVICES), CREATIVES))
        likes = random.random((VISITORS, CATEGORIES)).argsort(axis=1)[:, :2]
        device = random.choice(len(DEVICES), size=VISITORS, p=DEVICE_SHARES)
        looked: list[list[str]] = [[] for _ in range(VISITORS)]
        hours = random.normal(15.0, 4.0, visits) % 24
        times = np.sort(START_S + random.integers(DAYS, size=visits) * DAY_S + hours * 3600.0)
        popularity = 1.0 / np.arange(1, VISITORS + 1) ** 0.5
        who = random.choice(VISITORS, size=visits, p=popularity / popularity.sum())
        last_day = np.zeros(VISITORS)
        self.visits: list[Visit] = []
        for at_s, visitor in zip(times.tolist(), who.tolist(), strict=True):
            day = int((at_s - START_S) // DAY_S)
            if random.random() < 1 - (1 - TASTE_CHANGES_A_DAY) ** (day - last_day[visitor]):
                likes[visitor] = random.permutation(CATEGORIES)[:2]
            last_day[visitor] = day
            # What was looked at before this page was asked for: three times in four something liked.
            for _ in range(int(random.integers(0, 4))):
                liked = random.random() < 0.75
                category = int(random.choice(likes[visitor])) if liked else int(random.integers(CATEGORIES))
                looked[visitor].insert(0, item_id(category, int(random.integers(ITEMS_A_CATEGORY))))
            del looked[visitor][10:]
            came_by = int(random.integers(CAMPAIGNS)) if random.random() < 0.2 else -1
            log_odds = BASE_LOG_ODDS + appeal[day] + season[day][self.category] + by_device[device[visitor]]
            log_odds = log_odds + LIKED * np.isin(self.category, likes[visitor]) + ECHO * (self.campaign == came_by)
            self.visits.append(
                Visit(
                    visitor_id=f"v{visitor}",
                    at_s=at_s,
                    device=DEVICES[device[visitor]],
                    campaign=f"k{came_by}" if came_by >= 0 else "",
                    recent=tuple(dict.fromkeys(looked[visitor])),
                    clicks_if_seen=log_odds,
                    luck=random.random(CREATIVES),
                    seen_luck=random.random(SLOTS),
                    delays_s=DELAY_MEDIAN_S * np.exp(random.normal(0.0, DELAY_SPREAD, SLOTS)),
                )
            )

    def assortment(self) -> Assortment:
        """Give the catalog: items, campaigns, the placement, and every creative; `running` tells their days."""
        made = Assortment()
        for category in range(CATEGORIES):
            for number in range(ITEMS_A_CATEGORY):
                made.put(CatalogItem(item_id=item_id(category, number), category=(f"category {category}",), price=10.0))
        for number in range(CAMPAIGNS):
            made.put(Campaign(campaign_id=f"k{number}"))
        made.put(Placement(placement_id="hero", slots=SLOTS))
        for number in range(CREATIVES):
            made.put(self.creative(number))
        return made

    def creative(self, number: int) -> Creative:
        """Give a creative as the catalog holds it."""
        return Creative(
            creative_id=creative_id(number),
            campaign_id=f"k{self.campaign[number]}",
            category=(f"category {self.category[number]}",),
        )

    def running(self, at_s: float) -> NDArray[np.bool_]:
        """Which creatives may be shown at a time, shape `(CREATIVES,)`."""
        found: NDArray[np.bool_] = (self.from_s <= at_s) & (at_s < self.until_s)
        return found

    def expected_clicks(self, visit: Visit, slate: list[int]) -> float:
        """Give the clicks to be expected of a slate, creatives by number."""
        return sum(
            SEEN[slot] * chance(visit.clicks_if_seen[creative] + SLOT_LOG_ODDS[slot])
            for slot, creative in enumerate(slate)
        )

    def best(self, visit: Visit, eligible: list[int]) -> list[int]:
        """Give the slate of one who knows every chance: the likeliest first, campaigns in turn."""
        return in_turn(sorted(eligible, key=lambda creative: -visit.clicks_if_seen[creative]), self.campaign.tolist())


def in_turn(ranked: list[int], campaign: list[int]) -> list[int]:
    """Take the first creatives of a ranking, no campaign twice before each has come once."""
    slate: list[int] = []
    while len(slate) < min(SLOTS, len(ranked)):
        used = {campaign[chosen] for chosen in slate}
        left = [creative for creative in ranked if creative not in slate]
        slate.append(next((creative for creative in left if campaign[creative] not in used), left[0]))
    return slate


def creative_id(number: int) -> str:
    """Give a creative's id, which sorts as its number does."""
    return f"c{number:02}"


def item_id(category: int, number: int) -> str:
    """Give an item's id."""
    return f"p{category}-{number}"


def chance(log_odds: float) -> float:
    """Give the chance of these log odds."""
    return float(1.0 / (1.0 + np.exp(-log_odds)))


def _walks(random: np.random.Generator, count: int, deviation: float, drift_a_day: float) -> Floats:
    """Give `count` random walks, a row a day, shape `(DAYS, count)`."""
    steps = random.normal(0.0, drift_a_day, (DAYS, count))
    steps[0] = random.normal(0.0, deviation, count)
    walked: Floats = steps.cumsum(axis=0)
    return walked
