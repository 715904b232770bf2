"""/v1/archive: files that could not be read, written anew."""

import asyncio
from typing import Annotated, Any

from fastapi import APIRouter, Query, Request, Response

from api.http.checked_route import CheckedRoute
from api.http.problems import unavailable
from api.http.request_body import answer
from api.http.schemas.documenting import problems
from api.http.schemas.operations import MendedArchive
from api.runtime.authentication import AdminSite
from api.runtime.site import Site
from api.runtime.state import State, state_of
from store.log.groups import ARCHIVE_GROUP
from store.log.log import LogRecreatedError, LogUnavailableError
from store.refusals import UNAVAILABLE

router = APIRouter(tags=["operations"], route_class=CheckedRoute)


@router.post(
    "/v1/archive/mend",
    summary="Mend the archive",
    responses={200: {"model": MendedArchive}, **problems(401, 403, 422, 503)},
)
async def mend_archive(
    request: Request,
    site: AdminSite,
    *,
    drop: Annotated[bool, Query(description="Remove, too, files of which something is lost.")] = False,
) -> Response:
    """Write anew what files that could not be read held, as far as the log still has it, and tell what is lost. What an
    erasure took stays gone.
    """
    state = state_of(request)
    try:
        async with state.running.reporting:
            mended = await asyncio.to_thread(_mend, state, site, drop=drop)
    except (LogUnavailableError, LogRecreatedError, *UNAVAILABLE) as error:
        raise unavailable("archive_unavailable", f"the archive is not mended yet: {error}") from error
    return answer({"files": mended})


def _mend(state: State, site: Site, *, drop: bool) -> list[dict[str, Any]]:
    """Mend; PyArrow is loaded by whoever does, since most processes of the API never do."""
    from store.archive.mending import mend
    from store.archive.writer import ArchiveWriter

    writer = ArchiveWriter(state.config.archive_directory, state.letters.unreadable)
    share = state.config.holdout_share
    mended = mend(writer, state.logs.events, ARCHIVE_GROUP, site.name, share, drop=drop)
    return [file._asdict() for file in mended]
