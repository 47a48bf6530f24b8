"""The paths at which visitors ask about tests, and who may: whoever may send events."""

from __future__ import annotations

from storepulse.access.rules.needs import COLLECT
from storepulse.access.rules.routes import Table

VARIANT = "/api/ab-testing/variant/{test_id}"
ACTIVE = "/api/ab-testing/active/{store_id}"
PAGE = "/api/page-config/{page_type}/{slug}"
PUBLIC_READS: Table = {("GET", path): COLLECT for path in (VARIANT, ACTIVE, PAGE)}
