"""What every `InvocationListing` keeps."""

from functools import partial

from wfadmin.domain.capabilities import Listing
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import Survey
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._commands import put_each
from wfadmin.testing.clauses._troubles import (
    Asked,
    finds_cut,
    finds_garbage,
    finds_rejection,
    finds_silence,
)
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotExercised, NotSupportedHere

__all__ = ["RULES"]

RULES: Rules[Bench] = Rules("InvocationListing", "IL")

_ALL = 10_000
_MADE = 3


async def _survey(bench: Bench) -> Survey:
    found = await bench.listing.survey(failures=_ALL, unfinished=_ALL)
    listed, total = len(found.unfinished), found.unfinished_total
    expect(total >= listed, f"{listed} unfinished are listed, and {total} are said to be there")
    return found


def _is_cut(bench: Bench, survey: Survey) -> bool:
    """
    Whether the engine itself left something out of a survey that asked for all.

    Raises:
        Broken: It says so, and does not declare it, or not in words.
    """
    told = survey.truncated
    if told is None:
        return False
    declared = bench.capabilities.listing
    seen = f"a survey says that it is cut ({told!r}), and {declared.value} is declared"
    expect(declared is Listing.TRUNCATED or survey.unfinished_total > _ALL, seen)
    is_sentence = " " in told.strip() and told.isprintable()
    expect(is_sentence, f"a survey says that it is cut, in no sentence: {told!r}")
    return True


async def _whole(bench: Bench) -> Survey:
    """
    A survey of all that the engine holds.

    Raises:
        NotSupportedHere: The engine lists only a part.
    """
    found = await _survey(bench)
    if _is_cut(bench, found):
        raise NotSupportedHere("the engine lists only a part of what it holds")
    return found


async def _put(bench: Bench, situation: Situation) -> WorkflowKey:
    _ = bench.listing
    return await bench.put(situation)


def _failed(survey: Survey) -> list[WorkflowKey | None]:
    return [one.key for one in survey.failures]


def _open(survey: Survey) -> list[WorkflowKey | None]:
    return [one.key for one in survey.unfinished]


# --- failures ------------------------------------------------------------------------------------


@RULES.clause(1, "every end but a success is among the failures")
async def _(bench: Bench) -> None:
    _ = bench.listing
    ends = (Situation.FAILED, Situation.KILLED, Situation.CANCELLED)
    for situation, key in await put_each(bench, ends):
        found = _failed(await _whole(bench)).count(key)
        told = f"a run that is {situation.value} is {found} times among the failures"
        expect(found == 1, told)


@RULES.clause(2, "a success and an unfinished run are not among the failures")
async def _(bench: Bench) -> None:
    _ = bench.listing
    for situation, key in await put_each(bench, (Situation.SUCCEEDED, Situation.RUNNING)):
        found = _failed(await _survey(bench))
        expect(key not in found, f"a run that is {situation.value} is among the failures")


@RULES.clause(3, "failures come newest first")
async def _(bench: Bench) -> None:
    mine = {await _put(bench, Situation.FAILED) for _ in range(_MADE)}
    found = await _survey(bench)
    if not mine.issubset(_failed(found)):
        expect(_is_cut(bench, found), "a failure is missing, and nothing says so")
    ended = [one.completed_at for one in found.failures if one.completed_at]
    expect(ended, "no failure says when it ended")
    expect(ended == sorted(ended, reverse=True), "a failure is listed before a newer one")


@RULES.clause(4, "as many failures are listed as were asked for, and no more")
async def _(bench: Bench) -> None:
    for _ in range(_MADE):
        await _put(bench, Situation.FAILED)
    is_cut = _is_cut(bench, await _survey(bench))
    for limit in range(_MADE + 2):
        found = await bench.listing.survey(failures=limit, unfinished=_ALL)
        listed = len(found.failures)
        told = f"{listed} failures are listed where {limit} were asked for"
        expect(listed <= limit, told)
        expect(is_cut or listed >= min(limit, _MADE), f"{told}, of {_MADE} or more")


@RULES.clause(16, "a failure is counted, where failures are")
async def _(bench: Bench) -> None:
    before = (await _whole(bench)).failed
    if before is None:
        raise NotSupportedHere("the engine does not count its failures")
    await _put(bench, Situation.FAILED)
    after = (await _whole(bench)).failed
    told = f"a run failed, and {before} failures are counted as {after}"
    expect(after is not None and after > before, told)


# --- what is not finished ------------------------------------------------------------------------


@RULES.clause(5, "no more unfinished runs are listed than were asked for, and that is told")
async def _(bench: Bench) -> None:
    for _ in range(_MADE):
        await _put(bench, Situation.RUNNING)
    for limit in range(_MADE + 2):
        found = await bench.listing.survey(failures=0, unfinished=limit)
        listed, total = len(found.unfinished), found.unfinished_total
        told = f"of {total} unfinished runs {listed} are listed where {limit} were asked for"
        expect(listed <= limit, told)
        expect(total >= listed, told)
        whole = listed == total >= _MADE
        expect(found.truncated or whole, f"{told}, and nothing says so")


@RULES.clause(6, "an unfinished run is listed, or the survey says that it is cut")
async def _(bench: Bench) -> None:
    keys = [await _put(bench, Situation.RUNNING) for _ in range(_MADE)]
    found = await _survey(bench)
    is_cut = _is_cut(bench, found)
    each = [_open(found).count(key) for key in keys]
    told = f"{_MADE} unfinished runs are listed {each} times"
    expect(all(count <= 1 for count in each), told)
    expect(is_cut or all(each), f"{told}, and nothing says so")
    complete = found.usage is None or found.usage.complete
    enough = found.unfinished_total >= _MADE
    expect(is_cut or (complete and enough), "a whole survey counts less than is there")


@RULES.clause(7, "a run that ended is not listed as unfinished")
async def _(bench: Bench) -> None:
    key = await _put(bench, Situation.SUCCEEDED)
    expect(key not in _open(await _survey(bench)), "a run that ended is listed as unfinished")


@RULES.clause(17, "the total of unfinished runs grows with each of them")
async def _(bench: Bench) -> None:
    before = (await _whole(bench)).unfinished_total
    for _ in range(_MADE):
        await _put(bench, Situation.RUNNING)
    await _whole(bench)
    after = (await bench.listing.survey(failures=0, unfinished=1)).unfinished_total
    told = f"{before} unfinished runs and {_MADE} more are said to be {after}"
    expect(after >= before + _MADE, told)


@RULES.clause(18, "what is listed of a run is what it reads as by its key")
async def _(bench: Bench) -> None:
    for situation in (Situation.PAUSED, Situation.FAILED):
        run = await bench.run_of(await _put(bench, situation))
        found = await _whole(bench)
        listed = found.failures if situation.is_end else found.unfinished
        same = [one for one in listed if one.id == run.id]
        facts = [(one.ref, one.status, one.outcome, one.failure) for one in same]
        told = f"a run that is {situation.value} is listed otherwise than it reads by its key"
        expect(facts == [(run.ref, run.status, run.outcome, run.failure)], told)


# --- counts --------------------------------------------------------------------------------------


async def _counted(bench: Bench) -> int:
    return sum(one.count for one in (await _whole(bench)).counts)


@RULES.clause(8, "the counts grow with every run, whatever its status")
async def _(bench: Bench) -> None:
    before = await _counted(bench)
    for situation in (Situation.SUCCEEDED, Situation.FAILED, Situation.RUNNING):
        await _put(bench, situation)
    after = await _counted(bench)
    told = f"{before} runs and {_MADE} more are counted as {after}"
    expect(after >= before + _MADE, told)


@RULES.clause(9, "what an unfinished run holds is in the usage, and counts there")
async def _(bench: Bench) -> None:
    run = await bench.run_of(await _put(bench, Situation.RUNNING))
    place = run.service_name, run.deployment_id
    one = await _held(bench, place)
    expect(one > 0, "an unfinished run is missing in the usage")
    await _put(bench, Situation.RUNNING)
    both = await _held(bench, place)
    expect(both > one, f"one more unfinished run at a place that holds {one} counts as {both}")


async def _held(bench: Bench, place: tuple[str, str | None]) -> int:
    usage = (await _whole(bench)).usage
    if usage is None:
        raise NotSupportedHere("the engine has no deployments")
    return sum(row.count for row in usage.rows if (row.service_name, row.deployment_id) == place)


@RULES.clause(10, "a survey shows what another tool changed a moment ago")
async def _(bench: Bench) -> None:
    key = await _put(bench, Situation.RUNNING)
    expect(key in _open(await _whole(bench)), "an unfinished run is not listed")
    await bench.driver.finish(key)
    expect(key not in _open(await _survey(bench)), "a run that ended since is still unfinished")


# --- what is declared ----------------------------------------------------------------------------


@RULES.clause(19, "an engine that declares to list all of its invocations does")
async def _(bench: Bench) -> None:
    _ = bench.listing
    if bench.capabilities.listing is not Listing.COMPLETE:
        raise NotSupportedHere("a complete listing is not declared")
    key = await _put(bench, Situation.RUNNING)
    found = await _survey(bench)
    expect(not _is_cut(bench, found), "a complete listing is declared, and it is cut")
    expect(key in _open(found), "a complete listing is declared, and an unfinished run is missing")


@RULES.clause(20, "an engine that lists only a part says so where something is missing")
async def _(bench: Bench) -> None:
    _ = bench.listing
    if bench.capabilities.listing is not Listing.TRUNCATED:
        raise NotSupportedHere("it is not declared that only a part is listed")
    failed = {await _put(bench, Situation.FAILED) for _ in range(_MADE)}
    still = {await _put(bench, Situation.RUNNING) for _ in range(_MADE)}
    found = await _survey(bench)
    if still.issubset(_open(found)) and failed.issubset(_failed(found)):
        raise NotExercised("the engine listed all that was put there")
    expect(_is_cut(bench, found), "something is missing, and nothing says so")
    known = found.failed is None or found.failed >= _MADE
    expect(known, f"{_MADE} runs failed and more may be missing: {found.failed} are counted")
    vague = found.usage is None or not found.usage.complete
    expect(vague, "something is missing, and the usage is said to be complete")


# --- bad networks --------------------------------------------------------------------------------


def _asked(bench: Bench) -> tuple[Asked, ...]:
    return (Asked("a survey", partial(bench.listing.survey, failures=_ALL, unfinished=_ALL)),)


@RULES.clause(11, "a survey that cannot leave is an error, never empty")
async def _(bench: Bench) -> None:
    await finds_cut(bench, _asked(bench))


@RULES.clause(12, "a survey that is never answered is an error, never empty")
async def _(bench: Bench) -> None:
    await finds_silence(bench, _asked(bench))


@RULES.clause(13, "a survey that is answered with an error is rejected, never empty")
async def _(bench: Bench) -> None:
    await finds_rejection(bench, _asked(bench))


@RULES.clause(14, "a survey that is answered with garbage is an error, never empty")
async def _(bench: Bench) -> None:
    await finds_garbage(bench, _asked(bench))


@RULES.clause(15, "a survey sends no write")
async def _(bench: Bench) -> None:
    await _put(bench, Situation.RUNNING)
    before = bench.driver.network.writes
    await _survey(bench)
    expect(bench.driver.network.writes == before, "a survey sent a write")
