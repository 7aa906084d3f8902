"""The profile of Dapr Workflow: its words, and what one sidecar shows, as seen on 1.18.3."""

from datetime import timedelta

import attrs
from typing_extensions import override

from wfadmin.adapters.memory.dapr_commands import decide
from wfadmin.adapters.memory.profile import Profile
from wfadmin.adapters.memory.registry import WHERE
from wfadmin.adapters.memory.table import NOT_STARTED, Table
from wfadmin.adapters.memory.views import View
from wfadmin.domain.capabilities import Capabilities, CommandName, Fence, Listing, Reach
from wfadmin.domain.errors import InvalidWorkflowKey, NotSupported
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    HandlerKind,
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    Service,
    ServiceKind,
)
from wfadmin.domain.text import shown

__all__ = ["APP", "DAPR"]

#: The app beside the sidecar: its only service.
APP = "app"

_NOT_BEGUN = NOT_STARTED | {InvocationStatus.READY}

# One that waits for an event, a timer or an activity has no word of its own: it is running.
_WORDS = {
    InvocationStatus.SCHEDULED: "PENDING",
    InvocationStatus.PENDING: "PENDING",
    InvocationStatus.READY: "PENDING",
    InvocationStatus.RUNNING: "RUNNING",
    InvocationStatus.PAUSED: "SUSPENDED",
    InvocationStatus.STALLED: "UNKNOWN",
    InvocationStatus.COMPLETED: "COMPLETED",
}
_ENDS = {
    InvocationOutcome.SUCCEEDED: "COMPLETED",
    InvocationOutcome.FAILED: "FAILED",
    InvocationOutcome.KILLED: "TERMINATED",
}
_COMMANDS = frozenset(
    {CommandName.PAUSE, CommandName.RESUME, CommandName.KILL, CommandName.PURGE},
)


_NO_WORKER = "No worker of the app is connected. Start the app, or see why it does not connect."


def _capabilities(fence: Fence, commands: frozenset[CommandName]) -> Capabilities:
    return Capabilities(
        commands=commands,
        fence=fence,
        purge_clears_state=frozenset({ServiceKind.WORKFLOW}),
        kill_is_immediate=False,
        kill_reach=Reach.WITH_CHILDREN,
        purge_reach=Reach.WITH_CHILDREN,
        late_results=True,
        listing=Listing.NONE,
        services_cover_names=False,
        repeatable=frozenset({CommandName.KILL, CommandName.PURGE}),
        pausable=frozenset({InvocationStatus.RUNNING}),
        pause_keeps_progress=False,
        unkillable=frozenset({InvocationStatus.PENDING, InvocationStatus.STALLED}),
        write_floor=timedelta(seconds=8),
    )


def _instance_id(key: WorkflowKey) -> str:
    """An instance is named by its id alone: no two workflows share one."""
    return key.service_key


class _View(View):
    """Over HTTP: an instance by its id, no parents, and of one that never ran next to nothing."""

    @override
    def for_key(self, table: Table, key: WorkflowKey) -> tuple[Invocation, ...]:
        found = table.find(key.service_key)
        if found is None:
            return ()
        if found.key != key and found.status not in _NOT_BEGUN:
            problem = (
                f"the instance {shown(key.service_key)} belongs to the workflow"
                f" {shown(found.service_name)}, not to {shown(key.service_name)}"
            )
            raise InvalidWorkflowKey("service name", problem)
        return (_seen(found, key),)

    @override
    def get(self, table: Table, ref: InvocationRef) -> Invocation | None:
        found = table.find(ref.id)
        return None if found is None else _seen(found, ref.key)

    @override
    def children(self, table: Table, ref: InvocationRef) -> tuple[Invocation, ...]:
        remedy = "Look for them in the app: a kill and a purge take them along."
        raise NotSupported(WHERE, "list of the children of a run", remedy)

    @override
    def services(self, table: Table) -> tuple[Service, ...]:
        return (Service(APP, ServiceKind.WORKFLOW, workers=table.turns.workers),)

    @override
    def obstacle(self, table: Table) -> str | None:
        return None if table.turns.workers else _NO_WORKER


def _seen(run: Invocation, asked: WorkflowKey | None) -> Invocation:
    if run.status in _NOT_BEGUN:
        return Invocation(
            ref=InvocationRef(asked, run.id, None),
            service_name="" if asked is None else asked.service_name,
            handler_name=None,
            service_kind=ServiceKind.WORKFLOW,
            status=InvocationStatus.PENDING,
            engine_status=run.engine_status,
        )
    return attrs.evolve(
        run,
        handler_name=None,
        handler_kind=HandlerKind.MAIN,
        retention=None,
        parent_id=None,
        due_at=None,
    )


DAPR = Profile(
    name="dapr",
    version="1.18.3",
    words=_WORDS,
    coarse_words=_WORDS,
    # What is terminated has neither an output nor a failure.
    killed=None,
    cancelled="",
    lost_deployment="",
    lost_service="",
    commands=_COMMANDS,
    capabilities=_capabilities,
    decide=decide,
    slots=frozenset(),
    ends=_ENDS,
    kinds=frozenset({ServiceKind.WORKFLOW}),
    shares_handlers=False,
    counts_workers=True,
    replaces_ended=True,
    retention=None,
    # The answer comes when it is written down; a worker executes it some turns later.
    acceptance=timedelta(milliseconds=20),
    main_id=_instance_id,
    view=_View(),
    instead={
        "deployments": "Restart or roll the workers of the app: it has no deployments.",
        "listing": "Ask for an instance by its id: over HTTP nothing lists them.",
        "history": "Inspect the run: over HTTP only where it stands is shown.",
        "state": "Inspect the run: what it keeps is its history.",
        "force_purge": "Over HTTP nothing is purged that has not ended.",
        "cancel": "Kill it: a workflow is not asked whether it wants to end.",
    },
)
