"""
What a repair will do, frozen: to be read, approved, kept, and applied while it is still true.

A plan is never a source of steps. Applying one plans again from its verb and arguments, and an
item runs only if what would be planned now is its steps, or a suffix of them (the rest already
happened). So a forged or old plan can do nothing that the verb itself would not do now.
"""

import hashlib
from collections.abc import Iterable
from datetime import datetime, timedelta
from enum import StrEnum

import attrs

from wfadmin.domain.keys import Incarnation

__all__ = [
    "PLAN_LIFETIME",
    "Action",
    "Item",
    "Plan",
    "Step",
    "Verb",
    "digest_of",
    "is_suffix",
]

#: How long a plan may be applied after it was made.
PLAN_LIFETIME = timedelta(minutes=15)


class Verb(StrEnum):
    """What an operator can ask for that changes something."""

    REDEPLOY = "redeploy"
    CLEANUP = "cleanup"
    RECOVER = "recover"
    RESUME = "resume"
    PAUSE = "pause"
    CANCEL = "cancel"


class Action(StrEnum):
    """What one step sends."""

    REGISTER = "register"
    REMOVE = "remove"
    PAUSE = "pause"
    RESUME = "resume"
    CANCEL = "cancel"
    KILL = "kill"
    PURGE = "purge"
    FORCE_PURGE = "force_purge"
    CLEAR_STATE = "clear_state"


@attrs.frozen
class Step:
    """
    One write.

    Attributes:
        target: The id of the invocation or deployment, the URL, or the key that it is for.
        incarnation: Which run of that id; None where there is nothing to tell them apart.
        detail: What else decides about the write, such as the deployment to resume on.
    """

    action: Action
    target: str
    incarnation: Incarnation | None = None
    detail: str = ""


@attrs.frozen
class Item:
    """One key, deployment or URL, with its steps in order; no steps: nothing to do."""

    target: str
    steps: tuple[Step, ...] = ()


@attrs.frozen
class Plan:
    """
    What one verb will do.

    Attributes:
        arguments: Names and values, as the verb was called.
        warnings: What the steps can do besides, and the windows that no check closes.
        engine: The adapter and its address: a plan is for one engine.
        expires_at: From then on it is not applied.
        digest: Over everything else. Binds an approval to this plan.
    """

    verb: Verb
    arguments: tuple[tuple[str, str], ...]
    items: tuple[Item, ...]
    warnings: tuple[str, ...]
    engine: str
    expires_at: datetime
    digest: str = attrs.field(init=False)

    def __attrs_post_init__(self) -> None:
        object.__setattr__(self, "digest", digest_of(self))

    @property
    def steps(self) -> tuple[Step, ...]:
        """All steps of all items, in order."""
        return tuple(step for item in self.items for step in item.steps)


def digest_of(plan: Plan) -> str:
    """SHA-256 over all that a plan says, in lower-case hexadecimal digits."""
    digest = hashlib.sha256()
    for word in _words(plan):
        # The length in front keeps one word from passing for two.
        data = word.encode("utf-8", "surrogatepass")
        digest.update(str(len(data)).encode() + b":" + data)
    return digest.hexdigest()


def _words(plan: Plan) -> Iterable[str]:
    yield from ("wfadmin plan 1", plan.verb.value, plan.engine, plan.expires_at.isoformat())
    yield str(len(plan.arguments))
    for group in (*plan.arguments, plan.warnings):
        yield str(len(group))
        yield from group
    for item in plan.items:
        yield from (item.target, str(len(item.steps)))
        for step in item.steps:
            fence = "" if step.incarnation is None else f"={step.incarnation.token}"
            yield from (step.action.value, step.target, fence, step.detail)


def is_suffix(fresh: tuple[Step, ...], planned: tuple[Step, ...]) -> bool:
    """Whether `fresh` is what is left of `planned` after its first steps happened."""
    return not fresh or planned[-len(fresh) :] == fresh
