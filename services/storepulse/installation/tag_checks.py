"""Check the tracker's tag in a page, the policies, and the security of its addresses.

Nothing here accesses the network.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from urllib.parse import urljoin, urlsplit
from uuid import UUID

from storepulse.installation.content_policy import ContentPolicy
from storepulse.installation.finding import SiteFinding, fault, ok, unchecked_part, warning
from storepulse.installation.tag import PageTags, ScriptTag

BATCH_PATH = "api/customer-activity/batch"
_LOOPBACK = ("localhost", "127.0.0.1", "::1")
_TAG = (
    '<script defer src="https://GATEWAY/tracker.js" data-store="STORE" data-key="spk_…"></script>'
)


def check_tags(found: PageTags) -> Iterator[SiteFinding]:
    """Check that the page has the tag, once."""
    if not found.tags:
        hint = (
            "It stands in a comment, a template or another script"
            if found.is_in_text
            else "The page's HTML does not name it"
        )
        yield fault(
            "no_tag",
            f"The page has no tag of the tracker. {hint}.",
            f"Put this before </head>: {_TAG} If a tag manager or a script adds it, open the page"
            " with ?storepulse_debug=1 instead.",
        )
        return
    if len(found.tags) > 1:
        yield warning(
            "tag_twice",
            f"The tag stands {len(found.tags)} times on the page; the first one counts.",
            "Remove the others: often the theme has one and a tag manager another.",
        )
    else:
        yield ok("tag", f"The page has the tag of {found.tags[0].src}.")


def check_attributes(tag: ScriptTag) -> Iterator[SiteFinding]:
    """Check the tag's attributes."""
    attributes = tag.attributes
    if not tag.is_classic:
        kind = attributes["type"]
        yield fault(
            "tag_type",
            f'The tag has type="{kind}", so browsers do not run it as it must run.',
            "Remove the attribute. If a consent tool set it, let the tool load the tracker, and use"
            ' data-consent="required" to hold events until consent is given.',
        )
    if "defer" not in attributes and "async" not in attributes:
        yield warning(
            "tag_blocks", "The page waits until the script has loaded.", "Add defer to the tag."
        )
    yield _store_of(attributes.get("data-store", ""))
    yield _key_of(attributes.get("data-key", ""))
    for name in ("pixels", "heatmap", "vitals", "experiments"):
        if attributes.get(f"data-{name}", "").lower() == "false":
            yield warning(
                "tag_boolean",
                f'data-{name}="false" loads the module: the attribute counts by being there.',
                f"Remove data-{name}.",
            )


def _store_of(store: str) -> SiteFinding:
    try:
        UUID(store)
    except ValueError:
        said = "no data-store" if not store else f'data-store="{store[:80]}", which is not an id'
        return fault(
            "store", f"The tag has {said}.", "Set the store's id: storepulse stores ls shows it."
        )
    return ok("store", f"The tag names the store {store}.")


def _key_of(key: str) -> SiteFinding:
    if key.startswith("ssk_"):
        return fault(
            "secret_key",
            "The tag holds a secret key, which everybody can read now.",
            "Rotate it at once (storepulse keys rotate), and put a publishable key, spk_…, here.",
        )
    if not key:
        return fault(
            "no_key",
            "The tag has no data-key.",
            "Make a publishable key, storepulse keys create, and set it as data-key.",
        )
    if not key.startswith("spk_"):
        return fault(
            "key_shape",
            "data-key is not a publishable key.",
            "Publishable keys begin with spk_; storepulse keys ls shows them.",
        )
    return ok("key_shape", "The tag has a publishable key.")


def check_addresses(tag: ScriptTag, page: str) -> Iterator[SiteFinding]:
    """Check that browsers let a page with this URL load the script and send."""
    own = urlsplit(page)
    if own.scheme != "https" and own.hostname not in _LOOPBACK:
        yield fault(
            "insecure_page",
            "The page is served over http: the tracker stays silent there.",
            "Serve the shop over https.",
        )
    for what, url in (("script", tag.src), ("gateway", tag.host)):
        to = urlsplit(url)
        if own.scheme == "https" and to.scheme != "https" and to.hostname not in _LOOPBACK:
            yield fault(
                "mixed_content",
                f"The page is https and the {what}'s address is not: {url}. Browsers block it.",
                "Use an https address for the gateway.",
            )


def check_policies(
    tag: ScriptTag, policies: Sequence[ContentPolicy], page: str
) -> Iterator[SiteFinding]:
    """Check that the Content Security Policies allow the script, its modules and requests."""
    if not policies:
        yield ok("csp", "The page has no Content Security Policy.")
        return
    nonce, integrity = tag.attributes.get("nonce"), tag.attributes.get("integrity", "")
    module = urljoin(tag.host, "tracker/module.js")
    found = []
    for policy in policies:
        if blocked := policy.blocked_script(tag.src, page, nonce=nonce, integrity=integrity):
            found.append(
                fault(
                    "csp_script",
                    f"The page's policy blocks the script: {blocked.directive} {blocked.sources}.",
                    f"Add {_origin_of(tag.src)} to {blocked.directive}, or give the tag the page's"
                    " nonce where the policy has one or says 'strict-dynamic'.",
                )
            )
        elif blocked := policy.blocked_module(module, page, nonce=nonce):
            found.append(
                fault(
                    "csp_modules",
                    "The page's policy blocks the tracker's modules: "
                    f"{blocked.directive} {blocked.sources}.",
                    f"Add {tag.host}tracker/ to {blocked.directive}, or use a nonce.",
                )
                if tag.modules
                else warning(
                    "csp_modules",
                    "The page's policy would block modules, which the tag does not ask for.",
                    f"Before you add one, add {tag.host}tracker/ to {blocked.directive}.",
                )
            )
        if blocked := policy.blocked_connection(tag.host + BATCH_PATH, page):
            found.append(
                fault(
                    "csp_connect",
                    "The page's policy blocks requests to the gateway: "
                    f"{blocked.directive} {blocked.sources}.",
                    f"Add {_origin_of(tag.host)} to connect-src.",
                )
            )
    yield from found or [ok("csp", "The page's Content Security Policy allows the tracker.")]


def check_nothing(reason: str) -> Iterator[SiteFinding]:
    """Findings for what cannot be checked without a tag or a page."""
    for code in ("script", "csp", "key"):
        yield unchecked_part(code, f"Not checked: {reason}.")


def _origin_of(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"
