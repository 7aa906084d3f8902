"""
What the gRPC API of a sidecar can do, as typed functions. The ports are made of these.

Dangers, seen live on 1.18.3, and what is done about them here:

- A page size of 0 ends the whole sidecar with one store, and never ends with another: it cannot be
  asked for.
- A forced purge without children of an id that is not there ends the whole sidecar: it takes an
  instance that was just seen, and looks again right before.
- A rerun without a new id makes one up: it has to be given.

Starting, pausing, resuming, terminating and events are left to HTTP: over gRPC they hang until a
worker has done its part.
"""

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Final

import attrs

from wfadmin.adapters.dapr.answers import Instance
from wfadmin.adapters.dapr.grpc.client import GrpcClient
from wfadmin.adapters.dapr.grpc.events import Event, events_from
from wfadmin.adapters.dapr.grpc.messages import (
    Method,
    Page,
    history_request,
    instance_from,
    instance_request,
    page_from,
    page_request,
    purge_request,
    purged_from,
    rerun_from,
    rerun_request,
)
from wfadmin.adapters.dapr.grpc.tale import Tale, tale_of
from wfadmin.adapters.dapr.identifiers import json_body, new_id
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import InvalidWorkflowKey, StalePlan, UnexpectedAnswer, UsageError
from wfadmin.wire.http import Write

__all__ = ["MOST_PAGES", "PAGE_SIZE", "DaprSidecar", "InstanceSeen"]

#: How many ids are asked for at once.
PAGE_SIZE: Final = 1024
#: A list of more pages than this has no end.
MOST_PAGES: Final = 10_000
_MOST_EVENTS: Final = (1 << 31) - 1
_LARGEST_PAGE: Final = (1 << 32) - 1
# A store that scans may find nothing for a while.
_MOST_EMPTY_PAGES: Final = 100


@attrs.frozen
class InstanceSeen:
    """An instance that was just read, and who read it: what a forced purge wants to have."""

    instance: Instance
    _by: object = attrs.field(alias="by", eq=False, repr=False)

    def was_seen_by(self, reader: object) -> bool:
        """Whether `reader` has read it."""
        return self._by is reader


@attrs.frozen(eq=False)
class DaprSidecar:
    """
    Asks the sidecar over gRPC. Everything it raises is a `WfadminError`.

    Every function raises what `GrpcClient.read` or `GrpcClient.write` does, and what it names.
    """

    _client: GrpcClient

    async def page(self, *, page_size: int, token: str | None = None) -> Page:
        """
        Some of the ids. Sends: one call.

        Args:
            page_size: More than 0.
            token: What the page before gave.

        Raises:
            UsageError: The page size is not usable; nothing was sent.
        """
        if not 0 < page_size <= _LARGEST_PAGE:
            raise UsageError("page size", "it is not above 0, which ends the sidecar")
        request = page_request(page_size, token)
        return await self._client.read(Method.LIST, request, page_from)

    async def pages(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[tuple[str, ...], None]:
        """
        All ids of this app, in the order of the store, a page at a time. Sends: a call per page.

        Children are among them. Ids that come or go meanwhile may be in it or not.

        Raises:
            UnexpectedAnswer: The list does not end.
        """
        seen: set[str] = set()
        token: str | None = None
        empty = 0
        for _ in range(MOST_PAGES):
            page = await self.page(page_size=page_size, token=token)
            if page.ids:
                yield page.ids
            token = page.token
            if token is None:
                return
            empty = 0 if page.ids else empty + 1
            if token in seen or empty > _MOST_EMPTY_PAGES:
                break
            seen.add(token)
        problem = "the list of ids goes in a circle or has no end"
        raise UnexpectedAnswer(f"{Method.LIST} at {self._client.place.shown}", problem)

    async def list_instance_ids(self, *, page_size: int = PAGE_SIZE) -> AsyncGenerator[str, None]:
        """As `pages`, one by one."""
        async with aclosing(self.pages(page_size=page_size)) as pages:
            async for page in pages:
                for instance_id in page:
                    yield instance_id

    async def get_instance(
        self,
        instance_id: str,
        *,
        payloads: bool = False,
    ) -> InstanceSeen | None:
        """
        The instance of that id; None where it surely is none. Sends: one call.

        Args:
            payloads: Also what it failed with, which comes with its input and output.
        """
        request = instance_request(_encodable(instance_id), payloads=payloads)
        found = await self._client.read(
            Method.GET,
            request,
            lambda data: instance_from(data, instance_id),
            about=instance_id,
        )
        return None if found is None else InstanceSeen(found, by=self)

    async def get_history(self, instance_id: str) -> AsyncGenerator[Event, None]:
        """
        The events of a run, in the order in which they are stored. Sends: one call.

        There are none where it never ran. What came and was not taken in yet is not among them.

        Raises:
            InvocationNotFound: There is no such instance.
        """
        for event in await self._events(instance_id):
            yield event

    async def tell(self, instance_id: str) -> Tale:
        """What the history of a run says. Sends and raises: as `get_history`."""
        return tale_of(await self._events(instance_id))

    async def force_purge(self, seen: InstanceSeen, *, recursive: bool) -> Answer:
        """
        Remove what is stored of an instance, whatever its status, also without a worker.

        A turn that runs meanwhile may break what is stored. A child that loses its parent can
        never end, and is to be purged by force as well. One that was stalled leaves a ghost until
        a worker connects again. Between the look and the purge it may still go away, which ends
        the sidecar where children stay. Sends: one read and one write.

        Args:
            seen: What `get_instance` of this sidecar has just given.
            recursive: Take the children along.

        Returns:
            `not_found` where it is gone.

        Raises:
            StalePlan: Another run bears its id now; nothing was sent.
            UsageError: It was not read here, has no id, or never ran and so has no children that
                could be taken along; nothing was sent.
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
        """
        instance = seen.instance
        if not seen.was_seen_by(self):
            raise UsageError("instance", "it was not read here")
        if not instance.id:
            raise UsageError("instance", "it has no id, and whatever has none would be purged")
        now = await self.get_instance(instance.id)
        if now is None:
            return Answer.NOT_FOUND
        if now.instance.created != instance.created:
            raise StalePlan("another run bears the id now")
        if recursive and instance.created is None:
            # Answered "no such instance exists", although it is there (seen live).
            raise UsageError("recursive", "what never ran is only reached without its children")
        write = Write("force purge", instance.id)
        request = purge_request(instance.id, recursive=recursive)
        done = await self._client.write(Method.PURGE, request, purged_from, write)
        if isinstance(done, Answer):
            return done
        if not done.is_complete:
            raise write.unknown("It says that it did not complete it")
        return Answer.ACCEPTED if done.deleted else Answer.NOT_FOUND

    async def rerun_from_event(
        self,
        source_id: str,
        *,
        event: int,
        new: str,
        payload: str | None = None,
    ) -> Answer:
        """
        Run a copy of an instance that has ended, from one of its events on. The source stays.

        Sends: one write.

        Args:
            event: The number of a scheduled activity, a timer or a child. Workers count from 0
                or from 1: read the history.
            new: The id of the copy.
            payload: JSON that replaces the input of the event; None leaves it as it was.

        Returns:
            `wrong_status` where the source has not ended, `not_found` where it or the event is
            not there.

        Raises:
            UsageError: An argument cannot be used; nothing was sent.
            EngineUnreachable: Not sent.
            EngineRejected: An error status that is no `Answer`, such as for a new id in use.
            OutcomeUnknown: Sent, and no answer that settles it: read, never send again.
        """
        new_id(new)
        if not source_id or source_id == new:
            raise UsageError("source", "it has no id, or that of the copy")
        if not 0 <= event <= _MOST_EVENTS:
            raise UsageError("event", "no event has that number")
        json_body("input", payload)
        write = Write("rerun", source_id)
        request = rerun_request(_encodable(source_id), event, new, payload)
        done = await self._client.write(Method.RERUN, request, rerun_from, write)
        if isinstance(done, Answer):
            return done
        if done != new:
            raise write.unknown("It made an instance of another id")
        return Answer.ACCEPTED

    async def _events(self, instance_id: str) -> tuple[Event, ...]:
        request = history_request(_encodable(instance_id))
        return await self._client.read(Method.HISTORY, request, events_from, about=instance_id)


def _encodable(instance_id: str) -> str:
    try:
        instance_id.encode()
    except UnicodeEncodeError:
        raise InvalidWorkflowKey("instance id", "it is not valid Unicode") from None
    return instance_id
