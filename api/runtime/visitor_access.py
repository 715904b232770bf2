"""Visitor access: for whom a browser may speak, and whom it is told of: as the site's mode and a token say."""

import time
from collections.abc import Mapping, Sequence
from typing import Any, Final, NamedTuple

import msgspec
from starlette.requests import Request

from api.http.problems import ProblemError
from api.http.storage_consent import StorageConsent, consent_of
from api.runtime.authentication import Caller
from api.runtime.state import State, state_of
from api.runtime.store_access import PROFILES_AWAY, store_errors_translated
from models.access.visitor_token import is_token_of
from models.events.events import Event
from models.events.intake.event_warnings import EventWarnings
from models.events.intake.parsing import ORDERS_OWN
from models.events.names import ORDER_EVENTS
from store.visitors.known_visitors import read_owners

_HEADER: Final = "x-visitor-token"
_FIELDS: Final = ("visitor_token", "user_token")


class Tokens(NamedTuple):
    """The tokens that come with a request or an event: of the visitor's id, and of the user's."""

    visitor: str = ""
    user: str = ""


NO_TOKENS: Final = Tokens()


class SignedEvent(NamedTuple):
    """An event, the tokens that came with it, and what is odd about it."""

    event: Event
    tokens: Tokens
    warnings: EventWarnings


def take_tokens(fields: Any, before: Tokens = NO_TOKENS) -> tuple[Any, Tokens]:
    """Take tokens out of a body's or an event's fields; those of `before` count where there are none."""
    if not isinstance(fields, dict) or not any(name in fields for name in _FIELDS):
        return fields, before
    visitor, user = (fields.get(name) for name in _FIELDS)
    rest = {name: value for name, value in fields.items() if name not in _FIELDS}
    return rest, Tokens(
        visitor if isinstance(visitor, str) and visitor else before.visitor,
        user if isinstance(user, str) and user else before.user,
    )


def tokens_of_request(request: Request, in_address: str = "") -> Tokens:
    """Give the token that came with a request's headers or address."""
    return Tokens(request.headers.get(_HEADER, "") or in_address or request.query_params.get("visitor_token", ""))


def visitor_consent(request: Request, caller: Caller, told: Mapping[str, Any] | None = None) -> StorageConsent:
    """Give what a request says of storing its visitor, in its body's fields among others; of a browser the signals too,
    where the site honours them."""
    site = state_of(request).key_ring.config_of(caller.site.name)
    return consent_of(request, told, honours_signals=caller.is_browser and site.privacy_signals == "honour")


class Access:
    """What one browser's request may see and say; a server may all.

    Parameters
    ----------
    state, caller
        Who asks whom.
    tokens
        What came with the request.
    now_s
        Epoch seconds at which it came, now if not given.
    """

    def __init__(self, state: State, caller: Caller, tokens: Tokens, now_s: float | None = None) -> None:
        self._state = state
        self._caller = caller
        self._tokens = tokens
        self._site = state.key_ring.config_of(caller.site.name)
        self._free = not caller.is_browser or self._site.visitor_tokens == "off"
        self._now_s = time.time() if now_s is None else now_s
        self._judged: dict[tuple[str, str, bool], bool] = {}  # most events of a request are of one visitor

    def may_see(self, visitor_id: str, owner: str) -> bool:
        """Whether to answer for an id, which belongs to `owner`, empty where it is nobody's yet."""
        if visitor_id.startswith(ORDERS_OWN):
            owner = owner or visitor_id  # whoever guesses its number is not who placed the order
        if self._free or not visitor_id or (not owner and self._site.visitor_tokens == "known"):
            return True
        tokens = self._tokens
        return any(
            self._signed(token, name, as_device=name != owner)
            for name in dict.fromkeys((visitor_id, owner))
            if name
            for token in dict.fromkeys((tokens.visitor, tokens.user))
        )

    async def admitted(self, told: Sequence[tuple[Event, Tokens, EventWarnings]]) -> list[Event | ProblemError]:
        """Give each event as it may be told, or why it may not; one without the user's token says nothing of a user."""
        if self._free:
            return [event for event, _, _ in told]
        unsigned = [event.visitor_id for event, tokens, _ in told if not self._signed(tokens.visitor, event.visitor_id)]
        owners: dict[str, str] = {}
        if unsigned:
            with store_errors_translated(PROFILES_AWAY):
                partitions = self._state.logs.events.partitions
                owners = await read_owners(self._state.stores.redis, self._site.site, unsigned, partitions)
        return [self._admitted(event, tokens, owners, warnings) for event, tokens, warnings in told]

    def _admitted(
        self, event: Event, tokens: Tokens, owners: dict[str, str], warnings: EventWarnings
    ) -> Event | ProblemError:
        visitor_id, user_id = event.visitor_id, event.user_id
        is_user = bool(user_id) and (self._signed(tokens.user, user_id) or self._signed(tokens.visitor, user_id))
        owner = user_id if user_id == visitor_id else owners.get(visitor_id, "")
        if visitor_id.startswith(ORDERS_OWN) and event.event not in ORDER_EVENTS:
            owner = owner or visitor_id
        signed = self._signed(tokens.visitor, visitor_id, as_device=owner != visitor_id)
        signed = signed or (is_user and user_id == visitor_id)
        needed = self._site.visitor_tokens == "all" or bool(owner)
        if needed and not signed and not (is_user and user_id == owner):
            return token_missing(visitor_id)
        if user_id and not is_user:
            warnings.add("user_id", "token_missing", user_id, "was left out: no user_token of it came along")
            return msgspec.structs.replace(event, user_id="")
        return event

    def _signed(self, token: str, visitor_id: str, *, as_device: bool = False) -> bool:
        """Whether a token is one of an id; given at first contact, it is one of a device alone."""
        asked = (token, visitor_id, as_device)
        if asked not in self._judged:
            secret, site = self._site.token_secret, self._site.site
            self._judged[asked] = is_token_of(token, secret, site, visitor_id, self._now_s, as_device=as_device)
        return self._judged[asked]


def token_missing(visitor_id: str) -> ProblemError:
    """Give the problem of a request for somebody without their token."""
    return ProblemError(403, "visitor_token_missing", f"visitor_id {visitor_id!r} needs its visitor_token")
