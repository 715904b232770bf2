"""Sender limits: how often a key may ask, a page tell of a visitor, and an address try keys."""

import logging
from time import monotonic

from starlette.types import Scope

from api.http.edge.client_address import ClientAddress
from api.http.edge.limits import BURST_S, VISITOR_BURST_S, Limits
from api.http.edge.token_buckets import TokenBuckets
from api.http.edge.wrong_keys import WrongKeys
from api.http.problems import ProblemError, too_many

_LOGGER = logging.getLogger(__name__)


class SenderLimits:
    """The rates of one process.

    Parameters
    ----------
    limits
        What is allowed.
    """

    def __init__(self, limits: Limits) -> None:
        public, secret, events = limits.rate_per_public_key, limits.rate_per_secret_key, limits.events_per_visitor
        self._limits = limits
        self._public_keys = TokenBuckets(public, public * BURST_S)
        self._secret_keys = TokenBuckets(secret, secret * BURST_S)
        self._visitors = TokenBuckets(events, events * VISITOR_BURST_S)
        self._wrong_keys = WrongKeys()
        self._addresses = ClientAddress(limits.trusted_proxies)
        self._has_warned = False

    def sender_of_request(self, scope: Scope) -> str:
        """Give whose a request is, as `ClientAddress` has it."""
        return self._addresses.sender(scope)

    def page_sender_of(self, scope: Scope) -> str:
        """The same, of a request that a page sent; warns once where a proxy hides who sends."""
        if not self._has_warned and (proxy := self._addresses.unknown_proxy(scope)):
            self._has_warned = True
            _LOGGER.warning(
                "pages' requests come through %s, which trusted_proxies does not name: they count as one sender, in "
                "limits and in what makes an item popular",
                proxy,
            )
        return self.sender_of_request(scope)

    def admit_key(self, site: str, key_id: str, *, is_secret: bool) -> None:
        """Count a request under one of a site's keys; raises `ProblemError` where there are too many."""
        wait_s = (self._secret_keys if is_secret else self._public_keys).draw(f"{site}\n{key_id}", monotonic())
        if wait_s:
            most = self._limits.rate_per_secret_key if is_secret else self._limits.rate_per_public_key
            raise too_many(
                "key_rate_exceeded",
                f"key {key_id!r} of site {site!r} is used for more than {most:g} requests a second",
                wait_s,
            )

    def key_refused(self, scope: Scope, refusal: ProblemError) -> ProblemError:
        """Give the problem of a wrong key: the refusal, or for one of many from the same address, to wait."""
        sender = self.sender_of_request(scope)
        wait_s = self._wrong_keys.tried(sender, monotonic())
        if not wait_s:
            return refusal
        return too_many("keys_tried", f"{sender} has sent too many wrong keys; the last one: {refusal.detail}", wait_s)

    def over_events(self, site: str, visitor_id: str) -> ProblemError | None:
        """Count an event that a page tells of a visitor; gives the problem of one too many."""
        wait_s = self._visitors.draw(f"{site}\n{visitor_id}", monotonic())
        if not wait_s:
            return None
        most = self._limits.events_per_visitor
        detail = f"visitor_id {visitor_id!r} has more than {most:g} events a second; send the rest later"
        return too_many("visitor_rate_exceeded", detail, wait_s)
