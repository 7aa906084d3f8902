"""What results say, against what the operation was shown, and against the engine itself."""

from collections.abc import Iterator

from tests.soak.diary import Did
from tests.soak.scene import Scene
from tests.soak.watching import Operation
from wfadmin.adapters.memory import Point
from wfadmin.domain.model import Invocation
from wfadmin.domain.plan import Action
from wfadmin.domain.results import (
    CleanupResult,
    CommandResult,
    Effect,
    RecoverResult,
    RedeployResult,
    StateAfter,
)

_GONE = "gone"


def untrue_as_shown(operation: Operation) -> Iterator[str]:
    """What a result says that its operation was not shown, stale or not."""
    result = operation.ending
    look: tuple[Invocation, ...] = operation.diary.last(Did.LOOKED) or ()
    if isinstance(result, RecoverResult):
        yield from _untrue_recovery(operation, result, look)
    elif isinstance(result, CommandResult):
        if result.effect is Effect.NO_CHANGE and operation.left:
            yield "says that nothing changed, and sent a write"
        status = _status(operation, result, look)
        if result.effect is Effect.CONFIRMED and status != result.status:
            yield f"says that the run is {result.status}, and saw {status}"
    elif isinstance(result, CleanupResult):
        last = operation.answers(Point.LIST_DEPLOYMENTS)[-1]
        if any(one.id in result.removed for one in last):
            yield "says that it removed what it saw afterwards"
    elif isinstance(result, RedeployResult):
        last = operation.answers(Point.LIST_DEPLOYMENTS)[-1]
        if all(one.id != result.deployment_id for one in last):
            yield "says that it registered what it did not see"


def _untrue_recovery(
    operation: Operation, result: RecoverResult, look: tuple[Invocation, ...]
) -> Iterator[str]:
    sent = {(one.action, one.target) for one in operation.diary.writes}
    purges = (Action.PURGE, Action.FORCE_PURGE)
    if any(all((word, one) not in sent for word in purges) for one in result.purged):
        yield "counts a purge that it did not send"
    if any((Action.KILL, one) not in sent for one in result.killed):
        yield "counts a kill that it did not send"
    if result.effect is Effect.NO_CHANGE and operation.left:
        yield "says that nothing changed, and sent a write"
    planned = {(one.id, one.ref.incarnation) for one in operation.diary.planned()}
    gone = {write.target for write in operation.diary.writes if write.action in purges}
    still = [one for one in look if (one.id, one.ref.incarnation) in planned and one.id in gone]
    if result.effect is Effect.CONFIRMED and any(one.ref.incarnation for one in still):
        yield "confirms a purge, and saw the run afterwards"
    state = operation.diary.last(Did.READ_STATE)
    has_entries = state is not None and bool(state.entries)
    if result.state in (StateAfter.CLEARED, StateAfter.WAS_EMPTY) and has_entries:
        yield f"says {result.state} of the state, and saw entries"
    if result.state is StateAfter.IN_USE and not look:
        yield "says that a newer run uses the state, and saw none"


def _status(operation: Operation, result: CommandResult, runs: tuple[Invocation, ...]) -> str:
    """How the run stands that the command was for; a newer one of its id is another run."""
    sent = {one.incarnation for one in operation.diary.writes}
    found = (
        one.status.value
        for one in runs
        if one.id == result.invocation_id and one.ref.incarnation in sent
    )
    return next(found, _GONE)


def untrue_now(operation: Operation, scene: Scene) -> Iterator[str]:
    """What a result says that is not so on the engine; nothing has changed since its last look."""
    result, store = operation.ending, scene.world.store
    if isinstance(result, CleanupResult):
        if {one.id for one in store.registry.deployments} & set(result.removed):
            yield "says that it removed what is there"
    elif getattr(result, "effect", None) is not Effect.CONFIRMED:
        return
    elif isinstance(result, RecoverResult):
        yield from _undone_recovery(operation, result, scene)
    elif isinstance(result, CommandResult):
        assert operation.act.key is not None
        runs = store.profile.view.for_key(store, operation.act.key)
        status = _status(operation, result, runs)
        if status != result.status:
            yield f"says that the run is {result.status}, and it is {status}"
    elif isinstance(result, RedeployResult) and store.registry.find(result.deployment_id) is None:
        yield "says that it registered what is not there"


def _undone_recovery(operation: Operation, result: RecoverResult, scene: Scene) -> Iterator[str]:
    store = scene.world.store
    planned = {(one.id, one.ref.incarnation) for one in operation.diary.planned()}
    ours = [one for one in store.runs if (one.id, one.ref.incarnation) in planned]
    if any(one.id in result.purged for one in ours):
        yield "confirms a purge, and the run is there"
    if any(one.id in result.killed and not one.is_completed for one in ours):
        yield "confirms a kill, and the run goes on"
    is_empty = result.state in (StateAfter.CLEARED, StateAfter.WAS_EMPTY)
    if is_empty and store.state_of(result.key):
        yield f"says {result.state} of the state, and there is some"
