"""The options that every verb takes: which engine, how long to wait, which form of answer."""

import getpass
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Annotated, Literal

import attrs
from cyclopts import Parameter

import wfadmin
from wfadmin.adapters.credentials import EnvironmentToken, FileToken
from wfadmin.cli.board import Page
from wfadmin.cli.config import Source, Wanted, resolve
from wfadmin.cli.output import Output, Paint
from wfadmin.cli.records import (
    Progress,
    Records,
    WatchedAuditLog,
    audit_log_of_reader,
)
from wfadmin.cli.rules import Rules, rules
from wfadmin.domain.text import shown
from wfadmin.domain.urls import without_userinfo
from wfadmin.ports.credentials import Credentials

__all__ = ["NOWHERE", "Form", "Target", "actor", "opened", "page_of"]

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

    engine: Annotated[str | None, _option("Name of the adapter, such as restate.")] = None
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
    kept: Records | None = None,
    ruled: bool = True,
) -> AsyncIterator[wfadmin.LocalOperator]:
    """
    The operator over the engine that is meant; closed at the end.

    Args:
        target: Which engine.
        kept: The records of a command that writes; one that only reads needs none.
        ruled: Whether the rules of the configuration files matter.

    Raises:
        UsageError: What was given contradicts itself, is not usable, or names no engine.
    """
    source = Source.ambient()
    wanted = resolve(target.wanted, source)
    found = rules(wanted, source) if ruled else Rules()
    credentials = _credentials(wanted)
    if credentials is not None:
        # A token that is not there is the caller's mistake, not an ill engine.
        await credentials.token()
    operator = wfadmin.connect(
        wanted.engine or "restate",
        admin_url=wanted.admin_url,
        ingress_url=wanted.ingress_url,
        grpc_url=wanted.grpc_url,
        credentials=credentials,
        timeout=wanted.timeout or _TIMEOUT,
        actor=actor(),
        audit=audit_log_of_reader(target.audit_log)
        if kept is None
        else WatchedAuditLog(kept.audit),
        lease=None if kept is None else kept.lease,
        evidence=None if kept is None else kept.evidence,
        policy=found.policy,
        protection=found.protection,
        observer=_progress(target),
    )
    async with operator:
        yield operator


def _progress(target: Target) -> Progress | None:
    has_terminal = sys.stderr is not None and sys.stderr.isatty()
    output = Output(sys.stdout, sys.stderr, json=target.output == "json")
    return Progress(output) if has_terminal else None


def _credentials(wanted: Wanted) -> Credentials | None:
    if wanted.token_env is not None:
        return EnvironmentToken(wanted.token_env)
    return None if wanted.token_file is None else FileToken(wanted.token_file)


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


def page_of(operator: wfadmin.LocalOperator, target: Target, paint: Paint) -> Page:
    """What a board needs to know beside the report."""
    return Page(operator.engine.address, target.words, paint)
