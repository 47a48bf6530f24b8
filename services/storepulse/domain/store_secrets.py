"""Secrets of a store: their kinds and formats.

`signing`: the store's servers sign their calls with it. `shopify`: Shopify signs its webhooks with
it. `telegram_bot_token`: the token of the store's bot, which verifies its init data.
`telegram_bot_id`: the id of a bot whose token we do not have.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from storepulse.domain.errors import Rejected
from storepulse.domain.payload_signer import LEAST_BYTES, MOST_BYTES

SecretKind = Literal["signing", "shopify", "telegram_bot_token", "telegram_bot_id"]
KINDS: tuple[SecretKind, ...] = get_args(SecretKind)
#: The kind that we generate if none is given.
GENERATED: SecretKind = "signing"
GENERATED_PREFIX = "sgn_"

_PRINTABLE = re.compile(rf"[!-~]{{{LEAST_BYTES},{MOST_BYTES}}}").fullmatch
_BOT_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{30,64}").fullmatch
_BOT_ID = re.compile(r"[1-9][0-9]{2,19}").fullmatch


def check_secret(kind: SecretKind, secret: str) -> None:
    """Raise Rejected, which never contains the secret, if it is not valid for its kind."""
    match kind:
        case "telegram_bot_token":
            if _BOT_TOKEN(secret) is None:
                raise Rejected("secret", "must be a bot's token, as in 123456:ABC…")
        case "telegram_bot_id":
            if _BOT_ID(secret) is None:
                raise Rejected("secret", "must be a bot's id, which is a number")
        case _:
            if _PRINTABLE(secret) is None:
                reason = f"must have {LEAST_BYTES} to {MOST_BYTES} ASCII characters without blanks"
                raise Rejected("secret", reason)


def generated_secret(kind: SecretKind, entropy: bytes) -> str:
    """A signing secret of 32 random bytes. Raises Rejected for kinds that others issue."""
    if kind != GENERATED:
        raise Rejected("secret", f"is given out by others for {kind}; state it")
    return GENERATED_PREFIX + entropy.hex()
