"""
The operations on one instance. Each write is one request, sent once; none looks first.

Seen live on 1.18.3, and why nobody may send these without having just read the instance:

- All of them are answered 202 on an instance that has ended, and do nothing: a 202 proves nothing,
  and what is read right after may still be the old status.
- A resume of an instance that is not suspended fails it. A second pause before one resume makes
  its worker loop for ever.
- Every one of them starts an instance that waits for its planned start; a terminate comes too
  late then, and a purge answers that there is no such instance.
- A start replaces an instance that has ended, and what is left of it. Results of activities that
  still run for the old one are then given to the new one.
- A start without a worker, and everything where a turn hangs, is not answered at all.
"""

from enum import StrEnum

import attrs

from wfadmin.adapters.dapr.answers import Instance
from wfadmin.adapters.dapr.api import DaprApi
from wfadmin.adapters.dapr.identifiers import json_body, name_segment, new_id, segment
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import InvalidWorkflowKey, UnexpectedAnswer
from wfadmin.wire.http import Write
from wfadmin.wire.replies import Reply

__all__ = ["DaprWorkflows", "Operation"]


class Operation(StrEnum):
    """What can be done to an instance without saying more."""

    PAUSE = "pause"
    RESUME = "resume"
    #: Takes the children along; there is no other way over HTTP.
    TERMINATE = "terminate"
    #: The same.
    PURGE = "purge"


@attrs.frozen
class _Started:
    instanceID: str  # noqa: N815 - as it names it


@attrs.frozen(eq=False)
class DaprWorkflows:
    """Instances by id, read and written."""

    _api: DaprApi

    async def get(self, instance_id: str) -> Instance | None:
        """
        The instance of that id; None where it surely is none. Sends: one GET.

        Raises:
            InvalidWorkflowKey: No path can hold that id.
            EngineError: It could not be read.
        """
        path = segment(instance_id)
        if path is None:
            raise InvalidWorkflowKey("service key", "it cannot stand in the path of a URL")
        return await self._api.instance(instance_id, path)

    async def perform(self, operation: Operation, instance_id: str, command: str) -> Answer:
        """
        Send one operation, without a body: it would be parsed, and refused.

        Args:
            command: What errors call it.

        Raises:
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
        """
        path = segment(instance_id)
        if path is None:
            return Answer.NOT_FOUND  # the path would lead elsewhere
        write = Write(command, instance_id)
        answer, _ = await self._api.send(f"{path}/{operation.value}", write)
        return answer

    async def start(self, workflow: str, instance_id: str, payload: str | None = None) -> Answer:
        """
        Start an instance. Sent once: of a repeated start nobody knows which one ran.

        Args:
            payload: JSON, or None for no input at all.

        Returns:
            `wrong_status` where an instance of that id has not ended.

        Raises:
            UsageError: A name, the id or the payload cannot be used; nothing was sent.
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it, which it is without a worker:
                read, never send again.
        """
        name, query = name_segment("workflow name", workflow), f"instanceID={new_id(instance_id)}"
        body = json_body("input", payload)
        write = Write("start", instance_id)
        answer, reply = await self._api.send(f"{name}/start", write, body=body, query=query)
        if answer is Answer.ACCEPTED:
            _check_started(reply, instance_id, write)
        return answer

    async def raise_event(self, instance_id: str, event: str, payload: str | None = None) -> Answer:
        """
        Give an event to an instance.

        Args:
            event: Its name; some workers compare it without case.
            payload: JSON, or None for an event without content.

        Raises:
            UsageError: The name or the payload cannot be used; nothing was sent.
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
        """
        name = name_segment("event name", event)
        body = json_body("event", payload)
        path = segment(instance_id)
        if path is None:
            return Answer.NOT_FOUND  # the path would lead elsewhere
        write = Write("raise event", instance_id)
        answer, _ = await self._api.send(f"{path}/raiseEvent/{name}", write, body=body)
        return answer


def _check_started(reply: Reply, instance_id: str, write: Write) -> None:
    """See that it did what was asked: an id that it overlooks is replaced by a made-up one."""
    try:
        started = reply.read(_Started).instanceID
    except UnexpectedAnswer as error:
        raise write.unknown(f"Its answer cannot be read: {error.problem}") from error
    if started != instance_id:
        raise write.unknown(f"It started {reply.safe(started)} instead")
