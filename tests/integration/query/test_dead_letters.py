"""`/api/dead-letters`: reading dead letters and bringing them back over HTTP."""

from __future__ import annotations

import base64
import time
from collections.abc import Iterator
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from tests.integration.query.conftest import Reads
from tests.support.dead_letters import actions, add_letter, letters
from tests.support.ingest_records import Record, record

from storepulse.access import keys

ROOT = "/api/dead-letters"


def operator(reads: Reads, *scopes: str, store: UUID | None = None) -> httpx.Client:
    key = keys.new_key("secret")
    with reads.world.connect() as connection:
        keys.store_key(connection, key, kind="secret", scopes=list(scopes), store_id=store)
    return httpx.Client(base_url=reads.url, headers={"x-api-key": key}, timeout=30)


@pytest.fixture
def client(reads: Reads) -> Iterator[httpx.Client]:
    with operator(reads, "ops") as opened:
        yield opened


def add(reads: Reads, original: Record | None = None, **columns: Any) -> UUID:
    with reads.world.connect() as connection:
        return add_letter(connection, original, **columns)


def status(reads: Reads, *ids: UUID) -> list[str]:
    with reads.world.connect() as connection:
        return [row[0] for row in letters(connection, ids, "status")]


def post(client: httpx.Client, path: str, code: int = 200, **body: Any) -> Any:
    answer = client.post(f"{ROOT}/{path}", json=body)
    assert answer.status_code == code, answer.text
    return answer.json()


def test_listing_by_pages_and_groups(reads: Reads, store: str) -> None:
    made = [add(reads, store_id=store) for _ in range(5)]
    add(reads, store_id=store, status="resolved")
    seen: list[str] = []
    cursor = None
    while True:
        more = {} if cursor is None else {"cursor": cursor}
        page = reads.read(ROOT, store_id=store, limit=2, **more)
        seen += [letter["id"] for letter in page["data"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert seen == [str(one) for one in reversed(made)]
    (group,) = reads.read(ROOT + "/groups", store_id=store)["data"]
    assert (group["letters"], group["reason"]) == (5, "refused by the database")
    assert group["newest_id"] == str(made[-1])
    assert sum(hour["letters"] for hour in group["by_hour"]) == 5
    (closed,) = reads.read(ROOT, store_id=store, status="resolved")["data"]
    assert closed["status"] == "resolved"


def test_one_letter_with_event_headers_trail_and_bytes(reads: Reads) -> None:
    sent = record("activity", 1, page_url="</script>\u202e")
    original = Record(sent.key, sent.value, [("trace", b"\xff"), ("tenant", b"x")])
    letter = add(reads, original)
    found = reads.read(f"{ROOT}/{letter}")["data"]
    assert found["event"]["page_url"] == "</script>\u202e"
    assert (found["undecodable"], "raw" in found) == (None, True)
    assert found["raw"] is None
    assert found["headers"] == [
        {"name": "trace", "text": None, "base64": "/w=="},
        {"name": "tenant", "text": "x", "base64": "eA=="},
    ]
    raw = reads.read(f"{ROOT}/{letter}", raw=True)["data"]["raw"]
    assert base64.b64decode(raw["value"]) == original.value
    undecodable = reads.read(f"{ROOT}/{add(reads, Record(None, b'?'))}")["data"]
    assert (undecodable["event"], undecodable["undecodable"]) == (
        None, "the value is not in Confluent's wire format",
    )  # fmt: skip


def test_a_replay_is_rehearsed_then_sent(reads: Reads, client: httpx.Client, store: str) -> None:
    ids = [add(reads, record("activity", n), store_id=store) for n in range(3)]
    closed = add(reads, store_id=store, status="resolved")
    named = [str(one) for one in [*ids, closed]]
    rehearsed = post(client, "replay", ids=named, dry_run=True)["data"]
    assert (rehearsed["sent"], rehearsed["dry_run"]) == (3, True)
    assert rehearsed["skipped"] == {str(closed): "is resolved"}
    assert status(reads, *ids) == ["open"] * 3
    done = post(client, "replay", filter={"store_id": store}, max=2)["data"]
    assert (done["sent"], done["refused"], done["skipped"]) == (2, {}, {})
    assert status(reads, *ids) == ["reprocessing", "reprocessing", "open"]
    with reads.world.connect() as connection:
        assert actions(connection, ids[0]) == ["replayed"]


def test_a_dry_run_answers_the_patched_event(
    reads: Reads, client: httpx.Client, store: str
) -> None:
    letter = add(reads, record("activity", 1, page_url="https://a.example/"), store_id=store)
    broken = add(reads, Record(None, b"?"), store_id=store)
    patch = [{"op": "replace", "path": "/page_url", "value": "https://b.example/"}]
    done = post(client, "replay", filter={"store_id": store}, patch=patch, dry_run=True)["data"]
    (one,) = done["rehearsed"]
    assert (one["id"], one["event"]["page_url"]) == (str(letter), "https://b.example/")
    assert one["goes_to"].endswith("ingest.activity.v1")
    assert list(done["refused"]) == [str(broken)]
    (plain,) = post(client, "replay", ids=[str(broken)], dry_run=True)["data"]["rehearsed"]
    assert plain["event"] is None
    assert status(reads, letter, broken) == ["open", "open"]


def test_parts_of_a_run_pass_each_letter_once(
    reads: Reads, client: httpx.Client, store: str
) -> None:
    ids = [add(reads, record("activity", n), store_id=store) for n in range(3)]
    run, chosen = str(uuid4()), {"filter": {"store_id": store}}
    first = post(client, "replay", **chosen, max=2, run=run)["data"]
    assert (first["sent"], first["run"]) == (2, run)
    # One of them dies again at once: no part of this run takes it, with and without the cursor.
    with reads.world.connect() as connection:
        connection.execute(
            "UPDATE dead_letters SET status = 'open', claimed_until = NULL"
            " WHERE dead_letter_id = %s",
            (ids[0],),
        )
    add(reads, record("activity", 9), store_id=store)  # made since the run began
    second = post(client, "replay", **chosen, max=2, run=run, cursor=first["next_cursor"])["data"]
    assert (second["sent"], second["next_cursor"]) == (1, None)
    assert post(client, "replay", ids=[str(ids[0])], run=run)["data"]["sent"] == 0
    told = client.get(f"{ROOT}/runs/{run}").json()["data"]
    counts = {name: told[name] for name in ("replayed", "under_way", "died_again", "resolved")}
    assert counts == {"replayed": 3, "under_way": 2, "died_again": 1, "resolved": 0}
    assert client.get(f"{ROOT}/runs/{uuid4()}").json()["data"]["replayed"] == 0
    with operator(reads, "ops", store=uuid4()) as other:
        assert other.get(f"{ROOT}/runs/{run}").json()["data"]["replayed"] == 0
    for wrong in ({"cursor": first["next_cursor"]}, {"run": run, "cursor": "e30"}):
        post(client, "replay", 400, **chosen, **wrong)


def test_what_was_discarded_is_reopened_at_once(
    reads: Reads, client: httpx.Client, store: str
) -> None:
    ids = [str(add(reads, store_id=store)) for _ in range(3)]
    done = post(client, "discard", filter={"store_id": store}, why="test data")["data"]
    assert sorted(done["ids"]) == sorted(ids)
    unknown = str(uuid4())
    opened = post(client, "reopen", ids=[*ids, unknown], why="a mistake")
    assert sorted(opened["reopened"]) == sorted(ids)
    assert opened["skipped"] == {unknown: "does not exist"}
    assert status(reads, *map(UUID, ids)) == ["open"] * 3
    post(client, "reopen", 400, ids=ids, id=ids[0])
    post(client, "reopen", 400)


def test_a_bad_patch_is_refused_by_the_field(reads: Reads, client: httpx.Client) -> None:
    letter = add(reads, record("activity", 1))
    patch = [{"op": "replace", "path": "/quantity", "value": "two"}]
    done = post(client, "replay", ids=[str(letter)], patch=patch)["data"]
    assert done["refused"] == {str(letter): "quantity: must be a whole number, not text"}
    assert status(reads, letter) == ["open"]


@pytest.mark.parametrize("dry_run", [True, False])
def test_a_patch_that_grows_without_end_is_refused(
    reads: Reads, client: httpx.Client, *, dry_run: bool
) -> None:
    letter = add(reads, record("activity", 1))
    patch: list[dict[str, Any]] = [{"op": "add", "path": "/zz", "value": ["x"]}]
    patch += [{"op": "copy", "from": "/zz", "path": "/zz/-"}] * 18
    began = time.monotonic()
    refused = post(client, "replay", 400, ids=[str(letter)], patch=patch, dry_run=dry_run)
    assert time.monotonic() - began < 2
    assert refused["details"]["field"] == "patch"
    assert "too much" in refused["details"]["reason"]
    assert status(reads, letter) == ["open"]
    good = [{"op": "replace", "path": "/page_url", "value": "https://shop.example/"}]
    assert post(client, "replay", ids=[str(letter)], patch=good)["data"]["sent"] == 1


BODIES = {
    "empty": b"",
    "half a pair": rb'{"all":true,"patch":[{"op":"add","path":"/a","value":"\ud800"}]}',
    "half a pair in a name": rb'{"\udfff":1}',
    "surrogate bytes": b'{"why":"\xed\xa0\x80"}',
    "not UTF-8": b'{"why":"\xff"}',
    "UTF-16": '{"all":true}'.encode("utf-16"),
    "byte-order mark": b'\xef\xbb\xbf{"all":true}',
    "NaN": b'{"all":true,"max":NaN}',
    "1e999": b'{"all":true,"max":1e999}',
    "5,000 digits": b'{"all":true,"max":' + b"9" * 5_000 + b"}",
    "nested": b'{"patch":' + b"[" * 900 + b"]" * 900 + b"}",
    "nested deep": b"[" * 100_000,
    "NUL in a patch": rb'{"all":true,"patch":[{"op":"remove","path":"/a","why":"\u0000"}]}',
    "trailing": b'{"all":true}x',
    "scalar": b"7",
    "list": b"[]",
    "an id that is a list": b'{"ids":[[]]}',
    "1,001 ids": b'{"ids":[' + b",".join([b'"%s"' % str(uuid4()).encode()] * 1_001) + b"]}",
}


@pytest.mark.parametrize("body", BODIES.values(), ids=BODIES)
def test_a_bad_body_is_refused_on_every_path(
    reads: Reads, client: httpx.Client, body: bytes
) -> None:
    sent = {"content-type": "application/json"}
    with operator(reads, "ops", "admin") as administrator:
        for path in (
            f"{ROOT}/replay", f"{ROOT}/discard", f"{ROOT}/reopen", "/api/destinations",
            f"/api/delivery/events/{uuid4()}/resend", "/api/destinations/none/secrets",
        ):  # fmt: skip
            answer = administrator.post(path, content=body, headers=sent)
            assert answer.status_code in (400, 404), (path, answer.text)
            assert answer.json()["status"] == "error"
            assert answer.status_code == 400 or not path.startswith(ROOT)
        for content_type in ("text/plain", "application/xml", ""):
            answer = administrator.post(
                f"{ROOT}/discard", content=body, headers={"content-type": content_type}
            )
            assert answer.status_code == 400, answer.text


def test_discard_and_reopen(reads: Reads, client: httpx.Client, store: str) -> None:
    letter = add(reads, store_id=store)
    rehearsed = post(client, "discard", filter={"store_id": store}, why="a test", dry_run=True)
    assert (rehearsed["data"]["discarded"], status(reads, letter)) == (1, ["open"])
    done = post(client, "discard", ids=[str(letter), str(uuid4())], why="a test")["data"]
    assert done["discarded"] == 1
    assert list(done["skipped"].values()) == ["does not exist"]
    assert status(reads, letter) == ["discarded"]
    post(client, "reopen", id=str(letter), why="after all")
    assert status(reads, letter) == ["open"]
    trail = reads.read(f"{ROOT}/{letter}")["data"]["trail"]
    assert [(one["action"], one["why"]) for one in trail] == [
        ("discarded", "a test"), ("reopened", "after all"),
    ]  # fmt: skip
    assert post(client, "reopen", 400, id=str(letter))["details"]["reason"].endswith("is open")


@pytest.mark.parametrize(
    ("path", "body", "field"),
    [
        ("replay", {}, "ids"),
        ("replay", {"ids": [str(uuid4())], "all": True}, "ids"),
        ("replay", {"ids": []}, "ids"),
        ("replay", {"all": True, "max": 0}, "max"),
        ("replay", {"all": True, "patch": "x"}, "patch"),
        ("replay", {"filter": {"color": "red"}}, "filter.color"),
        ("replay", {"all": True, "patch": [{"op": "dance", "path": "/x"}]}, "patch"),
        ("replay", {"ids": [str(uuid4())], "to_destination": "nowhere"}, "destination"),
        ("discard", {"all": True}, "why"),
        ("discard", {"all": True, "why": ""}, "why"),
        ("discard", {"all": True, "why": "a\0b"}, "why"),
        ("reopen", {"id": "x"}, "id"),
    ],
)
def test_bad_requests_name_the_field(
    client: httpx.Client, path: str, body: dict[str, Any], field: str
) -> None:
    assert post(client, path, 400, **body)["details"]["field"] == field


def test_unknown_letters_and_parameters(reads: Reads) -> None:
    missing = reads.get(f"{ROOT}/{uuid4()}")
    assert (missing.status_code, missing.json()["code"]) == (404, "NOT_FOUND")
    assert reads.get(ROOT, color="red").status_code == 400
    assert reads.get(ROOT, cursor="x").json()["details"]["field"] == "cursor"


def test_a_key_of_a_store_touches_that_store_alone(reads: Reads, store: str) -> None:
    mine, other = add(reads, store_id=store), add(reads)
    unknown = add(reads, store_id=None)
    with operator(reads, "ops", store=UUID(store)) as client:
        done = post(client, "replay", ids=[str(mine), str(other)], dry_run=True)["data"]
        assert (done["sent"], done["skipped"]) == (1, {str(other): "does not exist"})
        assert post(client, "discard", all=True, why="x")["data"]["discarded"] == 1
        post(client, "reopen", 400, id=str(other))
    assert status(reads, mine, other, unknown) == ["discarded", "open", "open"]


@pytest.mark.parametrize("path", ["replay", "discard", "reopen"])
def test_changes_want_the_scope_on_loopback_too(reads: Reads, path: str) -> None:
    assert httpx.post(f"{reads.url}{ROOT}/{path}", json={}).status_code == 401
    with operator(reads, "read") as client:
        assert post(client, path, 403)["code"] == "FORBIDDEN"
