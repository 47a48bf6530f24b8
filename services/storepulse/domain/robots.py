"""Detection of robots by user agent.

Crawlers, headless and automated browsers, link previews and monitors name themselves in the user
agent. The names come from the package `crawler-user-agents`, a community list, without entries for
people's browsers or servers' HTTP libraries, and with a few of our own.

Robots are labelled, never dropped. People's in-app browsers (Instagram, TikTok, DuckDuckGo) are not
robots, and neither are HTTP libraries and senders of webhooks, which shops' servers use.

Clients choose the text, of any length. So it is truncated, the list is matched in linear time
(re2), and the cache key is a hash of the text.
"""

from __future__ import annotations

from typing import Any

import re2
from crawleruseragents import CRAWLER_USER_AGENTS_DATA

#: The matched length: robots name themselves within it.
_MATCHED_CHARACTERS = 512

_PEOPLE = "is in user agents of people's browsers and phones"
_SERVER = "is an HTTP library, which shops' servers use"
_WEBHOOK = "is a service that reports shops' events"
_APP = "is an app, whose in-app browser names it too"

#: Excluded entries of the list, with reasons. A test checks that the list still has them.
LEFT_OUT = {
    r"008\/": "is in versions of phones' software; its crawler ended in 2014",
    r"AP3A\.240617\.008": "is a build of Android that many phones have",
    r"Butterfly": f"{_PEOPLE} (HTC Butterfly)",
    r"Code\/1\.": f"{_PEOPLE} (the browser of an editor)",
    r"Expanse": f"{_PEOPLE}; taken at the beginning alone",
    r"Fever": f"{_PEOPLE} (Fever Plus)",
    r"Fluid": f"{_PEOPLE} (Fluid)",
    r"NewsBlur": _APP,
    r"Podimo": _APP,
    r"Sogou": f"{_PEOPLE} (Sogou Mobile Browser); its crawlers are named spiders",
    r"Sonic": f"{_PEOPLE} (ViewSonic)",
    r"Tumblr\/": _APP,
    r"Viber": f"{_APP}; taken at the beginning alone",
    r"WhatsApp": f"{_APP}; taken at the beginning alone",
    **dict.fromkeys(
        (
            r"[wW]get", r"Python-urllib", r"python-requests", r"aiohttp", r"httpx", r"libwww-perl",
            r"httpunit", r"Go-http-client", r"Pcore-HTTP", r"okhttp", r"AHC\/",
            r"^Apache-HttpClient", r"Jetty", r"http_get", r"BTWebClient", r"axios",
            r"Amazon CloudFront", r"HttpUrlConnection", r"AnyEvent", r"^curl", r"^PHP-Curl-Class",
            r"node-fetch", r"sindresorhus\/got", r"ALittle Client", r"[mM]echanize",
            r"CustomAsyncHttpClient", r"^HTTPie\/", r"lwp-trivial", r"Indy Library",
        ),
        _SERVER,
    ),
    **dict.fromkeys(
        (
            r"BlingERP", r"Bling ERP", r"Bitbucket-Webhooks", r"ChargeBeeBot",
            r"Cloudflare-Stream-Hook", r"Cloudflare-Stream-Webhook", r"easybill-ImportManager",
            r"Google-Apps-Script", r"GoPay", r"HubSpot", r"IFTTT\/", r"Integromat\/", r"Klaviyo\/",
            r"Make\/", r"Metorik", r"ModularConnector\/", r"Mollie HTTP client", r"Omnisend\/",
            r"PayPal\/", r"Recurly Webhooks\/", r"Retool\/", r"Salesforce\.com",
            r"SendGrid Event API", r"SFDC-Callout\/", r"Shopify-Captain-Hook", r"Snipcart\/",
            r"Sora POS\/", r"SparkPost", r"SparkShipping", r"Stripe\/", r"Svix-Webhooks\/",
            r"Trustly\/", r"TwilioProxy\/", r"WordPress\/", r"Zapier", r"Zendesk Webhook",
        ),
        _WEBHOOK,
    ),
}  # fmt: skip

#: What the list lacks, by kind. The crawlers' are words at the end of robots' names, before a
#: version or the end; names of phones (CUBOT X18, M bot 54, Spider 8) continue differently.
_OWN = {
    "headless": [r"(?i:headless)", "HtmlUnit", "browserless"],
    "automation": [r"(?i:webdriver)", "Cypress/", "TestCafe"],
    "preview": ["^WhatsApp/", "^Viber", "BingPreview", "Pinterestbot"],
    "monitor": ["Google Page Speed Insights"],
    "crawler": [
        r"(?i:(?:[^c]u|[^u])bots?(?:[/;]|$))",
        r"(?i:(?:[^c]u|[a-tv-z])bots?\))",
        r"(?i:spider(?:[/;)]|$))",
        r"(?i:crawl)",
        "^Expanse, ",
    ],
}
_HEADLESS = ("PhantomJS", "HeadlessChrome")
_KIND_OF_TAG = {
    "browser-automation": "automation",
    "social-preview": "preview",
    "monitoring": "monitor",
}

#: The limit for the automaton's memory; ordinary traffic needs less than one MiB.
_AUTOMATON_BYTES = 32 << 20
_NAME_CHARACTERS = 64

_reasons: dict[int, str | None] = {}
_REASONS = 8_192


def bot_reason(user_agent: str) -> str | None:
    """Such as `crawler: googlebot` for a robot's user agent; None if it looks like a person's."""
    # Python's hash is salted per process: nobody can craft two texts with the same hash.
    text = hash(user_agent[:_MATCHED_CHARACTERS])
    if text not in _reasons:
        if len(_reasons) >= _REASONS:
            _reasons.clear()
        _reasons[text] = _find_reason(user_agent[:_MATCHED_CHARACTERS])
    return _reasons[text]


def _find_reason(text: str) -> str | None:
    found = _ROBOT.search(text)
    if found is None:
        return None
    part = found.group()
    kind = next((kind for kind, names in _NAMES.items() if names.search(part)), "crawler")
    return f"{kind}: {_name_around(text, *found.span())}"


def _name_around(text: str, start: int, end: int) -> str:
    """The whole words around a match, in lower case."""
    while end > start and not _is_of_name(text[end - 1]):
        end -= 1
    while start < end and not _is_of_name(text[start]):
        start += 1
    while start and _is_of_name(text[start - 1]):
        start -= 1
    while end < len(text) and _is_of_name(text[end]):
        end += 1
    return text[start:end][:_NAME_CHARACTERS].lower()


def _is_of_name(character: str) -> bool:
    return (character.isascii() and character.isalnum()) or character in "-_."


def _kind_of(pattern: str, tags: list[str]) -> str:
    """The kind of an entry of the list: of its first known tag, else a crawler."""
    if pattern in _HEADLESS:
        return "headless"
    return next((kind for tag, kind in _KIND_OF_TAG.items() if tag in tags), "crawler")


def _compiled(patterns: list[str]) -> Any:  # re2 has no types
    options = re2.Options()
    options.max_mem = _AUTOMATON_BYTES
    options.never_capture = True
    # Sorted, so that patterns with the same beginning share it.
    return re2.compile("|".join(sorted(patterns)), options)


def _patterns_by_kind() -> dict[str, list[str]]:
    """The expressions of each kind, in the order in which kinds are tried."""
    patterns = {kind: list(own) for kind, own in _OWN.items()}
    for entry in CRAWLER_USER_AGENTS_DATA:
        if entry["pattern"] not in LEFT_OUT:
            patterns[_kind_of(entry["pattern"], entry["tags"])].append(entry["pattern"])
    return patterns


_PATTERNS = _patterns_by_kind()
_NAMES = {kind: _compiled(patterns) for kind, patterns in _PATTERNS.items()}
_ROBOT = _compiled([pattern for patterns in _PATTERNS.values() for pattern in patterns])
