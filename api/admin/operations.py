"""What ops staff ask: is it alive, is it ready, how far behind is it, what was set aside."""

import asyncio
from typing import Any

from fastapi import APIRouter, Depends, Request, Response

from api.http import metrics
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unavailable
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.operations import StreamStatus
from api.runtime.authentication import SecretSite, operations_reader
from api.runtime.state import state_of
from api.runtime.stream_gauges import EVENT_OUTCOMES, lags
from store.log.log import LogUnavailableError
from store.refusals import UNAVAILABLE

_REPLAY_GROUP = "replay"
_READ_RECORDS = 1_000

router = APIRouter(tags=["operations"], route_class=CheckedRoute)


@router.head("/healthz", include_in_schema=False)
@router.get("/healthz", summary="Is the process alive")
async def healthz() -> Response:
    """Answer as long as the process runs."""
    return answer({"status": "alive"})


@router.head("/readyz", include_in_schema=False)
@router.get("/readyz", summary="Can it do what it promises", responses=problems(503))
async def readyz(request: Request) -> Response:
    """Answer 200 once catalog and models are loaded, the decision path is warm and events are taken: one is appended to
    see. `troubles` names what fails and stops neither.
    """
    state = state_of(request)
    if not state.running.ready.is_set():
        raise ProblemError(503, "not_ready", "catalog and models are not loaded yet", {"Retry-After": "1"})
    if trouble := await state.intake_probe.trouble():
        raise unavailable("intake_unavailable", f"no events are taken: {trouble}")
    return answer({"status": "ready", "troubles": state.health.troubles})


@router.head("/metrics", include_in_schema=False, dependencies=[Depends(operations_reader)])
@router.get(
    "/metrics",
    summary="Prometheus metrics",
    response_class=Response,
    responses=problems(401, 403),
    dependencies=[Depends(operations_reader)],
)
async def get_metrics() -> Response:
    """Give the metrics of all API processes; with a key that reads, unless the setting `open_operations` opens them."""
    return Response(metrics.exposition(), media_type="text/plain; version=0.0.4; charset=utf-8")


@router.get(
    "/v1/status",
    summary="How far along the stream is",
    responses={200: {"model": StreamStatus}, **problems(401, 403, 503)},
)
async def get_status(request: Request, site: SecretSite) -> Response:
    """Give this site's events by outcome, the share of them that name items unknown to the catalog, each flow's lag,
    and the models' version."""
    state = state_of(request)
    try:
        lag = await asyncio.to_thread(lags, state.logs.events)
        await asyncio.to_thread(state.rejected.store)
        counts = await asyncio.to_thread(state.stores.profiles.counts, site.name, state.logs.events.partitions)
    except (LogUnavailableError, *UNAVAILABLE) as error:
        raise unavailable("store_unavailable", "a store does not answer; try again") from error
    return answer(
        {
            "site": site.name,
            "events": {outcome: counts.get(outcome, 0) for outcome in EVENT_OUTCOMES},
            "events_on_items": _on_items(counts),
            "lag": lag,
            "models": {"version": site.snapshot.version, "events": site.snapshot.events},
            "catalog": {kind: len(getattr(site.assortment, kind)) for kind in ("items", "creatives", "campaigns")},
        }
    )


def _on_items(counts: dict[str, int]) -> dict[str, Any]:
    """How many events name items, and how many of them an item the catalog does not know."""
    total, unknown = counts.get("on_items", 0), counts.get("on_unknown_items", 0)
    return {"total": total, "unknown": unknown, "unknown_share": round(unknown / total, 4) if total else 0.0}
