"""Which store a key may send events for."""

from __future__ import annotations

from storepulse.access.keys import ApiKey
from storepulse.access.store_table import StoreTable
from storepulse.adapters.http.errors import RequestRefused
from storepulse.domain.errors import Rejected
from storepulse.domain.stores import is_name_of, normalised_domain
from storepulse.gateway.decoding import BeaconBatch


def check_store(key: ApiKey, batch: BeaconBatch, stores: StoreTable) -> None:
    """Check that a key tied to a store writes to that store only. Raises RequestRefused 403.

    A publishable key may not use another store's name either, because anyone can read it in the
    shop's pages.
    """
    if key.store_id is None:
        return
    store_id = str(key.store_id)
    for beacon in batch.beacons:
        if beacon.store_id is not None and beacon.store_id.lower() != store_id:
            raise RequestRefused(403, "The API key belongs to another store", "OTHER_STORE")
        if key.kind == "publishable" and hasattr(beacon, "store_name"):
            try:
                name = normalised_domain(beacon.store_name)
            except Rejected:
                continue  # the event is refused later, with field and reason
            store = stores.find(store_id)
            if not is_name_of(name, store_id, None if store is None else store.domain):
                message = "storeName is not a name of the API key's store"
                raise RequestRefused(403, message, "OTHER_STORE")
