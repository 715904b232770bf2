"""Store access: what a store gives is given on, and its silence becomes the problem a route says it is."""

import asyncio

import pytest

from api.http.problems import ProblemError
from api.runtime.store_access import ask_store, store_errors_translated


def test_what_a_store_gives_is_given_on() -> None:
    assert asyncio.run(ask_store("away", divmod, 7, 2)) == (3, 1)


def test_a_store_that_does_not_answer_is_the_routes_problem_to_try_again() -> None:
    def silent(_: str) -> None:
        raise ConnectionRefusedError("6379")

    with pytest.raises(ProblemError) as refused:
        asyncio.run(ask_store("the shelf does not answer", silent, "demo"))
    assert (refused.value.status, refused.value.code) == (503, "store_unavailable")
    assert refused.value.detail == "the shelf does not answer"
    assert refused.value.headers == {"Retry-After": "2"}
    assert isinstance(refused.value.__cause__, ConnectionRefusedError)


def test_other_errors_stay_what_they_are() -> None:
    with pytest.raises(ZeroDivisionError):
        asyncio.run(ask_store("away", divmod, 7, 0))
    with pytest.raises(ProblemError, match="gone"), store_errors_translated("away"):
        raise ProblemError(404, "shelf_unknown", "gone")
