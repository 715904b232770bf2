"""OpenAPI: the document, with the bodies and problems that endpoints handle by hand."""

from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi

from api.http.schemas import documenting
from api.http.schemas.documenting import BODY_PROBLEMS, EDGE_PROBLEMS


def openapi_document(app: FastAPI) -> dict[str, Any]:
    """The OpenAPI document, with the bodies and problems that endpoints handle by hand."""
    if app.openapi_schema is None:
        document = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        components = document.setdefault("components", {})
        known = components.setdefault("schemas", {})
        known |= {**documenting.components(), "Problem": documenting.Problem.model_json_schema()}
        known.pop("HTTPValidationError", None)
        known.pop("ValidationError", None)
        components["securitySchemes"] = {
            "public": {"type": "http", "scheme": "bearer", "description": "The site's public or secret key."},
            "secret": {"type": "http", "scheme": "bearer", "description": "The site's secret key."},
        }
        for path, operations_of_path in document["paths"].items():
            for operation in operations_of_path.values():
                responses = operation["responses"]
                # What no path fits, such as an id with a line break in it, is there for nobody.
                named = (404,) if "{" in path else ()
                everywhere = EDGE_PROBLEMS + named + (BODY_PROBLEMS if "requestBody" in operation else ())
                for status, documented in documenting.problems(*everywhere).items():
                    responses.setdefault(str(status), documented)
                if "HTTPValidationError" in str(responses.get("422", "")):
                    responses["422"] = documenting.problems(422)[422]
                if path.startswith("/v1/"):
                    operation["security"] = [{"secret" if "403" in responses else "public": []}]
        app.openapi_schema = document
    return app.openapi_schema
