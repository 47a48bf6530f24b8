"""`storepulse destinations`, as a program."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from tests.support import commands, inline_commands
from tests.support.inline_commands import run_json
from tests.support.world import World

from storepulse.adapters.settings import Settings
from storepulse.demo.receiver import Conduct, Message, Receiver


@pytest.fixture
def settings(module_world: World) -> Settings:
    return module_world.settings.model_copy(update={"delivery_addresses": "private"})


@pytest.fixture
def heard() -> list[Message]:
    return []


@pytest.fixture
def receiver(heard: list[Message]) -> Iterator[Receiver]:
    with Receiver(0, Conduct(), heard.append) as listening:
        yield listening


def test_from_adding_to_removing(
    settings: Settings, receiver: Receiver, heard: list[Message]
) -> None:
    made = run_json(
        settings, "destinations", "add", "crm", "--url", receiver.url, "--stream", "cart",
        "--stream", "activity", "--batch-events", "1", "--retry", "1,2", "--store", "shop",
    )  # fmt: skip
    secret = made["secret"]
    assert secret.startswith("whsec_")
    assert (made["streams"], made["retry_seconds"]) == (["activity", "cart"], [1, 2])

    receiver.conduct.secrets = [secret]
    answer = run_json(settings, "destinations", "test", "crm")
    assert (answer["taken"], answer["status"]) == (True, 204)
    assert [m.signed for m in heard] == [True]
    assert heard[0].events[0]["event_id"] == answer["event_id"]
    assert heard[0].events[0]["session_id"] == "storepulse-trial"

    ended = run_json(settings, "destinations", "rotate", "crm", "--expires-in", "90m")
    assert [end is None for end in ended["secret_ends"]["signing"]] == [True, False]
    rotated = run_json(settings, "destinations", "rotate", "crm")["secret"]
    for valid in (secret, rotated):
        receiver.conduct.secrets = [valid]
        assert run_json(settings, "destinations", "test", "crm")["taken"]
    run_json(settings, "destinations", "rotate", "crm", "--retire")
    receiver.conduct.secrets = [secret]
    refused = run_json(settings, "destinations", "test", "crm", code=1)
    assert (refused["taken"], refused["status"], refused["verdict"]) == (False, 401, "retry")

    assert run_json(settings, "destinations", "pause", "crm")["status"] == "paused"
    assert run_json(settings, "destinations", "resume", "crm")["status"] == "active"
    headers = 'headers={"Authorization": "Bearer abc"}'
    run_json(settings, "destinations", "update", "crm", "--config", headers)
    changed = run_json(
        settings, "destinations", "update", "crm", "--stream", "", "--rate", "5", "--store", ""
    )
    assert (changed["streams"], changed["rate_per_second"], changed["store_id"]) == ([], 5, None)
    assert changed["config"] == {"url": receiver.url, "headers": {"Authorization": "…"}}
    assert run_json(settings, "destinations", "show", "crm") == changed

    code, out, _ = inline_commands.run(settings, "destinations", "ls")
    assert (code, "crm" in out, secret in out) == (0, True, False)
    assert run_json(settings, "destinations", "rm", "crm")["discarded"] == 0
    assert all(row["name"] != "crm" for row in run_json(settings, "destinations", "ls"))


def test_a_secret_comes_from_the_environment(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = ("destinations", "add", "ga", "--kind", "ga4", "--config", "measurement_id=G-ABCD1234",
             "--stream", "activity")  # fmt: skip
    monkeypatch.setenv("GA_SECRET", "geheim")
    code, out, err = commands.run(settings, *words, "--secret-env", "api_secret=GA_SECRET")
    assert code == 0, err
    assert "geheim" not in out + err
    code, _, err = commands.run(settings, *words, "--secret-env", "api_secret=UNSET_ONE")
    assert (code, "UNSET_ONE" in err) == (2, True)


@pytest.mark.parametrize(
    ("words", "code", "said"),
    [
        (("show", "none"), 1, "no destination 'none'"),
        (("add", "crm", "--url", "gopher://x/"), 1, "config.url"),
        (("add", "crm", "--url", "https://x.example/", "--stream", "carts"), 1, "known are"),
        (("add", "crm", "--url", "https://x.example/", "--config", "url"), 2, "NAME=VALUE"),
        (("add", "crm", "--url", "https://x.example/", "--retry", "soon"), 2, "--retry"),
        (("update", "none"), 1, "no destination"),
        (
            ("add", "ga", "--kind", "ga4", "--config", "measurement_id=G-ABCD1234"),
            1,
            "streams: ga4 gets only streams that are named; name some of activity, campaign,",
        ),
        (
            (
                "add",
                "m",
                "--kind",
                "meta_capi",
                "--config",
                "pixel_id=1234567",
                "--stream",
                "heatmap",
            ),
            1,
            "streams: meta_capi has no use for 'heatmap'",
        ),
    ],
)
def test_mistakes_are_named(
    module_world: World, words: tuple[str, ...], code: int, said: str
) -> None:
    status, _, err = inline_commands.run(module_world.settings, "destinations", *words)
    assert status == code
    assert said in err


def test_addresses_beyond_the_reach_and_folders_elsewhere_are_refused(settings: Settings) -> None:
    public = settings.model_copy(update={"delivery_addresses": "public"})
    for words, field in (
        (("inside", "--url", "https://10.0.0.1/"), "config.url"),
        (("here", "--url", "http://127.0.0.1:9/"), "config.url"),
        (("pics", "--kind", "image_archive", "--config", "folder=/etc/cron.d"), "config.folder"),
        (("pics", "--kind", "image_archive", "--config", "folder=../x"), "config.folder"),
    ):
        code, _, err = inline_commands.run(public, "destinations", "add", *words)
        assert (code, field in err) == (1, True), err
    code, _, err = inline_commands.run(
        settings, "destinations", "add", "old-meta", "--kind", "meta_capi", "--stream", "activity",
        "--config", "pixel_id=12345", "--config", "version=v9.0",
        "--secret-env", "access_token=HOME",
    )  # fmt: skip
    assert code == 0, err
    assert "warning: Graph API v9.0 is old" in err
    shown = run_json(settings, "destinations", "show", "old-meta")
    assert shown["config"]["version"] == "v9.0"
