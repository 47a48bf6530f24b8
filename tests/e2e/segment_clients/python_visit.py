"""A visit with Segment's client for Python: HOST and KEY, the calls as JSON on stdin."""

import json
import sys

from segment.analytics.client import Client

host, key = sys.argv[1:]
visit = json.load(sys.stdin)
failed: list[str] = []
client = Client(
    key,
    host=host,
    gzip=True,
    upload_interval=0.1,
    on_error=lambda error, _items: failed.append(str(error)),
)
for call in visit:
    method = getattr(client, call.pop("call"))
    method(**call)
client.shutdown()
sys.exit("\n".join(failed) or 0)
