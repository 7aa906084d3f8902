"""What the headers of a request say, read without belief."""

import re
from collections.abc import Collection, Iterable, Mapping
from ipaddress import IPv4Address, IPv6Address, ip_address
from uuid import uuid4

from wfadmin.asgi.failures import wrong_type
from wfadmin.domain.errors import UsageError

__all__ = [
    "approved_digest",
    "check_content",
    "folded",
    "has_two_ends",
    "peer_of",
    "prefers_in_full",
    "request_id",
]

IN_FULL = "return=representation"
_SANE_ID = re.compile(r"[A-Za-z0-9._-]{1,64}")
_STRONG_TAG = re.compile(r'"([0-9a-f]{64})"')
_JSON = re.compile(r'application/json(\s*;\s*charset="?utf-8"?)?\s*', re.IGNORECASE)
# One household or host has as many addresses of the sixth version as it likes.
_SAME_HOUSE = 64
_NOBODY = "unknown"
_HOPS = "x-forwarded-for"
_ENDS = {b"content-length", b"transfer-encoding"}


def folded(raw: Iterable[tuple[bytes, bytes]]) -> Mapping[str, str]:
    """
    Headers by name, in lower case.

    One that came several times with different values holds them all, so that two proofs of who
    the caller is are no proof. The hops of a request are all kept, in order: a proxy adds its own
    as a line, which may say the same as one that was there.
    """
    values: dict[str, list[str]] = {}
    for raw_name, value in raw:
        name, text = raw_name.decode("latin-1").lower(), value.decode("latin-1")
        seen = values.setdefault(name, [])
        if text not in seen or name == _HOPS:
            seen.append(text)
    return {name: ("; " if name == "cookie" else ", ").join(all_) for name, all_ in values.items()}


def has_two_ends(raw: Iterable[tuple[bytes, bytes]]) -> bool:
    """
    Whether a request says in two ways where its body ends.

    A proxy may go by the other way: what it sends next on that connection, for somebody else, it
    would take for the rest of this one. RFC 9112, 6.1: the connection ends with the answer.
    """
    return {name.lower() for name, _ in raw} >= _ENDS


def request_id(headers: Mapping[str, str]) -> str:
    """The caller's own id of the request, if it is a plain word; else a new one."""
    given = headers.get("x-request-id", "")
    return given if _SANE_ID.fullmatch(given) else f"req_{uuid4().hex}"


def check_content(headers: Mapping[str, str]) -> None:
    """
    Whether the body is said to be plain JSON.

    A page of another site cannot send that without asking first, so no cookie is misused.

    Raises:
        Failure: It is not: 415.
    """
    if not _JSON.fullmatch(headers.get("content-type", "")):
        raise wrong_type("Content-Type")
    if headers.get("content-encoding", "identity").lower() != "identity":
        raise wrong_type("Content-Encoding")


def prefers_in_full(headers: Mapping[str, str]) -> bool:
    """Whether the caller prefers to be told everything."""
    wishes = headers.get("prefer", "").lower().split(",")
    return IN_FULL in (one.partition(";")[0].strip() for one in wishes)


def approved_digest(headers: Mapping[str, str]) -> str | None:
    """
    The digest of the plan that was approved; None where the caller asks for none.

    Raises:
        UsageError: `If-Match` is anything but one digest.
    """
    given = headers.get("if-match")
    if given is None:
        return None
    found = _STRONG_TAG.fullmatch(given.strip())
    if found is None:
        raise UsageError("If-Match", 'it is not one "DIGEST" of a plan')
    return found[1]


def peer_of(
    host: str | None,
    headers: Mapping[str, str],
    trusted_proxies: Collection[str],
) -> str:
    """
    Whose attempts count together: an address, or the network of a household.

    Args:
        host: Who is connected; None where the server does not know, as on a unix socket.
        headers: `X-Forwarded-For` counts only where a trusted proxy is connected.
        trusted_proxies: Their addresses. The last address that is none of them is the caller's.
    """
    hops = [one.strip() for one in headers.get(_HOPS, "").split(",")]
    while host in trusted_proxies and hops and hops[-1]:
        host = hops.pop()
    return _household(host)


def _household(host: str | None) -> str:
    try:
        address: IPv4Address | IPv6Address = ip_address(host or "")
    except ValueError:
        return _NOBODY
    if address.version == 4:  # noqa: PLR2004 - the version itself
        return str(address)
    if address.ipv4_mapped is not None:
        return str(address.ipv4_mapped)
    return str(IPv6Address(int(address) >> _SAME_HOUSE << _SAME_HOUSE))
