"""A route that answers a small JSON text and does nothing: Starlette on uvicorn, one process.

python -m bench.contenders.bare_starlette PORT
"""

from __future__ import annotations

import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse
from starlette.routing import Route


async def answer(request: Request) -> JSONResponse:
    test_id = request.path_params["test_id"]
    return JSONResponse({"status": "success", "data": {"test_id": test_id, "variant_id": "a"}})


app = Starlette(routes=[Route("/api/ab-testing/variant/{test_id}", answer)])

if __name__ == "__main__":
    uvicorn.run(
        app, host="127.0.0.1", port=int(sys.argv[1]), log_level="warning", access_log=False,
        loop="uvloop", http="httptools",
    )  # fmt: skip
