"""The OpenAPI document against the running API: whatever it allows, and some of what it does not, is answered as the
document says, in the one shape of errors, and never with a fault of ours.

`SHOPWINDOW_TEST_EXAMPLES` sets how many requests each operation is sent, each under a key of every kind.
"""

import os
from typing import Any, Final

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis import checks

from api.app import create_app
from api.http.config import ApiConfig
from shopwindow.embedded_stack import EmbeddedStack

EXAMPLES: Final = int(os.environ.get("SHOPWINDOW_TEST_EXAMPLES", "3"))
CHECKS: Final = [
    checks.not_a_server_error,
    checks.status_code_conformance,
    checks.content_type_conformance,
    checks.response_schema_conformance,
]


def _document() -> dict[str, Any]:
    def opens_nothing() -> Any:
        raise AssertionError

    return create_app(ApiConfig(sites=(), redis_url=""), opens_nothing).openapi()


SCHEMA: Final = schemathesis.openapi.from_dict(_document())
SCHEMA.config.phases.coverage.enabled = False  # its values for arrays of objects cannot be told apart, which it raises


@pytest.mark.timeout(1_200)
@SCHEMA.parametrize()
@settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)
def test_answers_are_those_of_the_document(case: schemathesis.Case[Any], hostile_stack: EmbeddedStack) -> None:
    keys = hostile_stack.settings.sites[0]
    for key in ("wrong-key-of-nobody", keys.public_key, keys.secret_key):
        answer = case.call(base_url=hostile_stack.url, headers={"Authorization": f"Bearer {key}"}, timeout=60)
        case.validate_response(answer, checks=CHECKS)
        if answer.status_code >= 400:
            told = answer.json()
            assert answer.headers["content-type"] == ["application/problem+json"]
            assert (told["status"], told["type"]) == (answer.status_code, f"urn:shopwindow:problem:{told['code']}")
            assert told["detail"]
        if key == "wrong-key-of-nobody" and case.path.startswith("/v1/"):
            assert answer.status_code in (401, 404, 405, 422, 429)
