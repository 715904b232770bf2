"""Views of decisions: lists and placements as the API shows them."""

from typing import Any

from api.http.config import ApiConfig
from models.catalog.resources import CatalogItem
from models.decisions.ladder import Reason
from models.decisions.merchandising import Gap, bundle_price
from models.decisions.recommend import Query, RecommendedList
from models.decisions.slots import Slate
from models.events.decision_ids import list_decision_id


def list_view(
    query: Query, answer: RecommendedList, config: ApiConfig, decision_id: str = "", *, explain: bool = False
) -> dict[str, Any]:
    """Give a list as the API shows it, with every learner's say of each item if asked, a bundle with its price.

    One that visitors are to see comes with an id of its own, made of its decision's.
    """
    return {
        **({"decision_id": list_decision_id(decision_id, query.strategy)} if decision_id else {}),
        "strategy": query.strategy,
        "tier": answer.tier,
        "reason": answer.reason,
        **(_bundle(answer.companion_of, answer, config) if answer.companion_of is not None else {}),
        **(_gap_view(answer.gap) if answer.gap is not None else {}),
        "items": [
            {
                "item_id": chosen.item.item_id,
                "position": position,
                "score": chosen.score,
                "tier": chosen.tier,
                "reason": chosen.reason,
                "learner": chosen.why.learner,
                "because_item_id": chosen.why.because or None,
                **({"says": _says_view(chosen.why)} if explain else {}),
                **_display(chosen.item, answer.at_s),
            }
            for position, chosen in enumerate(answer.items)
        ],
    }


def _gap_view(gap: Gap) -> dict[str, Any]:
    figures = {"threshold": gap.threshold, "cart_value": gap.cart_value, "missing": gap.missing}
    return {**figures, "currency": gap.currency or None}


def _says_view(why: Reason) -> list[dict[str, Any]]:
    named = why.contributions.named() if why.contributions else ()
    return [{"learner": learner, "says": round(says, 4)} for learner, says in named]


def _bundle(companion_of: CatalogItem, answer: RecommendedList, config: ApiConfig) -> dict[str, Any]:
    items = [companion_of, *(chosen.item for chosen in answer.items)]
    priced = bundle_price(items, config.bundle_discount, config.bundle_least_margin, answer.at_s, answer.currency)
    return {
        "companion_of": companion_of.item_id,
        "joint_price": priced.joint if priced else None,
        "bundle_price": priced.price if priced else None,
        "saving": priced.saving if priced else None,
        "currency": priced.currency if priced else companion_of.currency,
    }


def _display(item: CatalogItem, at_s: float) -> dict[str, Any]:
    return {
        "title": item.title,
        "price": item.price,
        "sale_price": item.sale_price_at(at_s),
        "currency": item.currency,
        "image_link": item.image_link,
        "link": item.link,
        "availability": item.availability,
        "brand": item.brand,
        "category": " > ".join(item.category),
        "item_group_id": item.item_group_id,
    }


def slate_view(slate: Slate) -> dict[str, Any]:
    """Give a placement's slots as the API shows them."""
    return {
        "tier": slate.tier,
        "reason": slate.reason,
        "slots": [
            {
                "creative_id": slot.creative.creative_id,
                "campaign_id": slot.creative.campaign_id,
                "image_link": slot.creative.image_link,
                "link": slot.creative.link,
                "headline": slot.creative.headline,
                "text": slot.creative.text,
                "position": slot.position,
                "selection_probability": round(slot.selection_probability, 6),
                "reason": slot.reason,
            }
            for slot in slate.slots
        ],
    }
