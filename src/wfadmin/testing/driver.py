"""
What the kit needs beside an adapter: somebody who brings the engine into states.

A driver uses any way but the adapter under test: the engine's own tools, its database, its
clients. Override what your engine can do; everything else says why it was not exercised.
"""

import itertools
import uuid
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from types import TracebackType
from typing import Self

import anyio

from wfadmin.domain.keys import WorkflowKey
from wfadmin.ports.engine import EngineSettings
from wfadmin.testing.network import Network
from wfadmin.testing.verdicts import NotExercised

__all__ = ["Driver", "Situation"]


class Situation(StrEnum):
    """What the main run of a key can be in, for a driver to bring about."""

    SCHEDULED = "scheduled"
    PENDING = "pending"
    RUNNING = "running"
    SUSPENDED = "suspended"
    BACKING_OFF = "backing_off"
    PAUSED = "paused"
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    KILLED = "killed"
    CANCELLED = "cancelled"

    @property
    def is_end(self) -> bool:
        """Whether a run in it is completed."""
        return self in _ENDS


_ENDS = frozenset(
    {Situation.SUCCEEDED, Situation.FAILED, Situation.KILLED, Situation.CANCELLED},
)


def _cannot(what: str) -> NotExercised:
    return NotExercised(f"this driver cannot {what}")


class Driver:
    """
    Brings the engine under test into states, by any way but the adapter.

    One driver serves one clause: it is entered before it and left after it. A server may be
    shared between drivers, because every key that the kit uses is new.

    Every method returns when the engine itself shows the state that was asked for. One that is
    not overridden raises `NotExercised`, as do overridden ones for what the engine cannot do.

    Attributes:
        service_name: The workflow (or the engine's nearest thing) that keys are made of.
        shared_handler: A handler that may run beside the main run of a key; None for none.
        settings_timeout: What a single request may take, for the adapter; short, because the
            kit waits for it.
        patience: How long the engine may take to do what it accepted.
        accepts_for_ended: Whether the engine itself accepts commands for runs that have ended,
            and does nothing.
    """

    service_name: str = "Order"
    shared_handler: str | None = None
    settings_timeout: timedelta = timedelta(seconds=1)
    patience: timedelta = timedelta(seconds=10)
    accepts_for_ended: bool = False

    def __init__(self) -> None:
        self._prefix = f"kit-{uuid.uuid4().hex[:12]}"
        self._numbers: Iterator[int] = itertools.count(1)

    # --- its life ------------------------------------------------------------------------------

    async def __aenter__(self) -> Self:
        """Make the engine ready for one clause."""
        return self

    async def __aexit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Clean up what the clause left."""

    @property
    def settings(self) -> EngineSettings:
        """What the adapter is made from. Credentials are added by the kit."""
        return EngineSettings(timeout=self.settings_timeout)

    @property
    def network(self) -> Network:
        """What lies between the adapter and its engine."""
        return Network()

    # --- keys ----------------------------------------------------------------------------------

    def fresh_key(self, text: str = "") -> WorkflowKey:
        """
        A key that nobody used before, with `text` somewhere in it.

        Args:
            text: May be hostile to a careless adapter.
        """
        return WorkflowKey(self.service_name, f"{self._prefix}-{next(self._numbers)}{text}")

    async def put(
        self,
        key: WorkflowKey,
        situation: Situation,
        *,
        failure: str | None = None,
    ) -> None:
        """
        Submit `key` and bring its main run into `situation`.

        Args:
            key: Its key is free.
            situation: Where to bring it.
            failure: What it fails, or failed, with; for `FAILED`, `BACKING_OFF` and `PAUSED`.
        """
        raise _cannot(f"put a run into {situation.value}")

    async def look(self, key: WorkflowKey) -> Situation | None:
        """Where the main run of `key` stands, as the engine's own tools say; None without one."""
        raise _cannot("look at a run without the adapter")

    async def put_shared(self, key: WorkflowKey) -> None:
        """Let an unfinished call of `shared_handler` stand beside the main run of `key`."""
        raise _cannot("start a shared handler")

    async def put_with_child(self, key: WorkflowKey, child: WorkflowKey) -> None:
        """Let the unfinished main run of `key` have called the unfinished one of `child`."""
        raise _cannot("let one run call another")

    async def put_without_key(self) -> str:
        """Start an unfinished run of a service without keys, and give its id."""
        raise _cannot("start a run of a service without keys")

    async def finish(self, key: WorkflowKey) -> None:
        """Let the unfinished main run of `key` succeed."""
        raise _cannot("let a run finish")

    async def move_on(self, key: WorkflowKey) -> None:
        """Let the running main run of `key` get one step further, without finishing."""
        raise _cannot("let a run get one step further")

    async def retry(self, key: WorkflowKey) -> None:
        """Let the main run of `key`, which backs off, fail in one more attempt."""
        raise _cannot("let an attempt fail")

    async def forget(self, key: WorkflowKey) -> None:
        """Purge the completed main run of `key`, as another tool may."""
        raise _cannot("purge a run without the adapter")

    async def store(self, key: WorkflowKey, entries: Mapping[str, bytes]) -> None:
        """Store data under `key`, in place of what was there."""
        raise _cannot("store data under a key")

    # --- deployments ---------------------------------------------------------------------------

    async def a_place(self) -> str:
        """The URL of a place that runs, serves `service_name`, and is not registered."""
        raise _cannot("start a place that serves")

    async def deploy(self) -> str:
        """Register a new place as another tool may, so that new work goes there; its URL."""
        raise _cannot("register a place without the adapter")

    async def undeploy(self, service_url: str) -> None:
        """Remove the deployment of that URL by force, as another tool may."""
        raise _cannot("remove a deployment without the adapter")

    # --- time, size, and where things lie ------------------------------------------------------

    @property
    def now(self) -> datetime:
        """The engine's time of day."""
        return datetime.now(UTC)

    @property
    def retention(self) -> timedelta:
        """How long the engine keeps a completed run of `service_name`."""
        raise _cannot("say how long the engine keeps a completed run")

    async def advance(self, duration: timedelta) -> None:
        """Let so much of the engine's time pass."""
        raise _cannot("let time pass")

    async def settle(self) -> None:
        """Give the engine a moment to do what it accepted. Called until it is done."""
        await anyio.sleep(0.02)

    @property
    def page_size(self) -> int:
        """How many runs of one key the engine gives in one page."""
        raise NotExercised("the engine gives the runs of a key in one piece")

    async def misplace(self) -> None:
        """Let the adapter's idea of where the rows of a key lie be wrong from now on."""
        raise NotExercised("the engine keeps everything in one place")
