"""
What is sent, read strictly: bytes to values, or an error that names the field.

Laws:

- Of two values of one name, readers disagree which counts: neither does here.
- Text that is not valid Unicode cannot be kept, so it is refused.
"""

import re
from typing import TypeVar

import attrs

from wfadmin.asgi.failures import not_json
from wfadmin.asgi.settings import KeyCharset
from wfadmin.domain.errors import InvalidServiceUrl, InvalidWorkflowKey, UsageError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.text import shown
from wfadmin.domain.urls import normalised_url, without_secrets
from wfadmin.wire.strict import RepeatedNameError, parsed_json, structured

__all__ = [
    "MAX_REASON",
    "Body",
    "CleanupBody",
    "DoctorBody",
    "InspectBody",
    "RecoverBody",
    "RedeployBody",
    "arguments_of",
    "read_body",
]

#: The longest reason, in characters.
MAX_REASON = 500
_LONGEST_URL = 2048
_WORD = re.compile(r"[A-Za-z0-9_-]+")


@attrs.frozen
class Body:
    """
    What every body may say.

    Attributes:
        reason: Why, in the caller's own words, for the record.
    """

    reason: str | None = attrs.field(default=None, kw_only=True)


@attrs.frozen
class DoctorBody(Body):
    """Nothing else."""


@attrs.frozen
class InspectBody(Body):
    """Which key."""

    serviceName: str  # noqa: N815 - as the API names it
    serviceKey: str  # noqa: N815 - as the API names it

    @property
    def key(self) -> WorkflowKey:
        """The key as one value."""
        return WorkflowKey(self.serviceName, self.serviceKey)


@attrs.frozen
class RecoverBody(InspectBody):
    """Which key to make submittable again."""


@attrs.frozen
class RedeployBody(Body):
    """Which URL to register."""

    serviceUrl: str = attrs.field(repr=False)  # noqa: N815 - as the API names it
    force: bool = True


@attrs.frozen
class CleanupBody(Body):
    """Which URL to keep."""

    serviceUrl: str = attrs.field(repr=False)  # noqa: N815 - as the API names it
    forceDrain: bool = False  # noqa: N815 - as the API names it


_B = TypeVar("_B", bound=Body)


def read_body(data: bytes, kind: type[_B], *, key_charset: KeyCharset) -> _B:
    """
    A request body as a value.

    Raises:
        Failure: It is no JSON, or names a field twice: 400.
        UsageError: A field is missing, not known, of another type, or holds what it cannot.
    """
    body = structured(_parsed(data), kind, argument="body")
    _check_reason(body.reason)
    if isinstance(body, InspectBody):
        _check_name("serviceName", body.serviceName, key_charset)
        _check_name("serviceKey", body.serviceKey, key_charset)
    if isinstance(body, RedeployBody | CleanupBody):
        _check_url(body.serviceUrl)
    return body


def arguments_of(body: Body) -> tuple[tuple[str, str], ...]:
    """What was asked for, as it may be kept."""
    if isinstance(body, InspectBody):
        return (("service_name", body.serviceName), ("service_key", body.serviceKey))
    if isinstance(body, RedeployBody):
        return (_url(body.serviceUrl), ("force", _yes(answer=body.force)))
    if isinstance(body, CleanupBody):
        return (_url(body.serviceUrl), ("force_drain", _yes(answer=body.forceDrain)))
    return ()


def _url(url: str) -> tuple[str, str]:
    return ("service_url", without_secrets(url))


def _yes(*, answer: bool) -> str:
    return "yes" if answer else "no"


def _parsed(data: bytes) -> object:
    if not data:
        raise not_json("it is empty")
    try:
        # NaN and Infinity become numbers here, and no field is one: the error names the field.
        return parsed_json(data)
    except RepeatedNameError as error:
        raise not_json(f"{shown(str(error), limit=60)} is given twice") from None
    except UnicodeDecodeError:
        raise not_json("it is not UTF-8") from None
    except RecursionError:
        raise not_json("it is nested too deeply") from None
    except ValueError:
        raise not_json("it is not JSON") from None


def _check_reason(reason: str | None) -> None:
    if reason is None:
        return
    if len(reason) > MAX_REASON:
        raise UsageError("reason", f"it is longer than {MAX_REASON} characters")
    if not _is_unicode(reason):
        raise UsageError("reason", "it is not valid Unicode")


def _check_name(field: str, name: str, charset: KeyCharset) -> None:
    try:
        WorkflowKey(name, name)
    except InvalidWorkflowKey as error:
        raise InvalidWorkflowKey(field, error.problem) from None
    if charset == "word" and not _WORD.fullmatch(name):
        raise InvalidWorkflowKey(field, "only letters, digits, hyphens and _ are allowed")


def _check_url(url: str) -> None:
    if len(url) > _LONGEST_URL:
        raise InvalidServiceUrl("serviceUrl", f"it is longer than {_LONGEST_URL} characters")
    normalised_url(url, argument="serviceUrl")


def _is_unicode(text: str) -> bool:
    return not any("\ud800" <= one <= "\udfff" for one in text)
