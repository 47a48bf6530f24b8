"""Events that the shop's server sends to Storepulse, with the client that any shop's server may
use."""

from __future__ import annotations

from decimal import Decimal

from storepulse.campaign import StartParam
from storepulse.client import Storepulse
from storepulse.client.fields import Line
from storepulse.query.demo_shop.catalogue import CURRENCY
from storepulse.query.demo_shop.chat import Saying
from storepulse.query.demo_shop.visitor import ShopVisitor

METER = "try_on_pictures"


def tell_chat(client: Storepulse, visitor: ShopVisitor, text: str, saying: Saying) -> None:
    """A message to the bot and its answer."""
    chat, fields = visitor.chat, visitor.fields
    if text == "/start":
        client.start_command(chat, **fields)
    else:
        client.user_message(chat, text, **fields)
    if saying.product is not None:
        fields["metadata"] = {"product_id": saying.product}
    client.ai_message(chat, saying.text, **fields)


def tell_picture(client: Storepulse, visitor: ShopVisitor, product: str, address: str) -> None:
    """A picture of a try-on was made: the event, and the usage of the picture generator."""
    about = {"image_url": address, "product_id": product}
    client.track("image_generated", product_id=product, metadata=about, **visitor.fields)
    client.usage(METER, 1, metadata={"session_id": visitor.session_id})


def tell_order(
    client: Storepulse,
    visitor: ShopVisitor,
    order: str,
    total: Decimal,
    lines: list[Line],
    email: str,
) -> None:
    """An order was placed and paid, from the shop's own records."""
    for kind in ("created", "paid"):
        client.order_event(
            kind,
            order,
            value=total,
            currency=CURRENCY,
            items=lines,
            customer_email=email,
            **visitor.fields,
        )


def tell_arrival(
    client: Storepulse, visitor: ShopVisitor, arrival: StartParam, start_param: str
) -> None:
    """A campaign brought a person to the bot."""
    client.campaign_event(
        "WEBAPP_OPEN",
        arrival.campaign_id,
        arrival.tracking_id,
        start_param=start_param,
        session_id=visitor.session_id,
    )
