"""GET /v1/recommendations: one list of products for one visitor."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request, Response

from api import decide, schemas
from api.bodies import answer
from api.keys import public_site
from api.site import Site
from api.state import state_of
from models import recommend
from models.events import parse_visitor_id
from models.feed import parse_category

router = APIRouter(tags=["decisions"])


@router.get(
    "/v1/recommendations",
    summary="Recommend products",
    responses={200: {"model": schemas.Recommendations}, **schemas.problems(401, 422)},
)
async def get_recommendations(
    request: Request,
    site: Annotated[Site, Depends(public_site)],
    visitor_id: Annotated[str, Query(description="Whom for; empty for nobody known.", examples=["v-1042"])] = "",
    strategy: Annotated[str, Query(description="One of " + ", ".join(recommend.STRATEGIES) + ".")] = "for_you",
    item_id: Annotated[str, Query(description="The product the list stands beside.")] = "",
    limit: Annotated[int, Query(ge=1, le=recommend.MAX_LIMIT)] = 10,
    category: Annotated[str, Query(description="Only at or below this path, as in `Home > Kitchen`.")] = "",
    exclude: Annotated[
        list[str] | None, Query(description="Product ids left out; repeat, or separate by commas.")
    ] = None,
    refill: Annotated[bool, Query(description="Whether later tiers fill the list up.")] = True,
) -> Response:
    """Rank products as of now.

    Every event accepted before this call is reflected. Products out of stock, hidden, in the visitor's cart or just
    ordered are left out. `tier` says which step of the ladder answered, `reason` why; items that a later tier filled
    in carry their own.
    """
    query = recommend.Query(
        strategy=recommend.parse_strategy(strategy),
        item_id=item_id,
        limit=limit,
        category=parse_category(category),
        exclude=frozenset(one for part in exclude or [] for one in part.split(",") if one),
        refill=refill,
    )
    deciding = await decide.begin(state_of(request), site, parse_visitor_id(visitor_id) if visitor_id else "")
    found = deciding.recommend(query)
    deciding.log()
    request.scope["tier"] = found.tier
    return answer({**deciding.head(), **decide.list_view(query, found)})
