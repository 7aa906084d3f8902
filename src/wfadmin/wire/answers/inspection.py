"""What inspect answers: one key, and what a recovery would do."""

# ruff: noqa: N815 - fields are named as the JSON names them

from datetime import datetime
from typing import Literal

import attrs

from wfadmin.domain.model import HandlerKind, InvocationOutcome, InvocationStatus, ServiceKind
from wfadmin.domain.recovery import BlockReason
from wfadmin.wire.answers.doctor import FailureItem, FindingItem
from wfadmin.wire.answers.words import (
    block_reason,
    handler_kind,
    invocation_outcome,
    invocation_status,
    service_kind,
)

__all__ = [
    "AllowedAnswer",
    "BlockedAnswer",
    "BlockerItem",
    "ChildItem",
    "EntryItem",
    "InspectionAnswer",
    "RecoverAdvice",
    "RunItem",
    "ServiceOfKey",
    "StateAnswer",
]


@attrs.frozen
class ServiceOfKey:
    """
    The service of a key.

    Attributes:
        name: As the engine names it.
        kind: What it is: it decides what a purge takes along.
        revision: The revision that new work gets; 0 where the engine has none.
        deploymentId: Where new work goes; null where the engine has no deployments.
    """

    name: str
    kind: ServiceKind = attrs.field(converter=service_kind)
    revision: int
    deploymentId: str | None


@attrs.frozen
class RunItem:
    """
    One invocation of a key.

    Attributes:
        id: As the engine names it.
        handlerName: Which handler it runs; null where that is not known.
        handlerKind: `main` for the run of the key, `shared` for what only talks to it.
        status: Where it stands.
        engineStatus: The engine's own word for that.
        outcome: How it ended; null while it has not.
        deploymentId: The deployment that it is pinned to; null for none.
        createdAt: When it was made.
        modifiedAt: When it last moved on.
        completedAt: When it ended.
        dueAt: When a scheduled one is to start.
        failedAttempts: Attempts that failed since it last moved on.
        failedAt: When the failure was.
        errorMessage: Its last failure. A caller who may only read gets the first line.
        nextRetryAt: When it tries again.
        parentId: The invocation that called it; null for none.
    """

    id: str
    handlerName: str | None
    handlerKind: HandlerKind = attrs.field(converter=handler_kind)
    status: InvocationStatus = attrs.field(converter=invocation_status)
    engineStatus: str
    outcome: InvocationOutcome | None = attrs.field(
        converter=attrs.converters.optional(invocation_outcome)
    )
    deploymentId: str | None
    createdAt: datetime | None
    modifiedAt: datetime | None
    completedAt: datetime | None
    dueAt: datetime | None
    failedAttempts: int
    failedAt: datetime | None
    errorMessage: str | None
    nextRetryAt: datetime | None
    parentId: str | None


@attrs.frozen
class ChildItem:
    """
    One invocation that a run of the key called, and that a recovery would take along.

    Attributes:
        id: As the engine names it.
        serviceName: Of which service.
        serviceKey: Of which key; null for a service without keys.
        handlerName: Which handler it runs; null where that is not known.
        status: Where it stands.
        engineStatus: The engine's own word for that.
        parentId: The invocation that called it.
    """

    id: str
    serviceName: str
    serviceKey: str | None
    handlerName: str | None
    status: InvocationStatus = attrs.field(converter=invocation_status)
    engineStatus: str
    parentId: str | None


@attrs.frozen
class EntryItem:
    """
    One entry of the stored data.

    Attributes:
        name: As the service named it.
        size: In bytes.
        value: What it holds; told to operators who prefer all.
        encoding: How `value` is told: as text, or in base64.
    """

    name: str
    size: int
    value: str | None = attrs.field(default=None, repr=False)
    encoding: Literal["utf-8", "base64"] | None = None


@attrs.frozen
class StateAnswer:
    """
    The data stored under a key.

    Attributes:
        entries: Each with its name and size.
    """

    entries: tuple[EntryItem, ...]


@attrs.frozen
class AllowedAnswer:
    """
    What a recovery would do.

    Attributes:
        toKill: The runs that it would kill, in order.
        toPurge: The runs that it would purge then, in order.
        toForcePurge: The runs that no kill and no purge reaches.
    """

    toKill: tuple[str, ...]
    toPurge: tuple[str, ...]
    toForcePurge: tuple[str, ...]


@attrs.frozen
class BlockerItem:
    """
    One reason against a recovery.

    Attributes:
        reason: Its stable word.
        invocationIds: The invocations that make it apply.
    """

    reason: BlockReason = attrs.field(converter=block_reason)
    invocationIds: tuple[str, ...]


@attrs.frozen
class BlockedAnswer:
    """
    Why a recovery would be refused.

    Attributes:
        reason: The first reason that applies.
        invocationIds: The invocations that make it apply.
        blocked: Every reason that applies, in the order of the rules; never empty.
    """

    reason: BlockReason = attrs.field(converter=block_reason)
    invocationIds: tuple[str, ...]
    blocked: tuple[BlockerItem, ...]


@attrs.frozen
class RecoverAdvice:
    """
    What a recovery would do, or why it would be refused: one of the two.

    Attributes:
        allowed: What it would do.
        blocked: Why it would be refused.
    """

    allowed: AllowedAnswer | None = None
    blocked: BlockedAnswer | None = None


@attrs.frozen
class InspectionAnswer:
    """
    Everything about one key.

    Attributes:
        serviceName: The service that was asked for.
        serviceKey: The key that was asked for.
        service: As listed; null where the engine does not list it now.
        runs: Every invocation of the key, newest first.
        failures: Those that ended in a failure, or last met one.
        children: What a recovery would take along; null where the engine cannot say.
        state: What is stored; null where the engine stores nothing by key.
        recover: What a recovery would do.
        findings: What is wrong with the runs, worst first.
        warnings: What could not be read beside the runs.
    """

    serviceName: str
    serviceKey: str
    service: ServiceOfKey | None
    runs: tuple[RunItem, ...]
    failures: tuple[FailureItem, ...]
    children: tuple[ChildItem, ...] | None
    state: StateAnswer | None
    recover: RecoverAdvice
    findings: tuple[FindingItem, ...]
    warnings: tuple[str, ...]
