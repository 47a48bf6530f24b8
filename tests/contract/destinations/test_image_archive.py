"""Archived images: fetched or carried, judged, kept once, in a folder and by Cloudflare Images."""

from __future__ import annotations

import base64
import json
import socket
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, Literal
from urllib.parse import unquote, urlsplit
from uuid import uuid4

import pytest
from tests.contract.destinations.harness import refused_field, serving
from tests.support.delivered_events import NOW, batch, event
from tests.support.http_messages import Reply, Request
from tests.support.receiver import Receiver, refusing_url
from tests.support.vendors import Cloudflare

from storepulse.destinations.http.client import SafeClient
from storepulse.destinations.http.failures import RequestFailed
from storepulse.destinations.kinds import KINDS, kinds_of
from storepulse.destinations.rules.hosts_away import ENOUGH
from storepulse.destinations.rules.image_limits import MOST_BYTES, ImageLimits
from storepulse.destinations.rules.images import images_of, media_type
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
            "/j": Reply(200, JPEG, {"content-type": "application/octet-stream"}),
        }
        yield found


@pytest.fixture
def cloudflare() -> Iterator[tuple[Cloudflare, Receiver]]:
    with serving(Cloudflare()) as served:
        yield served


def cart(**images: str | None) -> Event:
    names = ("generated", "person", "clothing")
    return event("cart", **{f"{name}_image_url": images.get(name) for name in names})


async def send(
    one: Event, home: Path, limits: ImageLimits | None = None, **config: Any
) -> DeliveryOutcome:
    """One attempt, with links to this machine, where the stand-ins for hosts of images are."""
    kind = kinds_of(home, limits)["image_archive"]
    async with SafeClient("private", link_reach="loopback") as client:
        return await kind.send(replace(TO, config=config), batch(one), client, NOW)


async def to_cloudflare(
    one: Event, found: tuple[Cloudflare, Receiver] | str, to: Destination = TO
) -> DeliveryOutcome:
    url = found if isinstance(found, str) else found[1].url
    config = {"account_id": Cloudflare().account, "endpoint": f"{url}/client/v4"}
    to = replace(to, config=config)
    async with SafeClient("private", link_reach="loopback") as client:
        return await KIND.send(to, batch(one), client, NOW)


def file_of(url: str) -> Path:
    return Path(unquote(urlsplit(url).path))


def files(folder: Path) -> list[tuple[Path, int]]:
    """The files below a folder and when they were written."""
    return [(p, p.stat().st_mtime_ns) for p in sorted(folder.rglob("*")) if p.is_file()]


# Where images come from and what they are


async def test_images_are_kept_in_a_folder(pictures: Pictures, tmp_path: Path) -> None:
    one = cart(generated=pictures.url("/p.png"), person=pictures.url("/j"))
    outcome = await send(one, tmp_path, folder="im ages")
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
    async with SafeClient("private", link_reach="loopback") as client:
        target = replace(TO, config={}, secrets={})
        one = batch(cart(person=pictures.url("/p.png")))
        (kept,) = (await kind.send(target, one, client, NOW)).archived
    assert file_of(kept.archived_url).is_relative_to(tmp_path / "home" / "images")
    assert file_of(kept.archived_url).read_bytes() == PNG
    assert list(elsewhere.iterdir()) == []


async def test_images_that_the_event_carries(tmp_path: Path) -> None:
    text = "data:image/png;base64," + base64.b64encode(GIF).decode()
    one = event(metadata=json.dumps({"image": text, "note": "x", "photo_image": "no url"}))
    outcome = await send(one, tmp_path)
    (kept,) = outcome.archived
    assert (kept.field, kept.source_url, kept.media_type) == ("image", "", "image/gif")
    assert file_of(kept.archived_url).read_bytes() == GIF


async def test_again_changes_nothing(pictures: Pictures, tmp_path: Path) -> None:
    one = cart(generated=pictures.url("/p.png"), person=pictures.url("/p.png"))
    first = await send(one, tmp_path)
    before = files(tmp_path)
    assert await send(one, tmp_path) == replace(
        first, seconds=pytest.approx(first.seconds, abs=1e9)
    )
    assert files(tmp_path) == before
    assert len(before) == 1


async def test_an_event_without_images_is_left_out(tmp_path: Path) -> None:
    outcome = await send(cart(), tmp_path)
    assert outcome.omissions == {cart().event_id: "has no image"}


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        (Reply(200, b"<svg xmlns='http://www.w3.org/2000/svg'><script/></svg>"), "is not a JPEG"),
        (Reply(200, b"<html>", {"content-type": "image/png"}), "is not a JPEG"),
        (Reply(200, b""), "is not a JPEG"),
        (Reply(200, PNG + b"x" * MOST_BYTES), "is larger than 10485760 bytes"),
        (Reply(200, PNG, {"content-type": "image/svg+xml; charset=utf-8"}), "is image/svg+xml"),
        (Reply(200, PNG, {"content-type": "text/html"}), "is text/html"),
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
    outcome = await send(one, tmp_path)
    assert outcome.verdict == "delivered"
    assert outcome.refusals[one.event_id].startswith("generated_image_url: ")
    assert reason in outcome.refusals[one.event_id]
    assert [kept.field for kept in outcome.archived] == ["person_image_url"]


@pytest.mark.parametrize("status", [408, 429, 500, 503])
async def test_a_host_that_is_busy_is_asked_again(
    pictures: Pictures, tmp_path: Path, status: int
) -> None:
    pictures.replies["/busy"] = Reply(status, b"", {"retry-after": "11"})
    outcome = await send(cart(person=pictures.url("/busy")), tmp_path)
    assert (outcome.verdict, outcome.status, outcome.retry_after) == ("retry", status, 11.0)
    assert outcome.fault == "source"
    assert outcome.error == f"person_image_url: cannot be fetched: status {status}"


@pytest.mark.parametrize(
    "url",
    ["https://169.254.169.254/latest/meta-data/", "http://10.0.0.1/x.png",
     "https://user:word@img.example/x.png"],
)  # fmt: skip
async def test_links_to_what_is_ours(tmp_path: Path, url: str) -> None:
    outcome = await send(cart(person=url), tmp_path)
    assert outcome.verdict == "delivered"
    assert "address: " in outcome.refusals[cart().event_id]
    assert files(tmp_path) == []


LINKS = [
    "https://127.0.0.1:9/x.png", "http://127.0.0.1:9/x.png", "http://localhost:9/x.png",
    "https://2130706433/x.png", "https://0x7f.1/x.png", "https://127.1/x.png",
    "https://[::1]/x.png", "https://[::ffff:127.0.0.1]/x.png", "https://[::ffff:7f00:1]/x.png",
    "https://[64:ff9b::7f00:1]/x.png", "https://[fd00::1]/x.png", "https://192.168.0.1/x.png",
    "https://inside.example/x.png", "https://mixed.example/x.png", "https://xn--a-/x.png",
    "https://xn--a-.example/x.png", "https://a..example/x.png", f"https://{'a' * 64}.example/x.png",
    "https://img.example:0/x.png",
]  # fmt: skip


@pytest.mark.parametrize("reach", ["loopback", "private"])
@pytest.mark.parametrize("url", LINKS)
async def test_links_are_judged_as_public_wherever_destinations_may_be(
    tmp_path: Path, url: str, reach: Literal["loopback", "private"]
) -> None:
    """Refused for good: a visitor's link becomes no better."""

    async def names(host: str) -> list[str]:
        known = {"inside.example": ["10.0.0.1"], "mixed.example": ["1.1.1.1", "127.0.0.1"]}
        # As systems resolve other forms of addresses.
        return known.get(host) or [socket.inet_ntoa(socket.inet_aton(host))]

    kind = kinds_of(tmp_path)["image_archive"]
    async with SafeClient(reach, resolve=names) as client:
        one = cart(person=url)
        outcome = await kind.send(replace(TO, config={}), batch(one), client, NOW)
    assert outcome.verdict == "delivered"
    assert outcome.refusals[one.event_id].startswith("person_image_url: address: ")
    assert files(tmp_path) == []


async def test_a_name_that_changes_its_answer_gains_nothing(tmp_path: Path) -> None:
    """The connection goes to an address that was judged, not to the next answer."""
    answers = [["192.0.2.1"], ["127.0.0.1"]]

    async def names(_host: str) -> list[str]:
        return answers.pop(0)

    with Receiver(lambda _: Reply(200, PNG)) as server:
        async with SafeClient("private", resolve=names) as client:
            for _ in range(2):
                with pytest.raises(RequestFailed) as failed:
                    await client.fetch(f"https://a.example:{server.port}/", timeout=5, limit=9)
                assert failed.value.kind == "address"
    assert server.connections == 0


# What an event and a store may have


async def test_images_beyond_an_events_number_are_left_out(
    pictures: Pictures, tmp_path: Path
) -> None:
    one = cart(generated=pictures.url("/p.png"), person=pictures.url("/j"))
    outcome = await send(one, tmp_path, ImageLimits(event_images=1))
    assert outcome.omissions == {one.event_id: "has more than 1 images: the others are left out"}
    assert [kept.field for kept in outcome.archived] == ["generated_image_url"]


async def test_an_events_images_share_its_bytes(pictures: Pictures, tmp_path: Path) -> None:
    pictures.replies["/large"] = Reply(200, PNG + b"x" * 900)
    limits = ImageLimits(event_bytes=1600)
    two = cart(generated=pictures.url("/large"), person=pictures.url("/j"))
    outcome = await send(two, tmp_path, limits)
    assert "is larger than 800 bytes" in outcome.refusals[two.event_id]
    assert [kept.field for kept in outcome.archived] == ["person_image_url"]
    alone = await send(cart(generated=pictures.url("/large")), tmp_path, limits)
    assert len(alone.archived) == 1


@pytest.mark.parametrize(
    "limits", [ImageLimits(store_images=2), ImageLimits(store_bytes=2 * len(PNG))]
)
async def test_a_store_has_so_much_in_a_day(
    pictures: Pictures, tmp_path: Path, limits: ImageLimits
) -> None:
    kind = kinds_of(tmp_path, limits)["image_archive"]
    to = replace(TO, config={})
    one = cart(person=pictures.url("/p.png"))
    other = replace(one, store_id=str(uuid4()))
    async with SafeClient("private", link_reach="loopback") as client:
        for _ in range(2):
            assert (await kind.send(to, batch(one), client, NOW)).archived
        third = await kind.send(to, batch(one), client, NOW)
        assert (third.verdict, third.archived, third.refusals) == ("delivered", [], {})
        assert "of the day" in third.omissions[one.event_id]
        assert len(pictures.server.requests) == 2
        # Another store has its own, and the next day begins anew.
        assert (await kind.send(to, batch(other), client, NOW)).archived
        assert (await kind.send(to, batch(one), client, NOW + timedelta(days=1))).archived


async def test_a_host_that_is_away_is_asked_no_more_for_a_while(
    pictures: Pictures, tmp_path: Path
) -> None:
    kind = kinds_of(tmp_path)["image_archive"]
    to = replace(TO, config={})
    with Receiver(lambda _: Reply(after=None)) as hanging:
        dead, well = cart(person=f"{hanging.url}/x"), cart(person=pictures.url("/p.png"))
        async with SafeClient("private", link_reach="loopback") as client:
            for n in range(ENOUGH + 2):
                seconds = 0.3 if n < ENOUGH else 15.0
                limited = replace(to, timeout_seconds=seconds)
                outcome = await kind.send(limited, batch(dead), client, NOW)
                assert (outcome.verdict, outcome.fault) == ("retry", "source")
            assert (await kind.send(to, batch(well), client, NOW)).archived
        assert len(hanging.requests) == ENOUGH
    assert "does not answer" in outcome.error


# The folder


async def test_what_is_kept_is_the_owners_alone(pictures: Pictures, tmp_path: Path) -> None:
    outcome = await send(cart(person=pictures.url("/p.png")), tmp_path, folder="a/b")
    path = file_of(outcome.archived[0].archived_url)
    assert path.parent.parent == tmp_path / "images" / "a" / "b"
    assert path.stat().st_mode & 0o777 == 0o600
    for folder in (path.parent, *path.parent.parents):
        if folder == tmp_path:
            break
        assert folder.stat().st_mode & 0o777 == 0o700


@pytest.mark.parametrize("where", ["a", "a/b"])
async def test_a_symbolic_link_leads_nowhere(
    pictures: Pictures, tmp_path: Path, where: str
) -> None:
    (outside := tmp_path / "outside").mkdir()
    link = tmp_path / "home" / "images" / where
    link.parent.mkdir(parents=True)
    link.symlink_to(outside)
    one = cart(person=pictures.url("/p.png"))
    outcome = await send(one, tmp_path / "home", folder="a/b")
    assert (outcome.verdict, outcome.archived) == ("retry", ())
    assert list(outside.iterdir()) == []


async def test_a_link_in_place_of_a_file_is_replaced(pictures: Pictures, tmp_path: Path) -> None:
    name = sha256(PNG).hexdigest()
    (victim := tmp_path / "victim").write_bytes(b"mine")
    link = tmp_path / "images" / name[:2] / f"{name}.png"
    link.parent.mkdir(parents=True)
    link.symlink_to(victim)
    outcome = await send(cart(person=pictures.url("/p.png")), tmp_path)
    assert outcome.archived
    assert victim.read_bytes() == b"mine"
    assert not link.is_symlink()
    assert link.read_bytes() == PNG


@pytest.mark.parametrize("folder", ["/tmp/elsewhere", "../elsewhere"])
async def test_a_folder_that_was_declared_past_the_checks_waits(
    pictures: Pictures, tmp_path: Path, folder: str
) -> None:
    outcome = await send(cart(person=pictures.url("/p.png")), tmp_path, folder=folder)
    assert (outcome.verdict, outcome.fault) == ("retry", "account")
    assert outcome.error.startswith("config.folder: ")
    assert files(tmp_path) == []


@pytest.mark.parametrize(
    "text",
    ["data:image/png;base64,!!!!", "data:image/png", "data:image/svg+xml,<svg/>",
     "data:image/png;base64,aGFsbG8="],
)  # fmt: skip
async def test_carried_images_that_are_none(tmp_path: Path, text: str) -> None:
    one = event(metadata=json.dumps({"image": text}))
    outcome = await send(one, tmp_path)
    assert outcome.verdict == "delivered"
    assert outcome.refusals[one.event_id].startswith("image: is not ")


async def test_a_folder_that_takes_nothing(pictures: Pictures, tmp_path: Path) -> None:
    (tmp_path / "images").mkdir()
    (tmp_path / "images" / "file").write_bytes(b"")
    outcome = await send(cart(person=pictures.url("/p.png")), tmp_path, folder="file")
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
    assert list(images_of(event(metadata=json.dumps(free)), 8)) == [
        ("image", "https://a.example/1"),
        ("avatar_image", "https://a.example/3"),
    ]
    many = {f"n{n}_image": "https://a.example/" for n in range(50)}
    assert len(list(images_of(event(metadata=json.dumps(many)), 8))) == 8


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
        ({"folder": "/var/lib/images"}, {}, "config.folder"),
        ({"folder": "../x"}, {}, "config.folder"),
        ({"folder": "a/../../x"}, {}, "config.folder"),
        ({"folder": "a//x"}, {}, "config.folder"),
        ({"folder": "a/."}, {}, "config.folder"),
        ({"folder": ".hidden"}, {}, "config.folder"),
        ({"folder": "a\\b"}, {}, "config.folder"),
        ({"folder": "~/x"}, {}, "config.folder"),
        ({"folder": "a" * 65}, {}, "config.folder"),
        ({"folder": "/".join("abcdefghi")}, {}, "config.folder"),
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
    KIND.check({"folder": "shops/Shop 1.a"}, {})
    KIND.check(ACCOUNT, {"api_token": ["t"]})
