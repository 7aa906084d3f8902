"""What every `Engine` keeps."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import anyio.to_thread
import attrs

from wfadmin.domain.capabilities import CommandName, Fence, Listing, Reach
from wfadmin.domain.errors import UsageError
from wfadmin.domain.model import InvocationStatus, ServiceKind
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._troubles import (
    Asked,
    error_in,
    expect_safe,
    finds_cut,
    finds_garbage,
    finds_rejection,
    finds_silence,
)

# Its clauses come after those below, and belong to the same port.
from wfadmin.testing.clauses.engine_calls import RULES
from wfadmin.testing.verdicts import Broken, NotExercised

__all__ = ["RULES"]

_T = TypeVar("_T")

_USER, _PASSWORD = "kit-user-77d0", "kit-password-19e2"
_SOMEWHERE = "http://127.0.0.1:9"


# --- making and closing --------------------------------------------------------------------------


@RULES.clause(1, "making an engine sends nothing and needs no event loop")
async def _(bench: Bench) -> None:
    before = bench.driver.network.requests
    # In a thread, where no event loop runs.
    engine = await _answer(
        lambda: anyio.to_thread.run_sync(bench.connect, bench.settings), "making an engine"
    )
    sent = bench.driver.network.requests - before
    await _answer(engine.aclose, "closing an engine")
    expect(sent == 0, f"making an engine sends {sent} requests")


@RULES.clause(2, "an engine may be closed twice, and before anything was asked")
async def _(bench: Bench) -> None:
    unused, used = bench.connect(bench.settings), bench.connect(bench.settings)
    await _answer(used.facts, "facts")
    for engine, which in ((unused, "one that was never asked"), (used, "one that was asked")):
        for time in ("first", "second"):
            await _answer(engine.aclose, f"closing {which}, for the {time} time")


@RULES.clause(3, "closing an engine leaves others open, and the client that it was given")
async def _(bench: Bench) -> None:
    closed, other = bench.connect(bench.settings), bench.connect(bench.settings)
    try:
        await _answer(closed.facts, "facts")
        await _answer(closed.aclose, "closing an engine")
        await _answer(other.facts, "facts, after another engine was closed")
    finally:
        await other.aclose()
    await bench.engine.facts()


# --- what it is ----------------------------------------------------------------------------------


@RULES.clause(4, "its name is in lower case, and stays")
async def _(bench: Bench) -> None:
    name = bench.engine.name
    expect(name and name == name.lower() and name.isprintable(), f"its name is {name!r}")
    await bench.engine.facts()
    another = bench.connect(bench.settings)
    names = {bench.engine.name, another.name}
    await another.aclose()
    expect(names == {name}, f"its name was {name!r}, and then {sorted(names)}")


@RULES.clause(5, "its address and what it prints show no token, before and after use")
async def _(bench: Bench) -> None:
    engine = bench.connect(bench.settings)
    _expect_unshown(engine, bench.secrets, "an engine that was made")
    await _answer(engine.facts, "facts")
    _expect_unshown(engine, bench.secrets, "an engine that was asked")
    await engine.aclose()


@RULES.clause(6, "a user name and password in a URL are shown nowhere")
async def _(bench: Bench) -> None:
    url = bench.settings.admin_url or _SOMEWHERE
    if not url.startswith("http"):
        raise NotExercised("the engine is reached by no URL that can hold a password")
    hidden = url.replace("://", f"://{_USER}:{_PASSWORD}@", 1)
    await _expect_hidden(bench, attrs.evolve(bench.settings, admin_url=hidden))
    await _expect_hidden(bench, attrs.evolve(bench.settings, ingress_url=hidden))


@RULES.clause(7, "what it declares is made of known names")
async def _(bench: Bench) -> None:
    found = bench.capabilities
    declared = (
        *((one, CommandName) for one in found.commands),
        *((one, ServiceKind) for one in found.purge_clears_state),
        *((one, CommandName) for one in found.repeatable),
        *((one, InvocationStatus) for one in found.pausable),
        (found.fence, Fence),
        (found.kill_reach, Reach),
        (found.purge_reach, Reach),
        (found.listing, Listing),
    )
    for one, kind in declared:
        expect(_is(one, kind), f"it declares {one!r}, which is no {kind.__name__}")
    for floor in (found.write_floor, found.register_floor):
        expect(floor >= timedelta(0), f"it declares to wait for {floor}")


@RULES.clause(8, "it declares nothing of a port that it lacks")
async def _(bench: Bench) -> None:
    found = bench.capabilities
    if bench.engine.control is None:
        expect(not found.commands, "it declares commands, and has no control")
    if bench.engine.listing is None:
        expect(found.listing is Listing.NONE, f"it declares {found.listing}, and has no listing")


# --- facts ---------------------------------------------------------------------------------------


@RULES.clause(9, "its facts name the version that the probe of the admin side finds")
async def _(bench: Bench) -> None:
    facts, probed = await bench.engine.facts(), await bench.engine.admin.probe_admin()
    expect(facts.version == probed, f"its facts say {facts.version}, and the probe {probed}")


@RULES.clause(10, "without a connection it has no facts: it is unreachable")
async def _(bench: Bench) -> None:
    await finds_cut(bench, _facts(bench))


@RULES.clause(11, "silence ends the reading of facts as unreachable, within the time limit")
async def _(bench: Bench) -> None:
    await finds_silence(bench, _facts(bench))


@RULES.clause(12, "an error status ends the reading of facts as rejected")
async def _(bench: Bench) -> None:
    await finds_rejection(bench, _facts(bench))


@RULES.clause(13, "facts are never made up from an answer that is not understood")
async def _(bench: Bench) -> None:
    await finds_garbage(bench, _facts(bench))


async def _answer(call: Callable[[], Awaitable[_T]], what: str) -> _T:
    """What `call` gives; the kit stands between no errors of an engine that a clause made."""
    try:
        return await call()
    except Exception as error:
        raise Broken(f"{what} ends with {type(error).__name__}: {error}") from error


def _is(value: object, kind: type) -> bool:
    """Whether it is what its type says: an adapter without type checks may give anything."""
    return isinstance(value, kind)


def _expect_unshown(engine: Engine, secrets: tuple[str, ...], which: str) -> None:
    ports = (engine.admin, engine.invocations, engine.deployments, engine.control, engine.state)
    texts = (engine.address, repr(engine), str(engine), *map(repr, ports))
    shown = any(secret in text for secret in secrets for text in texts)
    expect(not shown, f"{which} shows a secret in its address or in what it prints")


async def _expect_hidden(bench: Bench, settings: EngineSettings) -> None:
    secrets = (_USER, _PASSWORD)
    try:
        engine = bench.connect(settings)
    except UsageError as error:
        expect_safe(error, secrets, "an engine whose URL holds a password")
        return
    _expect_unshown(engine, secrets, "an engine whose URL holds a password")
    network = bench.driver.network
    cut = await error_in(bench, network.cut, engine.facts, "facts without a connection")
    await engine.aclose()
    expect_safe(cut, secrets, "facts without a connection")


def _facts(bench: Bench) -> tuple[Asked, ...]:
    return (Asked("the reading of facts", bench.engine.facts),)
