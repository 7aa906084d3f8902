"""Examines an adapter: one clause at a time, each on an engine of its own."""

import sys
import unittest
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping
from typing import Any

import anyio
import attrs
from typing_extensions import override

from wfadmin.domain.errors import UsageError, WfadminError
from wfadmin.ports.credentials import Credentials
from wfadmin.ports.engine import EngineFactory
from wfadmin.ports.points import Point
from wfadmin.ports.wrapping import PortCall, Proceed, close_entries, wrapped
from wfadmin.testing.bench import Bench
from wfadmin.testing.clause import Clause
from wfadmin.testing.driver import Driver
from wfadmin.testing.verdicts import Broken, NotExercised, NotSupportedHere, Outcome, Verdict

__all__ = ["Subject", "as_test", "examine", "judged", "run"]

#: In seconds. A check that takes longer hangs.
_CLAUSE_LIMIT = 120

_TOKEN = "kit-token-5f3a9c"  # noqa: S105 - not a secret, but what must not be shown


@attrs.frozen(eq=False)
class Subject:
    """
    An adapter under test. One of them serves one clause.

    Attributes:
        connect: Makes the adapter.
        driver: Brings its engine into states.
        deviations: Rules that the adapter is known to break: clause ids with the reason, which
            should say where it is written down. Such a rule must be broken, or the run fails.
    """

    connect: EngineFactory
    driver: Driver
    deviations: Mapping[str, str] = attrs.field(factory=dict)


class _Token(Credentials):
    @override
    async def token(self) -> str:
        return _TOKEN


async def examine(clause: Clause[Bench], subject: Subject) -> Verdict:
    """
    Say how `clause` ends for `subject`. Raises nothing that an adapter or a driver raises.

    Raises:
        UsageError: A deviation without a reason.
    """
    reason = subject.deviations.get(clause.id)
    if reason is not None and not reason.strip():
        raise UsageError("deviations", f"the one from {clause.id} has no reason")
    verdict = await judged(clause.id, lambda: _check(clause, subject))
    return verdict if reason is None else _with_deviation(verdict, reason)


async def run(
    clause: Clause[Bench],
    connect: EngineFactory,
    driver: Driver,
    *,
    deviations: Mapping[str, str] | None = None,
) -> None:
    """
    Examine one clause as a test: pytest and unittest understand how it ends.

    Returns:
        When the rule holds.

    Raises:
        AssertionError: It does not, or nothing is known because the driver or the kit failed.
        unittest.SkipTest: Not supported, not exercised, or a known deviation, with the reason.
            Where pytest is imported, what pytest.skip raises.
        UsageError: A deviation without a reason.
    """
    verdict = await examine(clause, Subject(connect, driver, deviations or {}))
    as_test(verdict, clause.rule)


def as_test(verdict: Verdict, rule: str) -> None:
    """
    End a test as `verdict` says.

    Raises:
        AssertionError: The verdict fails.
        unittest.SkipTest: Nothing is known, or what is known is tolerated. Where pytest is
            imported, what pytest.skip raises.
    """
    if verdict.outcome.fails:
        raise Broken(f"{verdict}\nthe rule: {rule}")
    if verdict.outcome is not Outcome.PASSED:
        raise _skipped(str(verdict))


def _skipped(reason: str) -> BaseException:
    """What ends a test as skipped, as the test runner that is there wants it."""
    # Some versions of pytest take the exception of unittest for a failure (seen with 9.0.0).
    pytest = sys.modules.get("pytest")
    if pytest is None:
        return unittest.SkipTest(reason)
    skipped: BaseException = pytest.skip.Exception(reason)
    return skipped


async def judged(clause_id: str, check: Callable[[], Awaitable[None]]) -> Verdict:
    """How a check ended."""
    try:
        with anyio.move_on_after(_CLAUSE_LIMIT):
            await check()
            return Verdict(clause_id, Outcome.PASSED)
    except Exception as error:  # noqa: BLE001 - whatever it is, it becomes a verdict
        return _verdict(clause_id, error)
    return Verdict(clause_id, Outcome.BROKEN, f"it did not end within {_CLAUSE_LIMIT} s")


def _unexpected(error: BaseException) -> str:
    return f"an error where none was to come: {type(error).__name__}: {error}"


def _failed(error: BaseException) -> str:
    return f"the driver or the kit failed: {type(error).__name__}: {error}"


_OUTCOMES: tuple[tuple[type[BaseException], Outcome, Callable[[BaseException], str]], ...] = (
    (Broken, Outcome.BROKEN, BaseException.__str__),
    (NotSupportedHere, Outcome.NOT_SUPPORTED, BaseException.__str__),
    (NotExercised, Outcome.NOT_EXERCISED, BaseException.__str__),
    (WfadminError, Outcome.BROKEN, _unexpected),
    (BaseException, Outcome.KIT_ERROR, _failed),
)


def _verdict(clause_id: str, error: BaseException) -> Verdict:
    while isinstance(error, BaseExceptionGroup):
        error = error.exceptions[0]
    outcome, said = next((o, say) for kind, o, say in _OUTCOMES if isinstance(error, kind))
    return Verdict(clause_id, outcome, said(error))


def _with_deviation(verdict: Verdict, reason: str) -> Verdict:
    if verdict.outcome is Outcome.BROKEN:
        return attrs.evolve(verdict, outcome=Outcome.KNOWN_DEVIATION, reason=reason)
    if verdict.outcome is Outcome.KIT_ERROR:
        return verdict
    stale = f"it is declared as broken ({reason}), and it is not: {verdict.outcome.value}"
    return attrs.evolve(verdict, outcome=Outcome.STALE_DEVIATION, reason=stale)


async def _check(clause: Clause[Bench], subject: Subject) -> None:
    async with subject.driver as driver:
        settings = attrs.evolve(driver.settings, credentials=_Token())
        engine = wrapped(subject.connect(settings), _guarded)
        try:
            facts = await engine.facts()
            bench = Bench(
                engine=engine,
                connect=subject.connect,
                driver=driver,
                settings=settings,
                capabilities=facts.capabilities,
                secrets=(_TOKEN,),
            )
            await clause.check(bench)
        finally:
            with anyio.CancelScope(shield=True):
                driver.network.mend()
                await engine.aclose()


async def _guarded(call: PortCall, proceed: Proceed) -> Any:  # noqa: ANN401 - whatever is asked
    """Blame the adapter for what only it can have raised."""
    try:
        answer = await proceed()
    except WfadminError:
        raise
    except Exception as error:
        raise _foreign(call.point, error) from error
    return _guarded_entries(answer) if call.point is Point.HISTORY else answer


async def _guarded_entries(entries: AsyncIterator[object]) -> AsyncIterator[object]:
    try:
        async for entry in entries:
            yield entry
    except WfadminError:
        raise
    except Exception as error:
        raise _foreign(Point.HISTORY, error) from error
    finally:
        await close_entries(entries)


def _foreign(point: Point, error: Exception) -> Broken:
    kind = type(error).__name__
    return Broken(f"{point.value}: {kind} left the port, which is no WfadminError: {error}")
