"""What every `InvocationStore` keeps: what is read."""

from datetime import timedelta
from functools import partial

from wfadmin.domain.capabilities import CommandName, Fence, Reach
from wfadmin.domain.commands import Pause
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import HandlerKind, Invocation, InvocationOutcome, InvocationStatus
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._commands import exercised, put_each, put_to_work
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import Broken, NotSupportedHere

__all__ = ["RULES", "key_of"]

RULES: Rules[Bench] = Rules("InvocationStore", "IS")

# Engines round times, and hosts of one engine differ a little.
_SKEW = timedelta(seconds=5)

_RUNNING = frozenset(
    {InvocationStatus.READY, InvocationStatus.RUNNING, InvocationStatus.PENDING},
)
_UNFINISHED = {
    Situation.SCHEDULED: frozenset({InvocationStatus.SCHEDULED}),
    Situation.PENDING: frozenset({InvocationStatus.PENDING}),
    Situation.RUNNING: _RUNNING,
    Situation.SUSPENDED: frozenset({InvocationStatus.SUSPENDED}),
    # Between two waits it attempts.
    Situation.BACKING_OFF: _RUNNING | {InvocationStatus.BACKING_OFF},
    Situation.PAUSED: frozenset({InvocationStatus.PAUSED}),
}
_ENDS = {
    Situation.SUCCEEDED: InvocationOutcome.SUCCEEDED,
    Situation.FAILED: InvocationOutcome.FAILED,
    Situation.KILLED: InvocationOutcome.KILLED,
    Situation.CANCELLED: InvocationOutcome.CANCELLED,
}


def key_of(run: Invocation) -> WorkflowKey:
    """
    The key of a run that was put under one.

    Raises:
        Broken: It reads without one.
    """
    if run.key is None:
        raise Broken("a run of a key reads without it")
    return run.key


# --- what a run reads as -------------------------------------------------------------------------


@RULES.clause(1, "an unfinished run reads in its status, and has no outcome")
async def _(bench: Bench) -> None:
    for situation, key in await put_each(bench, _UNFINISHED):
        run = await bench.run_of(key)
        told = f"a run that is {situation.value} reads as {run.status.value}"
        expect(run.status in _UNFINISHED[situation], told)
        expect(run.outcome is None, f"{told}, with an outcome")


@RULES.clause(2, "a run that ended reads as completed, with its outcome")
async def _(bench: Bench) -> None:
    for situation, key in await put_each(bench, _ENDS):
        run = await bench.run_of(key)
        told = f"a run that is {situation.value} reads as {run.status.value}, {run.outcome}"
        right = run.is_completed and run.outcome is _ENDS[situation]
        expect(right, told)
        if run.completed_at is not None and run.created_at is not None:
            expect(run.completed_at >= run.created_at, f"{told}, and ended before it began")


@RULES.clause(3, "a failure reads with the text that it was given")
async def _(bench: Bench) -> None:
    async def check(situation: Situation) -> None:
        key = await bench.put(situation, failure="the card 'x' was refused")
        seen = (await bench.run_of(key)).failure
        told = f"the failure of a run that is {situation.value} reads as {seen!r}"
        expect("the card 'x' was refused" in (seen or ""), told)

    await exercised(partial(check, one) for one in (Situation.FAILED, Situation.BACKING_OFF))


@RULES.clause(4, "a key without a run reads as empty")
async def _(bench: Bench) -> None:
    found = await bench.engine.invocations.for_key(bench.driver.fresh_key())
    expect(not found, "a key that nobody used has runs")


@RULES.clause(5, "a key reads with its main run and its shared ones, each once")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    await bench.driver.put_shared(key)
    await bench.driver.put_shared(key)
    found = await bench.engine.invocations.for_key(key)
    told = f"a main run and two shared ones read as {[one.handler_name for one in found]}"
    expect(len(found) == len({one.id for one in found}) == 3, told)  # noqa: PLR2004 - as put


# --- by id ---------------------------------------------------------------------------------------


@RULES.clause(12, "a run is found by its id, as its key gives it")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.PAUSED)
    found = await bench.engine.invocations.get(run.ref)
    expect(found == run, "a run reads otherwise by its id than by its key")


@RULES.clause(13, "an id that no run bears any more is none")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.SUCCEEDED)
    await bench.driver.forget(key_of(run))
    found = await bench.engine.invocations.get(run.ref)
    expect(found is None, "a run that was purged is still found by its id")


@RULES.clause(14, "an id that is none of the engine's is none, and no error")
async def _(bench: Bench) -> None:
    for text in ("none-such", "'", "../x", " ", "x", "x" * 200, "x" * 500):
        ref = InvocationRef(bench.driver.fresh_key(), text, None)
        found = await bench.engine.invocations.get(ref)
        expect(found is None, f"the id {text[:20]!r}, which nobody bears, finds a run")


@RULES.clause(15, "with a fence, a key that is run again has another incarnation")
async def _(bench: Bench) -> None:
    if bench.capabilities.fence is Fence.NONE:
        raise NotSupportedHere("the engine declares no fence")
    old = await bench.put_and_read(Situation.SUCCEEDED)
    expect(old.ref.incarnation is not None, "there is a fence, and a run without incarnation")
    await bench.driver.forget(key_of(old))
    await bench.driver.put(key_of(old), Situation.RUNNING)
    new = await bench.run_of(key_of(old))
    differs = new.id != old.id or new.ref.incarnation != old.ref.incarnation
    expect(differs, "a run that took the place of another has its id and its incarnation")
    found = await bench.engine.invocations.get(old.ref)
    is_new = found is None if new.id != old.id else found is not None and found.ref == new.ref
    expect(is_new, "the id of a run that was replaced gives something else than the new run")


@RULES.clause(16, "an unchanged run reads the same twice")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.PAUSED)
    first, second = await bench.run_of(key), await bench.run_of(key)
    for name in ("ref", "progress", "created_at", "modified_at"):
        told = f"{name} of an unchanged run is not the same in two reads"
        expect(getattr(first, name) == getattr(second, name), told)


@RULES.clause(17, "a run keeps what names it until its end and beyond")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.RUNNING)
    await bench.driver.finish(key_of(run))
    later = await bench.run_of(key_of(run))
    expect(later.ref == run.ref, "a run has another id or incarnation after its end")


@RULES.clause(18, "progress changes when a run moves on")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.RUNNING)
    if run.progress is None:
        raise NotSupportedHere("the engine says nothing of progress")
    await bench.driver.move_on(key_of(run))
    later = await bench.run_of(key_of(run))
    expect(later.progress != run.progress, "a run moved on, and its progress reads as before")


@RULES.clause(19, "an attempt that fails is no progress")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.BACKING_OFF)
    if run.progress is None:
        raise NotSupportedHere("the engine says nothing of progress")
    await bench.driver.retry(key_of(run))
    later = await bench.run_of(key_of(run))
    expect(later.progress == run.progress, "an attempt failed, and it reads as progress")


# --- relatives -----------------------------------------------------------------------------------


@RULES.clause(20, "a run reads with its unfinished children, and they with their parent")
async def _(bench: Bench) -> None:
    key, child = bench.driver.fresh_key(), bench.driver.fresh_key()
    await bench.driver.put_with_child(key, child)
    run = await bench.run_of(key)
    found = await bench.children_of(run)
    expect([one.key for one in found] == [child], f"one child reads as {len(found)} of them")
    expect(found[0].parent_id == run.id, "a child reads without the id of its parent")


@RULES.clause(21, "a child that ended is among the children exactly where a purge takes it along")
async def _(bench: Bench) -> None:
    key, child = bench.driver.fresh_key(), bench.driver.fresh_key()
    await bench.driver.put_with_child(key, child)
    await bench.driver.finish(child)
    found = await bench.children_of(await bench.run_of(key))
    reach = bench.capabilities.purge_reach
    if reach is Reach.UNKNOWN:
        raise NotSupportedHere("it is not declared how far a purge reaches")
    if reach is Reach.ALONE:
        expect(not found, "a child that ended is among the children")
    else:
        keys = [one.key for one in found]
        expect(keys == [child], "a child that a purge takes along is not among the children")


@RULES.clause(22, "a run that called nobody has no children")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.RUNNING)
    found = await bench.children_of(run)
    expect(not found, "a run that called nobody has children")


@RULES.clause(23, "a run of a service without keys is found by its id, without a key")
async def _(bench: Bench) -> None:
    ref = InvocationRef(None, await bench.driver.put_without_key(), None)
    found = await bench.engine.invocations.get(ref)
    is_right = found is not None and found.id == ref.id and found.key is None
    expect(is_right, "a run without a key is not found, or is found with one")


# --- time ----------------------------------------------------------------------------------------


@RULES.clause(24, "times are those of the engine's clock")
async def _(bench: Bench) -> None:
    before = bench.driver.now
    run = await bench.put_and_read(Situation.SUCCEEDED)
    after = bench.driver.now
    for name in ("created_at", "modified_at", "completed_at"):
        at = getattr(run, name)
        told = f"{name} of a run of {before} to {after} reads as {at}"
        expect(at is None or before - _SKEW <= at <= after + _SKEW, told)


@RULES.clause(25, "what another tool changed a moment ago is seen")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.RUNNING)
    await bench.engine.invocations.get(run.ref)
    await bench.driver.finish(key_of(run))
    by_key, by_id = await bench.run_of(key_of(run)), await bench.engine.invocations.get(run.ref)
    expect(by_key.is_completed, "a run that ended since the last read by key reads as before")
    seen = by_id is not None and by_id.is_completed
    expect(seen, "a run that ended since the last read by id reads as before")


@RULES.clause(26, "a completed run is gone when the engine has kept it for long enough")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.SUCCEEDED)
    await bench.driver.advance(bench.driver.retention + timedelta(seconds=1))
    found = await bench.engine.invocations.for_key(key_of(run))
    expect(not found, "a run that the engine dropped is still read")


# --- facts that decisions read -------------------------------------------------------------------

_TIMES = (
    "created_at",
    "modified_at",
    "completed_at",
    "due_at",
    "failure_at",
    "next_retry_at",
)


@RULES.clause(36, "a run keeps its id and its incarnation when it is paused")
async def _(bench: Bench) -> None:
    bench.needs(CommandName.PAUSE)
    key = bench.driver.fresh_key()
    await put_to_work(bench, key, CommandName.PAUSE)
    run = await bench.run_of(key)
    await bench.perform(Pause(run.ref))

    async def paused() -> bool:
        return await bench.driver.look(key) is Situation.PAUSED

    await bench.until(paused, "a run whose pause was accepted is paused")
    later = await bench.run_of(key)
    expect(later.ref == run.ref, "a run has another id or incarnation after it was paused")


@RULES.clause(37, "a run says that it is kept for as long as the engine keeps it, or nothing")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.SUCCEEDED)
    if run.retention is None:
        raise NotSupportedHere("the engine does not say how long it keeps a run")
    kept = bench.driver.retention
    told = f"a run that is kept for {kept} says that it is kept for {run.retention}"
    expect(run.retention == kept, told)


@RULES.clause(38, "a run that is to start later says when, and that lies ahead")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.SCHEDULED)
    if run.due_at is None:
        raise NotSupportedHere("the engine does not say when a scheduled run starts")
    now = bench.driver.now
    expect(run.due_at > now, f"at {now} a scheduled run is to start at {run.due_at}")


@RULES.clause(39, "a run that backs off has failed attempts, and tries again after the last one")
async def _(bench: Bench) -> None:
    run = await bench.put_and_read(Situation.BACKING_OFF)
    failed, at, retry = run.failed_attempts, run.failure_at, run.next_retry_at
    expect(failed > 0, f"a run that backs off reads with {failed} failed attempts")
    told = f"a run whose attempt failed at {at} is to try again at {retry}"
    expect(at is None or retry is None or retry >= at, told)


@RULES.clause(40, "a run that is pinned names a deployment that is listed")
async def _(bench: Bench) -> None:
    deployments = bench.deployments
    run = await bench.put_and_read(Situation.RUNNING)
    if run.deployment_id is None:
        raise NotSupportedHere("a running run of this engine is pinned nowhere")
    ids = [one.id for one in await deployments.list()]
    told = f"a run is pinned to the deployment {run.deployment_id}, which is not listed"
    expect(run.deployment_id in ids, told)


@RULES.clause(41, "a run reads with the engine's own word for its status")
async def _(bench: Bench) -> None:
    for situation, key in await put_each(bench, Situation):
        word = (await bench.run_of(key)).engine_status
        told = f"a run that is {situation.value} is {word!r} in the engine's words"
        expect(word.strip(), told)


@RULES.clause(42, "no main run reads as a shared one, and no shared one as a main run")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    kind = (await bench.run_of(key)).handler_kind
    expect(kind is not HandlerKind.SHARED, "a main run reads as a shared one")
    await bench.driver.put_shared(key)
    main = await bench.run_of(key)
    others = [one for one in await bench.engine.invocations.for_key(key) if one.id != main.id]
    expect(others, "a shared run is not read")
    right = all(one.handler_kind is not HandlerKind.MAIN for one in others)
    expect(right, "a shared run reads as a main one")


@RULES.clause(43, "every time of a run carries its zone")
async def _(bench: Bench) -> None:
    for situation, key in await put_each(bench, Situation):
        run = await bench.run_of(key)
        for name in _TIMES:
            at = getattr(run, name)
            told = f"{name} of a run that is {situation.value} is {at}, in no zone"
            expect(at is None or at.utcoffset() is not None, told)
