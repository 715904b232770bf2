"""A learner that a small shop has taught."""

from models.learner.learner import Learner
from models.learner.snapshot import Snapshot
from tests.models.makers import assortment, event


def taught() -> Snapshot:
    """Two items seen one after the other, two ordered together, by twenty visitors each."""
    model, catalog = Learner(), assortment(12)
    told = []
    for number in range(20):
        told += [
            event("view_item", item_id, visitor=f"v{number}", at_s=place)
            for place, item_id in enumerate(("p001", "p002"))
        ]
        told.append(event("purchase", "p003", "p004", visitor=f"b{number}", params={"transaction_id": str(number)}))
        told.append(event("purchase", "p005", visitor=f"c{number}", params={"transaction_id": f"c{number}"}))
    for position, happened in enumerate(told, start=1):
        model.learn_event(0, position, happened, catalog)
    return model.snapshot()
