"""How a check becomes a verdict, and a verdict the end of a test."""

import sys
import unittest

import anyio
import pytest

from wfadmin.adapters.memory import MemoryEngine, Point
from wfadmin.domain.errors import EngineUnreachable, UsageError
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.ports.engine import Engine, EngineSettings
from wfadmin.testing import (
    Around,
    Bench,
    Broken,
    Clause,
    NotExercised,
    NotSupportedHere,
    Outcome,
    PortCall,
    Proceed,
    Situation,
    Subject,
    Verdict,
    examine,
    run,
    wrapped,
)
from wfadmin.testing import running as running_module
from wfadmin.testing.memory import MemoryDriver

pytestmark = pytest.mark.asyncio


def clause_of(error: BaseException | None) -> Clause[Bench]:
    async def check(_: Bench) -> None:
        if error is not None:
            raise error

    return Clause("XX-01", "Engine", "it works", 1, check)


def memory(around: Around | None = None, **deviations: str) -> Subject:
    driver = MemoryDriver()

    def connect(settings: EngineSettings) -> Engine:
        engine = driver.connect(settings)
        return engine if around is None else wrapped(engine, around)

    named = {name.replace("_", "-"): reason for name, reason in deviations.items()}
    return Subject(connect, driver, named)


@pytest.mark.parametrize(
    ("error", "outcome", "reason"),
    [
        (None, Outcome.PASSED, ""),
        (Broken("it lied"), Outcome.BROKEN, "it lied"),
        (NotSupportedHere("no state"), Outcome.NOT_SUPPORTED, "no state"),
        (NotExercised("no clock"), Outcome.NOT_EXERCISED, "no clock"),
        (
            EngineUnreachable("memory", "Connection refused"),
            Outcome.BROKEN,
            (
                "an error where none was to come: EngineUnreachable: No answer from memory."
                " Connection refused. Check the URL, and that the engine runs and can be reached"
                " from here."
            ),
        ),
        (
            KeyError("x"),
            Outcome.KIT_ERROR,
            "the driver or the kit failed: KeyError: 'x'",
        ),
        (ExceptionGroup("both", [Broken("first"), KeyError("y")]), Outcome.BROKEN, "first"),
    ],
    ids=str,
)
async def test_what_a_check_raises_is_the_verdict(
    error: BaseException | None, outcome: Outcome, reason: str
) -> None:
    assert await examine(clause_of(error), memory()) == Verdict("XX-01", outcome, reason)


@pytest.mark.parametrize(
    ("error", "outcome"),
    [
        (Broken("it lied"), Outcome.KNOWN_DEVIATION),
        (None, Outcome.STALE_DEVIATION),
        (NotSupportedHere("no state"), Outcome.STALE_DEVIATION),
        (NotExercised("no clock"), Outcome.STALE_DEVIATION),
        (KeyError("x"), Outcome.KIT_ERROR),
    ],
    ids=str,
)
async def test_a_known_deviation_must_be_broken(
    error: BaseException | None, outcome: Outcome
) -> None:
    found = await examine(clause_of(error), memory(XX_01="ticket 7"))

    assert found.outcome is outcome


async def test_a_known_deviation_shows_its_reason() -> None:
    found = await examine(clause_of(Broken("it lied")), memory(XX_01="ticket 7"))

    assert str(found) == "XX-01 known_deviation: ticket 7"


async def test_a_stale_deviation_says_what_it_found_instead() -> None:
    found = await examine(clause_of(None), memory(XX_01="ticket 7"))

    assert found.reason == "it is declared as broken (ticket 7), and it is not: passed"


async def test_a_deviation_needs_a_reason() -> None:
    with pytest.raises(UsageError, match="XX-01 has no reason"):
        await examine(clause_of(None), memory(XX_01=" "))


async def test_a_test_ends_well_where_the_rule_holds() -> None:
    subject = memory()

    await run(clause_of(None), subject.connect, subject.driver)


@pytest.mark.parametrize("error", [Broken("it lied"), KeyError("x")], ids=str)
async def test_a_test_fails_where_the_rule_is_broken_or_nothing_is_known(
    error: BaseException,
) -> None:
    subject = memory()

    with pytest.raises(AssertionError, match="the rule: it works"):
        await run(clause_of(error), subject.connect, subject.driver)


@pytest.mark.parametrize(
    ("error", "deviations"),
    [
        (NotSupportedHere("no state"), {}),
        (NotExercised("no clock"), {}),
        (Broken("it lied"), {"XX-01": "ticket 7"}),
    ],
    ids=str,
)
async def test_a_test_is_skipped_with_the_reason_where_nothing_was_proven(
    error: BaseException, deviations: dict[str, str]
) -> None:
    subject = memory()

    with pytest.raises(pytest.skip.Exception, match=r"no state|no clock|ticket 7"):
        await run(clause_of(error), subject.connect, subject.driver, deviations=deviations)


async def test_without_pytest_a_test_is_skipped_as_unittest_does(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delitem(sys.modules, "pytest")
    subject = memory()

    with pytest.raises(unittest.SkipTest, match="no state"):
        await run(clause_of(NotSupportedHere("no state")), subject.connect, subject.driver)


async def reads(bench: Bench) -> None:
    await bench.engine.invocations.for_key(WorkflowKey("Order", "o-1"))


async def test_what_only_the_adapter_can_have_raised_is_its_own_fault() -> None:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.FOR_KEY:
            raise KeyError("status")
        return await proceed()

    found = await examine(Clause("XX-01", "Engine", "it works", 1, reads), memory(around))

    assert found == Verdict(
        "XX-01",
        Outcome.BROKEN,
        "invocations.for_key: KeyError left the port, which is no WfadminError: 'status'",
    )


async def test_so_is_what_comes_out_of_a_history_on_the_way() -> None:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is not Point.HISTORY:
            return await proceed()

        async def entries() -> object:
            raise KeyError("page")
            yield

        return entries()

    async def walks(bench: Bench) -> None:
        key = WorkflowKey("Order", "o-1")
        async for _ in bench.history.entries(InvocationRef(key, "inv_1", None)):
            pass

    found = await examine(Clause("XX-01", "Engine", "it works", 1, walks), memory(around))

    assert (
        found.reason == "history.entries: KeyError left the port, which is no WfadminError: 'page'"
    )


async def test_an_engine_that_cannot_say_what_it_is_breaks_every_clause() -> None:
    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point is Point.FACTS:
            raise EngineUnreachable("memory", "Connection refused")
        return await proceed()

    assert (await examine(clause_of(None), memory(around))).outcome is Outcome.BROKEN


async def test_a_check_that_never_ends_is_broken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(running_module, "_CLAUSE_LIMIT", 0.01)

    async def hangs(_: Bench) -> None:
        await anyio.sleep_forever()

    found = await examine(Clause("XX-01", "Engine", "it ends", 1, hangs), memory())

    assert found == Verdict("XX-01", Outcome.BROKEN, "it did not end within 0.01 s")


async def test_the_engine_is_closed_whatever_happened(monkeypatch: pytest.MonkeyPatch) -> None:
    closed: list[MemoryEngine] = []

    async def aclose(engine: MemoryEngine) -> None:
        closed.append(engine)

    monkeypatch.setattr(MemoryEngine, "aclose", aclose)
    driver = MemoryDriver()
    await examine(clause_of(KeyError("x")), Subject(driver.connect, driver))

    assert closed == [driver.engine]


# --- the bench -----------------------------------------------------------------------------------


async def judged_by(check: object) -> Verdict:
    return await examine(Clause("XX-01", "Engine", "it works", 1, check), memory())  # type: ignore[arg-type]


async def test_an_error_that_was_asked_for_is_given() -> None:
    async def check(bench: Bench) -> None:
        bench.driver.network.cut()
        error = await bench.error_of(bench.engine.facts, "facts")
        assert isinstance(error, EngineUnreachable)

    assert (await judged_by(check)).outcome is Outcome.PASSED


async def test_an_answer_where_an_error_was_asked_for_is_broken() -> None:
    async def check(bench: Bench) -> None:
        await bench.error_of(bench.engine.facts, "facts of nobody")

    assert (await judged_by(check)).reason == (
        "facts of nobody: an answer came and no error: EngineFacts"
    )


async def test_a_foreign_error_where_one_of_ours_was_asked_for_is_broken() -> None:
    async def check(bench: Bench) -> None:
        async def call() -> None:
            raise KeyError("x")

        await bench.error_of(call, "facts")

    assert (await judged_by(check)).reason == (
        "facts: KeyError left the port, which is no WfadminError"
    )


async def test_what_does_not_come_about_is_broken() -> None:
    async def check(bench: Bench) -> None:
        async def never() -> bool:
            return False

        await bench.until(never, "the moon is full")

    assert (await judged_by(check)).reason == (
        "within 0:00:00.100000 it did not come about that the moon is full"
    )


async def test_a_secret_is_not_repeated_when_it_is_found() -> None:
    async def check(bench: Bench) -> None:
        bench.expect_no_secret("all is well", "an error")
        bench.expect_no_secret(f"Bearer {bench.secrets[0]}", "an error")

    assert (await judged_by(check)).reason == "an error shows a secret"


async def test_two_main_runs_of_one_key_are_broken() -> None:
    async def around(call: PortCall, proceed: Proceed) -> object:
        found = await proceed()
        return found * 2 if call.point is Point.FOR_KEY else found

    async def check(bench: Bench) -> None:
        await bench.put_and_read(Situation.RUNNING)

    clause = Clause("XX-01", "Engine", "it works", 1, check)
    found = await examine(clause, memory(around))

    assert found.reason == "a key with one main run reads as 2 of them"


async def test_the_token_is_given_to_the_adapter() -> None:
    async def check(bench: Bench) -> None:
        assert bench.settings.credentials is not None
        assert await bench.settings.credentials.token() == bench.secrets[0]

    assert (await judged_by(check)).outcome is Outcome.PASSED
