"""Decision ids: what an event sends back to say which of our answers it came from.

The id of a list names its strategy behind a dot, so that the id alone says what a click is counted for, whatever the
shop calls its lists.
"""

from collections.abc import Mapping
from typing import Any, NamedTuple

from models.base.texts import text_or_empty


class AnsweredBy(NamedTuple):
    """The decision an event came from, empty for none, and the name of its list, ours by strategy, empty for none."""

    decision_id: str
    listed: str


def list_decision_id(decision_id: str, strategy: str) -> str:
    """Give the id of one list of a decision.

    >>> list_decision_id("x1", "similar")
    'x1.similar'
    """
    return f"{decision_id}.{strategy}"


def answered_by(params: Mapping[str, Any]) -> AnsweredBy:
    """Read the decision id of an event's params; `item_list_id` names the list where the decision id does not.

    >>> answered_by({"decision_id": "x1.similar", "item_list_id": "You may like"})
    AnsweredBy(decision_id='x1', listed='similar')
    >>> answered_by({"decision_id": "x1", "item_list_id": "for_you"})
    AnsweredBy(decision_id='x1', listed='for_you')
    """
    decision_id, dot, listed = text_or_empty(params.get("decision_id")).rpartition(".")
    return AnsweredBy(decision_id, listed) if dot else AnsweredBy(listed, text_or_empty(params.get("item_list_id")))
