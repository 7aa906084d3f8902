"""
Recorded exchanges as stories: each made by the call of ours that it belongs to, in their order.

An answer stands as its word, a run as its status and outcome, what is not there as `gone`, an
error as its class.
"""

from typing import Any

from tests.adapters.dapr.recorded import Call, Exchange, Replay, exchange
from wfadmin.adapters.dapr.engine import DaprEngine
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command, Kill, Pause, Purge, Resume
from wfadmin.domain.errors import WfadminError
from wfadmin.domain.keys import InvocationRef
from wfadmin.domain.model import Invocation

COMMANDS: dict[str, type[Command]] = {
    "pause": Pause,
    "resume": Resume,
    "terminate": Kill,
    "purge": Purge,
}


async def perform(engine: DaprEngine, call: Call, payload: str | None) -> Any:  # noqa: ANN401
    """Make the call; what it gives."""
    workflows = engine.control.workflows
    ref = InvocationRef(None, call.instance_id, None)
    match call.operation:
        case "ingress":
            await engine.admin.probe_ingress()
            return Answer.ACCEPTED
        case "metadata":
            return await engine.admin.list_services()
        case "get":
            return await engine.invocations.get(ref)
        case "start":
            return await workflows.start(call.name, call.instance_id, payload)
        case "raise":
            return await workflows.raise_event(call.instance_id, call.name, payload)
    return await engine.control.perform(COMMANDS[call.operation](ref))


SUCCEEDED, FAILED, KILLED = "completed succeeded", "completed failed", "completed killed"
OPERATIONS = ("pause", "resume", "terminate", "raise")


async def told(*names: str) -> list[str]:
    """What these exchanges give, in turn."""
    return [_word(await _given(exchange(name))) for name in names]


async def _given(one: Exchange) -> object:
    assert one.call is not None
    engine = Replay((one, exchange("metadata-with-worker"))).engine(one.call.prefix)
    try:
        return await perform(engine, one.call, one.payload)
    except WfadminError as error:
        return error


def _word(given: object) -> str:
    if isinstance(given, Answer):
        return given.value
    if isinstance(given, Invocation):
        return " ".join(one.value for one in (given.status, given.outcome) if one is not None)
    return "gone" if given is None else type(given).__name__


async def run(name: str) -> Invocation:
    """The run that a read gives."""
    given = await _given(exchange(name))
    assert isinstance(given, Invocation)
    return given
