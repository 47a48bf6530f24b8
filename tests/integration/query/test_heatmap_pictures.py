"""Pictures of pages: who stores them, who sees them, and as what they are answered."""

from __future__ import annotations

import base64
import struct
from pathlib import Path
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads
from tests.support.inline_commands import run, run_json

from storepulse.access import keys


def png(width: int = 720, height: int = 1500) -> bytes:
    return b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR" + struct.pack(">II", width, height) + b"\x08\x02\0\0\0"


def put(reads: Reads, store: str, **changed: Any) -> httpx.Response:
    picture = base64.b64encode(png()).decode()
    body = {"page": "/a", "device": "desktop", "width": 1440, "picture": picture}
    return reads.request("PUT", f"/api/heatmap/{store}/pictures", json={**body, **changed})


def pictures(reads: Reads, store: str, page: str = "/a") -> Any:
    return reads.read(f"/api/heatmap/{store}/pictures", page=page)["data"]


def test_a_picture_is_stored_listed_and_answered(reads: Reads, store: str) -> None:
    assert pictures(reads, store) == []
    stored = put(reads, store).json()["data"]
    (listed,) = pictures(reads, store)
    # Twice as many CSS pixels as the file has.
    assert (listed["width"], listed["height"]) == (1440, 3000)
    assert listed["picture_id"] == stored["picture_id"]
    assert (listed["page"], listed["device"], listed["bytes"]) == ("/a", "desktop", len(png()))
    assert (listed["source"], listed["elements"]) == ("uploaded", [])
    path = f"/api/heatmap/{store}/pictures/{stored['picture_id']}"
    answer = reads.get(path)
    assert answer.content == png()
    assert answer.headers["content-type"] == "image/png"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert "sandbox" in answer.headers["content-security-policy"]
    assert pictures(reads, store, "/b") == []


def test_the_next_one_takes_its_place(reads: Reads, store: str) -> None:
    first = put(reads, store).json()["data"]["picture_id"]
    mobile = put(reads, store, device="mobile", width=390).json()["data"]["picture_id"]
    second = put(reads, store, width=1200).json()["data"]["picture_id"]
    listed = {one["device"]: one["picture_id"] for one in pictures(reads, store)}
    assert listed == {"desktop": second, "mobile": mobile}
    assert reads.get(f"/api/heatmap/{store}/pictures/{first}").status_code == 404


def test_it_is_removed_once_and_the_trail_says_by_whom(reads: Reads, store: str) -> None:
    made = put(reads, store).json()["data"]["picture_id"]
    path = f"/api/heatmap/{store}/pictures/{made}"
    other = str(uuid4())
    assert reads.request("DELETE", path.replace(store, other)).status_code == 404
    assert reads.request("DELETE", path).json() == {"status": "success", "picture_id": made}
    assert reads.request("DELETE", path).status_code == 404
    assert pictures(reads, store) == []
    trail = reads.read("/api/audit", store_id=store)["data"]
    told = [(one["action"], one["object"]) for one in trail]
    assert told == [("picture.removed", made), ("picture.stored", made)]
    assert trail[1]["change"]["to"] == {"page": "/a", "device": "desktop", "source": "uploaded"}


def test_a_page_is_found_by_its_address_and_by_its_pattern(reads: Reads, store: str) -> None:
    with reads.world.connect() as connection:
        connection.execute(
            "INSERT INTO stores (store_id, settings, created_by) VALUES (%s, %s, 'test')",
            [store, '{"page_patterns": ["/products/*"]}'],
        )
    stored = put(reads, store, page="https://a.example/products/mug?x=1").json()["data"]
    assert stored["page"] == "/products/*"
    for page in ("/products/*", "/products/cup", "https://a.example/products/mug"):
        assert [one["picture_id"] for one in pictures(reads, store, page)] == [stored["picture_id"]]
    assert put(reads, store, page="/products/mug").json()["data"]["page"] == "/products/*"


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"picture": "no base64!"}, "picture"),
        ({"picture": base64.b64encode(b"<svg/>").decode()}, "picture"),
        ({"picture": base64.b64encode(png(30_000, 1)).decode()}, "picture"),
        ({"picture": ""}, "picture"),
        ({"device": "unknown"}, "device"),
        ({"width": 0}, "width"),
        ({"page": "nowhere"}, "page"),
        ({"more": 1}, "more"),
    ],
)
def test_what_is_no_picture_of_a_page_is_refused(
    reads: Reads, store: str, body: dict[str, Any], field: str
) -> None:
    answer = put(reads, store, **body)
    assert answer.status_code == 400
    assert field in answer.text
    assert pictures(reads, store) == []


def test_a_body_above_the_limit_is_refused(reads: Reads, store: str) -> None:
    large = base64.b64encode(png().ljust(200_000, b"\0")).decode()
    assert put(reads, store, picture=large).status_code == 413
    fits = base64.b64encode(png().ljust(185_000, b"\0")).decode()
    assert put(reads, store, picture=fits).status_code == 200


def test_who_reads_alone_stores_and_removes_none(reads: Reads, store: str) -> None:
    made = put(reads, store).json()["data"]["picture_id"]
    key = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=["read"], store_id=UUID(store))
    headers = {"Authorization": f"Bearer {key}"}
    url = f"{reads.url}/api/heatmap/{store}/pictures"
    assert httpx.get(f"{url}/{made}", headers=headers).status_code == 200
    assert httpx.delete(f"{url}/{made}", headers=headers).status_code == 403
    assert httpx.put(url, json={}, headers=headers).status_code == 403
    assert httpx.get(f"{url}/{made}").status_code == 401


def test_the_command_stores_a_file_and_knows_the_elements(
    reads: Reads, store: str, tmp_path: Path
) -> None:
    file = tmp_path / "page.png"
    file.write_bytes(png(1440, 900).ljust(3_000_000, b"\0"))
    url = "https://a.example/a"
    arguments = ("capture", url, "--store", store, "--picture", str(file), "--device", "tablet")
    (stored,) = run_json(reads.world.settings, *arguments)
    assert (stored["page"], stored["device"], stored["width"]) == ("/a", "tablet", 820)
    (listed,) = pictures(reads, store)
    assert (listed["picture_id"], listed["bytes"]) == (stored["picture_id"], 3_000_000)
    assert listed["taken_by"] == "cli"
    file.write_bytes(b"no picture")
    code, _, err = run(reads.world.settings, *arguments)
    assert code == 1
    assert "is not a picture" in err
