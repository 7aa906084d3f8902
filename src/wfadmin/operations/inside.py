"""
What the history of a run says beside its status: work under way, and what would ruin the run.

Where an engine tells no histories, or cannot examine this one, nothing is known, which is never
the same as nothing.
"""

from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping

from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.errors import CommandNotAllowed, NotSupported
from wfadmin.domain.model import Invocation
from wfadmin.domain.text import shown
from wfadmin.operations.asking import Asked, ask, ask_all
from wfadmin.operations.host import Host
from wfadmin.ports.engine import Engine
from wfadmin.ports.history import Examination, InvocationHistory

__all__ = ["refuse_to_ruin", "ruined", "work_under_way"]

_NOBODY_KNOWS = (
    "Work that a killed run began may still be under way, and what comes of it may be delivered to"
    " a new run of the same id: start the work under a new id, or only when the old work has ended"
    " for certain."
)
_NONE = (
    "No work of these runs is under way, as far as their histories say. What a run began before it"
    " continued as new is not in its history."
)
_SAFE = (
    "What comes of it may be delivered to a new run of the same id: start the work under a new id,"
    " or only when that has ended for certain."
)

# How many runs are asked at most; each is a question of its own.
_ASKED = 100
_NAMED = 5


async def refuse_to_ruin(
    engine: Engine,
    host: Host,
    run: Invocation,
    commands: Collection[CommandName],
) -> None:
    """
    See that none of `commands` would ruin `run`, as far as its history says.

    Raises:
        CommandNotAllowed: One of them would; nothing was sent.
        InvocationNotFound: It is gone, or another incarnation bears its id.
        EngineError: Its history could not be read.
    """
    history = engine.history
    if history is None:
        return
    try:
        seen = await ask(engine, host, lambda: history.examine(run.ref))
    except NotSupported:
        return
    for command in commands:
        if command in seen.harmful:
            because = seen.harmful[command]
            raise CommandNotAllowed(command.value, run.id, run.status.value, because)


async def ruined(engine: Engine, host: Host, runs: tuple[Invocation, ...]) -> dict[str, str]:
    """The ids of those of `runs` that a resume would ruin, each with the reason."""
    history = engine.history
    if history is None:
        return {}
    answers = await _examined(history, engine, host, runs)
    found = {
        one.id: asked.unwrap().harmful.get(CommandName.RESUME)
        for one, asked in zip(runs, answers, strict=True)
        if asked.error is None
    }
    return {run_id: because for run_id, because in found.items() if because is not None}


async def work_under_way(
    engine: Engine,
    host: Host,
    ended: tuple[Invocation, ...],
    *,
    others: tuple[Invocation, ...] = (),
) -> tuple[str, ...]:
    """
    What to know before the ids of runs are used again: each sentence is a warning.

    Args:
        ended: Runs that are ended from outside, or were: their work may go on without them.
        others: Runs that go too, and ended by themselves: told only where work is known.
    """
    history = engine.history
    if history is None:
        return (_NOBODY_KNOWS,) if ended else ()
    runs = (*ended, *others)[:_ASKED]
    answers = await _examined(history, engine, host, runs)
    work = {
        one.id: None if asked.error is not None else asked.unwrap().open_work
        for one, asked in zip(runs, answers, strict=True)
    }
    if lines := tuple(_sentences(work)):
        return (*lines, _SAFE)
    is_known = all(work.get(one.id) is not None for one in ended)
    return (_NONE if is_known else _NOBODY_KNOWS,) if ended else ()


async def _examined(
    history: InvocationHistory,
    engine: Engine,
    host: Host,
    runs: tuple[Invocation, ...],
) -> tuple[Asked[Examination], ...]:
    def question(one: Invocation) -> Callable[[], Awaitable[Examination]]:
        return lambda: history.examine(one.ref)

    return await ask_all(engine, host, [question(one) for one in runs])


def _sentences(work: Mapping[str, tuple[str, ...] | None]) -> Iterator[str]:
    for run_id, items in work.items():
        if items:
            named = ", ".join(map(shown, items[:_NAMED]))
            more = f" and {len(items) - _NAMED} more" if len(items) > _NAMED else ""
            yield f"Of {shown(run_id)} this may still be under way: {named}{more}."
