"""Signatures of calls to Storepulse, for shops' servers and for whoever receives such calls.

`PayloadSigner(secret)` takes a secret of the store, or several while they change, newest first. A
missing one raises Misconfigured where it is used, not where the signer is made.

    signer = PayloadSigner(os.environ.get("STORE_SECRET"))
    httpx.post(url, content=body, headers=signed_headers(signer, "shop.example", body))
"""

from __future__ import annotations

import time

from storepulse.domain.errors import Misconfigured, Rejected
from storepulse.domain.payload_signer import (
    SIGNATURE_HEADER,
    TIMESTAMP_HEADER,
    TOLERANCE,
    PayloadSigner,
)

STORE_HEADER = "X-Storepulse-Store"


def signed_headers(
    signer: PayloadSigner, store: str, body: bytes, timestamp: int | None = None
) -> dict[str, str]:
    """The headers of a signed call. `store`: its id or domain; `body`: byte for byte as it is sent;
    `timestamp`: seconds since 1970, now unless stated. Raises Misconfigured without a secret."""
    at = int(time.time()) if timestamp is None else timestamp
    return {
        STORE_HEADER: store,
        TIMESTAMP_HEADER: str(at),
        SIGNATURE_HEADER: signer.sign(body, at),
    }


__all__ = [
    "SIGNATURE_HEADER",
    "STORE_HEADER",
    "TIMESTAMP_HEADER",
    "TOLERANCE",
    "Misconfigured",
    "PayloadSigner",
    "Rejected",
    "signed_headers",
]
