"""What the clauses about writes share: runs on which a command must work, and how that shows."""

from collections.abc import Awaitable, Callable, Iterable
from functools import partial
from typing import TypeVar

import anyio
import anyio.lowlevel
import attrs

from wfadmin.domain.capabilities import CommandName
from wfadmin.domain.commands import Cancel, Command, Kill, Pause, Purge, Resume, command_name
from wfadmin.domain.error import Sent, WfadminError
from wfadmin.domain.errors import OutcomeUnknown
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import InvocationStatus
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.driver import Situation
from wfadmin.testing.network import Garbage
from wfadmin.testing.verdicts import NotExercised, NotSupportedHere

__all__ = [
    "COMMANDS",
    "Ready",
    "cancelled_on_its_way",
    "declared",
    "ended",
    "exercised",
    "expect_one_write",
    "expect_unknown",
    "expect_untouched",
    "is_done",
    "pausable_situations",
    "put_each",
    "put_to_work",
    "ready",
    "with_each_garbage",
]

_T = TypeVar("_T")

#: How each command is made.
COMMANDS: dict[CommandName, Callable[[InvocationRef], Command]] = {
    CommandName.PAUSE: Pause,
    CommandName.RESUME: Resume,
    CommandName.CANCEL: Cancel,
    CommandName.KILL: Kill,
    CommandName.PURGE: Purge,
}

_PAUSABLE = {
    InvocationStatus.BACKING_OFF: Situation.BACKING_OFF,
    InvocationStatus.RUNNING: Situation.RUNNING,
    InvocationStatus.SUSPENDED: Situation.SUSPENDED,
    InvocationStatus.PENDING: Situation.PENDING,
    InvocationStatus.SCHEDULED: Situation.SCHEDULED,
}
_WORKS_ON = {
    CommandName.RESUME: (Situation.PAUSED,),
    CommandName.CANCEL: (Situation.SUSPENDED, Situation.RUNNING),
    CommandName.KILL: (Situation.RUNNING, Situation.SUSPENDED),
    CommandName.PURGE: (Situation.FAILED, Situation.SUCCEEDED, Situation.KILLED),
}
# Between these a run moves by itself.
_UNDER_WAY = frozenset(
    {Situation.PENDING, Situation.RUNNING, Situation.SUSPENDED, Situation.BACKING_OFF},
)


@attrs.frozen
class Ready:
    """
    A declared command, and a run on which it must work.

    Attributes:
        before: Where the run was brought.
    """

    key: WorkflowKey
    before: Situation
    command: Command

    @property
    def name(self) -> str:
        """The word for the command."""
        return command_name(self.command).value


def declared(bench: Bench) -> tuple[CommandName, ...]:
    """
    The commands that the engine declares and a run can be told.

    Raises:
        NotSupportedHere: There are none.
    """
    found = tuple(name for name in COMMANDS if name in bench.capabilities.commands)
    if not found:
        raise NotSupportedHere("the engine declares no command")
    return found


def pausable_situations(bench: Bench) -> tuple[Situation, ...]:
    """Where a pause lands, as declared."""
    declared_ones = bench.capabilities.pausable
    return tuple(one for status, one in _PAUSABLE.items() if status in declared_ones)


async def exercised(calls: Iterable[Callable[[], Awaitable[_T]]]) -> tuple[_T, ...]:
    """
    What these calls give, without those for which the driver or the network cannot.

    Raises:
        NotExercised: None of them can be made.
    """
    found: list[_T] = []
    reason = NotExercised("there is no such situation")
    for call in calls:
        try:
            found.append(await call())
        except NotExercised as error:
            reason = error
    if not found:
        raise reason
    return tuple(found)


async def put_each(
    bench: Bench,
    situations: Iterable[Situation],
) -> tuple[tuple[Situation, WorkflowKey], ...]:
    """
    A run of a new key in each of these situations that the driver can bring about.

    Raises:
        NotExercised: It can bring about none of them.
    """

    async def put(situation: Situation) -> tuple[Situation, WorkflowKey]:
        return situation, await bench.put(situation)

    return await exercised(partial(put, one) for one in situations)


async def put_to_work(bench: Bench, key: WorkflowKey, name: CommandName) -> Situation:
    """
    Bring a run of `key`, which is free, where the command must work, and say where that is.

    Raises:
        NotExercised: The driver can bring it to no such place.
    """
    is_pause = name is CommandName.PAUSE
    situations = pausable_situations(bench) if is_pause else _WORKS_ON[name]
    reason = NotExercised(f"{name.value} works in no situation that the kit knows")
    for situation in situations:
        try:
            await bench.driver.put(key, situation)
        except NotExercised as error:
            reason = error
        else:
            return situation
    raise reason


async def ready(bench: Bench) -> tuple[Ready, ...]:
    """
    For each declared command a run of a new key on which it must work, read by the adapter.

    Raises:
        NotSupportedHere: No command is declared.
        NotExercised: The driver can bring about none of the situations.
    """
    return await exercised(partial(_ready, bench, name) for name in declared(bench))


async def _ready(bench: Bench, name: CommandName) -> Ready:
    key = bench.driver.fresh_key()
    situation = await put_to_work(bench, key, name)
    run = await bench.run_of(key)
    return Ready(key, situation, COMMANDS[name](run.ref))


async def ended(bench: Bench, key: WorkflowKey) -> bool:
    """Whether the main run of `key` has ended, or is gone."""
    stands = await bench.driver.look(key)
    return stands is None or stands.is_end


async def is_done(bench: Bench, one: Ready) -> bool:
    """Whether the engine shows what the command was to do."""
    stands = await bench.driver.look(one.key)
    match one.command:
        case Pause():
            return stands is Situation.PAUSED
        case Resume():
            return stands is not None and stands is not Situation.PAUSED
        case Purge():
            return stands is None
        case _:
            return stands is None or stands.is_end


async def expect_untouched(
    bench: Bench,
    key: WorkflowKey,
    before: Situation,
    after: str,
) -> None:
    """
    Go on where the main run of `key` stands where it stood, now and a moment later.

    Args:
        after: What was done, as it follows the word "after".
    """
    for _ in range(2):
        stands = await bench.driver.look(key)
        moves = stands in _UNDER_WAY and before in _UNDER_WAY
        seen = "gone" if stands is None else stands.value
        expect(stands is before or moves, f"after {after}, a run that was {before.value} is {seen}")
        await bench.driver.settle()


def expect_unknown(error: WfadminError, told: str) -> None:
    """Go on where an error says that nobody knows whether a write happened."""
    kind = type(error).__name__
    expect(isinstance(error, OutcomeUnknown), f"{told} ends with {kind}, not with OutcomeUnknown")
    expect(error.sent is not Sent.NO, f"{told} is said not to have been sent")


def expect_one_write(bench: Bench, before: int, what: str) -> None:
    """Go on where exactly one write left the adapter since there were `before`."""
    sent = bench.driver.network.writes - before
    expect(sent == 1, f"{what} sent {sent} writes")


async def cancelled_on_its_way(
    bench: Bench,
    call: Callable[[], Awaitable[object]],
    what: str,
) -> None:
    """
    Cancel the caller of a write while that is on its way, and look what becomes of the call.

    Raises:
        Broken: It ended in another way than by being cancelled, or something was sent again.
    """
    network = bench.driver.network
    before = network.writes
    network.hold()
    scope, waiting = anyio.CancelScope(), anyio.CancelScope()
    seen: list[str] = []

    async def send() -> None:
        with scope:
            try:
                seen.append(f"with {await call()}")
            except WfadminError as error:
                seen.append(f"with {type(error).__name__}")
        # Nothing may have been sent that could be held.
        waiting.cancel()

    async with anyio.create_task_group() as group:
        group.start_soon(send)
        with waiting:
            await network.held()
        scope.cancel()
        await anyio.lowlevel.checkpoint()
        network.mend()
    expect(not seen, f"{what} whose caller was cancelled ended {''.join(seen)}")
    await bench.driver.settle()
    expect_one_write(bench, before, f"{what} whose caller was cancelled")


async def with_each_garbage(check: Callable[[Garbage], Awaitable[None]]) -> None:
    """
    Check with each garbage that may come for the answer to one request.

    Raises:
        NotExercised: The network has none.
    """
    # The repeated answer to one request is its own.
    kinds = (one for one in Garbage if one is not Garbage.REPEATED)
    await exercised(partial(check, one) for one in kinds)
