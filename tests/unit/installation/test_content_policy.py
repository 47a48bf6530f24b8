"""What Content Security Policies allow of the tracker."""

from __future__ import annotations

import pytest

from storepulse.installation.content_policy import ContentPolicy, policies_of

PAGE = "https://shop.example/cart"
SCRIPT = "https://events.shop.example/sp/tracker.js"


@pytest.mark.parametrize(
    ("policy", "is_allowed"),
    [
        ("", True),
        ("img-src 'none'", True),
        ("default-src 'self'", False),
        ("default-src 'none'; script-src https:", True),
        ("script-src https:; script-src-elem 'none'", False),
        ("script-src", False),
        ("script-src 'none'", False),
        ("script-src *", True),
        ("SCRIPT-SRC EVENTS.shop.example", True),
        ("script-src *.shop.example", True),
        ("script-src *.events.shop.example", False),
        ("script-src http://events.shop.example", True),
        ("script-src events.shop.example:8443", False),
        ("script-src events.shop.example:*", True),
        ("script-src events.shop.example:80", True),
        ("script-src events.shop.example/sp/", True),
        ("script-src events.shop.example/sp", False),
        ("script-src events.shop.example/sp/tracker.js", True),
        ("script-src 'nonce-abc'", True),
        ("script-src 'nonce-other'", False),
        ("script-src 'strict-dynamic' 'nonce-abc'", True),
        ("script-src 'strict-dynamic' events.shop.example", False),
        ("script-src 'sha384-x'", True),
        ("script-src 'sha384-y'", False),
        ("script-src https:; script-src 'none'", True),
    ],
)
def test_scripts(policy: str, is_allowed: bool) -> None:
    blocked = ContentPolicy.of(policy).blocked_script(
        SCRIPT, PAGE, nonce="abc", integrity="sha384-x"
    )
    assert (blocked is None) == is_allowed


@pytest.mark.parametrize(
    ("source", "page", "is_allowed"),
    [
        ("'self'", "https://events.shop.example/", True),
        ("'self'", "http://events.shop.example/", True),
        ("'self'", "https://events.shop.example:8443/", False),
        ("'self'", PAGE, False),
        ("http:", PAGE, True),
        ("data:", PAGE, False),
        ("[::1]", PAGE, False),
        ("%%", PAGE, False),
    ],
)
def test_requests(source: str, page: str, is_allowed: bool) -> None:
    policy = ContentPolicy.of(f"default-src 'none'; connect-src {source}")
    assert (policy.blocked_connection(SCRIPT, page) is None) == is_allowed
    assert (
        ContentPolicy.of(f"default-src {source}").blocked_connection(SCRIPT, page)
        == (None if is_allowed else policy.blocked_connection(SCRIPT, page))
        or not is_allowed
    )


def test_modules_follow_their_script() -> None:
    module = SCRIPT.replace("tracker.js", "tracker/pixels.js")
    strict = ContentPolicy.of("script-src 'strict-dynamic' 'nonce-abc'")
    assert strict.blocked_module(module, PAGE) is None
    exact = ContentPolicy.of(f"script-src {SCRIPT}")
    assert exact.blocked_module(module, PAGE) is not None
    assert ContentPolicy.of("script-src 'nonce-a'").blocked_module(module, PAGE, nonce="a") is None


def test_every_policy_counts() -> None:
    found = policies_of(["script-src *, connect-src 'none'", ""], ["img-src *", " ; "])
    assert [sorted(policy.directives) for policy in found] == [
        ["script-src"], ["connect-src"], ["img-src"],
    ]  # fmt: skip
