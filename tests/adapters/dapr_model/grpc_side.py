"""
The gRPC API of the model: it shows the same world as its HTTP, and changes it.

It answers as the recorded one did, which `test_grpc_against_recordings.py` shows. What must never
be asked (a page size of 0, a method that hangs until a worker has done its part) is remembered,
and `check` fails the test.
"""

import asyncio
import uuid
from collections.abc import Callable, Mapping
from datetime import timedelta
from typing import Any

import attrs
from google.protobuf.unknown_fields import UnknownFieldSet

from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.servers import Answered, Asked
from tests.adapters.dapr_model.conditions import Placement
from tests.adapters.dapr_model.grpc_history import Histories
from tests.adapters.dapr_model.grpc_state import NEVER_RAN, state_of
from tests.adapters.dapr_model.messages import (
    NO_INSTANCE,
    NO_STORE,
    NOT_COMPLETED,
    is_stalled,
    without_worker,
)
from tests.adapters.dapr_model.sidecar import Sidecar
from wfadmin.domain.answers import Answer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Invocation, InvocationStatus

__all__ = ["GrpcSide", "SaidError"]

_STEP = timedelta(milliseconds=10)
#: So long it looks for a worker.
_LOOKUP = timedelta(seconds=5)
_REFUSED = Answered(code="UNAVAILABLE", details="failed to connect to all addresses; it is dead")
_KILLED = Answered(code="UNAVAILABLE", details="Stream removed (Socket closed)")
_NOT_SERVED = Answered(
    code="UNKNOWN",
    details=(
        "failed to proxy request: required metadata dapr-callee-app-id or dapr-app-id not found"
    ),
)
# These wait for a worker, and are left to HTTP.
_HANGING = frozenset(
    {
        *("StartInstance", "TerminateInstance", "SuspendInstance", "ResumeInstance"),
        *("RaiseEvent", "WaitForInstanceStart", "WaitForInstanceCompletion"),
    },
)
# What a rerun can begin at.
_BEGINNINGS = ("taskScheduled", "timerCreated", "childWorkflowInstanceCreated")
_FROM_1_17 = frozenset({"ListInstanceIDs", "GetInstanceHistory"})


@attrs.define(eq=False)
class GrpcSide:
    """
    What is answered over gRPC.

    Attributes:
        histories: What it tells of the past; open activities are put there.
        asked: What it was asked, the oldest first.
        forbidden: What should never have been asked, one sentence each.
    """

    sidecar: Sidecar
    histories: Histories = attrs.field(
        default=attrs.Factory(lambda self: Histories(self.sidecar), takes_self=True),
        init=False,
    )
    asked: list[Asked] = attrs.field(factory=list, init=False)
    forbidden: list[str] = attrs.field(factory=list, init=False)

    def __attrs_post_init__(self) -> None:
        self.sidecar.watchers.append(self.histories.watch)

    @property
    def open_tasks(self) -> dict[str, list[str]]:
        """See `Histories.open_tasks`."""
        return self.histories.open_tasks

    @property
    def methods(self) -> list[str]:
        """The methods that it was asked, the oldest first."""
        return [one.method for one in self.asked]

    def check(self) -> None:
        """Fail where something was asked that must never be."""
        assert not self.forbidden, "; ".join(self.forbidden)

    async def __call__(self, asked: Asked) -> Answered:
        """What is answered. Time passes."""
        # Others come in between.
        await asyncio.sleep(0)
        if self.sidecar.is_dead:
            return _REFUSED
        self.asked.append(asked)
        self.sidecar.pass_time(_STEP)
        try:
            return self._answer(asked)
        except SaidError as said:
            if said.answered is None:
                await asyncio.Event().wait()
            return said.answered or _REFUSED

    def _answer(self, asked: Asked) -> Answered:
        token = self.sidecar.token
        if token is not None and asked.metadata.get("dapr-api-token") != token:
            return Answered(code="UNAUTHENTICATED", details="Unauthorized")
        if asked.method in _HANGING:
            self.forbidden.append(f"{asked.method} waits for a worker: HTTP has it too")
        is_old = asked.method in _FROM_1_17 and not self.sidecar.is_from(1, 17)
        answer = _METHODS.get(asked.method)
        if answer is None or is_old:
            return _NOT_SERVED
        if self.sidecar.app_port is not None:
            raise SaidError(None)
        request = oracle.message(f"{asked.method}Request").FromString(asked.request)
        told = answer(self, request, _given(asked.request))
        return Answered(oracle.encoded(f"{asked.method}Response", told))

    # --- reading ---------------------------------------------------------------------------------

    def _list(self, request: Any, given: set[int]) -> dict[str, Any]:  # noqa: ANN401
        if not self.sidecar.has_store or self.sidecar.placement is Placement.NONE:
            raise _no("UNKNOWN", "no state store with actor support found")
        first = _place(request.continuationToken) if 1 in given else 0
        ids = [run.id for run in self.sidecar.world.store.runs][first:]
        size = request.pageSize if 2 in given else len(ids)
        if not size and 2 in given:
            self.forbidden.append("a page size of 0 ends the sidecar, or the list never does")
        rest = {"continuationToken": str(first + size)} if size < len(ids) else {}
        return {"instanceIds": ids[:size], **rest}

    def _get(self, request: Any, _: set[int]) -> dict[str, Any]:  # noqa: ANN401
        run = self._read(request.instanceId)
        if run is None:
            return {}
        store, payloads = self.sidecar.world.store, request.getInputsAndOutputs
        return {"exists": True, "workflowState": state_of(store, run, payloads=payloads)}

    def _history(self, request: Any, _: set[int]) -> dict[str, Any]:  # noqa: ANN401
        run = self._read(request.instanceId)
        if run is None:
            raise _no("NOT_FOUND", f"workflow instance '{request.instanceId}' not found")
        return {"events": self.histories.of(run)}

    def _read(self, instance_id: str) -> Invocation | None:
        if self.sidecar.placement is Placement.NONE:
            raise _no("UNAVAILABLE", "placement service is not configured")
        if not self.sidecar.has_store:
            raise _no("INTERNAL", f"failed to load workflow metadata: {NO_STORE}")
        return self.sidecar.world.store.find(instance_id)

    # --- purging ---------------------------------------------------------------------------------

    def _purge(self, request: Any, given: set[int]) -> dict[str, Any]:  # noqa: ANN401
        if _FILTER in given:
            raise _no("UNKNOWN", "multi-instance purge is not unimplemented")
        run = self._read(request.instanceId)
        if request.force:
            gone = self._forced(run, recursive=request.recursive)
        elif request.recursive:
            gone = self._with_children(run)
        else:
            gone = self._alone(run, request.instanceId)
        return {"deletedInstanceCount": gone}

    def _forced(self, run: Invocation | None, *, recursive: bool) -> int:
        """It asks neither for the status nor for a worker."""
        store = self.sidecar.world.store
        if run is None and not recursive:
            # A null pointer: the whole process ends.
            self.sidecar.is_dead = True
            raise SaidError(_KILLED)
        if run is None:
            raise _not_purged(f"failed to fetch workflow state: {NO_INSTANCE}")
        if recursive and run.engine_status == NEVER_RAN:
            raise _not_purged(NO_INSTANCE)
        gone = self._family(run) if recursive else (run,)
        for one in gone:
            if one.status is InvocationStatus.STALLED:
                store.turns.haunt(one.id)
            store.forget(one)
        return len(gone)

    def _with_children(self, run: Invocation | None) -> int:
        if run is None:
            raise _not_purged(f"failed to fetch workflow state: {NO_INSTANCE}")
        if run.engine_status == NEVER_RAN:
            raise _not_purged(NO_INSTANCE)
        family = self._family(run)
        if not all(one.is_completed for one in family):
            raise _not_purged(NOT_COMPLETED)
        self._must_reach_a_worker(run.id)
        answer = self.sidecar.world.store.purge(run.id)
        assert answer is Answer.ACCEPTED
        # It is answered when it is done.
        self.sidecar.pass_time(self.sidecar.world.store.acceptance)
        return len(family)

    def _alone(self, run: Invocation | None, instance_id: str) -> int:
        if run is None:
            raise _not_purged(NO_INSTANCE)
        if run.status is InvocationStatus.STALLED:
            raise _not_purged(is_stalled(instance_id))
        self._must_reach_a_worker(instance_id)
        if not run.is_completed:
            raise _not_purged(NOT_COMPLETED)
        self.sidecar.world.store.forget(run)
        return 1

    def _family(self, run: Invocation) -> tuple[Invocation, ...]:
        children = self.histories.children_of(run)
        return (run, *(one for child in children for one in self._family(child)))

    def _must_reach_a_worker(self, instance_id: str, before: str = "purge workflow state") -> None:
        if self.sidecar.hangs:
            raise SaidError(None)
        if not self.sidecar.world.store.turns.workers:
            self.sidecar.pass_time(_LOOKUP)
            why = without_worker(self.sidecar.app_id, instance_id)
            raise _no("FAILED_PRECONDITION", f"failed to {before}: {why}" if before else why)

    # --- running again ---------------------------------------------------------------------------

    def _rerun(self, request: Any, given: set[int]) -> dict[str, Any]:  # noqa: ANN401
        """A copy runs from its beginning: what the model keeps of a run is no more than that."""
        source_id, event = request.sourceInstanceID, request.eventID
        new_id = request.newInstanceID if _NEW_ID in given else str(uuid.uuid4())
        if new_id == source_id:
            said = "rerun workflow instance ID must be different from the original instance ID"
            raise _no("INVALID_ARGUMENT", said)
        self._must_reach_a_worker(source_id, before="")
        source = self._read(source_id)
        if source is None:
            raise _no("NOT_FOUND", f"workflow instance does not exist with ID '{source_id}'")
        if not source.is_completed:
            raise _no("INVALID_ARGUMENT", f"'{source_id}' is not in a terminal state")
        events = (one for one in self.histories.of(source) if one["eventId"] == event)
        if not any(kind in one for one in events for kind in _BEGINNINGS):
            raise _no("NOT_FOUND", f"does not have history event with ID '{event}'")
        if self._read(new_id) is not None:
            raise _no("ALREADY_EXISTS", f"workflow '{new_id}' has already been created")
        state = state_of(self.sidecar.world.store, source, payloads=True)
        given_now = request.input.value if request.overwriteInput else state["input"]
        self.sidecar.begin(WorkflowKey(source.service_name, new_id), given_now.encode())
        return {"newInstanceID": new_id}


# The numbers of fields that a request has or not.
_FILTER = 2
_NEW_ID = 3

_METHODS: Mapping[str, Callable[[GrpcSide, Any, set[int]], dict[str, Any]]] = {
    "ListInstanceIDs": GrpcSide._list,
    "GetInstance": GrpcSide._get,
    "GetInstanceHistory": GrpcSide._history,
    "PurgeInstances": GrpcSide._purge,
    "RerunWorkflowFromEvent": GrpcSide._rerun,
}


class SaidError(Exception):
    """What is said instead of an answer; None for nothing, for ever."""

    def __init__(self, answered: Answered | None) -> None:
        super().__init__()
        self.answered = answered


def _no(code: str, details: str) -> SaidError:
    return SaidError(Answered(code=code, details=details))


def _not_purged(why: str) -> SaidError:
    return _no("UNKNOWN", f"failed to purge workflow state: {why}")


def _given(request: bytes) -> set[int]:
    """The fields that stand in a request, also those that are zero or empty."""
    return {
        one.field_number for one in UnknownFieldSet(oracle.message("Nothing").FromString(request))
    }


def _place(token: str) -> int:
    if not token.isdecimal():
        problem = f'strconv.ParseUint: parsing "{token}": invalid syntax'
        raise _no("UNKNOWN", f"invalid continue token: {problem}")
    return int(token)
