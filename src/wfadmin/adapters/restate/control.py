"""What changes runs. Every command is one request; what the engine says to it was seen live."""

from typing import assert_never
from urllib.parse import quote

import attrs
from typing_extensions import override

from wfadmin.adapters.restate.api import NAME, RestateApi
from wfadmin.adapters.restate.sharding import Sharding
from wfadmin.adapters.restate.sql import is_id
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
from wfadmin.domain.errors import NotSupported
from wfadmin.ports.control import InvocationControl
from wfadmin.wire.http import Request, Write

__all__ = ["RestateControl"]


@attrs.frozen(eq=False)
class RestateControl(InvocationControl):
    """
    See `InvocationControl`.

    A pause of a suspended run is accepted and does nothing (seen live): read again.
    """

    _api: RestateApi
    _sharding: Sharding

    @override
    async def perform(self, command: Command) -> Answer:
        """
        See `InvocationControl.perform`. Sends: one PATCH.

        Before the first one also a GET, where no version was seen yet: of a version that nobody
        knows no command is declared, and none is sent.
        """
        route = _route(command)
        invocation_id = command.ref.id
        if not is_id(invocation_id):
            return Answer.NOT_FOUND  # a path would lead elsewhere
        version = await self._sharding.version()
        if command_name(command) not in version.capabilities.commands:
            raise _not_supported(command)
        path = f"/invocations/{invocation_id}/{route}"
        write = Write(command_name(command).value, invocation_id)
        return await self._api.send(Request("PATCH", path), write)


def _route(command: Command) -> str:
    match command:
        case Resume(deployment=str(deployment)):
            return f"resume?deployment={quote(deployment, safe='')}"
        case Pause() | Resume() | Cancel() | Kill() | Purge():
            return command_name(command).value
        case ForcePurge() | Start() | RaiseEvent():
            raise _not_supported(command)
        case _:
            assert_never(command)


def _not_supported(command: Command) -> NotSupported:
    return NotSupported(NAME, f"command {command_name(command).value}")
