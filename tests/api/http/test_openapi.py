"""OpenAPI: the document says which key each route needs, and names our problems alone."""

from typing import Any

from tests.api.http.application import application


def test_the_document_says_which_key_each_route_needs_and_names_our_problems_alone() -> None:
    document: dict[str, Any] = application().openapi()
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            if path.startswith("/v1/"):
                needed = "secret" if "403" in operation["responses"] else "public"
                assert operation["security"] == [{needed: []}], f"{method} {path}"
    assert "ValidationError" not in str(document)
    assert {"Problem", "Event", "Item"} <= document["components"]["schemas"].keys()
    assert document["components"]["securitySchemes"].keys() == {"public", "secret"}
