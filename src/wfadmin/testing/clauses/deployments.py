"""What every `DeploymentRegistry` keeps."""

from datetime import timedelta

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.answers import Answer, Registration
from wfadmin.domain.error import WfadminError
from wfadmin.domain.errors import EngineRejected
from wfadmin.domain.model import Usage
from wfadmin.ports.tasks import Call
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._deployments import (
    PASSWORD,
    dead_url,
    deployed,
    expect_still_listed,
    expect_unlisted,
    gone,
    until_listed,
    with_password,
)

# Its clauses come after those below, and belong to the same port.
from wfadmin.testing.clauses.deployments_network import RULES
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotExercised

__all__ = ["RULES"]

_MINUTE = timedelta(minutes=1)


# --- the list ------------------------------------------------------------------------------------


@RULES.clause(1, "what another tool registered is listed once, with the services that it serves")
async def _(bench: Bench) -> None:
    await bench.deployments.list()
    _, found = await deployed(bench)
    names = [one.name for one in found.services]
    name = bench.driver.service_name
    expect(names.count(name) == 1, f"a deployment that serves {name} lists the services {names}")


@RULES.clause(2, "what another tool removed is listed no more")
async def _(bench: Bench) -> None:
    url, found = await deployed(bench)
    _, other = await deployed(bench)
    await bench.driver.undeploy(url)
    await gone(bench, found)
    await expect_still_listed(bench, other, "after another one was removed")


@RULES.clause(3, "no two deployments bear the same id")
async def _(bench: Bench) -> None:
    await deployed(bench)
    await deployed(bench)
    ids = [one.id for one in await bench.deployments.list()]
    expect(len(ids) == len(set(ids)), "two deployments are listed with the same id")
    expect(all(ids), "a deployment is listed with an empty id")


@RULES.clause(4, "the time of a registration carries its zone")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    at = found.created_at
    expect(at is None or at.utcoffset() is not None, f"a deployment is made at {at}, in no zone")


@RULES.clause(5, "a password in a registered URL is not listed")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    try:
        await bench.deployments.register(with_password(url), force=True, dry_run=False)
    except EngineRejected as error:
        raise NotExercised("the engine takes no URL with a password") from error
    found = await until_listed(bench, url)
    expect(PASSWORD not in repr(found), "a deployment is listed with the password of its URL")


# --- what holds them -----------------------------------------------------------------------------

_UNFINISHED = tuple(one for one in Situation if not one.is_end)
_ENDS = tuple(one for one in Situation if one.is_end)


@RULES.clause(6, "all unfinished work counts, in any status")
async def _(bench: Bench) -> None:
    await _complete(bench)
    put = await _put_all(bench, _UNFINISHED)

    async def counted() -> bool:
        return _count(await _complete(bench), bench) >= len(put)

    await bench.until(counted, f"the usage counts what is {', '.join(put)}")


@RULES.clause(7, "an unfinished run counts for the deployment that it is pinned to")
async def _(bench: Bench) -> None:
    await _complete(bench)
    key = await bench.put(Situation.SUSPENDED)

    async def holds() -> bool:
        run = await bench.run_of(key)
        usage = await _complete(bench)
        return any(
            (row.service_name, row.deployment_id) == (run.service_name, run.deployment_id)
            for row in usage.rows
            if row.count > 0
        )

    await bench.until(holds, "an unfinished run counts for the deployment that it names")


@RULES.clause(8, "completed runs never count")
async def _(bench: Bench) -> None:
    before = _count(await _complete(bench), bench)
    put = await _put_all(bench, _ENDS)

    async def none_more() -> bool:
        return _count(await _complete(bench), bench) <= before

    await bench.until(none_more, f"the usage does not count what is {', '.join(put)}")


@RULES.clause(9, "a run that finishes counts no more")
async def _(bench: Bench) -> None:
    await _complete(bench)
    key = await bench.put(Situation.RUNNING)
    held = _count(await _complete(bench), bench)
    await bench.driver.finish(key)

    async def fewer() -> bool:
        return _count(await _complete(bench), bench) < held

    await bench.until(fewer, "a run that finished counts no more")


# --- registering ---------------------------------------------------------------------------------


@RULES.clause(10, "a dry run says what a place serves, and registers nothing")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    found = await bench.deployments.register(url, force=True, dry_run=True)
    _serves(bench, found)
    await expect_unlisted(bench, url, "after a dry run")


@RULES.clause(11, "a place that was registered is listed as the answer says")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    made = await bench.deployments.register(url, force=False, dry_run=False)
    _serves(bench, made)
    found = await until_listed(bench, url)
    expect(found.id == made.deployment_id, f"{made.deployment_id} is answered, {found.id} listed")
    same = set(found.services) == set(made.services)
    expect(same, f"{made.services} are answered, {found.services} are listed")


@RULES.clause(12, "a known place that is registered again, with force or without, keeps its id")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    first = await bench.deployments.register(url, force=False, dry_run=False)
    for force in (True, False):
        again = await bench.deployments.register(url, force=force, dry_run=False)
        expect(
            again.deployment_id == first.deployment_id,
            f"force={force} changes {first.deployment_id} into {again.deployment_id}",
        )
        found = await until_listed(bench, url)
        expect(found.id == first.deployment_id, f"after force={force}, {found.id} is listed")


@RULES.clause(13, "a place that does not answer is rejected, and not registered")
async def _(bench: Bench) -> None:
    for dry_run in (True, False):
        url = dead_url(bench)
        error = await bench.error_of(
            _registering(bench, url, dry_run=dry_run),
            "the registration of a place that does not answer",
        )
        found = type(error).__name__
        expect(isinstance(error, EngineRejected), f"a place that does not answer ends as {found}")
        await expect_unlisted(bench, url, "though nothing answers there")


@RULES.clause(14, "two registrations at once both end, each with an answer of its own")
async def _(bench: Bench) -> None:
    urls = [await bench.a_place(), await bench.a_place()]
    calls = [_registering(bench, url, dry_run=False) for url in urls]
    ended = await _at_once(calls)
    for url, one in zip(urls, ended, strict=True):
        if isinstance(one, Registration):
            found = await until_listed(bench, url)
            expect(found.id == one.deployment_id, f"{found.id} got the answer of another place")


@RULES.clause(15, "a place that is registered twice at once is there once")
async def _(bench: Bench) -> None:
    url = await bench.a_place()
    call = _registering(bench, url, dry_run=False)
    await _at_once([call, call])
    await until_listed(bench, url)


# --- removing ------------------------------------------------------------------------------------


@RULES.clause(16, "a deployment that was removed is gone, and no other is")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    _, other = await deployed(bench)
    answer = await bench.deployments.remove(found.id)
    expect(answer is Answer.ACCEPTED, f"the removal of a registered one is answered with {answer}")
    await gone(bench, found)
    await expect_still_listed(bench, other, "after the removal of another one")


@RULES.clause(17, "the removal of one that is not there says so, and removes nothing")
async def _(bench: Bench) -> None:
    url, found = await deployed(bench)
    _, other = await deployed(bench)
    await bench.driver.undeploy(url)
    await gone(bench, found)
    answer = await bench.deployments.remove(found.id)
    expect(answer is Answer.NOT_FOUND, f"the removal of one that is not there says {answer}")
    await expect_still_listed(bench, other, "after the removal of one that is not there")


@RULES.clause(18, "what is no id removes nothing")
async def _(bench: Bench) -> None:
    _, found = await deployed(bench)
    for hostile in _no_ids(found.id):
        try:
            answer = await bench.deployments.remove(hostile)
        except WfadminError:
            answer = Answer.NOT_FOUND
        expect(answer is Answer.NOT_FOUND, f"the removal of {hostile!r} is answered with {answer}")
        await expect_still_listed(bench, found, f"after the removal of {hostile!r}")


def _no_ids(real: str) -> tuple[str, ...]:
    """What a careless adapter puts into a path, a query or a pattern."""
    return (
        "",
        " ",
        "*",
        "%",
        "..",
        "../services",
        "%2e%2e",
        f"{real}\n",
        f"{real}/",
        f"{real}?force=true",
        f"{real}#",
        f"./{real}",
        f"x' or id = '{real}",
    )


def _serves(bench: Bench, found: Registration) -> None:
    names = [one.name for one in found.services]
    name = bench.driver.service_name
    expect(name in names, f"the place serves {name}, and {names} is answered")


def _registering(bench: Bench, url: str, *, dry_run: bool) -> Call:
    return lambda: bench.deployments.register(url, force=True, dry_run=dry_run)


async def _at_once(calls: list[Call]) -> tuple[object, ...]:
    ended = await AnyioTasks().gather(calls, timeout=_MINUTE)
    for one in ended:
        kind = type(one).__name__
        expect(isinstance(one, Registration | WfadminError), f"one of two at once ends as {kind}")
    expect(any(isinstance(one, Registration) for one in ended), "none of two at once is registered")
    return ended


async def _put_all(bench: Bench, situations: tuple[Situation, ...]) -> list[str]:
    """Put a run into each of `situations` that the driver can do; which these are."""
    put: list[str] = []
    for one in situations:
        try:
            await bench.put(one)
        except NotExercised:
            continue
        put.append(one.value)
    if not put:
        raise NotExercised("this driver can put no run into any of them")
    return put


async def _complete(bench: Bench) -> Usage:
    """The usage, where it is all of it: of another one nothing follows."""
    usage = await bench.deployments.usage()
    expect(type(usage.complete) is bool, "the usage does not say whether it is complete")
    if not usage.complete:
        raise NotExercised("the engine does not count all unfinished work")
    return usage


def _count(usage: Usage, bench: Bench) -> int:
    return sum(row.count for row in usage.rows if row.service_name == bench.driver.service_name)
