"""Segment's own library for Python, as it comes from its registry, pointed at us."""

import uuid
from typing import Any

import pytest
from segment.analytics.client import Client  # type: ignore[import-untyped]

from tests.api.conftest import Api, new_visitor


@pytest.mark.parametrize("compressed", [False, True])
def test_the_python_library_needs_no_change(api: Api, compressed: bool) -> None:
    device, older, user, failed = new_visitor(), new_visitor(), f"user-{new_visitor()}", list[Any]()
    client = Client(
        write_key=api.keys.secret_key,
        host=api.url,
        gzip=compressed,
        max_retries=0,
        on_error=lambda error, _: failed.append(error),
    )
    order = {
        "order_id": uuid.uuid4().hex,
        "revenue": 22,
        "currency": "EUR",
        "products": [{"product_id": "p1", "price": 11, "quantity": 2}],
    }
    client.track(anonymous_id=device, event="Product Viewed", properties={"product_id": "p1", "price": 11})
    client.identify(user_id=user, anonymous_id=device, traits={"birthday": "1990-05-17"})
    client.alias(older, user)
    client.page(user, "Docs", "Home", {"url": "https://shop.example/?utm_source=letter&utm_medium=email"})
    client.screen(user, "Shop", "Cart")
    client.group(user, "wholesale")
    client.track(user, "Order Completed", order)
    client.flush()
    client.join()
    assert failed == []
    api.wait_until_learned()
    seen = api.secret.get(f"/v1/visitors/{user}").json()
    assert seen["devices"] == sorted([device, older])
    assert (seen["value"]["orders"], seen["value"]["lifetime_value"]) == (1, 22.0)
    assert (seen["counts"]["view_item"], seen["counts"]["page_view"]) == (1, 1)


def test_a_wrong_write_key_is_told_to_the_library(api: Api) -> None:
    failed = list[Any]()
    client = Client(write_key="no-key", host=api.url, max_retries=0, on_error=lambda error, _: failed.append(error))
    client.track("u", "Product Viewed", {"product_id": "p1"})
    client.flush()
    client.join()
    assert [error.status for error in failed] == [401]
