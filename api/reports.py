"""/v1/reports: figures from the archive."""

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query, Request, Response

from api import schemas
from api.bodies import answer
from api.keys import secret_site
from api.problems import ProblemError, unavailable
from api.site import Site
from api.state import state_of
from models.errors import shown
from store.archive import ArchiveUnavailableError
from store.reports import REPORTS, make_report, parse_day

router = APIRouter(tags=["reports"])


@router.get(
    "/v1/reports/{name}",
    summary="Make a report",
    responses={200: {"model": schemas.Report}, **schemas.problems(401, 403, 404, 422, 503)},
)
async def get_report(
    request: Request,
    site: Annotated[Site, Depends(secret_site)],
    name: Annotated[str, Path(description=f"One of {', '.join(REPORTS)}.", examples=["channels"])],
    first_day: Annotated[
        str | None, Query(alias="from", description="First day (UTC).", examples=["2026-01-01"])
    ] = None,
    last_day: Annotated[str | None, Query(alias="to", description="Last day (UTC), included.")] = None,
) -> Response:
    """Give figures from every event archived, or of the days named.

    Events reach the archive within `archive_every_s`; `lag.archive` of `/v1/status` tells how many are on their way.
    """
    if name not in REPORTS:
        raise ProblemError(404, "report_unknown", f"there is no report {shown(name)}; there are {', '.join(REPORTS)}")
    first, last = parse_day(first_day, "from"), parse_day(last_day, "to")
    state = state_of(request)
    try:
        async with state.reporting:  # one at a time: the rest of the API shares the machine
            made = await asyncio.to_thread(make_report, state.archive, site.name, name, first, last)
    except ArchiveUnavailableError as error:
        raise unavailable("archive_unavailable", str(error)) from error
    return answer({"name": name, "from": first_day, "to": last_day, "columns": made.columns, "rows": made.records()})
