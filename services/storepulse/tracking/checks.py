"""Validate the injectors' settings: each raises ValueError with the setting's name and the
reason."""

from __future__ import annotations

import re
import uuid

_HOST = r"(?:[A-Za-z0-9](?:[A-Za-z0-9.-]*[A-Za-z0-9])?|\[[0-9A-Fa-f:.]+\])"
_is_url = re.compile(rf"(https?)://({_HOST})(?::[0-9]{{1,5}})?(?:/[A-Za-z0-9._~/-]*)?").fullmatch
_is_key = re.compile(r"spk_[A-Za-z0-9_-]{1,200}").fullmatch
_is_domain = re.compile(r"\.?[A-Za-z0-9-]{1,63}(?:\.[A-Za-z0-9-]{1,63})+").fullmatch
_is_pixel = re.compile(r"[0-9]{1,64}").fullmatch
_is_container = re.compile(r"GTM-[A-Z0-9]{1,64}").fullmatch
_OWN_HOSTS = frozenset({"localhost", "127.0.0.1", "[::1]"})


def _text(name: str, value: object) -> str:
    if not isinstance(value, str):
        raise ValueError(f"{name}: must be text, not {type(value).__name__}")
    return value


def base_url(name: str, value: object) -> str:
    """A URL, without a trailing slash."""
    found = _is_url(_text(name, value))
    if found is None:
        raise ValueError(
            f"{name}: must be https://host, a port and a path if needed, and nothing else"
        )
    if found[1] == "http" and found[2] not in _OWN_HOSTS and not found[2].endswith(".localhost"):
        raise ValueError(f"{name}: must use https, but for localhost")
    return found[0].rstrip("/")


def publishable_key(name: str, value: object) -> str:
    """A key that pages may contain."""
    if _is_key(_text(name, value)) is None:
        raise ValueError(f"{name}: must be a publishable key (spk_…), since all can read it")
    return str(value)


def store_id(name: str, value: object) -> str:
    """A UUID."""
    try:
        return str(uuid.UUID(_text(name, value)))
    except ValueError:
        raise ValueError(f"{name}: must be a UUID") from None


def cookie_domain(name: str, value: object) -> str:
    """A domain with at least one dot."""
    if _is_domain(_text(name, value)) is None:
        raise ValueError(f"{name}: must be a domain such as shop.example")
    return str(value)


def pixel_id(name: str, value: object) -> str:
    """ASCII digits."""
    if _is_pixel(_text(name, value)) is None:
        raise ValueError(f"{name}: must be 1 to 64 digits")
    return str(value)


def container_id(name: str, value: object) -> str:
    """`GTM-` followed by ASCII capital letters and digits."""
    if _is_container(_text(name, value)) is None:
        raise ValueError(f"{name}: must be GTM- followed by capital letters or digits")
    return str(value)
