"""What every `AdminApi` keeps."""

from wfadmin.domain.errors import NotSupported
from wfadmin.domain.model import HandlerKind, Service
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.clauses._troubles import (
    Asked,
    Call,
    finds_cut,
    finds_garbage,
    finds_rejection,
    finds_silence,
)
from wfadmin.testing.driver import Situation
from wfadmin.testing.network import Garbage
from wfadmin.testing.verdicts import NotExercised, NotSupportedHere

__all__ = ["RULES"]

RULES: Rules[Bench] = Rules("AdminApi", "AD")

# What no front door says when it is well. Its real answer may be empty, and so may half of it.
_NEVER_HEALTHY = (
    Garbage.ANOTHER_FORMAT,
    Garbage.ANOTHER_SHAPE,
    Garbage.TOO_LARGE,
    Garbage.TOO_DEEP,
)


@RULES.clause(1, "a healthy ingress is found healthy")
async def _(bench: Bench) -> None:
    await _supported(bench.engine.admin.probe_ingress)


@RULES.clause(2, "the probe of the admin side gives the version, or None")
async def _(bench: Bench) -> None:
    version = await bench.engine.admin.probe_admin()
    is_version = isinstance(version, str) and version.strip() != ""
    expect(version is None or is_version, f"it gives {version!r}")


@RULES.clause(3, "what runs here is in the list of services, once")
async def _(bench: Bench) -> None:
    await _services(bench)
    await _serve(bench)

    async def listed() -> bool:
        return bool(await _mine(bench))

    await bench.until(listed, f"the list of services names {bench.driver.service_name}")
    found = await _mine(bench)
    expect(len(found) == 1, f"the list of services names one of them {len(found)} times")


@RULES.clause(4, "a service names the deployment and revision that new work gets")
async def _(bench: Bench) -> None:
    registry = bench.deployments
    await _services(bench)
    await bench.deploy()

    async def agree() -> bool:
        listed = {
            (each.id, one.name, one.revision)
            for each in await registry.list()
            for one in each.services
        }
        found = await _mine(bench)
        return any((one.deployment_id, one.name, one.revision) in listed for one in found)

    await bench.until(agree, "a service names a revision of a deployment that is listed")


@RULES.clause(5, "the list of services is read each time that it is asked for")
async def _(bench: Bench) -> None:
    await bench.deploy()
    await _services(bench)
    before = _routes(await _mine(bench))
    await bench.deploy()

    async def moved() -> bool:
        return _routes(await _mine(bench)) != before

    await bench.until(moved, "a service goes to the deployment that another tool registered")


@RULES.clause(6, "a handler is never listed as what it is not")
async def _(bench: Bench) -> None:
    key = await bench.put(Situation.RUNNING)
    await bench.driver.put_shared(key)
    run = await bench.run_of(key)
    await _services(bench)
    shared, found = bench.driver.shared_handler, await _mine(bench)
    kinds = {each.name: each.kind for one in found for each in one.handlers}
    if not kinds:
        raise NotSupportedHere("the engine does not list handlers")
    expect(
        kinds.get(run.handler_name or "") is not HandlerKind.SHARED,
        f"the main handler {run.handler_name} is listed as a shared one",
    )
    expect(
        kinds.get(shared or "") is not HandlerKind.MAIN,
        f"the shared handler {shared} is listed as a main one",
    )


@RULES.clause(7, "questions to the engine as a whole are no writes")
async def _(bench: Bench) -> None:
    before = bench.driver.network.writes
    for one in await _asked(bench):
        await one.call()
    sent = bench.driver.network.writes - before
    expect(sent == 0, f"probes and the list of services sent {sent} writes")


@RULES.clause(8, "without a connection, probes and the list of services find it unreachable")
async def _(bench: Bench) -> None:
    await finds_cut(bench, await _asked(bench))


@RULES.clause(9, "silence ends as unreachable, within the time limit")
async def _(bench: Bench) -> None:
    await finds_silence(bench, await _asked(bench))


@RULES.clause(10, "an error status ends as rejected")
async def _(bench: Bench) -> None:
    await finds_rejection(bench, await _asked(bench))


@RULES.clause(11, "an ingress or admin side that answers something else is never healthy")
async def _(bench: Bench) -> None:
    for one in await _asked(bench):
        if one.what != _SERVICES:
            await finds_garbage(bench, (one,), _NEVER_HEALTHY)


@RULES.clause(12, "an answer that is not understood is never a list of services")
async def _(bench: Bench) -> None:
    await _services(bench)
    await finds_garbage(bench, (Asked(_SERVICES, bench.engine.admin.list_services),))


_SERVICES = "the list of services"


async def _asked(bench: Bench) -> tuple[Asked, ...]:
    """Every question that this engine answers; an adapter that remembers answers has them now."""
    admin = bench.engine.admin
    every = (
        Asked("the probe of the ingress", admin.probe_ingress),
        Asked("the probe of the admin side", admin.probe_admin),
        Asked(_SERVICES, admin.list_services),
    )
    asked: list[Asked] = []
    for one in every:
        try:
            await one.call()
        except NotSupported:
            continue
        asked.append(one)
    return tuple(asked)


async def _supported(call: Call) -> object:
    try:
        return await call()
    except NotSupported as error:
        raise NotSupportedHere(f"the engine has no {error.what}") from error


async def _services(bench: Bench) -> None:
    """Go on where the engine lists services."""
    await _supported(bench.engine.admin.list_services)


async def _mine(bench: Bench) -> tuple[Service, ...]:
    services = await bench.engine.admin.list_services()
    return tuple(one for one in services if one.name == bench.driver.service_name)


async def _serve(bench: Bench) -> None:
    """Let something serve the service of the driver, in whatever way it can."""
    try:
        await bench.deploy()
    except NotExercised:
        await bench.put(Situation.RUNNING)


def _routes(services: tuple[Service, ...]) -> list[tuple[str | None, int]]:
    return [(one.deployment_id, one.revision) for one in services]
