"""What changes instances: the commands that it has words for."""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import assert_never

import attrs
from typing_extensions import override

from wfadmin.adapters.dapr.api import NAME, DaprApi
from wfadmin.adapters.dapr.grpc.forcing import DaprForcing
from wfadmin.adapters.dapr.workflows import DaprWorkflows, Operation
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import (
    Cancel,
    Command,
    ForcePurge,
    Kill,
    Pause,
    Purge,
    RaiseEvent,
    Resume,
    Start,
    command_name,
)
from wfadmin.domain.errors import InvalidWorkflowKey, NotSupported
from wfadmin.ports.control import InvocationControl

__all__ = ["NO_CANCEL", "NO_FORCE", "DaprControl"]

#: What to do instead of a cancel.
NO_CANCEL = (
    "Kill it: the workflow gets no word of it, its children end too, and activities that run go on."
)
#: What to do instead of a forced purge, over HTTP or with an older sidecar.
NO_FORCE = (
    "Give the address of the gRPC API of a sidecar from 1.18 on: over HTTP nothing is purged that"
    " has not ended."
)
_NO_DEPLOYMENT = (
    "Resume it without a deployment: it goes on in whichever worker of its app is connected."
)
_NO_VERSION = (
    "Use a sidecar whose version is known here: to another one, or one that does not say, nothing"
    " is sent that changes a run."
)


_OverHttp = Pause | Resume | Cancel | Kill | Purge | Start | RaiseEvent


@attrs.frozen(eq=False)
class DaprControl(InvocationControl):
    """
    See `InvocationControl`.

    The caller must have just read the status: here a command that it does not call for is
    accepted all the same, and does harm (`DaprWorkflows`).
    """

    _api: DaprApi
    workflows: DaprWorkflows
    _forcing: DaprForcing | None = None

    @override
    async def perform(self, command: Command) -> Answer:
        """
        See `InvocationControl.perform`. Sends: one POST; a forced purge two reads and a write.

        Before the first one also a GET, where no version was seen yet: of a version that nobody
        knows no command is declared, and none is sent.
        """
        if isinstance(command, ForcePurge):
            return await self._force(command)
        name = command_name(command)
        send = self._sending(command)
        version = await self._api.version()
        if name not in version.capabilities.commands:
            raise NotSupported(NAME, f"command {name.value} in this version", _NO_VERSION)
        return await send()

    async def _force(self, command: ForcePurge) -> Answer:
        if self._forcing is None or not (await self._api.version()).forces:
            raise NotSupported(NAME, f"command {command_name(command).value}", NO_FORCE)
        return await self._forcing.purge(command.ref)

    def _sending(self, command: _OverHttp) -> Callable[[], Awaitable[Answer]]:
        """What sends the command, once it is checked that it makes sense."""
        name, ref, workflows = command_name(command).value, command.ref, self.workflows
        match command:
            case Start(payload=payload):
                if ref.key is None:
                    raise InvalidWorkflowKey("workflow key", "a start needs one")
                if ref.key.service_key != ref.id:
                    raise InvalidWorkflowKey("service key", "a run bears it as its id")
                return partial(workflows.start, ref.key.service_name, ref.id, payload)
            case RaiseEvent(event_name=event, payload=payload):
                return partial(workflows.raise_event, ref.id, event, payload)
            case _:
                return partial(workflows.perform, _operation(command), ref.id, name)


def _operation(command: Pause | Resume | Kill | Purge | Cancel) -> Operation:
    match command:
        case Pause():
            return Operation.PAUSE
        case Resume(deployment=None):
            return Operation.RESUME
        case Resume():
            raise NotSupported(NAME, "deployment to resume on", _NO_DEPLOYMENT)
        case Kill():
            return Operation.TERMINATE
        case Purge():
            return Operation.PURGE
        case Cancel():
            raise NotSupported(NAME, "command cancel", NO_CANCEL)
        case _:
            assert_never(command)
