"""The options that every verb takes: which engine, how long to wait, which form of answer."""

import getpass
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import attrs
from cyclopts import Parameter

import wfadmin
from wfadmin.adapters.credentials import EnvironmentToken, FileToken
from wfadmin.cli.board import Page
from wfadmin.cli.config import Source, Wanted, resolve
from wfadmin.cli.elsewhere import (
    Verbs,
    check_lost,
    check_protection,
    operator_over,
)
from wfadmin.cli.output import Output, Paint
from wfadmin.cli.records import Progress, Records, audit_log_of_reader
from wfadmin.cli.rules import Rules, rules
from wfadmin.domain.text import shown
from wfadmin.domain.urls import without_userinfo
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import OPERATOR_API
from wfadmin.ports.observer import Observer

__all__ = [
    "NOWHERE",
    "Form",
    "Target",
    "actor",
    "address_of",
    "connected",
    "opened",
    "page_of",
]

_TIMEOUT = 5.0

Form = Annotated[
    Literal["table", "json"],
    Parameter(name=("--output", "-o"), help="Form of the answer."),
]


def _option(text: str) -> Parameter:
    return Parameter(help=text)


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Target:
    """The options of a verb that asks an engine, as they were given."""

    engine: Annotated[
        str | None,
        _option("Name of the adapter, such as restate; operator-api asks one that is served."),
    ] = None
    admin_url: Annotated[
        str | None,
        _option("Where operators ask: http://HOST:PORT, https://HOST or unix:///PATH."),
    ] = attrs.field(default=None, repr=False)
    ingress_url: Annotated[
        str | None,
        _option("Where new work comes in; unless given, the engine is asked."),
    ] = attrs.field(default=None, repr=False)
    grpc_url: Annotated[
        str | None,
        _option("Where the engine's gRPC API answers, as HOST:PORT; unless given, it is not used."),
    ] = attrs.field(default=None, repr=False)
    token_env: Annotated[str | None, _option("Variable that holds the token.")] = None
    token_file: Annotated[str | None, _option("File that holds the token.")] = None
    context: Annotated[str | None, _option("Name of a context in wfadmin.toml.")] = None
    timeout: Annotated[
        float | None,
        _option("Seconds that every single question may take; 5, unless given."),
    ] = None
    audit_log: Annotated[
        str | None,
        _option(
            "Where attempts are recorded: jsonl:PATH or sqlite:PATH; unless given, in your state "
            "folder."
        ),
    ] = None
    output: Form = "table"

    @property
    def words(self) -> tuple[str, ...]:
        """The options that name the engine, to be repeated in lines to paste."""
        given = (
            ("--engine", self.engine),
            ("--admin-url", _without_password(self.admin_url)),
            ("--ingress-url", _without_password(self.ingress_url)),
            ("--grpc-url", _without_password(self.grpc_url)),
            ("--token-env", self.token_env),
            ("--token-file", self.token_file),
            ("--context", self.context),
            ("--audit-log", self.audit_log),
        )
        return tuple(word for name, value in given if value is not None for word in (name, value))

    @property
    def wanted(self) -> Wanted:
        """What to connect to, as far as the options say it."""
        named = {field.name: getattr(self, field.name) for field in attrs.fields(Wanted)}
        return Wanted(**named)


#: No option was given.
NOWHERE = Target()


def _without_password(url: str | None) -> str | None:
    # Where somebody typed a password, the line to paste lacks it rather than shows it.
    return url if url is None or "@" not in url else without_userinfo(url)


@asynccontextmanager
async def opened(
    target: Target,
    *,
    kept: Callable[[], Records] | None = None,
    ruled: bool = True,
) -> AsyncIterator[Verbs]:
    """
    The operator over the engine, or the operator API, that is meant; closed at the end.

    Args:
        target: Which engine.
        kept: Gives the records of a command that writes; one that only reads needs none.
        ruled: Whether the rules of the configuration files matter.

    Raises:
        UsageError: What was given contradicts itself, is not usable, or names no engine.
    """
    source = Source.ambient()
    wanted = resolve(target.wanted, source)
    found = rules(wanted, source) if ruled else Rules()
    if wanted.engine == OPERATOR_API:
        check_lost(audit_log=target.audit_log)
        if kept is not None:
            check_protection(found)
        limit = wanted.timeout or _TIMEOUT
        async with operator_over(wanted, await _credentials(wanted), limit) as elsewhere:
            yield elsewhere
        return
    ours = Records(audit_log_of_reader(target.audit_log)) if kept is None else kept().watched()
    async with await connected(wanted, found, ours, _progress(target)) as operator:
        yield operator


async def connected(
    wanted: Wanted,
    found: Rules,
    kept: Records,
    observer: Observer | None,
) -> wfadmin.LocalOperator:
    """
    An operator over one engine, which has to be closed. The engine is not asked.

    Args:
        wanted: What to connect to, resolved.
        found: What holds for repairs on it.
        kept: The records; what is not among them is kept in memory.
        observer: Is told what happens.

    Raises:
        UsageError: There is no such adapter, its settings are not usable, or its token is not
            there.
    """
    return wfadmin.connect(
        wanted.engine or "restate",
        admin_url=wanted.admin_url,
        ingress_url=wanted.ingress_url,
        grpc_url=wanted.grpc_url,
        credentials=await _credentials(wanted),
        timeout=wanted.timeout or _TIMEOUT,
        actor=actor(),
        audit=kept.audit,
        lease=kept.lease,
        evidence=kept.evidence,
        policy=found.policy,
        protection=found.protection,
        observer=observer,
    )


def _progress(target: Target) -> Progress | None:
    has_terminal = sys.stderr is not None and sys.stderr.isatty()
    output = Output(sys.stdout, sys.stderr, json=target.output == "json")
    return Progress(output) if has_terminal else None


async def _credentials(wanted: Wanted) -> Credentials | None:
    if wanted.token_env is not None:
        found: Credentials = EnvironmentToken(wanted.token_env)
    elif wanted.token_file is not None:
        found = FileToken(wanted.token_file)
    else:
        return None
    # A token that is not there is the caller's mistake, not an ill engine.
    await found.token()
    return found


def actor() -> str:
    """Who acts, as far as this machine knows: user@host."""
    try:
        user = getpass.getuser()
    except (ImportError, KeyError, OSError):
        user = "unknown"  # a container without a user database
    try:
        host = socket.gethostname()
    except OSError:
        host = "unknown"
    return shown(f"{user}@{host}", limit=200)


def address_of(operator: Verbs) -> str:
    """Where it is, for people."""
    if isinstance(operator, wfadmin.LocalOperator):
        return operator.engine.address
    return operator.address


def page_of(operator: Verbs, target: Target, paint: Paint) -> Page:
    """What a board needs to know beside the report."""
    return Page(address_of(operator), target.words, paint)
