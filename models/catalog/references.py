"""References: what a thing of the catalog, a segment or a trigger names, and whether there is any of it."""

from collections.abc import Iterable, Iterator
from typing import Any, Final, Literal, NamedTuple

from models.base.errors import show_value
from models.base.suggestions import closest
from models.catalog.assortment import Assortment
from models.catalog.resources import Audience, CatalogResource, Creative, Experiment, MerchandisingRule

Noun = Literal["campaign", "creative", "placement", "segment", "item", "category", "brand"]
SETTLED_NOUNS: Final = frozenset({"campaign", "creative", "placement"})
"""What is put before it is named; products come and go, and a segment is kept elsewhere."""


class Reference(NamedTuple):
    """A name in a field of whatever names it; a category is its path, levels with ` > ` between."""

    field: str
    noun: Noun
    name: str


def references_of(resource: CatalogResource) -> Iterator[Reference]:
    """Give what a thing of the catalog names."""
    if isinstance(resource, Creative):
        yield Reference("campaign_id", "campaign", resource.campaign_id)
        yield from (Reference("item_ids", "item", item_id) for item_id in resource.item_ids)
        yield from _about(resource.category, resource.brand)
    elif isinstance(resource, MerchandisingRule):
        yield from _of_rule(resource)
    elif isinstance(resource, Experiment):
        yield from _of_audience(resource.audience)
        for variant in resource.variants:
            for placement_id, change in variant.placements.items():
                yield Reference("placements", "placement", placement_id)
                yield from (Reference("creative_ids", "creative", name) for name in change.creative_ids)
            for changed in variant.lists.values():
                yield from _about(changed.category, "")
            for rule in variant.rules:
                yield from _of_rule(rule)


def _of_rule(rule: MerchandisingRule) -> Iterator[Reference]:
    yield from (Reference("creative_ids", "creative", name) for name in rule.creative_ids)
    yield from (Reference("campaign_ids", "campaign", name) for name in rule.campaign_ids)
    yield from (Reference("placements", "placement", name) for name in rule.placements)
    yield from (Reference("item_ids", "item", name) for name in rule.item_ids)
    yield from _about(rule.category, rule.brand)
    yield from _of_audience(rule.audience)


def _of_audience(audience: Audience) -> Iterator[Reference]:
    named = (*audience.any_of, *audience.all_of, *audience.none_of)
    return (Reference("audience", "segment", segment_id) for segment_id in named)


def _about(category: Iterable[str], brand: str) -> Iterator[Reference]:
    if path := " > ".join(category):
        yield Reference("category", "category", path)
    if brand:
        yield Reference("brand", "brand", brand)


def written_references(rule: Any) -> Iterator[Reference]:
    """Give categories and brands that a segment's rule names, as it was written."""
    if isinstance(rule, list):
        for part in rule:
            yield from written_references(part)
    elif isinstance(rule, dict):
        for name, value in rule.items():
            if name == "category" and isinstance(value, str):
                yield from _about((level.strip() for level in value.split(">")), "")
            elif name == "brand" and isinstance(value, str):
                yield Reference("brand", "brand", value.strip())
            else:
                yield from written_references(value)


def is_met(reference: Reference, assortment: Assortment) -> bool:
    """Whether a site has what is named; of segments the assortment knows nothing, and none is missed."""
    noun, name = reference.noun, reference.name
    if noun in SETTLED_NOUNS:
        return name in _known(noun, assortment)
    if noun == "item":
        return assortment.knows(name)
    if noun == "category":
        return bool(assortment.in_category(name.split(" > ")))
    return noun != "brand" or bool(assortment.with_token(f"brand:{name.casefold()}"))


def guess(reference: Reference, assortment: Assortment) -> str:
    """Give what may have been meant by a name that nothing has; empty where nothing is alike."""
    return closest(reference.name, _known(reference.noun, assortment))


def _known(noun: str, assortment: Assortment) -> Iterable[str]:
    if noun == "category":
        return {name for path in assortment.categories() for name in (" > ".join(path), path[-1])}
    known: dict[str, Iterable[str]] = {
        "campaign": assortment.campaigns, "creative": assortment.creatives, "placement": assortment.placements,
        "item": assortment.items,
    }  # fmt: skip
    return known.get(noun, ())


def unmet_warnings(who: str, references: Iterable[Reference], assortment: Assortment) -> Iterator[dict[str, Any]]:
    """Say of what nothing is there yet, as the API answers it; once each."""
    for reference in dict.fromkeys(references):
        if not is_met(reference, assortment):
            meant = guess(reference, assortment)
            yield {
                "id": who,
                "field": reference.field,
                "code": f"{reference.noun}_unknown",
                "message": f"{who}: the catalog has no {reference.noun} {show_value(reference.name)}"
                + (f"; did you mean {meant}?" if meant else " yet"),
            }


def named_by(noun: Noun, name: str, assortment: Assortment, at_s: float) -> list[str]:
    """Give the rules in force and running experiments that name a thing, such as `experiment hero-test`."""
    rules = [rule for rule in assortment.rules.values() if rule.enabled and rule.ends_at_s > at_s]
    running = [experiment for experiment in assortment.experiments.values() if experiment.running(at_s)]
    naming: list[tuple[str, CatalogResource]] = [(f"rule {rule.rule_id}", rule) for rule in rules]
    naming += [(f"experiment {experiment.experiment_id}", experiment) for experiment in running]
    return [who for who, resource in naming if any((noun, name) == named[1:] for named in references_of(resource))]
