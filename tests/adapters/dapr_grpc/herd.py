"""A sidecar of paper with as many instances as a test wants: it lists and tells them."""

import asyncio
from collections.abc import Callable
from typing import Any

import attrs

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked

#: How an instance is, by its place in the list.
Make = Callable[[int], dict[str, Any]]


def every_fifth_waits(place: int) -> dict[str, Any]:
    """Of five one has failed, one runs, and three are completed."""
    status = ("FAILED", "RUNNING", "COMPLETED", "COMPLETED", "COMPLETED")[place % 5]
    hour, minute, second = place // 3600, place // 60 % 60, place % 60
    started = f"2026-11-20T{hour:02}:{minute:02}:{second:02}Z"
    return {
        "status": status,
        "createdTimestamp": started,
        "lastUpdatedTimestamp": started.replace("-20T", "-21T"),
    }


@attrs.define(slots=False)
class Herd:
    """
    Instances `i-0`, `i-1` and so on.

    Attributes:
        make: What is told of each; it is made when it is asked for.
        answers: What is said in the place of it, by id.
        calls: How many calls came, by method.
    """

    many: int
    make: Make = every_fifth_waits
    answers: dict[str, Answered] = attrs.field(factory=dict)
    calls: dict[str, int] = attrs.field(factory=dict)
    payloads: list[str] = attrs.field(factory=list)

    async def __call__(self, asked: Asked) -> Answered:
        self.calls[asked.method] = self.calls.get(asked.method, 0) + 1
        # Others come in between.
        await asyncio.sleep(0)
        request = oracle.message(f"{asked.method}Request").FromString(asked.request)
        if asked.method == "ListInstanceIDs":
            return self._page(int(request.continuationToken or 0), request.pageSize)
        instance_id = request.instanceId
        if request.getInputsAndOutputs:
            self.payloads.append(instance_id)
        if instance_id in self.answers:
            return self.answers[instance_id]
        state = self.make(int(instance_id.removeprefix("i-")))
        if request.getInputsAndOutputs and state["status"] == "FAILED":
            details = {"errorType": "E", "errorMessage": instance_id}
            state = {**state, "failureDetails": details, "input": "x" * 100}
        return Answered(oracle.instance(instance_id, **state))

    def _page(self, first: int, size: int) -> Answered:
        last = min(first + size, self.many)
        token = str(last) if last < self.many else ""
        ids = (f"i-{place}" for place in range(first, last))
        return Answered(oracle.page(*ids, then=token))


@attrs.frozen
class PaperChannel:
    """A channel without a network: what a survey costs by itself."""

    herd: Herd

    def unary_unary(self, path: str) -> Callable[..., Any]:
        """The method at that path."""

        async def call(request: bytes, *, timeout: float, metadata: object) -> bytes:
            asked = Asked(path.rpartition("/")[2], request, {}, timeout)
            assert metadata == []
            return (await self.herd(asked)).data

        return call

    async def close(self) -> None:
        """Nothing was opened."""
