"""What only happens over HTTP, in the one shape that all errors have."""

import math
from datetime import timedelta

import attrs

from wfadmin.domain.errors import StalePlan, WfadminError
from wfadmin.wire.documents import JsonObject, error_document, failure_document
from wfadmin.wire.outcomes import UNEXPECTED, Category, Ending

__all__ = [
    "Failure",
    "authentication_unavailable",
    "busy",
    "described",
    "engine_not_found",
    "not_json",
    "not_routed",
    "on_path",
    "service_url_not_allowed",
    "stale",
    "too_large",
    "too_many_failures",
    "too_slow",
    "unexpected",
    "wrong_type",
]

_BAD_INPUT_EXIT, _REFUSED_EXIT = 2, 4
_CHECKED = "The request was checked before anything was sent."


@attrs.define(slots=False, eq=False)
class Failure(Exception):
    """
    A request that ends without an answer of a verb.

    Attributes:
        document: The body.
        retry_after: Seconds after which the same may be tried again.
    """

    document: JsonObject
    retry_after: int | None = None

    @property
    def slug(self) -> str:
        """The stable word for it."""
        return str(self.document["error"]["id"])

    @property
    def status(self) -> int:
        """The HTTP status."""
        return int(self.document["error"]["status"])

    @property
    def message(self) -> str:
        """What happened, in one line."""
        return str(self.document["error"]["message"])


def described(error: WfadminError) -> Failure:
    """An error of a verb, as an answer."""
    return Failure(error_document(error))


def stale(error: StalePlan) -> Failure:
    """A plan that `If-Match` asked for, and that would not be made now."""
    failure = described(error)
    failure.document["error"]["status"] = 412
    return failure


def _failure(  # noqa: PLR0913 - each is a key of the body
    status: int,
    slug: str,
    category: Category,
    message: str,
    *,
    why: str = _CHECKED,
    fix: str,
    details: JsonObject | None = None,
    retry_after: timedelta | None = None,
) -> Failure:
    exit_code = _BAD_INPUT_EXIT if category is Category.CLIENT else _REFUSED_EXIT
    ending = Ending(status, exit_code, category, retryable=retry_after is not None)
    document = failure_document(slug, ending, message=message, why=why, fix=fix, details=details)
    # Never 0: the client would come back at once.
    seconds = None if retry_after is None else max(1, math.ceil(retry_after.total_seconds()))
    return Failure(document, seconds)


def not_json(problem: str) -> Failure:
    """400: the body cannot be read as JSON."""
    return _failure(
        400,
        "invalid_json",
        Category.CLIENT,
        f"body is not usable: {problem}.",
        fix="Send one JSON object in UTF-8, such as {}.",
    )


def too_large(limit: int) -> Failure:
    """413: the body is too large."""
    return _failure(
        413,
        "body_too_large",
        Category.CLIENT,
        f"body is not usable: it is larger than {limit} bytes.",
        fix="Send less.",
    )


def too_slow(patience: timedelta) -> Failure:
    """408: the body did not come in time."""
    return _failure(
        408,
        "body_too_slow",
        Category.CLIENT,
        f"body is not usable: it did not come within {patience.total_seconds():g} seconds.",
        fix="Send the whole body at once.",
    )


def wrong_type(header: str) -> Failure:
    """415: the body is of no kind that we read."""
    return _failure(
        415,
        "unsupported_media_type",
        Category.CLIENT,
        f"{header} is not usable: the body has to be plain JSON in UTF-8.",
        fix="Send Content-Type: application/json and no Content-Encoding.",
    )


def on_path(status: int) -> Failure:
    """404 or 405: no such route, or another method."""
    if status == 405:  # noqa: PLR2004 - the status itself
        return _failure(
            405,
            "method_not_allowed",
            Category.CLIENT,
            "This route does not take this method.",
            why="Every route of the operator API is a POST; healthz and openapi.json are GETs.",
            fix="Use a method that the Allow header names.",
        )
    return _failure(
        status,
        "route_not_found",
        Category.CLIENT,
        "There is no such route.",
        why="The path is none of the operator API.",
        fix="Correct the path.",
    )


def engine_not_found() -> Failure:
    """404: no engine of that name is served."""
    return _failure(
        404,
        "engine_not_found",
        Category.CLIENT,
        "There is no engine of this name.",
        fix="Use a name that this host serves.",
    )


def service_url_not_allowed() -> Failure:
    """403: the host does not let this URL be registered."""
    return _failure(
        403,
        "service_url_not_allowed",
        Category.PERMISSION,
        "serviceUrl is not one that may be registered.",
        why="Registering a URL takes its services over; the host names those that are allowed.",
        fix="Have the configuration changed by whoever owns it.",
    )


def too_many_failures(retry_after: timedelta) -> Failure:
    """429: an address failed to prove who it is too often."""
    return _failure(
        429,
        "too_many_failures",
        Category.AUTH,
        "Too many attempts of this address failed.",
        why="Failed authentications are limited per address.",
        fix="Wait, then send a valid key or token.",
        retry_after=retry_after,
    )


def authentication_unavailable() -> Failure:
    """503: nobody can be known now."""
    return _failure(
        503,
        "authentication_unavailable",
        Category.DEPENDENCY,
        "Nobody can be authenticated now.",
        why="What callers are known by cannot be read.",
        fix="Tell whoever runs this host.",
        retry_after=timedelta(seconds=5),
    )


def busy(retry_after: timedelta) -> Failure:
    """503: too many requests are worked on."""
    return _failure(
        503,
        "too_busy",
        Category.DEPENDENCY,
        "Too many requests are worked on.",
        why="No turn came in time; nothing was sent.",
        fix="Try again.",
        retry_after=retry_after,
    )


def not_routed(problem: str, details: JsonObject) -> Failure:
    """409: it was registered, and some service does not route to it."""
    return _failure(
        409,
        "services_not_routed",
        Category.DOMAIN,
        "The URL is registered, and some of its services are served elsewhere.",
        why=problem,
        fix="Run doctor, then redeploy with force.",
        details=details,
    )


def unexpected() -> Failure:
    """500: our own mistake. Nothing of it is told."""
    return Failure(
        failure_document(
            "unexpected_error",
            UNEXPECTED,
            message="Something went wrong inside the operator API.",
            why="It is a mistake in it, or in what the host gave it.",
            fix="Run doctor before anything else, and tell whoever runs this host.",
        )
    )
