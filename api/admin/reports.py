"""/v1/reports: figures from the archive."""

import asyncio
import logging
import time
from typing import Annotated

from fastapi import APIRouter, Path, Query, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.operations import ReportTable
from api.runtime.authentication import SecretSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from models.base.errors import show_value
from models.reports.charts import draw
from models.visitor.contact_policy import zone
from store.archive.archive import ArchiveUnavailableError
from store.archive.experiment_results import Asked, asked_of, asked_of_holdout
from store.archive.report_source import ReportSettings
from store.archive.reports import REPORTS, Report, make_report, parse_day
from store.archive.unarchived import NOTHING_UNARCHIVED, Unarchived, read_unarchived
from store.log.groups import ARCHIVE_GROUP
from store.log.log import LogRecreatedError, LogUnavailableError
from store.refusals import UNAVAILABLE

FIRST_DAY = Annotated[str | None, Query(alias="from", description="First day (UTC).", examples=["2026-01-01"])]
LAST_DAY = Annotated[str | None, Query(alias="to", description="Last day (UTC), included.")]
_LOGGER = logging.getLogger(__name__)

router = APIRouter(tags=["reports"], route_class=CheckedRoute)


@router.get(
    "/v1/reports/{name}",
    summary="Make a report",
    responses={200: {"model": ReportTable}, **problems(401, 403, 404, 422, 503)},
)
async def get_report(
    request: Request,
    site: SecretSite,
    name: Annotated[str, Path(description=f"One of {', '.join(REPORTS)}.", examples=["channels"])],
    first_day: FIRST_DAY = None,
    last_day: LAST_DAY = None,
) -> Response:
    """Give figures from every event accepted, or of the days named; archived yet or not."""
    made = await _made(request, site, name, first_day, last_day)
    head = {"name": name, "from": first_day, "to": last_day, "currency": made.currency or None}
    return answer({**head, "columns": made.columns, "rows": made.records()})


@router.get(
    "/v1/reports/{name}/picture",
    summary="Draw a report",
    response_class=Response,
    responses={
        200: {"content": {"image/svg+xml": {}}, "description": "An SVG drawing of the report's main figures."},
        **problems(401, 403, 404, 422, 503),
    },
)
async def get_picture(
    request: Request,
    site: SecretSite,
    name: Annotated[str, Path(description=f"One of {', '.join(REPORTS)}.", examples=["cohorts"])],
    first_day: FIRST_DAY = None,
    last_day: LAST_DAY = None,
) -> Response:
    """Give a report as an SVG drawing."""
    made = await _made(request, site, name, first_day, last_day)
    days = f"{first_day or 'the first day'} to {last_day or 'today'}"
    return Response(draw(name, made.records(), days), media_type="image/svg+xml")


async def _made(request: Request, site: Site, name: str, first_day: str | None, last_day: str | None) -> Report:
    if name not in REPORTS:
        raise ProblemError(
            404, "report_unknown", f"there is no report {show_value(name)}; there are {', '.join(REPORTS)}"
        )
    first, last = parse_day(first_day, "from"), parse_day(last_day, "to")
    state = state_of(request)
    unarchived = await unarchived_of(state, site)
    settings = await report_settings(state, site)
    if name == "experiments":
        settings = settings._replace(asked=await _experiments(state, site))
    try:
        async with state.running.reporting:  # one at a time: the rest of the API shares the machine
            made = await asyncio.to_thread(
                make_report, state.stores.archive, site.name, name, first, last, unarchived, settings
            )
    except ArchiveUnavailableError as error:
        raise unavailable("archive_unavailable", str(error)) from error
    return made


async def report_settings(state: State, site: Site) -> ReportSettings:
    """Read what the site says that its reports follow; where the store does not answer, what is known here counts."""
    try:
        config = await asyncio.to_thread(state.stores.segments.segment_config, site.name)
        policy = await asyncio.to_thread(state.stores.trigger_config.policy, site.name)
        await site.follow_newest_catalog()
    except UNAVAILABLE as error:
        _LOGGER.warning("the report follows the settings known here: %s", error)
        return ReportSettings(state.config.thresholds, zone(site.policy.time_zone), currency=site.assortment.currency)
    return ReportSettings(config.thresholds, zone(policy.time_zone), currency=site.assortment.currency)


async def unarchived_of(state: State, site: Site) -> Unarchived:
    """Read what is not archived yet; where the log does not answer, reports tell of what is."""
    try:
        return await asyncio.to_thread(_unarchived, state, site)
    except (LogUnavailableError, LogRecreatedError, *UNAVAILABLE) as error:
        _LOGGER.warning("the report has only what is archived: %s", error)
        return NOTHING_UNARCHIVED


def _unarchived(state: State, site: Site) -> Unarchived:
    generations = state.stores.archive.generations
    generations.observe(state.logs.events)
    return read_unarchived(
        state.logs.events, ARCHIVE_GROUP, site.name, state.config.holdout_share, generations.number_of
    )


async def _experiments(state: State, site: Site) -> tuple[Asked, ...]:
    """Every experiment of the site that has begun, by id, and the holdout."""
    try:
        await site.follow_newest_catalog()
    except UNAVAILABLE as error:
        _LOGGER.warning("the report has the experiments known here: %s", error)
    holdout = asked_of_holdout(state.config.holdout_share)
    found = [
        experiment
        for _, experiment in sorted(site.assortment.experiments.items())
        if experiment.began_at_s <= time.time()
    ]
    return tuple(asked_of(judged) for judged in found) + ((holdout,) if holdout else ())
