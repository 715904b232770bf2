"""Parsing of an event's params: names and number of them, and what those that the engine reads must hold."""

import re
import unicodedata
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import Any, Final

from models.base.errors import InvalidError, show_value
from models.base.money import read_money
from models.base.suggestions import one_slip_from
from models.events.amounts import MOST_MONEY, read_amount, read_currency_code
from models.events.event_ids import event_id_of
from models.events.events import score_of
from models.events.impressions import VIEW_FLAGS
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.flag_words import flag_of
from models.events.intake.item_parsing import MAX_TEXT, text_of_id
from models.events.intake.placeholders import is_placeholder_word
from models.events.names import ORDER_EVENTS, ORDERED_EVENTS, SCORES, SEARCH_EVENTS, TRANSACTION_EVENTS, UNDONE_EVENTS
from models.events.region import REGION_FIELDS

MAX_PARAMS: Final = 50
MAX_ORDER_ID: Final = 128
_PARAM_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_.\-]{0,63}")
_OTHER_LETTERS: Final = re.compile(r"[^A-Za-z0-9_.\-]+")
_TEXTS: Final = frozenset(
    {
        "campaign", "campaign_id", "campaign_name", "channel", "comment", "content", "creative_name",
        "creative_slot", "decision_id", "email_id", "id", "item_list_id", "link", "loyalty_tier", "medium",
        "message_id", "page_location", "page_referrer", "page_title", "promotion_id", "purpose", "reason",
        "search_term", "source", "subject", "term", "tier", "topic",
    }
)  # fmt: skip
"""Params that are text: a number under one is its digits."""
_FLAGS: Final = VIEW_FLAGS | {"marketing"}
_DURATIONS: Final = frozenset({"dwell_ms", "engagement_time_msec"})
_CHECKED: Final = _DURATIONS | {"value", "currency", "birthday"}
_READ_HERE: Final = _TEXTS | _FLAGS | _CHECKED
READ_PARAMS: Final = (
    _TEXTS
    | _FLAGS
    | _CHECKED
    | {
        "transaction_id", "order_id", "cost", "rating", "nps", "csat", "loyalty_points", "points", "duration_s",
        "expected_delivery", "expected_delivery_at", "expected_delivery_date", "estimated_delivery",
        "estimated_delivery_date", "delivery_date",
    }
)  # fmt: skip
"""Params the engine itself reads: of too many, they are kept."""
READ_CONTEXT: Final = REGION_FIELDS | {"userAgent", "user_agent", "device", "page", "campaign", "referrer"}
"""Members of `context` the engine itself reads."""
_DAY: Final = re.compile(r"(\d{4})-(\d{1,2})-(\d{1,2})(?:[T ].*)?")
_DOTTED: Final = re.compile(r"(\d{1,2})\.(\d{1,2})\.(\d{4})")
_SLASHED: Final = re.compile(r"(\d{1,2})/(\d{1,2})/(\d{4})")
_OF_MOST: Final = re.compile(r"\s*(\d+(?:[.,]\d+)?)\s*/\s*(\d+)\s*")
_GONE: Final = object()


_OF_GA4: Final = frozenset(
    {
        "affiliation", "coupon", "discount", "shipping", "shipping_tier", "payment_type", "tax", "item_list_name",
        "promotion_name", "location_id", "method", "content_type", "content_id", "items", "item_id", "quantity",
        "price", "session_id", "group_id", "level", "character", "score", "success", "virtual_currency_name",
        "term_id", "links",
    }
)  # fmt: skip
"""Params that GA4 has, or many shops, and the engine does not read: no slips of those it reads."""


@lru_cache(maxsize=4_096)
def param_meant(name: str) -> str:
    """Give the param that a name is one slip away from; empty for a known one, and for one of the shop's own.

    >>> param_meant("valuee"), param_meant("value"), param_meant("gift_wrapping")
    ('value', '', '')
    """
    return "" if name in READ_PARAMS or name in _OF_GA4 else one_slip_from(name, sorted(READ_PARAMS))


def read_members(raw: object, field: str, kept_first: frozenset[str], warnings: EventWarnings) -> dict[str, Any]:
    """Read `params` or `context`: names are made to fit, and of too many members those of `kept_first` stay."""
    if raw is None:
        return {}
    if not isinstance(raw, dict):
        warnings.add(field, "dropped", raw, "is no JSON object, and was left out")
        return {}
    members = raw
    if raw and not all(map(_PARAM_NAME.fullmatch, raw)):
        members = _renamed(raw, field, warnings)
    if len(members) > MAX_PARAMS:
        order = sorted(members, key=lambda name: name not in kept_first)  # a stable sort: else as they came
        kept = set(order[:MAX_PARAMS])
        warnings.add(field, "dropped", len(members), f"members are more than {MAX_PARAMS}: the last were left out")
        members = {name: value for name, value in members.items() if name in kept}
    return members


def _renamed(raw: Mapping[str, Any], field: str, warnings: EventWarnings) -> dict[str, Any]:
    """Give members names of letters, digits, `_`, `.` and `-`; one whose name is taken or leaves nothing goes."""
    made = {name: value for name, value in raw.items() if _PARAM_NAME.fullmatch(name)}
    for name, value in raw.items():
        if name in made:
            continue
        plain = unicodedata.normalize("NFKD", name[:200])
        plain = "".join(letter for letter in plain if not unicodedata.combining(letter))
        plain = _OTHER_LETTERS.sub("_", plain).strip("_.-")[:64]
        plain = f"_{plain}"[:64] if plain[:1].isdigit() else plain
        if not plain or plain in made:
            warnings.add(field, "dropped", name, "is no name of a member, and what it held was left out")
            continue
        made[plain] = value
        warnings.add(field, "read_as", name, f"is no name of a member, and was read as {plain}")
    return made


class ParamReader:
    """Reads one event's params; `params` is what came of them, copied once something has changed.

    Parameters
    ----------
    event_name
        Ours.
    given
        Params of fitting names.
    warnings
        Where what is odd is noted.

    `unnamed` tells whether an order goes by a placeholder, as it might anywhere: `name_order` gives it an id.
    """

    def __init__(self, event_name: str, given: dict[str, Any], warnings: EventWarnings) -> None:
        self.params = given
        self.unnamed = False
        self._value_currency = ""
        self._name = event_name
        self._given = given
        self._warnings = warnings

    def read(self) -> None:  # noqa: C901 - one question for each kind of param
        """Bring every param that the engine reads into its form; raises `InvalidError` for an event without meaning."""
        name = self._name
        params = self.params if self.params is self._given else dict(self.params)  # which are changed meanwhile
        for param, value in params.items():
            if param not in _READ_HERE:
                if (meant := param_meant(param)) and meant not in params:
                    self._warnings.add("params", "unknown", param, f"is read by nobody; did you mean {meant}?")
                continue
            if param in _TEXTS:
                if not isinstance(value, str) and value is not None:
                    self._text(param, value)
            elif param in _CHECKED:
                if param != "birthday" and value is not None and not self._plain(param, value):
                    self._amount(param, value)
            elif param in _FLAGS and not isinstance(value, bool) and value is not None:
                self._flag(param, value)
        if self._value_currency:
            self._settle_currency(self._value_currency)
        if name in ORDER_EVENTS:
            self._order_id()
        if name in SEARCH_EVENTS and not str(self.params.get("search_term") or "").strip():
            raise InvalidError(
                "search_term_missing", f"{name} needs params.search_term, got {show_value(params.get('search_term'))}"
            )
        if name in SCORES:
            self._scores()
        if name == "birthday_given" or params.get("birthday") is not None:
            self._birthday()
        if name == "campaign_cost":
            self._cost()

    def leave_out(self, param: str) -> None:
        """Take a param out that is told elsewhere."""
        self.put(param, _GONE)

    def put(self, param: str, value: object) -> None:
        """Set a param, or take it out for `_GONE`."""
        if self.params is self._given:
            self.params = dict(self._given)
        if value is _GONE:
            self.params.pop(param, None)
        else:
            self.params[param] = value

    def _plain(self, param: str, value: object) -> bool:
        """Whether a value is in its form already, as most are."""
        if param == "currency":
            return (
                isinstance(value, str) and len(value) == 3 and value.isascii() and value.isalpha() and value.isupper()
            )
        return type(value) in (int, float) and 0 <= value < MOST_MONEY  # type: ignore[operator]

    def _drop(self, param: str, value: object, why: str) -> None:
        self._warnings.add(f"params.{param}", "dropped", value, f"{why}, and was left out")
        self.put(param, _GONE)

    def _text(self, param: str, value: object) -> None:
        text = text_of_id(value)
        if text is None:
            self._drop(param, value, "is no text")
        else:
            self.put(param, text[:MAX_TEXT])

    def _flag(self, param: str, value: object) -> None:
        flag = flag_of(value)
        if flag is None:
            self._drop(param, value, "is neither true nor false")
        else:
            self._warnings.add(f"params.{param}", "read_as", value, f"was read as {str(flag).lower()}")
            self.put(param, flag)

    def _amount(self, param: str, value: object) -> None:
        """Read what is not in its form: a currency, a value, a duration."""
        field = f"params.{param}"
        if param == "currency":
            self.put(param, read_currency_code(value, field, self._warnings) or _GONE)
            return
        amount, currency = read_amount(value, field, self._warnings)
        if amount is not None and amount < 0:
            if param == "value" and self._name in UNDONE_EVENTS:
                self._warnings.add(field, "read_as", value, "was read without its sign: it goes back")
                amount = -amount
            elif param == "value" and self._name in ORDERED_EVENTS:
                self._warnings.add(field, "read_as", value, "was read as 0: no order is worth less")
                amount = 0.0
            else:
                self._warnings.add(field, "dropped", value, "is below 0, and was left out")
                amount = None
        self.put(param, _GONE if amount is None else amount)
        if currency and param == "value":
            self._value_currency = currency

    def name_order(self, *told: str) -> None:
        """Give an order that goes by a placeholder an id made of what is told of it: told again it is the same."""
        made = f"unnamed-{event_id_of('order', *told)}"
        for param in ("transaction_id", "order_id"):
            value = self.params.get(param)
            if value is not None:
                self._warnings.add(f"params.{param}", "placeholder", value, f"names no order, which goes by {made}")
                self.put(param, made)

    def name_currency(self, currency: str) -> None:
        """Take a currency that an amount's text named, unless the event names its own."""
        if currency and self.params.get("currency") is None:
            self.put("currency", currency)

    def _settle_currency(self, of_value: str) -> None:
        """Say in what a value counts whose text names another currency than the event does."""
        self.name_currency(of_value)
        named = self.params["currency"]
        if named != of_value:
            self._warnings.add("params.value", "read_as", of_value, f"counts as {named}, which the event names")

    def _order_id(self) -> None:
        """Refuse an event of an order that does not name it; a number is its digits, and a long id stays the same."""
        transaction = self._name in TRANSACTION_EVENTS
        names = [param for param in ("transaction_id", "order_id") if self.params.get(param) is not None]
        unnamed = [param for param in names if is_placeholder_word(text_of_id(self.params[param]) or "-")]
        for param in names:
            value = self.params[param]
            if param in unnamed and len(unnamed) < len(names):  # the other names the order
                self._warnings.add(f"params.{param}", "placeholder", value, "names no order, and was left out")
                self.put(param, _GONE)
                continue
            text = text_of_id(value)
            if text is not None and len(text) > MAX_ORDER_ID:
                digest = event_id_of(text)
                self._warnings.add(f"params.{param}", "shortened", value, f"is long, and goes by {digest}")
                text = digest
            if text is not None and is_placeholder_word(text):
                self.unnamed = self._name in ORDERED_EVENTS
                text = text if self.unnamed else None
            if text is None:
                self.put(param, _GONE)
            elif text != value:
                self.put(param, text)
        if not (self.params.get("transaction_id") or self.params.get("order_id")):
            needs = "transaction_id" if transaction else "order_id"
            given = self._given.get("transaction_id", self._given.get("order_id"))
            raise InvalidError(
                f"{needs}_missing", f"{self._name} needs params.{needs}, text or a number, got {show_value(given)}"
            )

    def _scores(self) -> None:
        """Leave out answers off their scale; raises `InvalidError` for an event without any answer."""
        code = odd = ""
        found = False
        for param, least, most in SCORES[self._name]:
            value = self.params.get(param)
            if value is None:
                continue
            score = given = _score(self.params, param, most)
            if score is not None and param == "rating" and least <= score <= most and not (2 * score).is_integer():
                score = round(2 * score) / 2
                self._warnings.add(f"params.{param}", "read_as", value, f"was read as {score:g}")
            if score is None or not least <= score <= most or not (score.is_integer() or param == "rating"):
                kind = "a number" if param == "rating" else "a whole number"
                odd = odd or f"params.{param} must be {kind} from {least} to {most}, got {show_value(value)}"
                code = code or f"{param}_invalid"
                self._drop(param, value, f"is not {kind} from {least} to {most}")
                continue
            found = True
            if score != given or score_of(self.params, param) is None:
                self.put(param, score)
        if found:
            return
        if odd:
            raise InvalidError(code, odd)
        wanted = " or ".join(f"params.{field} ({low} to {high})" for field, low, high in SCORES[self._name])
        first = SCORES[self._name][0][0]
        raise InvalidError(f"{first}_missing", f"{self._name} needs {wanted}, got {show_value(self._given.get(first))}")

    def _birthday(self) -> None:
        """Write a birthday as an ISO date; raises `InvalidError` where the event is of nothing else."""
        value = self.params.get("birthday")
        day = _read_day(value)
        if day is not None:
            if day != value:
                self._warnings.add("params.birthday", "read_as", value, f"was read as {day}")
                self.put("birthday", day)
            return
        if self._name == "birthday_given":
            code = "birthday_missing" if value in (None, "") else "birthday_invalid"
            raise InvalidError(
                code, f"{self._name}: params.birthday must be an ISO date such as 1990-04-23, got {show_value(value)}"
            )
        self._drop("birthday", value, "is no ISO date such as 1990-04-23")

    def _cost(self) -> None:
        """Refuse a cost without amount, or of nothing."""
        given = self.params.get("cost")
        if given is None:
            raise InvalidError("cost_missing", f"campaign_cost needs params.cost, got {show_value(given)}")
        amount, currency = read_amount(given, "params.cost", self._warnings)
        if amount is None or amount < 0:
            raise InvalidError("cost_invalid", f"params.cost must be a number of 0 or more, got {show_value(given)}")
        if amount != given:
            self.put("cost", amount)
        self.name_currency(currency)
        params = self.params
        if not any(isinstance(params.get(field), str) and params[field] for field in ("campaign", "source", "medium")):
            raise InvalidError(
                "campaign_missing", "campaign_cost needs params.campaign, params.source or params.medium"
            )


def _score(params: Mapping[str, Any], param: str, most: int) -> float | None:
    """A number, or digits as text, with a comma too, or of the most there is: `4/5`."""
    value = params[param]
    score = score_of(params, param)
    if score is not None or not isinstance(value, str) or len(value) > 20:
        return score
    of_most = _OF_MOST.fullmatch(value)
    if of_most is not None:
        return float(of_most[1].replace(",", ".")) if int(of_most[2]) == most else None
    money = read_money(value)
    return money.amount if money is not None and not money.currency else None


def _read_day(value: object) -> str | None:
    """Give a date as ISO writes it; None for none, and for one whose day and month cannot be told apart."""
    if not isinstance(value, str) or len(value) > 40:
        return None
    text = value.strip()
    if len(text) == 8 and text.isascii() and text.isdecimal():
        text = f"{text[:4]}-{text[4:6]}-{text[6:]}"
    if found := _DAY.fullmatch(text):
        year, month, day = (int(part) for part in found.groups())
    elif found := _DOTTED.fullmatch(text):
        day, month, year = (int(part) for part in found.groups())
    elif found := _SLASHED.fullmatch(text):
        one, other, year = (int(part) for part in found.groups())
        if one <= 12 and other <= 12 and one != other:
            return None
        day, month = (one, other) if one > 12 else (other, one)
    else:
        return None
    try:
        return date(year, month, day).isoformat()
    except ValueError:
        return None
