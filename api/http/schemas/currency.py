"""Currency: what a site reckons in, as it is written."""

from typing import Final

from api.http.schemas.documenting import WireForm, write_as
from models.catalog.currency_parsing import MAX_RATES
from models.events.currency import SiteCurrency

_CODES: Final = "What one unit of each other currency is worth in the base, by its ISO 4217 code."
write_as(
    SiteCurrency,
    WireForm(
        notes={
            "base": {
                "type": ["string", "null"],
                "description": "ISO 4217 code; null in answers of a site that has said none.",
                "examples": ["EUR"],
            },
            "rates": {
                "description": _CODES,
                "maxProperties": MAX_RATES,
                "additionalProperties": {"type": "number", "exclusiveMinimum": 0},
                "examples": [{"USD": 0.92, "PLN": 0.23}],
            },
        }
    ),
)
WRITTEN_CURRENCY: Final = SiteCurrency
"""The type to document a body by."""
