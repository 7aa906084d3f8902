"""Service URLs: compared by meaning, shown without secrets."""

from urllib.parse import SplitResult, urlsplit

from wfadmin.domain.errors import InvalidServiceUrl
from wfadmin.domain.text import shown

__all__ = ["normalised_url", "same_url", "without_secrets", "without_userinfo"]

_DEFAULT_PORTS = {"http": 80, "https": 443}
_UNREADABLE = "(a URL that cannot be read)"


def _split(url: object, argument: str) -> tuple[SplitResult, str, int | None]:
    if not isinstance(url, str):
        raise InvalidServiceUrl(argument, f"it is {type(url).__name__}, not text")
    if any(not c.isprintable() or c == " " for c in url):
        raise InvalidServiceUrl(argument, "it holds blanks or control characters")
    if "\\" in url:
        # Some readers take it for a slash, and so find the host elsewhere than we do.
        raise InvalidServiceUrl(argument, "it holds a backslash")
    try:
        parts = urlsplit(url)
        host, port = parts.hostname, parts.port
    except ValueError:
        # Python's own message quotes the host part, which may hold a password.
        raise InvalidServiceUrl(argument, "its host or port cannot be read") from None
    if parts.scheme not in _DEFAULT_PORTS:
        raise InvalidServiceUrl(argument, "it does not start with http:// or https://")
    if not host:
        raise InvalidServiceUrl(argument, "it names no host")
    return parts, host, port


def _netloc(scheme: str, host: str, port: int | None) -> str:
    shown_host = f"[{host}]" if ":" in host else host
    return shown_host if port in (None, _DEFAULT_PORTS[scheme]) else f"{shown_host}:{port}"


def normalised_url(url: str, *, argument: str = "service URL") -> str:
    """
    `url` in the one form in which two URLs of the same place are equal.

    Scheme and host in lower case, no default port, no trailing slash, no user name, password or
    fragment. Path and query keep their case: they may matter to the service.

    Raises:
        InvalidServiceUrl: Not an absolute http or https URL with a host.
    """
    parts, host, port = _split(url, argument)
    query = f"?{parts.query}" if parts.query else ""
    return f"{parts.scheme}://{_netloc(parts.scheme, host, port)}{parts.path.rstrip('/')}{query}"


def same_url(one: str | None, other: str | None) -> bool:
    """Whether two URLs name the same place; a URL that cannot be read equals none."""
    if one is None or other is None:
        return False
    try:
        return normalised_url(one) == normalised_url(other)
    except InvalidServiceUrl:
        return False


def without_userinfo(url: str) -> str:
    """
    `url` as it was, less user name and password: the form in which a deployment is kept.

    What cannot be read as a URL gives the same words as `without_secrets`.
    """
    try:
        parts, host, port = _split(url, "url")
    except InvalidServiceUrl:
        return _UNREADABLE
    return parts._replace(netloc=_netloc(parts.scheme, host, port)).geturl()


def without_secrets(url: str) -> str:
    """
    `url` as it may be shown or kept: no user name, no password, no query, no fragment.

    What cannot be read as a URL is not shown at all, because nobody can say where in it a
    password stands. An ``@`` in the path counts as such: a password that holds a slash reads as
    the start of a path.
    """
    try:
        parts, host, port = _split(url, "url")
    except InvalidServiceUrl:
        return _UNREADABLE
    if "@" in parts.path:
        return _UNREADABLE
    query = "?..." if parts.query else ""
    return shown(f"{parts.scheme}://{_netloc(parts.scheme, host, port)}{parts.path}{query}")
