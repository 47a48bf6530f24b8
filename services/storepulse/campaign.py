"""Start parameters of Telegram Mini Apps: a campaign and a tracking id in 64 characters.

    link = "https://t.me/shop_bot/app?startapp=" + StartParamSerializer().serialize(
        StartParam("summer-2026", "t-4f81")
    )

`deserialize` raises Rejected for every text that `serialize` does not write.
"""

from storepulse.domain.errors import Rejected
from storepulse.domain.start_params import StartParam, StartParamSerializer

__all__ = ["Rejected", "StartParam", "StartParamSerializer"]
