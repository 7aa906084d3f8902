"""What the check of a clause works on: an engine, its driver, and ways to ask both."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

import anyio
import anyio.lowlevel
import attrs

from wfadmin.domain.answers import Answer
from wfadmin.domain.capabilities import Capabilities, CommandName
from wfadmin.domain.commands import Command, command_name
from wfadmin.domain.error import WfadminError
from wfadmin.domain.errors import NotSupported
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports.control import InvocationControl
from wfadmin.ports.deployments import DeploymentRegistry
from wfadmin.ports.engine import Engine, EngineFactory, EngineSettings
from wfadmin.ports.history import InvocationHistory
from wfadmin.ports.listing import InvocationListing
from wfadmin.ports.state import StateStore
from wfadmin.testing.driver import Driver, Situation
from wfadmin.testing.verdicts import Broken, NotExercised, NotSupportedHere

__all__ = ["Bench", "expect"]

_T = TypeVar("_T")


def expect(condition: object, seen: str) -> None:
    """
    Go on where `condition` holds.

    Raises:
        Broken: It does not; `seen` is the sentence that says what was seen instead.
    """
    if not condition:
        raise Broken(seen)


def _there(port: _T | None, what: str) -> _T:
    if port is None:
        raise NotSupportedHere(f"the engine has no {what}")
    return port


@attrs.frozen(eq=False)
class Bench:
    """
    An engine on the workbench of one clause.

    Attributes:
        engine: Made once by `connect`; closed after the clause.
        settings: What it was made from, with a token and a user name that must not be shown.
        capabilities: What it declared before the clause.
        secrets: Texts that must not leave the adapter.
    """

    engine: Engine
    connect: EngineFactory
    driver: Driver
    settings: EngineSettings
    capabilities: Capabilities
    secrets: tuple[str, ...] = attrs.field(repr=False)

    # --- ports that an engine may lack ---------------------------------------------------------

    @property
    def control(self) -> InvocationControl:
        """What changes runs."""
        return _there(self.engine.control, "control")

    @property
    def deployments(self) -> DeploymentRegistry:
        """Registered deployments."""
        return _there(self.engine.deployments, "deployments")

    @property
    def listing(self) -> InvocationListing:
        """All invocations at once."""
        return _there(self.engine.listing, "listing")

    @property
    def history(self) -> InvocationHistory:
        """What happened inside a run."""
        return _there(self.engine.history, "history")

    @property
    def state(self) -> StateStore:
        """Stored data."""
        return _there(self.engine.state, "stored state")

    def needs(self, *commands: CommandName) -> None:
        """
        Go on where the engine declares all of `commands`.

        Raises:
            NotSupportedHere: It does not.
        """
        for name in commands:
            if name not in self.capabilities.commands:
                raise NotSupportedHere(f"the engine does not declare {name.value}")

    # --- putting and reading -------------------------------------------------------------------

    async def put(self, situation: Situation, *, failure: str | None = None) -> WorkflowKey:
        """Bring a run of a new key into `situation`, and give its key."""
        key = self.driver.fresh_key()
        await self.driver.put(key, situation, failure=failure)
        return key

    async def run_of(self, key: WorkflowKey) -> Invocation:
        """
        The one main run of `key`, as the adapter reads it.

        Raises:
            Broken: It reads none, or several.
        """
        runs = await self.engine.invocations.for_key(key)
        shared = self.driver.shared_handler
        found = [one for one in runs if shared is None or one.handler_name != shared]
        expect(len(found) == 1, f"a key with one main run reads as {len(found)} of them")
        return found[0]

    async def put_and_read(self, situation: Situation) -> Invocation:
        """Bring a run of a new key into `situation`, and read it through the adapter."""
        return await self.run_of(await self.put(situation))

    async def deploy(self) -> str:
        """
        Let another tool register a new place, and give its URL.

        Raises:
            NotSupportedHere: The engine has no deployments.
        """
        _there(self.engine.deployments, "deployments")
        return await self.driver.deploy()

    async def a_place(self) -> str:
        """
        Let a place run that is not registered, and give its URL.

        Raises:
            NotSupportedHere: The engine has no deployments.
        """
        _there(self.engine.deployments, "deployments")
        return await self.driver.a_place()

    async def children_of(self, run: Invocation) -> tuple[Invocation, ...]:
        """
        The unfinished invocations that `run` called, as the adapter reads them.

        Raises:
            NotSupportedHere: The adapter says that nobody can know.
        """
        try:
            return await self.engine.invocations.children(run.ref)
        except NotSupported as error:
            raise NotSupportedHere("the engine does not say who called whom") from error

    # --- doing ---------------------------------------------------------------------------------

    async def perform(self, command: Command) -> Answer:
        """Let the adapter perform `command`, which must be declared."""
        self.needs(command_name(command))
        return await self.control.perform(command)

    async def until(self, look: Callable[[], Awaitable[bool]], what: str) -> None:
        """
        Wait until `look` sees what was accepted.

        Args:
            look: Whether it is so now.
            what: What should be so, as a clause that follows "it is not so that".

        Raises:
            Broken: It did not come within the patience of the driver.
        """
        with anyio.move_on_after(self.driver.patience.total_seconds()):
            while not await look():
                await self.driver.settle()
                # A virtual engine settles without ever giving way to the time limit.
                await anyio.lowlevel.checkpoint()
            return
        raise Broken(f"within {self.driver.patience} it did not come about that {what}")

    async def error_of(self, call: Callable[[], Awaitable[object]], what: str) -> WfadminError:
        """
        The error with which `call` ends.

        Raises:
            Broken: It ends with an answer, or with an error of another kind.
        """
        try:
            answer = await call()
        except WfadminError as error:
            return error
        except (Broken, NotExercised, NotSupportedHere):
            raise  # no error of the adapter: what is known about it is known already
        except Exception as error:
            kind = type(error).__name__
            raise Broken(f"{what}: {kind} left the port, which is no WfadminError") from error
        raise Broken(f"{what}: an answer came and no error: {type(answer).__name__}")

    def expect_no_secret(self, text: str, where: str) -> None:
        """
        Go on where `text` shows none of the secrets.

        Raises:
            Broken: It does. The message does not repeat them.
        """
        expect(not any(one in text for one in self.secrets), f"{where} shows a secret")
