"""The console's paths: `/analytics` and all below it.

All page addresses get the same page, whose script reads the address, so reloading works. A missing
file gets 404: it is requested by a page of an older build.
"""

from __future__ import annotations

import secrets

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from storepulse.adapters.http.errors import RequestRefused
from storepulse.query.checked_route import QueryCheckedRoute
from storepulse.query.console.files import ASSETS, ConsoleBuild, ConsoleFiles
from storepulse.query.console.policy import PAGE_HEADERS, page_headers

HOME = "/analytics/"
NOT_BUILT = "The console was not built: `make setup` builds it"
_NOT_BUILT_PAGE = """<!doctype html>
<html lang="en"><meta charset="utf-8"><title>Storepulse</title>
<h1>The console was not built</h1>
<p>In the clone of Storepulse, run <code>make setup</code>, then load this page again.
The query API works without it.</p></html>
"""

router = APIRouter(route_class=QueryCheckedRoute, include_in_schema=False)


@router.get("/")
async def get_root(request: Request) -> Response:
    """Redirect browsers to the console."""
    if not _is_browser(request):
        raise RequestRefused(404, "There is no such path", "NOT_FOUND")
    return RedirectResponse(HOME, status_code=302, headers={"vary": "Accept"})


@router.get("/analytics")
@router.get("/analytics/{rest:path}")
async def get_console(request: Request, rest: str = "") -> Response:
    """The page, or a file that it loads."""
    files: ConsoleFiles = request.app.state.console_files
    build = await files.build()
    if build is None:
        if _is_browser(request):
            policy = {"content-security-policy": "default-src 'none'"}
            return HTMLResponse(_NOT_BUILT_PAGE, 404, headers=PAGE_HEADERS | policy)
        raise RequestRefused(404, NOT_BUILT, "NOT_BUILT")
    if rest in build.files or rest.startswith(ASSETS):
        return _file_answer(request, build, rest)
    nonce = secrets.token_urlsafe(16)
    headers = page_headers(nonce, request.app.state.image_origins)
    return HTMLResponse(build.page_with(nonce), headers=headers)


def _file_answer(request: Request, build: ConsoleBuild, name: str) -> Response:
    file = build.files.get(name)
    if file is None:
        raise RequestRefused(404, "The console has no such file", "NOT_FOUND")
    accepted = ",".join(request.headers.getlist("accept-encoding"))
    status, headers, body = file.answer(accepted, request.headers.get("if-none-match", ""))
    response = Response(body, status)
    response.raw_headers.extend(headers)
    return response


def _is_browser(request: Request) -> bool:
    return "text/html" in request.headers.get("accept", "")
