"""How an app is set up, checked when it is made."""

import re
from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal

import attrs

from wfadmin.domain.errors import UsageError
from wfadmin.domain.policy import Protection
from wfadmin.domain.urls import normalised_url
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.auth import Authenticator

__all__ = ["ENGINE_NAME", "KeyCharset", "Limits", "Settings", "engines_of", "warnings_of"]

#: `word`: letters, digits, `_` and `-`; `any`: whatever an engine can hold.
KeyCharset = Literal["word", "any"]
#: What an engine may be called: it stands in paths.
ENGINE_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_ALONE = "default"


def _above_zero(_: object, field: "attrs.Attribute[Any]", value: Any) -> None:  # noqa: ANN401
    # A number, or a length of time.
    if value <= type(value)():
        raise UsageError(field.name, "it is not above zero")


@attrs.frozen(kw_only=True)
class Limits:
    """
    How much an app takes on.

    Attributes:
        at_once: How many requests are worked on at the same time.
        patience: How long a request waits for its turn; then it is refused with 503.
        waiting: How many may wait for their turn; beyond them one is refused with 503 at once.
        body_patience: How long a body may take to come; then it is refused with 408.
        failures: How many failed authentications an address has at once.
        failures_per: How long it takes until it has as many again.
        addresses: How many addresses are remembered.

    Raises:
        UsageError: One of them is not above zero.
    """

    at_once: int = attrs.field(default=32, validator=_above_zero)
    patience: timedelta = attrs.field(default=timedelta(seconds=5), validator=_above_zero)
    waiting: int = attrs.field(default=256, validator=_above_zero)
    body_patience: timedelta = attrs.field(default=timedelta(seconds=10), validator=_above_zero)
    failures: int = attrs.field(default=10, validator=_above_zero)
    failures_per: timedelta = attrs.field(default=timedelta(minutes=1), validator=_above_zero)
    addresses: int = attrs.field(default=4096, validator=_above_zero)


def _urls(urls: frozenset[str] | None) -> frozenset[str] | None:
    if urls is None:
        return None
    return frozenset(normalised_url(one, argument="allowed service URL") for one in urls)


@attrs.frozen(kw_only=True)
class Settings:
    """
    What an app goes by.

    Attributes:
        authenticator: None: everybody may do everything, as `anonymous`.
        allowed_service_urls: The only ones that may be registered, normalised; None: any.
        trusted_proxies: Addresses whose `X-Forwarded-For` counts.
    """

    authenticator: Authenticator | None
    allowed_service_urls: frozenset[str] | None = attrs.field(default=None, converter=_urls)
    trusted_proxies: frozenset[str] = frozenset()
    key_charset: KeyCharset = "word"
    limits: Limits = attrs.field(factory=Limits)


def engines_of(
    operators: LocalOperator | Mapping[str, LocalOperator],
    default: str | None,
) -> tuple[Mapping[str, LocalOperator], str]:
    """
    The engines by name, and the name of the one at the paths without a name.

    Raises:
        UsageError: There is none, a name cannot stand in a path, or no default is among them.
    """
    if isinstance(operators, LocalOperator):
        operators = {default or _ALONE: operators}
    for name in operators:
        if not ENGINE_NAME.fullmatch(name):
            raise UsageError("engine name", "it is not letters, digits, _ and -, at most 64")
    if default is None and len(operators) == 1:
        default = next(iter(operators))
    if default is None or default not in operators:
        raise UsageError("default", "it is not the name of one of the engines")
    return dict(operators), default


def warnings_of(settings: Settings, engines: Mapping[str, LocalOperator]) -> tuple[str, ...]:
    """What whoever runs the app should know about how open it is."""
    told: list[str] = []
    if settings.authenticator is None:
        told.append("Nobody is asked who they are: everybody may do everything.")
    if settings.allowed_service_urls is None:
        told.append(
            "Any URL may be registered, which takes its services over: set allowed_service_urls."
        )
    told.extend(
        f"Nothing is protected on the engine {name}: set a protection."
        for name, operator in engines.items()
        if operator.host.protection == Protection()
    )
    return tuple(told)
