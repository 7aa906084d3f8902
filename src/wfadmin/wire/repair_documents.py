"""
Our own JSON about repairs: what one did, and what is on record.

The laws of `wfadmin.wire.documents` hold here too; `warnings` is always present.
"""

from collections.abc import Callable
from typing import Any

from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    RecoverResult,
    RedeployResult,
    Result,
)
from wfadmin.ports.audit import AuditListing, AuditRecord
from wfadmin.wire.documents import JsonObject, moment_or_none

__all__ = ["audit_document", "closed_document", "result_document"]


def result_document(result: Result) -> JsonObject:
    """What a repair did, as the object of its verb."""
    read = next(read for kind, read in _RESULTS if isinstance(result, kind))
    return {
        "acknowledged": True,
        "effect": result.effect.value,
        **read(result),
        "confirmed": result.confirmed,
        "warnings": list(result.warnings),
    }


def audit_document(listing: AuditListing) -> list[JsonObject]:
    """The records of a part of an audit log, oldest first; lines that are none have no place."""
    return [_record(one) for one in listing.records]


def closed_document(record: AuditRecord) -> JsonObject:
    """The record that closes an open write."""
    return {"acknowledged": True, "record": _record(record)}


def _of_recover(result: RecoverResult) -> JsonObject:
    return {
        "matched": result.matched,
        "killed": list(result.killed),
        "purged": list(result.purged),
        "state": None if result.state is None else result.state.value,
        "evidence": result.evidence,
    }


def _of_cleanup(result: CleanupResult) -> JsonObject:
    return {
        "kept": list(result.kept),
        "removed": list(result.removed),
        "held": [{"id": h.deployment_id, "reasons": list(h.reasons)} for h in result.held],
        "orphaned": list(result.orphaned),
        "orphanedCount": result.orphaned_count,
    }


def _of_redeploy(result: RedeployResult) -> JsonObject:
    return {
        "deploymentId": result.deployment_id,
        "services": [{"name": s.name, "revision": s.revision} for s in result.services],
    }


def _of_command(result: CommandResult) -> JsonObject:
    return {
        "invocationId": result.invocation_id,
        "status": result.status,
    }


_RESULTS: tuple[tuple[type[Result], Callable[[Any], JsonObject]], ...] = (
    (RecoverResult, _of_recover),
    (CleanupResult, _of_cleanup),
    (RedeployResult, _of_redeploy),
    (CommandResult, _of_command),
)


def _record(one: AuditRecord) -> JsonObject:
    return {
        "id": one.id,
        "at": moment_or_none(one.at),
        "actor": one.actor,
        "engine": one.engine,
        "verb": one.verb,
        "arguments": [{"name": name, "value": value} for name, value in one.arguments],
        "reason": one.reason,
        "outcome": one.outcome,
        "error": one.error,
    }
