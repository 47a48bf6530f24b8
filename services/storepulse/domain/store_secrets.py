"""Secrets of a store: their kinds, and what a secret of each kind looks like.

`signing`: the store's servers sign their calls with it. `shopify`: Shopify signs its webhooks with
it. `telegram_bot_token`: of the store's bot, whose start data it proves. `telegram_bot_id`: of a
bot whose token is not ours to know.
"""

from __future__ import annotations

import re
from typing import Literal, get_args

from storepulse.domain.errors import Rejected
from storepulse.domain.payload_signer import LEAST_BYTES, MOST_BYTES

SecretKind = Literal["signing", "shopify", "telegram_bot_token", "telegram_bot_id"]
KINDS: tuple[SecretKind, ...] = get_args(SecretKind)
#: What we make ourselves where nobody states one.
GENERATED: SecretKind = "signing"
GENERATED_PREFIX = "sgn_"

_PRINTABLE = re.compile(rf"[!-~]{{{LEAST_BYTES},{MOST_BYTES}}}").fullmatch
_BOT_TOKEN = re.compile(r"[0-9]{3,20}:[A-Za-z0-9_-]{30,64}").fullmatch
_BOT_ID = re.compile(r"[1-9][0-9]{2,19}").fullmatch


def check_secret(kind: SecretKind, secret: str) -> None:
    """Raises Rejected, which never holds the secret, for what is none of this kind."""
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
    """A secret for signing, of 32 random bytes. Raises Rejected for kinds that others give out."""
    if kind != GENERATED:
        raise Rejected("secret", f"is given out by others for {kind}; state it")
    return GENERATED_PREFIX + entropy.hex()
