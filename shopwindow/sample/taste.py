"""Taste: what a simulated shopper likes; the engine never sees it."""

from dataclasses import dataclass
from math import exp, log

from models.catalog.resources import CatalogItem, Creative

CategoryPath = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Taste:
    """What one shopper likes; the engine never sees it."""

    leaves: frozenset[CategoryPath]
    brand: str
    price_level: float  # what they like to pay, as a multiple of the leaf's median price; above 0

    def liking(self, item: CatalogItem, usual_price: float) -> float:
        """How much they like a product, 0 to 1."""
        if item.category in self.leaves:
            like = 0.75
        elif any(item.category[:2] == leaf[:2] for leaf in self.leaves):
            like = 0.35
        else:
            like = 0.03
        paid = item.sale_price or item.price or usual_price
        like *= exp(-abs(log(paid / (usual_price * self.price_level))) / 2)
        return min(1.0, like * (1.35 if item.brand == self.brand else 1.0))

    def meets(self, creative: Creative) -> bool:
        """Whether a creative is about something they like."""
        if creative.category:
            return any(leaf[: len(creative.category)] == creative.category for leaf in self.leaves)
        return creative.brand == self.brand
