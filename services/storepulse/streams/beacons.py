"""What clients send, one module a stream: the typed beacon and the rules beyond its types.

Each module has an `INPUT`. Types and ranges are checked while the JSON is decoded; `own` checks
what types cannot say and gives the stream's own values in the order of its Avro schema. All of it
is pure: a beacon and the rules in, values out, Rejected for what cannot be accepted.
"""

from __future__ import annotations

from storepulse.streams.activity import beacon as activity
from storepulse.streams.beacon import Input
from storepulse.streams.cart import beacon as cart
from storepulse.streams.heatmap import beacon as heatmap
from storepulse.streams.landing import beacon as landing

INPUTS: dict[str, Input] = {
    module.INPUT.stream: module.INPUT for module in (activity, heatmap, cart, landing)
}
