"""
What is sent, read strictly: bytes to values, or an error that names the field.

Laws:

- Of two values of one name, readers disagree which counts: neither does here.
- Text that is not valid Unicode cannot be kept, so it is refused.
- What a field has to be stands on the field: the document of the API tells what is checked here.
"""

from typing import TypeVar

import attrs

from wfadmin.asgi.failures import not_json
from wfadmin.asgi.rules import HttpUrl, Name, Unicode, UpTo, Word, ruled, rules_of
from wfadmin.asgi.settings import KeyCharset
from wfadmin.domain.errors import InvalidServiceUrl
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.text import shown
from wfadmin.domain.urls import without_secrets
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
_A_KEY = ruled(Name(), unless_any=Word())
_A_URL = ruled(UpTo(2048, InvalidServiceUrl), HttpUrl())


@attrs.frozen
class Body:
    """
    What every body may say.

    Attributes:
        reason: Why, in the caller's own words, for the record.
    """

    reason: str | None = attrs.field(
        default=None, kw_only=True, metadata=ruled(UpTo(MAX_REASON), Unicode())
    )


@attrs.frozen
class DoctorBody(Body):
    """Nothing else."""


@attrs.frozen
class InspectBody(Body):
    """
    Which key.

    Attributes:
        serviceName: The service that it is a key of.
        serviceKey: The key itself.
    """

    serviceName: str = attrs.field(metadata=_A_KEY)  # noqa: N815 - as the API names it
    serviceKey: str = attrs.field(metadata=_A_KEY)  # noqa: N815 - as the API names it

    @property
    def key(self) -> WorkflowKey:
        """The key as one value."""
        return WorkflowKey(self.serviceName, self.serviceKey)


@attrs.frozen
class RecoverBody(InspectBody):
    """Which key to make submittable again."""


@attrs.frozen
class RedeployBody(Body):
    """
    Which URL to register.

    Attributes:
        serviceUrl: Where the deployment answers.
        force: Whether what is registered for the URL is replaced, with new revisions.
    """

    serviceUrl: str = attrs.field(repr=False, metadata=_A_URL)  # noqa: N815 - as the API names it
    force: bool = True


@attrs.frozen
class CleanupBody(Body):
    """
    Which URL to keep.

    Attributes:
        serviceUrl: Where the deployment to keep answers; the others are to go.
        forceDrain: Whether they go although something still holds them.
    """

    serviceUrl: str = attrs.field(repr=False, metadata=_A_URL)  # noqa: N815 - as the API names it
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
    for field in attrs.fields(kind):
        text = getattr(body, field.name)
        for rule in rules_of(field, key_charset) if isinstance(text, str) else ():
            rule.check(field.name, text)
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
