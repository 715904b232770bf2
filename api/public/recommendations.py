"""GET /v1/recommendations: one list of products for one visitor."""

from fastapi import APIRouter, Request, Response

from api.http.hot_route import HotRoute
from api.http.page_parameters import PAGE_LOCATION, page_context
from api.http.query_parameters import Parameters, described
from api.http.request_body import answer
from api.http.schemas.decisions import Recommendations
from api.http.schemas.documenting import problems
from api.http.storage_consent import CONSENT_PARAMETER
from api.runtime.authentication import asking
from api.runtime.begin_decision import agent_of, begin_decision
from api.runtime.decision_views import list_view
from api.runtime.state import state_of
from api.runtime.visitor_access import Access, tokens_of_request, visitor_consent
from models.catalog.feed_fields import parse_category
from models.catalog.strategies import STRATEGIES, parse_strategy
from models.decisions import recommend
from models.events.intake.parsing import parse_served_id

router = APIRouter(tags=["decisions"], route_class=HotRoute)

_PARAMETERS = [
    described("visitor_id", "Whom for; empty for nobody known.", examples=["v-1042"]),
    described("visitor_token", "Of a known visitor, or of a device they hold; or as the header `X-Visitor-Token`."),
    described("strategy", "How the list is made.", enum=list(STRATEGIES), default="for_you"),
    described("item_id", "The product the list stands beside.", examples=["sku-1"]),
    described(
        "limit",
        "Products asked for.",
        kind="integer",
        minimum=1,
        maximum=recommend.MAX_LIMIT,
        default=recommend.DEFAULT_LIMIT,
    ),
    described("category", "Only at or below this path.", examples=["Home > Kitchen"]),
    described(
        "exclude", "Product ids left out, with their variants; repeat, or separate by commas.", examples=["sku-2,sku-3"]
    ),
    described(
        "threshold", "For `threshold_nudge`: the cart value to reach.", kind="number", minimum=0, examples=[50.0]
    ),
    described("refill", "Whether later tiers fill the list up.", kind="boolean", default=True),
    described(
        "explain",
        "Whether each product comes with what each learner contributes to its score.",
        kind="boolean",
        default=False,
    ),
    PAGE_LOCATION,
    CONSENT_PARAMETER,
]


@router.get(
    "/v1/recommendations",
    summary="Recommend products",
    responses={200: {"model": Recommendations}, **problems(401, 422)},
    openapi_extra={"parameters": _PARAMETERS},
)
async def get_recommendations(request: Request) -> Response:
    """Rank products as of now.

    Every event accepted before this call is reflected. Products out of stock, hidden, in the visitor's cart or just
    ordered are left out; of the variants of one product one is named. `tier` says which step of the ladder
    answered, `reason` why; items that a later tier filled in carry their own.
    """
    caller = asking(request)
    site = caller.site
    given = Parameters(request)
    visitor_id = given.value("visitor_id")
    query = recommend.Query(
        strategy=parse_strategy(given.value("strategy", "for_you")),
        item_id=given.value("item_id"),
        limit=given.whole("limit", recommend.DEFAULT_LIMIT, 1, recommend.MAX_LIMIT),
        category=parse_category(given.value("category")),
        exclude=given.listed_ids("exclude"),
        refill=given.flag("refill", True),
        threshold=given.amount("threshold", 0.0),
    )
    explain = given.flag("explain", False)
    page, denied = page_context(given.source), visitor_consent(request, caller).unknowing
    visitor_id = parse_served_id(visitor_id)
    access = Access(state_of(request), caller, tokens_of_request(request))
    decision = await begin_decision(
        state_of(request), site, visitor_id, agent_of(request), access, page=page, denied=denied
    )
    query = decision.asked(query)
    found = decision.recommend(query)
    decision.log()
    request.scope["tier"] = found.tier
    config, decision_id = state_of(request).config, decision.decision_id
    return answer({**decision.head(), **list_view(query, found, config, decision_id, explain=explain)})
