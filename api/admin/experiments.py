"""/v1/experiments: what they have told so far, and which variant a visitor meets.

They are set, listed and removed as everything a shop shows is, by `api.admin.catalog`.
"""

import asyncio
import time
from typing import Annotated, Any

from fastapi import APIRouter, Path, Query, Request, Response

from api.admin.reports import FIRST_DAY, LAST_DAY, report_settings, unarchived_of
from api.http.checked_route import CheckedRoute
from api.http.problems import ProblemError, unavailable, unknown
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.experiments import ExperimentAssignment, ExperimentResults
from api.runtime.authentication import SecretSite
from api.runtime.begin_decision import begin_decision
from api.runtime.site import Site
from api.runtime.state import State, state_of
from api.runtime.store_access import follow_newest_catalog
from models.catalog.resources import Experiment
from models.events.intake.parsing import parse_visitor_id
from models.experiments.assignment import GLOBAL_HOLDOUT, assign, shares
from models.experiments.sequential import Estimate
from store.archive.archive import ArchiveUnavailableError
from store.archive.experiment_results import Asked, Judged, asked_of, asked_of_holdout
from store.archive.reports import judge_experiment, parse_day

router = APIRouter(tags=["experiments"], route_class=CheckedRoute)
ExperimentId = Annotated[str, Path(description=f"Its `experiment_id`, or `{GLOBAL_HOLDOUT}`.", examples=["hero-test"])]


@router.get(
    "/v1/experiments/{experiment_id}/results",
    summary="Say what an experiment has told so far",
    responses={200: {"model": ExperimentResults}, **problems(401, 403, 404, 422, 503)},
)
async def get_results(
    request: Request,
    experiment_id: ExperimentId,
    site: SecretSite,
    first_day: FIRST_DAY = None,
    last_day: LAST_DAY = None,
) -> Response:
    """Compare each variant with the first, by visitors, from each one's first exposure on.

    Look as often as you like: intervals and p-values hold at every look together.
    """
    state = state_of(request)
    first, last = parse_day(first_day, "from"), parse_day(last_day, "to")
    asked = await _asked(state, site, experiment_id)
    unarchived, settings = await unarchived_of(state, site), await report_settings(state, site)
    try:
        async with state.running.reporting:
            judged = await asyncio.to_thread(
                judge_experiment, state.stores.archive, site.name, asked, first, last, unarchived, settings
            )
    except ArchiveUnavailableError as error:
        raise unavailable("archive_unavailable", str(error)) from error
    return answer({"experiment_id": experiment_id, "from": first_day, "to": last_day, **_view(judged)})


@router.get(
    "/v1/experiments/{experiment_id}/assignment",
    summary="Say which variant a visitor meets, and why",
    responses={200: {"model": ExperimentAssignment}, **problems(401, 403, 404, 422, 503)},
)
async def get_assignment(
    request: Request,
    experiment_id: ExperimentId,
    site: SecretSite,
    visitor_id: Annotated[str, Query(description="Whom for: the id the page sends.", examples=["v-1042"])],
) -> Response:
    """Look up a visitor's variant now; nobody is exposed by it."""
    state = state_of(request)
    experiment = await _experiment(site, experiment_id)
    decision = await begin_decision(state, site, parse_visitor_id(visitor_id))
    found = assign(
        experiment,
        site.name,
        visitor_id,
        decision.visitor.targeting.segments,
        time.time(),
        holdout=decision.visitor.holdout,
    )
    return answer(
        {
            "experiment_id": experiment_id,
            "visitor_id": visitor_id,
            "variant_id": found.variant.variant_id if found.variant else None,
            "why": found.why,
            "holdout": decision.visitor.holdout,
            "segments": sorted(decision.visitor.targeting.segments),
            "shares": dict(
                zip((variant.variant_id for variant in experiment.variants), shares(experiment), strict=True)
            ),
        }
    )


async def _asked(state: State, site: Site, experiment_id: str) -> Asked:
    if experiment_id != GLOBAL_HOLDOUT:
        return asked_of(await _experiment(site, experiment_id))
    asked = asked_of_holdout(state.config.holdout_share)
    if asked is None:
        raise ProblemError(
            404, "holdout_unknown", f"there is no holdout: holdout_share is {state.config.holdout_share:g}"
        )
    return asked


async def _experiment(site: Site, experiment_id: str) -> Experiment:
    await follow_newest_catalog(site)
    found = site.assortment.experiments.get(experiment_id)
    if found is None:
        raise unknown(site.name, "experiment", experiment_id)
    return found


def _view(judged: Judged) -> dict[str, Any]:
    found = judged.results
    ratio = found.sample_ratio
    return {
        "metric": judged.asked.metric,
        "verdicts": found.verdicts,
        "reasons": found.reasons,
        "sample_ratio": {
            "holds": ratio.holds,
            "chi_square": ratio.chi_square,
            "p_value": ratio.p_value,
            "expected": dict(zip(judged.asked.shares, ratio.expected, strict=True)),
            "observed": {group.variant_id: group.visitors for group in found.groups},
        },
        "left_out": judged.left_out,
        "variants": [
            {
                "variant_id": group.variant_id,
                "visitors": group.visitors,
                "impressions": int(group.impressions),
                "clicks": int(group.clicks),
                "orders": group.orders,
                "buyers": group.buyers,
                "revenue": group.revenue,
                "metrics": {
                    result.metric: {
                        "value": result.value,
                        "difference": _interval(result.comparison.difference if result.comparison else None),
                        "lift": _interval(result.comparison.lift if result.comparison else None),
                        "p_value": result.comparison.p_value if result.comparison else None,
                        "verdict": result.verdict or None,
                        "reasons": result.reasons,
                    }
                    for result in found.results
                    if result.variant_id == group.variant_id
                },
            }
            for group in found.groups
        ],
    }


def _interval(estimate: Estimate | None) -> dict[str, float] | None:
    return None if estimate is None else estimate._asdict()
