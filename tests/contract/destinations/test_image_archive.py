"""Archived images: fetched or carried, judged, kept once, in a folder and by Cloudflare Images."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from dataclasses import replace
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import unquote, urlsplit

import pytest
from tests.contract.destinations.harness import attempt, refused_field, serving
from tests.support.delivered_events import NOW, batch, event
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver, refusing_url
from tests.support.vendors import Cloudflare

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.kinds import KINDS, kinds_of
from storepulse.destinations.rules.images import MOST_BYTES, images_of, media_type
from storepulse.destinations.rules.model import DeliveryOutcome, Destination, Event

KIND = KINDS["image_archive"]
TO = Destination("d-1", "images", "image_archive", secrets={"api_token": ["token"]})
PNG = b"\x89PNG\r\n\x1a\n" + b"png" * 50
JPEG = b"\xff\xd8\xff\xe0" + b"jpeg" * 50
GIF = b"GIF89a" + b"gif" * 50
WEBP = b"RIFF\x00\x00\x00\x00WEBPVP8 " + b"webp" * 50


class Pictures:
    """A host of images whose answers a test sets by path."""

    def __init__(self, server: Receiver) -> None:
        self.server = server
        self.replies: dict[str, Reply] = {}

    def url(self, path: str) -> str:
        return f"{self.server.url}{path}"


@pytest.fixture
def pictures() -> Iterator[Pictures]:
    def answer(request: Request) -> Reply:
        return found.replies.get(request.path, Reply(404))

    with Receiver(answer) as server:
        found = Pictures(server)
        found.replies = {
            "/p.png": Reply(200, PNG, {"content-type": "image/png"}),
            "/j": Reply(200, JPEG, {"content-type": "text/plain"}),
        }
        yield found


@pytest.fixture
def cloudflare() -> Iterator[tuple[Cloudflare, Receiver]]:
    with serving(Cloudflare()) as served:
        yield served


def cart(**images: str | None) -> Event:
    names = ("generated", "person", "clothing")
    return event("cart", **{f"{name}_image_url": images.get(name) for name in names})


async def send(one: Event, **config: Any) -> DeliveryOutcome:
    return await attempt(TO, batch(one), **config)


async def to_cloudflare(
    one: Event, found: tuple[Cloudflare, Receiver] | str, to: Destination = TO
) -> DeliveryOutcome:
    url = found if isinstance(found, str) else found[1].url
    config = {"account_id": Cloudflare().account, "endpoint": f"{url}/client/v4"}
    to = replace(to, config=config)
    async with SafeClient("private") as client:
        return await KIND.send(to, batch(one), client, NOW)


def file_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def files(folder: Path) -> list[tuple[Path, int]]:
    """The files below a folder and when they were written."""
    return [(p, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()]


# Where images come from and what they are


async def test_images_are_kept_in_a_folder(pictures: Pictures, tmp_path: Path) -> None:
    one = cart(generated=pictures.url("/p.png"), person=pictures.url("/j"))
    outcome = await send(one, folder=str(tmp_path / "im ages"))
    assert (outcome.verdict, outcome.refusals, outcome.omissions) == ("delivered", {}, {})
    png, jpeg = outcome.archived
    assert (png.event_id, png.store_id) == (one.event_id, one.store_id)
    assert (png.field, png.source_url) == ("generated_image_url", pictures.url("/p.png"))
    assert (png.media_type, png.size) == ("image/png", len(PNG))
    assert file_of(png.archived_url).read_bytes() == PNG
    assert file_of(png.archived_url).name == f"{sha256(PNG).hexdigest()}.png"
    # What it is say its bytes, not its sender.
    assert (jpeg.media_type, file_of(jpeg.archived_url).suffix) == ("image/jpeg", ".jpg")


async def test_a_destination_without_a_folder_keeps_them_in_the_settings_home(
    pictures: Pictures, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (elsewhere := tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(elsewhere)
    kind = kinds_of(tmp_path / "home")["image_archive"]
    kind.check({}, {})
    async with SafeClient("private") as client:
        target = replace(TO, config={}, secrets={})
        one = batch(cart(person=pictures.url("/p.png")))
        (kept,) = (await kind.send(target, one, client, NOW)).archived
    assert file_of(kept.archived_url).is_relative_to(tmp_path / "home" / "images")
    assert file_of(kept.archived_url).read_bytes() == PNG
    assert list(elsewhere.iterdir()) == []


async def test_images_that_the_event_carries(tmp_path: Path) -> None:
    text = "data:image/png;base64," + base64.b64encode(GIF).decode()
    one = event(metadata=json.dumps({"image": text, "note": "x", "photo_image": "no url"}))
    outcome = await send(one, folder=str(tmp_path))
    (kept,) = outcome.archived
    assert (kept.field, kept.source_url, kept.media_type) == ("image", "", "image/gif")
    assert file_of(kept.archived_url).read_bytes() == GIF


async def test_again_changes_nothing(pictures: Pictures, tmp_path: Path) -> None:
    one = cart(generated=pictures.url("/p.png"), person=pictures.url("/p.png"))
    first = await send(one, folder=str(tmp_path))
    before = files(tmp_path)
    assert await send(one, folder=str(tmp_path)) == replace(
        first, seconds=pytest.approx(first.seconds, abs=1e9)
    )
    assert files(tmp_path) == before
    assert len(before) == 1


async def test_an_event_without_images_is_left_out(tmp_path: Path) -> None:
    outcome = await send(cart(), folder=str(tmp_path))
    assert outcome.omissions == {cart().event_id: "has no image"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(200, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), "is no JPEG"),
        (Reply(200, b"<html>", {"content-type": "image/png"}), "is no JPEG"),
        (Reply(200, b""), "is no JPEG"),
        (Reply(200, PNG + b"x" * MOST_BYTES), "is larger than 10485760 bytes"),
        (Reply(404), "status 404"),
        (Reply(403), "status 403"),
        (Reply(410), "status 410"),
        (Reply(302, b"", {"location": "/p.png"}), "status 302"),
    ],
)
async def test_images_that_are_none(
    pictures: Pictures, tmp_path: Path, reply: Reply, reason: str
) -> None:
    """Only the event fails: the destination is well, and its other image is kept."""
    pictures.replies["/bad"] = reply
    one = cart(generated=pictures.url("/bad"), person=pictures.url("/p.png"))
    outcome = await send(one, folder=str(tmp_path))
    assert outcome.verdict == "delivered"
    assert outcome.refusals[one.event_id].startswith("generated_image_url: ")
    assert reason in outcome.refusals[one.event_id]
    assert [kept.field for kept in outcome.archived] == ["person_image_url"]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_host_that_is_busy_is_asked_again(
    pictures: Pictures, tmp_path: Path, status: int
) -> None:
    pictures.replies["/busy"] = Reply(status, b"", {"retry-after": "11"})
    outcome = await send(cart(person=pictures.url("/busy")), folder=str(tmp_path))
    assert (outcome.verdict, outcome.status, outcome.retry_after) == ("retry", status, 11.0)
    assert outcome.error == f"person_image_url: cannot be fetched: status {status}"


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/latest/meta-data/", "http://10.0.0.1/x.png",
     "https://user:word@img.example/x.png"],
)  # fmt: skip
async def test_links_to_what_is_ours(tmp_path: Path, url: str) -> None:
    outcome = await send(cart(person=url), folder=str(tmp_path))
    assert outcome.verdict == "delivered"
    assert "address: " in outcome.refusals[cart().event_id]
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    ["data:image/png;base64,!!!!", "data:image/png", "data:image/svg+xml,<svg/>",
     "data:image/png;base64,aGFsbG8="],
)  # fmt: skip
async def test_carried_images_that_are_none(tmp_path: Path, text: str) -> None:
    one = event(metadata=json.dumps({"image": text}))
    outcome = await send(one, folder=str(tmp_path))
    assert outcome.verdict == "delivered"
    assert outcome.refusals[one.event_id].startswith("image: is no ")


async def test_a_folder_that_takes_nothing(pictures: Pictures, tmp_path: Path) -> None:
    (tmp_path / "file").write_bytes(b"")
    outcome = await send(cart(person=pictures.url("/p.png")), folder=str(tmp_path / "file"))
    assert outcome.verdict == "retry"
    assert "Not a directory" in outcome.error


@pytest.mark.parametrize(
    ("content", "kind"),
    [(PNG, "image/png"), (JPEG, "image/jpeg"), (GIF, "image/gif"), (WEBP, "image/webp")],
)
def test_kinds_of_images(content: bytes, kind: str) -> None:
    assert media_type(content) == kind


def test_which_fields_name_images() -> None:
    free = {
        "image": "https://a.example/1",
        "IMAGE_URL": "https://a.example/2",
        "avatar_image": "https://a.example/3",
        "imagery": "https://a.example/4",
        "old_image_url": "ftp://a.example/5",
        "new_image_url": 6,
    }
    assert list(images_of(event(metadata=json.dumps(free)))) == [
        ("image", "https://a.example/1"),
        ("avatar_image", "https://a.example/3"),
    ]
    many = {f"n{n}_image": "https://a.example/" for n in range(50)}
    assert len(list(images_of(event(metadata=json.dumps(many))))) == 8


# Cloudflare Images


async def test_images_are_uploaded(
    pictures: Pictures, cloudflare: tuple[Cloudflare, Receiver]
) -> None:
    vendor, _ = cloudflare
    outcome = await to_cloudflare(cart(person=pictures.url("/j")), cloudflare)
    name = sha256(JPEG).hexdigest()
    assert vendor.kept == {name: ("image/jpeg", JPEG)}
    assert outcome.archived[0].archived_url == f"https://imagedelivery.net/hash/{name}/public"


async def test_an_upload_that_was_cut_off_before_its_answer_is_found_again(
    pictures: Pictures, cloudflare: tuple[Cloudflare, Receiver]
) -> None:
    vendor, _ = cloudflare
    one = cart(person=pictures.url("/j"))
    first = await to_cloudflare(one, cloudflare)
    second = await to_cloudflare(one, cloudflare)
    assert (vendor.uploads, len(vendor.kept)) == (2, 1)
    assert second.archived == first.archived


@pytest.mark.parametrize(
    ("reply", "retry_after"),
    [
        (Reply(429, {"success": False, "errors": [{"code": 971, "message": "slow down"}]},
               {"retry-after": "40"}), 40.0),
        (Reply(500, b"oops"), None),
        (Reply(503, b""), None),
        (Reply(200, b"not json"), None),
        (Reply(200, {"success": True, "result": {"variants": []}}), None),
    ],
)  # fmt: skip
async def test_backoff(
    pictures: Pictures,
    cloudflare: tuple[Cloudflare, Receiver],
    reply: Reply,
    retry_after: float | None,
) -> None:
    vendor, _ = cloudflare
    vendor.fail_next = [reply]
    one = cart(person=pictures.url("/j"))
    outcome = await to_cloudflare(one, cloudflare)
    assert (outcome.verdict, outcome.status) == ("retry", reply.status)
    assert outcome.retry_after == retry_after
    assert "Cloudflare Images" in outcome.error
    assert (await to_cloudflare(one, cloudflare)).verdict == "delivered"
    assert len(vendor.kept) == 1


async def test_a_wrong_token_is_no_fault_of_the_image(
    pictures: Pictures, cloudflare: tuple[Cloudflare, Receiver]
) -> None:
    to = replace(TO, secrets={"api_token": ["expired-t0ken"]})
    outcome = await to_cloudflare(cart(person=pictures.url("/j")), cloudflare, to)
    assert (outcome.verdict, outcome.status) == ("retry", 403)
    assert "10000 Authentication error" in outcome.error
    assert "expired-t0ken" not in outcome.error


async def test_an_image_that_cloudflare_refuses(
    pictures: Pictures, cloudflare: tuple[Cloudflare, Receiver]
) -> None:
    pictures.replies["/bad"] = Reply(200, PNG + b"corrupt")
    one = cart(person=pictures.url("/bad"))
    outcome = await to_cloudflare(one, cloudflare)
    assert outcome.verdict == "delivered"
    assert "9412 Uploaded image could not be decoded" in outcome.refusals[one.event_id]


async def test_cloudflare_is_away(pictures: Pictures) -> None:
    with refusing_url() as url:
        outcome = await to_cloudflare(cart(person=pictures.url("/j")), url)
    assert outcome.verdict == "retry"
    assert "Cloudflare Images: connect" in outcome.error


ACCOUNT = {"account_id": "0123456789abcdef0123456789abcdef"}


@pytest.mark.parametrize(
    ("config", "secrets", "field"),
    [
        ({"folder": ""}, {}, "config.folder"),
        ({"folder": 5}, {}, "config.folder"),
        ({"folder": "a\0b"}, {}, "config.folder"),
        ({"endpoint": "https://a.example"}, {}, "config.endpoint"),
        ({}, {"api_token": ["t"]}, "secrets.api_token"),
        ({"account_id": "me"}, {"api_token": ["t"]}, "config.account_id"),
        ({**ACCOUNT, "folder": "x"}, {"api_token": ["t"]}, "config.folder"),
        ({**ACCOUNT, "endpoint": "http://a.example"}, {"api_token": ["t"]}, "config.endpoint"),
        (ACCOUNT, {}, "secrets.api_token"),
        ({"bucket": "x"}, {}, "config.bucket"),
    ],
)
def test_declarations_that_are_refused(
    config: dict[str, Any], secrets: dict[str, list[str]], field: str
) -> None:
    assert refused_field("image_archive", config, secrets) == field


def test_declarations_that_are_taken() -> None:
    KIND.check({}, {})
    KIND.check({"folder": "/var/lib/images"}, {})
    KIND.check(ACCOUNT, {"api_token": ["t"]})
