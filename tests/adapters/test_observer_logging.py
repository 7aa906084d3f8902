"""What happens becomes records of logging, and nothing of logging is set up."""

import io
import json
import logging
import re
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
from typing_extensions import override

import wfadmin
from tests.operations.repairs import KEY, PAUSED, lost, nothing, operator_of, watch
from wfadmin.adapters.memory import Point, World
from wfadmin.adapters.observer_logging import LEVELS, LoggingObserver
from wfadmin.domain.components import Component
from wfadmin.errors import EngineUnreachable, OutcomeUnknown, RetryBlocked
from wfadmin.testing import Clause
from wfadmin.testing.hosts import HostBench, ObserverBench, observer_clauses, run_host


class Kept(logging.Handler):
    """Keeps records, until it is broken: then it raises where others would print."""

    def __init__(self) -> None:
        super().__init__()
        self.records: list[logging.LogRecord] = []
        self.is_broken = False

    @override
    def handle(self, record: logging.LogRecord) -> bool:
        if self.is_broken:
            raise OSError
        self.records.append(record)
        return True


def own_logger(handler: logging.Handler, level: int = logging.DEBUG) -> logging.Logger:
    """Make a logger that nobody else knows."""
    logger = logging.Logger("of the test", level)  # noqa: LOG001 - as nobody else shall have it
    logger.addHandler(handler)
    return logger


class LoggedBench(ObserverBench):
    def __init__(self) -> None:
        self._kept = Kept()
        super().__init__(LoggingObserver(own_logger(self._kept)))

    @override
    async def break_medium(self) -> None:
        self._kept.is_broken = True


class StreamBench(ObserverBench):
    """The handler that most use, with a format that asks for a fact."""

    def __init__(self) -> None:
        self._stream = io.StringIO()
        handler = logging.StreamHandler(self._stream)
        handler.setFormatter(logging.Formatter("%(message)s %(wfadmin_event)s"))
        super().__init__(LoggingObserver(own_logger(handler)))

    @override
    async def break_medium(self) -> None:
        self._stream.close()


@pytest.fixture
def kept() -> Kept:
    return Kept()


@pytest.fixture
def observer(kept: Kept) -> LoggingObserver:
    return LoggingObserver(own_logger(kept))


@pytest.fixture(autouse=True)
def _no_report_of_broken_streams(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(logging, "raiseExceptions", False)


def told(record: logging.LogRecord) -> tuple[str, str, dict[str, object]]:
    """Give the level, the line, and what the record carries of ours."""
    ours = {name: value for name, value in vars(record).items() if name.startswith("wfadmin_")}
    return record.levelname, record.getMessage(), ours


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", observer_clauses(contract=1), ids=str)
@pytest.mark.parametrize("make", [LoggedBench, StreamBench])
async def test_the_contract_of_observers_is_kept(
    clause: Clause[HostBench], make: Callable[[], HostBench]
) -> None:
    await run_host(clause, make())


@pytest.mark.parametrize(
    ("name", "fields", "level"),
    [
        ("doctor.done", {"verdict": "ok"}, "DEBUG"),
        ("doctor.done", {"verdict": "info"}, "INFO"),
        ("doctor.done", {"verdict": "warning"}, "WARNING"),
        ("doctor.done", {"verdict": "error"}, "ERROR"),
        ("doctor.done", {}, "INFO"),
        ("doctor.done", {"verdict": ["error"]}, "INFO"),
        ("repair.waiting", {}, "WARNING"),
        ("cleanup.waiting", {}, "INFO"),
        ("authenticate.denied", {}, "WARNING"),
        ("http.authentication_failed", {}, "WARNING"),
        ("http.failed", {}, "ERROR"),
        ("http.warning", {}, "WARNING"),
        ("of.a.later.version", {"verdict": "error"}, "INFO"),
    ],
)
def test_each_event_has_its_level(
    kept: Kept, observer: LoggingObserver, name: str, fields: dict[str, object], level: str
) -> None:
    observer.event(name, fields)

    assert [record.levelname for record in kept.records] == [level]


def test_every_verdict_has_its_level() -> None:
    levels = [LEVELS.get(f"doctor.done {one}", LEVELS["doctor.done"]) for one in wfadmin.Verdict]

    assert levels == [logging.DEBUG, logging.INFO, logging.WARNING, logging.ERROR]


def test_every_event_that_is_told_anywhere_has_its_level_and_is_documented() -> None:
    root = Path(wfadmin.__file__).parent
    sources = [one.read_text(encoding="utf-8") for one in root.rglob("*.py")]
    names = {name for text in sources for name in re.findall(r"\.event\(\s*\"([\w.]+)\"", text)}
    page = Path(__file__).parents[2].joinpath("docs/observing.md").read_text(encoding="utf-8")

    assert {"doctor.done", "repair.waiting", "cleanup.waiting"} <= names <= set(LEVELS)
    assert names <= set(re.findall(r"^\| `([\w.]+)`", page, re.MULTILINE))


def test_a_record_says_it_in_a_line_and_in_attributes(
    kept: Kept, observer: LoggingObserver
) -> None:
    observer.event("repair.waiting", {"action": "purge", "target": "a run = x", "name": "", "n": 3})

    assert [told(record) for record in kept.records] == [
        (
            "WARNING",
            'repair.waiting action=purge target="a run = x" name="" n=3',
            {
                "wfadmin_event": "repair.waiting",
                "wfadmin_action": "purge",
                "wfadmin_target": "a run = x",
                "wfadmin_name": "",
                "wfadmin_n": 3,
            },
        )
    ]


def test_a_fact_cannot_pass_for_the_next_one_or_for_the_event(
    kept: Kept, observer: LoggingObserver
) -> None:
    observer.event("doctor.done", {"engine": 'x" verdict=ok\n', "event": "repair.done", "a b": 1})

    (record,) = kept.records
    assert told(record)[1:] == (
        r'doctor.done engine="x\" verdict=ok " event=repair.done "a b"=1',
        {
            "wfadmin_event": "doctor.done",
            "wfadmin_engine": 'x" verdict=ok ',
            "wfadmin_a b": 1,
        },
    )


@pytest.mark.parametrize("value", ["a b", "a=b", 'a"b', "a'b", "a\\b", ""])
def test_what_could_be_taken_for_more_than_a_word_is_in_quotes(
    kept: Kept, observer: LoggingObserver, value: str
) -> None:
    observer.event("doctor.done", {"engine": value})

    assert kept.records[0].getMessage() == f"doctor.done engine={json.dumps(value)}"


def test_the_name_of_an_event_is_one_line(kept: Kept, observer: LoggingObserver) -> None:
    observer.event("doctor.done\nERROR", {})

    (record,) = kept.records
    assert told(record) == ("INFO", "doctor.done ERROR", {"wfadmin_event": "doctor.done ERROR"})


def test_a_verdict_that_cannot_be_shown_is_told_nevertheless(
    kept: Kept, observer: LoggingObserver
) -> None:
    class Unprintable:
        @override
        def __str__(self) -> str:
            raise RuntimeError

    observer.event("doctor.done", {"verdict": Unprintable()})

    assert told(kept.records[0])[:2] == ("INFO", 'doctor.done verdict="not to be shown"')


def test_a_percent_sign_is_only_a_percent_sign(kept: Kept, observer: LoggingObserver) -> None:
    observer.event("%s.%d", {"reason": "100%s"})

    assert kept.records[0].getMessage() == "%s.%d reason=100%s"


def test_no_secret_is_in_a_record(kept: Kept, observer: LoggingObserver) -> None:
    observer.event(
        "authenticate.denied", {"problem": "https://ops:hunter2@idp/jwks", "token": "hunter2"}
    )

    assert "hunter2" not in str(vars(kept.records[0]))
    assert kept.records[0].getMessage() == (
        "authenticate.denied problem=https://***@idp/jwks token=***"
    )


def test_a_record_names_the_line_that_told_it(kept: Kept, observer: LoggingObserver) -> None:
    observer.event("doctor.done", {})

    assert kept.records[0].funcName == "test_a_record_names_the_line_that_told_it"


def test_a_level_that_is_off_costs_no_look_at_the_facts(kept: Kept) -> None:
    class Untouched:
        looked = False

        @override
        def __str__(self) -> str:
            self.looked = True
            return "x"

    value = Untouched()
    LoggingObserver(own_logger(kept, logging.ERROR)).event("doctor.done", {"value": value})

    assert (kept.records, value.looked) == ([], False)


def test_unless_told_otherwise_it_is_the_logger_of_the_library(
    caplog: pytest.LogCaptureFixture,
) -> None:
    LoggingObserver().event("repair.waiting", {"action": "purge"})

    assert caplog.record_tuples == [
        ("wfadmin", logging.WARNING, "repair.waiting action=purge"),
    ]


def test_nothing_of_logging_is_set_up() -> None:
    def state_of(logger: logging.Logger) -> tuple[object, ...]:
        return list(logger.handlers), list(logger.filters), logger.level, logger.propagate

    loggers = (logging.getLogger(), logging.getLogger("wfadmin"))
    before = [state_of(logger) for logger in loggers]
    LoggingObserver().event("doctor.done", {"verdict": "ok"})

    assert [state_of(logger) for logger in loggers] == before


# --- what operations tell -------------------------------------------------------------------------


@pytest.mark.asyncio
async def test_a_recovery_that_goes_as_planned_tells_nothing(
    kept: Kept, observer: LoggingObserver
) -> None:
    world = World()
    world.workflow("Order").key("o-1").failed()

    result = await operator_of(world, observer=observer).recover_stuck_workflow(KEY)

    assert (result.confirmed, kept.records) == (True, [])


@pytest.mark.asyncio
async def test_a_recovery_that_is_blocked_tells_nothing(
    kept: Kept, observer: LoggingObserver
) -> None:
    world = World()
    world.workflow("Order").key("o-1").running()

    with pytest.raises(RetryBlocked):
        await operator_of(world, observer=observer).recover_stuck_workflow(KEY)

    assert kept.records == []


@pytest.mark.asyncio
async def test_a_doctor_with_an_ill_engine_is_an_error(
    kept: Kept, observer: LoggingObserver
) -> None:
    world = World()
    world.engine.points.fail(Component.INVOCATIONS, EngineUnreachable("memory", "refused"))

    await operator_of(world, observer=observer).doctor()

    assert [told(record) for record in kept.records] == [
        (
            "ERROR",
            "doctor.done engine=memory verdict=error",
            {
                "wfadmin_event": "doctor.done",
                "wfadmin_engine": "memory",
                "wfadmin_verdict": "error",
            },
        )
    ]


@pytest.mark.asyncio
async def test_a_lost_answer_whose_effect_does_not_show_is_told_once(
    kept: Kept, observer: LoggingObserver
) -> None:
    world = World()
    run = world.workflow("Order").key("o-1").paused()
    watch(world, lost(Point.KILL, nothing))

    with pytest.raises(OutcomeUnknown):
        await operator_of(world, observer=observer).recover_stuck_workflow(KEY, policy=PAUSED)

    assert [told(record) for record in kept.records] == [
        (
            "WARNING",
            f"repair.waiting action=kill target={run.id}",
            {
                "wfadmin_event": "repair.waiting",
                "wfadmin_action": "kill",
                "wfadmin_target": run.id,
            },
        )
    ]


@pytest.mark.asyncio
async def test_a_handler_that_raises_breaks_no_operation(
    kept: Kept, observer: LoggingObserver
) -> None:
    kept.is_broken = True

    report = await operator_of(World(), observer=observer).doctor()

    assert (report.verdict, report.warnings) == (wfadmin.Verdict.OK, ())


@pytest.mark.asyncio
async def test_a_cleanup_that_waits_says_for_what(kept: Kept, observer: LoggingObserver) -> None:
    world = World()
    old = world.deployment("http://v1:9080", serves=("Order",))
    world.workflow("Order").key("o-1").running()
    world.deployment("http://v2:9080", serves=("Order",))

    await operator_of(world, observer=observer).cleanup_stale_deployments(
        "http://v2:9080", wait=timedelta(seconds=1)
    )

    (level, line, ours) = told(kept.records[0])
    assert (level, ours["wfadmin_event"], ours["wfadmin_deployment_id"]) == (
        "INFO",
        "cleanup.waiting",
        old.id,
    )
    assert line.startswith(f"cleanup.waiting deployment_id={old.id} reason=")
