"""What the checks of host ports work on: an adapter, and what its author can do with its medium."""

from abc import ABC, abstractmethod
from collections.abc import Awaitable, Mapping, Sequence
from datetime import timedelta
from types import TracebackType
from typing import Self, TypeVar
from uuid import uuid4

import anyio
import attrs

from wfadmin.domain.error import WfadminError
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect
from wfadmin.ports.audit import AuditLog, AuditRecord
from wfadmin.ports.auth import Authenticator, Principal
from wfadmin.ports.clock import Clock
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.evidence import EvidenceStore
from wfadmin.ports.guard import RetryGuard
from wfadmin.ports.ids import Ids
from wfadmin.ports.lease import OperatorLease
from wfadmin.ports.observer import Observer
from wfadmin.ports.tasks import TaskRunner
from wfadmin.testing.verdicts import Broken, NotExercised

__all__ = [
    "HOSTILE_TEXTS",
    "AuditBench",
    "AuthenticatorBench",
    "ClockBench",
    "CredentialsBench",
    "EvidenceBench",
    "GuardBench",
    "HostBench",
    "IdsBench",
    "LeaseBench",
    "ObserverBench",
    "SavedEvidence",
    "TasksBench",
    "answer_of",
    "refusal_of",
]

_T = TypeVar("_T")

#: Texts that somebody takes for an end, a path, a pattern or a command. All are valid Unicode.
HOSTILE_TEXTS = (
    "one\ntwo",
    "one\r\ntwo\r",
    'it\'s "quoted" \\" \\',
    "../../up/there",
    "/etc/hosts",
    "%_*?[a]",
    "'; DROP TABLE audit; --",
    '{"kind":"outcome"}',
    " in spaces ",
    "\u2028\u0085\x1b[2J",
    "with\0nul",
    "鍵🔑",
    "e\u0301",
    "\u00e9",
)


async def answer_of(call: Awaitable[_T], what: str) -> _T:
    """
    The answer of a call that must not fail.

    Raises:
        Broken: An error left the port that is none of wfadmin's.
    """
    try:
        return await call
    except WfadminError:
        raise
    except Exception as error:
        kind = type(error).__name__
        raise Broken(f"{what}: {kind} left the port, which is no WfadminError") from error


async def refusal_of(call: Awaitable[object], kind: type[WfadminError], what: str) -> WfadminError:
    """
    The error with which a call ends that cannot be done.

    Raises:
        Broken: An answer came, or an error of another kind.
    """
    try:
        answer = await answer_of(call, what)
    except kind as error:
        return error
    except WfadminError as error:
        raise Broken(f"{what}: {type(error).__name__} came and not {kind.__name__}") from error
    # The answer itself may be a secret.
    given = "nothing" if answer is None else type(answer).__name__
    raise Broken(f"{what}: it gave {given}, and did not end with {kind.__name__}")


class HostBench:
    """
    An adapter on the workbench of one clause.

    It is entered before the clause and left after it. What is made in it may be shared with
    others, such as a table: the clauses only speak of names that they made.
    """

    #: How long something may take that is to happen at once.
    patience: timedelta = timedelta(seconds=5)
    #: How long the clauses wait for what must not come, and how long a short time limit is.
    moment: timedelta = timedelta(milliseconds=20)

    async def __aenter__(self) -> Self:
        """Make what the adapter needs."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Take it away again."""

    def fresh(self) -> str:
        """A name that nobody else uses."""
        return f"kit_{uuid4().hex}"

    async def break_medium(self) -> None:
        """Make it so that nothing can be stored, read or asked any more."""
        raise NotExercised("its medium cannot be broken")


class AuditBench(HostBench, ABC):
    """For `AuditLog`. Its records must be old enough to be open: those of the kit are of 2020."""

    @abstractmethod
    def log(self) -> AuditLog:
        """The adapter, ready for use; the same object each time."""

    def another(self) -> AuditLog:
        """Another object over the same medium, as after a crash or in another process."""
        raise NotExercised("what it stores is seen by one object only")

    async def records(self) -> Sequence[AuditRecord]:
        """Everything that is stored, in the order in which it came."""
        raise NotExercised("nobody reads whole records")


class LeaseBench(HostBench, ABC):
    """For `OperatorLease`."""

    @abstractmethod
    def lease(self) -> OperatorLease:
        """The adapter, ready for use; the same object each time."""

    def another(self) -> OperatorLease:
        """Another object that contends for the same scopes, as in another process."""
        raise NotExercised("it excludes only those who use the same object")


@attrs.frozen
class SavedEvidence:
    """
    What evidence says when it is read again.

    Attributes:
        failures: The failure of each run, by the id of the run.
        state: The stored values, by name; None where no state was read.
        is_private: Whether only its owner can read it; None where nobody can say.
    """

    key: WorkflowKey
    operation_id: str
    failures: Mapping[str, str | None]
    state: Mapping[str, bytes | None] | None
    is_private: bool | None = None


class EvidenceBench(HostBench, ABC):
    """For `EvidenceStore`."""

    @abstractmethod
    def store(self) -> EvidenceStore:
        """The adapter, ready for use; the same object each time."""

    @abstractmethod
    async def read(self, where: str) -> SavedEvidence:
        """
        Read what is stored at the place that `save` named, without the adapter.

        Raises:
            LookupError: Nothing is there.
        """


@attrs.define(eq=False)
class ClockBench(HostBench):
    """For `Clock`."""

    clock: Clock

    async def pass_time(self, duration: timedelta) -> None:
        """Let time pass, without the adapter. A clock that stands still needs its own way."""
        await anyio.sleep(duration.total_seconds())


@attrs.define(eq=False)
class TasksBench(HostBench):
    """For `TaskRunner`."""

    runner: TaskRunner


class IdsBench(HostBench, ABC):
    """For `Ids`."""

    @abstractmethod
    def ids(self) -> Ids:
        """A new object each time, as every process has its own."""


class CredentialsBench(HostBench, ABC):
    """For `Credentials`."""

    @abstractmethod
    async def put(self, token: str) -> None:
        """
        Make this the token. Comes before `credentials`, and again to renew it.

        Raises:
            NotExercised: The token of this adapter never changes, or cannot be this one.
        """

    @abstractmethod
    def credentials(self) -> Credentials:
        """The adapter; the same object each time."""

    async def take_away(self) -> None:
        """Take the source of the token away: the file, the variable, the secret."""
        raise NotExercised("its source cannot be taken away")


class GuardBench(HostBench, ABC):
    """For `RetryGuard`."""

    @abstractmethod
    def guard(self) -> RetryGuard:
        """The adapter, ready for use; the same object each time."""

    @abstractmethod
    async def make_so(self, key: WorkflowKey, effect: PriorEffect) -> None:
        """
        Make it so in the host that the effect of `key` happened, did not, or nobody can say.

        Raises:
            NotExercised: The host has no such case, or cannot have such a key.
        """


class AuthenticatorBench(HostBench, ABC):
    """For `Authenticator`."""

    @abstractmethod
    def authenticator(self) -> Authenticator:
        """The adapter; it knows `known`."""

    @property
    @abstractmethod
    def known(self) -> Principal:
        """Somebody whom the adapter knows."""

    @property
    @abstractmethod
    def proof(self) -> Mapping[str, str]:
        """The headers that prove `known`, and no others. A changed value must prove nobody."""

    @property
    @abstractmethod
    def secrets(self) -> tuple[str, ...]:
        """Texts that must not be shown, such as keys."""


@attrs.define(eq=False)
class ObserverBench(HostBench):
    """For `Observer`."""

    observer: Observer
