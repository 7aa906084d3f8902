"""The app: its routes, and how it is made."""

from collections.abc import AsyncIterator, Awaitable, Callable, Collection, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from starlette.types import Message, Receive, Scope, Send

from wfadmin.asgi.buckets import Bucket, Buckets
from wfadmin.asgi.calls import Answer
from wfadmin.asgi.desk import Desk, rendered
from wfadmin.asgi.door import Door
from wfadmin.asgi.gate import Gate
from wfadmin.asgi.headers import has_two_ends
from wfadmin.asgi.openapi import PLACES, document_endpoint
from wfadmin.asgi.records import Tally
from wfadmin.asgi.routes import ACTIONS, Action
from wfadmin.asgi.settings import KeyCharset, Limits, Settings, engines_of, warnings_of
from wfadmin.asgi.surveys import Surveys
from wfadmin.domain.errors import UsageError
from wfadmin.operations.local import LocalOperator
from wfadmin.ports.auth import Authenticator

__all__ = ["OperatorApp", "operator_app"]

_A_MINUTE = timedelta(minutes=1)
# How many records strangers, and those who send nonsense, may make in a minute.
_STRANGERS, _MISUSE = 5, 60


class OperatorApp:
    """
    The operator API as an ASGI app. Made by `operator_app`; it may be mounted under any path.

    It closes no engine: whoever made the operators closes them, after `aclose`.
    """

    __slots__ = ("_app", "_desk", "_warnings")

    def __init__(self, app: Starlette, desk: Desk, warnings: tuple[str, ...]) -> None:
        self._app = app
        self._desk = desk
        self._warnings = warnings

    @property
    def warnings(self) -> tuple[str, ...]:
        """What whoever runs it should know about how open it is, as sentences."""
        return self._warnings

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, as ASGI has it."""
        is_last = scope["type"] == "http" and has_two_ends(scope["headers"])
        await self._app(scope, receive, _closing(send) if is_last else send)

    async def aclose(self) -> None:
        """
        Put on record what was only counted so far: attempts beyond what is noted in a minute.

        A server does it at its end, by way of the lifespan of ASGI. An app that is mounted in
        another one is not told of that, so whoever mounts it calls this.
        """
        await self._desk.aclose()


def operator_app(  # noqa: PLR0913 - each is a rule of the host, by name, with a default
    operators: LocalOperator | Mapping[str, LocalOperator],
    *,
    default: str | None = None,
    authenticator: Authenticator | None = None,
    unsafe_allow_anonymous: bool = False,
    allowed_service_urls: Collection[str] | None = None,
    key_charset: KeyCharset = "word",
    trusted_proxies: Collection[str] = (),
    limits: Limits | None = None,
) -> OperatorApp:
    """
    The operator API over one engine, or over several by name. Does no I/O.

    What is open about it is told once, as `http.warning`, to the observer of the default engine.

    Args:
        operators: One, or several by the names that stand in paths and that principals are bound
            to. One alone is called `default`, unless `default` names it.
        default: The engine at the paths that name none; needed where there are several.
        authenticator: Tells who sent a request.
        unsafe_allow_anonymous: Ask nobody who they are: everybody may do everything.
        allowed_service_urls: The only URLs that may be registered; any, unless given.
        key_charset: `any` takes every key that an engine can hold, and not only letters, digits,
            hyphens and `_`.
        trusted_proxies: Addresses of proxies whose `X-Forwarded-For` counts.
        limits: How much it takes on at once.

    Raises:
        UsageError: Neither an authenticator nor `unsafe_allow_anonymous` is given, or both are;
            or another argument is not usable. The message names it.
    """
    if (authenticator is None) is not unsafe_allow_anonymous:
        problem = "give one, or say unsafe_allow_anonymous=True, and not both"
        raise UsageError("authenticator", problem)
    if isinstance(trusted_proxies, str) or isinstance(allowed_service_urls, str):
        raise UsageError("trusted_proxies or allowed_service_urls", "it is one text, not several")
    engines, name = engines_of(operators, default)
    settings = Settings(
        authenticator=authenticator,
        allowed_service_urls=(
            None if allowed_service_urls is None else frozenset(allowed_service_urls)
        ),
        trusted_proxies=frozenset(trusted_proxies),
        key_charset=key_charset,
        limits=limits or Limits(),
    )
    warnings = warnings_of(settings, engines)
    for one in warnings:
        engines[name].host.observer.event("http.warning", {"problem": one})
    desk = _desk(settings, engines, name)
    return OperatorApp(_starlette(desk), desk, warnings)


def _desk(settings: Settings, engines: Mapping[str, LocalOperator], default: str) -> Desk:
    limits = settings.limits
    failures = Buckets(limits.failures, limits.failures_per, limits.addresses)
    return Desk(
        settings=settings,
        engines=engines,
        default=default,
        door=Door(settings.authenticator, failures, engines[default].host),
        gate=Gate(limits.at_once, limits.patience, limits.waiting),
        surveys={name: Surveys() for name in engines},
        strangers=Tally(Bucket(_STRANGERS, _A_MINUTE)),
        misuse=Tally(Bucket(_MISUSE, _A_MINUTE)),
    )


def _starlette(desk: Desk) -> Starlette:
    routes = [Route("/healthz", _healthz, methods=["GET"])]
    document = document_endpoint(desk.settings)
    for prefix in PLACES:
        routes.append(Route(f"{prefix}/openapi.json", document, methods=["GET"]))
        routes += [
            Route(f"{prefix}/{action.path}", _endpoint(desk, action, prefix), methods=["POST"])
            for action in ACTIONS
        ]

    async def off_route(request: Request, error: Exception) -> Response:
        # No such route, or another method: what Starlette found out, in our words.
        headers = getattr(error, "headers", None) or {}
        return desk.off_route(request, getattr(error, "status_code", 404), headers)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await desk.aclose()

    handlers = {HTTPException: off_route}
    app = Starlette(routes=routes, exception_handlers=handlers, lifespan=lifespan)
    # A redirected POST would come again as another request.
    app.router.redirect_slashes = False
    return app


def _closing(send: Send) -> Send:
    async def closing(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message["headers"], (b"connection", b"close")]}
        await send(message)

    return closing


def _endpoint(
    desk: Desk,
    action: Action,
    prefix: str,
) -> Callable[[Request], Awaitable[Response]]:
    async def endpoint(request: Request) -> Response:
        return await desk.answer(request, action, f"{prefix}/{action.path}")

    return endpoint


async def _healthz(_: Request) -> Response:
    return rendered(Answer({"status": "ok"}))
