"""
Plans as JSON, and back.

Laws:

- A plan file is data: it is bounded, read strictly, and what it says is only compared.
- Its digest is computed again: a plan that was edited says so before anything is asked.
- `expiresAt` is told to the microsecond, unlike other times: the digest covers it.
"""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import attrs

from wfadmin.domain.errors import InvalidPlan, UsageError
from wfadmin.domain.keys import Incarnation
from wfadmin.domain.plan import Action, Item, Plan, Step, Verb
from wfadmin.wire.documents import JsonObject
from wfadmin.wire.files import named_path, opened_file, problem_of, write_whole
from wfadmin.wire.strict import parsed_json, structured

__all__ = ["MAX_BYTES", "load_plan", "plan_document", "plan_of_text", "save_plan"]

#: The largest plan that is written and read.
MAX_BYTES = 256 * 1024
_PLAN = "plan"


def plan_document(plan: Plan) -> JsonObject:
    """A plan as the object that `plan_of_text` reads."""
    return {
        "verb": plan.verb.value,
        "arguments": [{"name": name, "value": value} for name, value in plan.arguments],
        "items": [_item(one) for one in plan.items],
        "warnings": list(plan.warnings),
        "engine": plan.engine,
        "expiresAt": plan.expires_at.astimezone(UTC).isoformat().replace("+00:00", "Z"),
        "digest": plan.digest,
    }


def _item(one: Item) -> JsonObject:
    return {"target": one.target, "steps": [_step(step) for step in one.steps]}


def _step(one: Step) -> JsonObject:
    return {
        "action": one.action.value,
        "target": one.target,
        "incarnation": None if one.incarnation is None else one.incarnation.token,
        "detail": one.detail,
    }


# --- and back ------------------------------------------------------------------------------------


@attrs.frozen
class _Argument:
    name: str
    value: str


@attrs.frozen
class _Step:
    action: Action
    target: str
    incarnation: str | None
    detail: str


@attrs.frozen
class _Item:
    target: str
    steps: tuple[_Step, ...]


@attrs.frozen
class _Plan:
    verb: Verb
    arguments: tuple[_Argument, ...]
    items: tuple[_Item, ...]
    warnings: tuple[str, ...]
    engine: str
    expiresAt: str  # noqa: N815 - as the file names it
    digest: str


def plan_of_text(text: bytes) -> Plan:
    """
    The plan that a document tells.

    Raises:
        InvalidPlan: It is too large, no such document, or its digest is not that of its content.
    """
    if len(text) > MAX_BYTES:
        raise InvalidPlan(_PLAN, f"it is larger than {MAX_BYTES} bytes")
    told = structured(_parsed(text), _Plan, argument=_PLAN, error=InvalidPlan)
    plan = Plan(
        verb=told.verb,
        arguments=tuple((one.name, one.value) for one in told.arguments),
        items=tuple(Item(one.target, tuple(map(_read_step, one.steps))) for one in told.items),
        warnings=told.warnings,
        engine=told.engine,
        expires_at=_moment(told.expiresAt),
    )
    if plan.digest != told.digest:
        raise InvalidPlan(_PLAN, "its digest is not that of its content: it was changed")
    return plan


def _parsed(text: bytes) -> object:
    try:
        return parsed_json(text)
    except (ValueError, RecursionError):
        raise InvalidPlan(_PLAN, "it is no JSON that wfadmin writes") from None


def _read_step(one: _Step) -> Step:
    fence = None if one.incarnation is None else Incarnation(one.incarnation)
    return Step(one.action, one.target, fence, one.detail)


def _moment(text: str) -> datetime:
    try:
        at = datetime.fromisoformat(text)
    except ValueError:
        at = None
    if at is None or at.tzinfo is None:
        raise InvalidPlan(_PLAN, "expiresAt is no time with a zone")
    try:
        return at.astimezone(UTC)
    except OverflowError:
        raise InvalidPlan(_PLAN, "expiresAt is out of range") from None


# --- files ---------------------------------------------------------------------------------------


def save_plan(plan: Plan, path: str) -> None:
    """
    Write a plan to a new file that is its owner's alone.

    Raises:
        UsageError: The file exists, cannot be written, or the plan is too large for one.
    """
    content = json.dumps(plan_document(plan), indent=2).encode("ascii") + b"\n"
    if len(content) > MAX_BYTES:
        raise UsageError("--plan-out", f"the plan is larger than {MAX_BYTES} bytes")
    place = named_path(path, argument="--plan-out")
    try:
        with opened_file(place, os.O_WRONLY | os.O_CREAT | os.O_EXCL) as file:
            write_whole(file, content)
    except OSError as error:
        raise UsageError("--plan-out", problem_of(place, error)) from None


def load_plan(path: str) -> Plan:
    """
    Read the plan of a file.

    Raises:
        InvalidPlan: The file cannot be read, or holds no plan.
    """
    place = named_path(path, argument=_PLAN)
    try:
        with opened_file(place, os.O_RDONLY) as file, os.fdopen(os.dup(file), "rb") as stream:
            return plan_of_text(stream.read(MAX_BYTES + 1))
    except OSError as error:
        raise InvalidPlan(_PLAN, problem_of(Path(place), error)) from None
