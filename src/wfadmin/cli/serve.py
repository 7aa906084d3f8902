"""`wfadmin serve`: the operator API over HTTP, in a process of its own."""

import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import AsyncExitStack
from importlib import import_module
from types import ModuleType
from typing import TYPE_CHECKING, Annotated, Literal

import attrs

import wfadmin
from wfadmin.adapters.observer_jsonl import JsonLinesObserver
from wfadmin.cli.callers import NOBODY, Callers
from wfadmin.cli.config import Source, Wanted, resolve
from wfadmin.cli.listening import HERE, Address, Listening, bound, is_loopback, resolved
from wfadmin.cli.output import Output, Said
from wfadmin.cli.records import Records, records
from wfadmin.cli.rules import rules
from wfadmin.cli.target import NOWHERE, Target, actor, connected
from wfadmin.cli.writing import option
from wfadmin.domain.errors import InvalidConfig, MissingDependency, UsageError
from wfadmin.domain.text import shown
from wfadmin.ports.engine import OPERATOR_API
from wfadmin.ports.observer import Observer

if TYPE_CHECKING:
    from starlette.types import ASGIApp

    from wfadmin.cli.serving import Ended

__all__ = ["serve"]

_DEFAULT = "default"
_NOT_KNOWN = 7


async def serve(  # noqa: PLR0913 - each is an option, or a group of them
    *,
    also: Annotated[
        tuple[str, ...],
        option("Name of another context, which is served too, by its name; may be given again."),
    ] = (),
    allowed_service_url: Annotated[
        tuple[str, ...],
        option("The only URL that may be registered; may be given again. Unless given, any."),
    ] = (),
    key_charset: Annotated[
        Literal["word", "any"],
        option("What keys consist of: letters, digits, _ and -; or whatever an engine can hold."),
    ] = "word",
    listening: Listening = HERE,
    callers: Callers = NOBODY,
    target: Target = NOWHERE,
) -> Said:
    """Answer requests until SIGTERM or Ctrl-C; then finish what is in hand."""
    asgi, serving = _installed("wfadmin.asgi"), _installed("wfadmin.cli.serving")
    listening.check()
    voice = _Voice(Output(sys.stdout, sys.stderr, json=target.output == "json"))
    observer = JsonLinesObserver(voice)
    authenticator = await callers.authenticator(observer)
    tls, addresses = listening.tls(), await resolved(listening)
    _check_openness(listening, addresses, is_anonymous=authenticator is None)
    async with AsyncExitStack() as stack:
        # Before anything is said: a port that is taken is what most often goes wrong.
        sockets = [stack.enter_context(one) for one in bound(addresses)]
        engines = await _engines(stack, target, also, observer)
        app = asgi.operator_app(
            engines,
            default=next(iter(engines)),
            authenticator=authenticator,
            unsafe_allow_anonymous=callers.unsafe_allow_anonymous,
            allowed_service_urls=allowed_service_url or None,
            key_charset=key_charset,
            trusted_proxies=listening.proxies,
            limits=asgi.Limits(at_once=listening.at_once),
        )
        warnings = (*app.warnings, *_unnamed_proxy(listening, observer))
        house = serving.House(
            app=app if authenticator is not None else _fenced(app, listening),
            sockets=sockets,
            tls=tls,
            url=listening.url(sockets[0].getsockname()[1]),
            engines=tuple(engines),
            at_once=listening.at_once,
            grace=listening.grace,
            observer=observer,
        )
        ended = await serving.serve_until_told(
            house, lambda: voice.introduce(house.url, house.engines, warnings)
        )
    return _told(house.url, house.engines, ended)


def _installed(name: str) -> ModuleType:
    try:
        return import_module(name)
    except ModuleNotFoundError as error:
        problem = f"{error.name or 'a part of it'} is not installed"
        raise MissingDependency("The server of the operator API", problem, "serve") from error


# --- who reaches it ------------------------------------------------------------------------------


def _check_openness(
    listening: Listening, addresses: tuple[Address, ...], *, is_anonymous: bool
) -> None:
    if is_loopback(addresses):
        return
    if is_anonymous:
        problem = "others can reach that address: listen on 127.0.0.1, or give --keys-file"
        raise UsageError("--unsafe-allow-anonymous", problem)
    if not (listening.is_tls or listening.behind_proxy):
        problem = (
            "others can reach that address, and keys would go there unencrypted: give "
            "--tls-certificate and --tls-key, or --behind-proxy where a proxy encrypts"
        )
        raise UsageError("--host", problem)


def _fenced(app: "ASGIApp", listening: Listening) -> "ASGIApp":
    fenced: ASGIApp = import_module("wfadmin.cli.here").OnlyHere(
        app, frozenset({listening.host.lower()})
    )
    return fenced


def _unnamed_proxy(listening: Listening, observer: Observer) -> tuple[str, ...]:
    if not listening.behind_proxy or listening.trusted_proxy:
        return ()
    problem = (
        "All callers count as one address, so that one who fails keeps all others out: name the "
        "proxy with --trusted-proxy."
    )
    observer.event("http.warning", {"problem": problem})
    return (problem,)


# --- which engines -------------------------------------------------------------------------------


async def _engines(
    stack: AsyncExitStack, target: Target, also: tuple[str, ...], observer: Observer
) -> Mapping[str, wfadmin.LocalOperator]:
    """The engines by name, the default one first. The stack closes them."""
    source = Source.ambient()
    kept = records(target.audit_log, None, actor())
    engines: dict[str, wfadmin.LocalOperator] = {}
    named = _named(target, source)
    for name, given in ((named, target.wanted), *((one, Wanted(context=one)) for one in also)):
        if name in engines:
            raise UsageError("--also", f"{shown(name)} is served already")
        operator = await _connected(name, given, source, kept, observer)
        engines[name] = await stack.enter_async_context(operator)
    return engines


async def _connected(
    name: str, given: Wanted, source: Source, kept: Records, observer: Observer
) -> wfadmin.LocalOperator:
    wanted = resolve(given, source)
    if wanted.engine == OPERATOR_API:
        problem = "what answers there is an operator API already: serve its engine"
        raise UsageError(f"engine {shown(name)}", problem)
    if not import_module("wfadmin.asgi.settings").ENGINE_NAME.fullmatch(name):
        problem = "its name is to stand in a path: letters, digits, _ and -, at most 64"
        raise InvalidConfig(f"context {shown(name)}", problem)
    return await connected(wanted, rules(wanted, source), kept, observer)


def _named(target: Target, source: Source) -> str:
    """What the default engine is called: as its context, if one was named."""
    if target.context is not None:
        return target.context
    if target.wanted.names_an_engine:
        return _DEFAULT
    return source.variable("WFADMIN_CONTEXT") or _DEFAULT


# --- what is said --------------------------------------------------------------------------------


@attrs.frozen
class _Voice:
    """Where the lines of the log go; and beside them, on a terminal, words for people."""

    output: Output

    def write(self, text: str, /) -> None:
        """Take one line of the log."""
        self.output.complain(text.removesuffix("\n"))

    def flush(self) -> None:
        """Nothing is left to be handed on."""

    def introduce(self, url: str, engines: Iterable[str], warnings: Iterable[str]) -> None:
        """Say to somebody who looks where it is, and what is open about it."""
        err = self.output.err
        if self.output.json or err is None or not err.isatty():
            return
        names = ", ".join(engines)
        self.output.complain(
            f"wfadmin: The operator API of {names} answers at {url} (Ctrl-C ends)."
        )
        for one in warnings:
            self.output.complain(f"wfadmin: warning: {one}")


def _told(url: str, engines: Iterable[str], ended: "Ended") -> Said:
    return Said(
        document=lambda: {
            "stopped": True,
            "url": url,
            "engines": list(engines),
            **attrs.asdict(ended),
        },
        board=lambda _: _board(ended.requests, ended.unfinished),
        exit_code=_NOT_KNOWN if ended.unfinished else 0,
    )


def _board(requests: int, unfinished: int) -> Iterator[str]:
    yield f"Stopped after {requests} request{'' if requests == 1 else 's'}."
    if unfinished:
        yield f"Cut off: {unfinished}. Doctor names each write among them whose end is not known."
