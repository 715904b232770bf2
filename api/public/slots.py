"""GET /v1/slots/{placement}: creatives for one placement and one visitor."""

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.page_parameters import PAGE_LOCATION, page_context
from api.http.query_parameters import Parameters, described
from api.http.request_body import answer
from api.http.schemas.decisions import Slots
from api.http.schemas.documenting import problems
from api.http.storage_consent import CONSENT_PARAMETER
from api.runtime.authentication import asking
from api.runtime.begin_decision import agent_of, begin_decision
from api.runtime.decision_views import slate_view
from api.runtime.site import placement_named
from api.runtime.state import state_of
from api.runtime.visitor_access import Access, tokens_of_request, visitor_consent
from models.catalog.parsing import MAX_SLOTS
from models.events.intake.parsing import parse_served_id

router = APIRouter(tags=["decisions"], route_class=HotRoute)


_PARAMETERS = [
    described("placement", "A placement id.", place="path", required=True, examples=["home_hero"]),
    described("visitor_id", "Whom for; empty for nobody known.", examples=["v-1042"]),
    described("visitor_token", "Of a known visitor, or of a device they hold; or as the header `X-Visitor-Token`."),
    described("count", "Slots; the placement's own by default.", kind="integer", minimum=1, maximum=MAX_SLOTS),
    described(
        "item_id", "The product the page shows: counts where nothing is known of the visitor.", examples=["sku-1"]
    ),
    described("category", "The category the page shows, likewise.", examples=["Home > Kitchen"]),
    PAGE_LOCATION,
    CONSENT_PARAMETER,
]


@router.get(
    "/v1/slots/{placement}",
    summary="Fill a placement",
    responses={200: {"model": Slots}, **problems(401, 404, 422)},
    openapi_extra={"parameters": _PARAMETERS},
)
async def get_slots(request: Request) -> Response:
    """Choose creatives, each with the exact chance it had of being chosen."""
    caller = asking(request)
    site = caller.site
    given = Parameters(request)
    visitor_id, count = given.value("visitor_id"), given.whole("count", None, 1, MAX_SLOTS)
    page, denied = page_context(given.source), visitor_consent(request, caller).unknowing
    visitor_id = parse_served_id(visitor_id)
    access = Access(state_of(request), caller, tokens_of_request(request))
    decision = await begin_decision(
        state_of(request), site, visitor_id, agent_of(request), access, page=page, denied=denied
    )
    known = placement_named(site, request.path_params["placement"])
    slate = decision.fill(known.placement_id, count or known.slots)
    decision.log()
    request.scope["tier"] = slate.tier
    return answer({**decision.head(), "placement": known.placement_id, **slate_view(slate)})
