"""Boards: what is ill, what it means, and lines to paste that are safe on a terminal."""

from collections.abc import Iterator

import attrs
import pytest

from tests.cli import examples
from tests.cli.samples import assert_like_text
from wfadmin.cli.board import Page, doctor_board, moment, of_finding
from wfadmin.cli.key_board import REASONS, key_board
from wfadmin.cli.output import Paint
from wfadmin.domain import remedies
from wfadmin.domain.components import Component, ComponentStatus
from wfadmin.domain.doctor import DoctorReport, IngressReport
from wfadmin.domain.finding import Finding, FindingCode, Sample, Severity
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.model import HandlerKind, InvocationStatus, KeyedState, StateEntry
from wfadmin.domain.recovery import Allowed, BlockReason

PAGE = Page("http://engine:9070", ("--context", "prod"), Paint())
HOSTILE = "\x1b]0;owned\x07\u202ereversed\x9b31m"


def board(report: DoctorReport, page: Page = PAGE) -> str:
    return text_of(doctor_board(report, page))


def key(found: Inspection, *, show_state: bool = False, page: Page = PAGE) -> str:
    return text_of(key_board(found, page, show_state=show_state))


def text_of(lines: Iterator[str]) -> str:
    return "\n".join((*lines, ""))


def test_the_board_of_an_ill_engine_is_like_its_sample() -> None:
    assert_like_text("doctor.txt", board(examples.ILL))


def test_the_board_of_a_healthy_engine_is_like_its_sample() -> None:
    assert_like_text("doctor_healthy.txt", board(examples.HEALTHY))


def test_the_board_of_a_blocked_key_is_like_its_sample() -> None:
    assert_like_text("inspect_blocked.txt", key(examples.INSPECTED, show_state=True))


def test_the_board_of_a_key_that_may_be_recovered_is_like_its_sample() -> None:
    assert_like_text("inspect_allowed.txt", key(examples.ALLOWED))


def test_the_board_of_a_key_without_runs_is_like_its_sample() -> None:
    assert_like_text("inspect_empty.txt", key(examples.EMPTY))


def test_a_line_to_paste_stands_alone_and_whole() -> None:
    long = WorkflowKey("Order", "k" * 1500)
    finding = attrs.evolve(examples.RETRYING, remedies=(remedies.inspect(long),))
    lines = list(of_finding(finding, PAGE))
    assert lines[-1].strip() == f"wfadmin inspect --context prod -- Order {long.service_key}"


def test_colours_change_no_word() -> None:
    painted = attrs.evolve(PAGE, paint=Paint(colours=True))
    plain = board(examples.ILL)
    coloured = board(examples.ILL, painted)
    assert coloured != plain
    for code in (0, 1, 2, 31, 32, 33, 34):
        coloured = coloured.replace(f"\x1b[{code}m", "")
    assert coloured == plain


def hostile_report() -> DoctorReport:
    name = WorkflowKey(HOSTILE, HOSTILE)
    sample = Sample(HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    finding = Finding(
        FindingCode.PAUSED,
        Severity.ERROR,
        Component.INVOCATIONS,
        HOSTILE,
        HOSTILE,
        1,
        (sample,),
        (remedies.resume(name, HOSTILE), remedies.advise(HOSTILE)),
    )
    failed = attrs.evolve(
        examples.FAILED,
        service_name=HOSTILE,
        failure=HOSTILE,
        ref=attrs.evolve(examples.FAILED.ref, key=name, id=HOSTILE),
    )
    counted = attrs.evolve(examples.ILL.invocations.by_status[0], engine_status=HOSTILE)
    return attrs.evolve(
        examples.ILL,
        ingress=IngressReport(ComponentStatus.UNREACHABLE, error=HOSTILE),
        admin=attrs.evolve(examples.ILL.admin, version=HOSTILE),
        invocations=attrs.evolve(
            examples.ILL.invocations,
            by_status=(counted,),
            recent_failures=(failed, attrs.evolve(failed, failure=None, engine_status=HOSTILE)),
        ),
        findings=(
            attrs.evolve(examples.UNREACHABLE, remedies=(remedies.advise(HOSTILE),)),
            finding,
        ),
        warnings=(HOSTILE,),
        engine=HOSTILE,
    )


def assert_safe(text: str) -> None:
    assert [c for c in text if c != "\n" and not c.isprintable()] == []


def test_no_text_of_an_engine_reaches_the_terminal_as_it_came() -> None:
    assert_safe(board(hostile_report(), attrs.evolve(PAGE, address=HOSTILE)))


def test_no_text_of_a_key_reaches_the_terminal_as_it_came() -> None:
    run = attrs.evolve(
        examples.BACKING_OFF,
        ref=attrs.evolve(examples.BACKING_OFF.ref, id=HOSTILE),
        handler_name=HOSTILE,
        engine_status=HOSTILE,
        deployment_id=HOSTILE,
        failure=HOSTILE,
    )
    service = attrs.evolve(examples.SERVICE, deployment_id=HOSTILE)
    found = attrs.evolve(
        examples.INSPECTED,
        key=WorkflowKey(HOSTILE, HOSTILE),
        service=service,
        runs=(run,),
        children=(run,),
        state=KeyedState((StateEntry(HOSTILE, 3, HOSTILE.encode()),)),
        recover=Allowed((HOSTILE,), (HOSTILE,)),
        findings=hostile_report().findings,
        warnings=(HOSTILE,),
    )
    assert_safe(key(found, show_state=True, page=attrs.evolve(PAGE, address=HOSTILE)))


def test_a_component_that_this_engine_does_not_have_is_no_fault() -> None:
    report = attrs.evolve(
        examples.HEALTHY,
        ingress=IngressReport(ComponentStatus.NOT_SUPPORTED, error="dapr has no ingress."),
    )
    text = board(report)
    assert "ingress      not_supported         -  dapr has no ingress." in text
    assert "Verdict: OK" in text


def test_an_ill_component_without_words_says_so() -> None:
    report = attrs.evolve(
        examples.HEALTHY,
        ingress=IngressReport(ComponentStatus.DEGRADED),
        findings=(attrs.evolve(examples.UNREACHABLE, remedies=()),),
    )
    assert "ingress      degraded              -  no details\n" in board(report)


def test_the_same_next_step_is_told_once() -> None:
    assert board(examples.ILL).count("next: Check the URL") == 1


@pytest.mark.parametrize(
    ("finding", "line"),
    [
        (examples.RETRYING, "Verdict: ERROR (1 error)."),
        (examples.OVERDUE, "Verdict: WARNING (1 warning)."),
        (examples.RETAINED, "Verdict: INFO (1 info)."),
    ],
)
def test_the_verdict_is_the_worst_of_the_findings(finding: Finding, line: str) -> None:
    assert line in board(attrs.evolve(examples.HEALTHY, findings=(finding,)))


def test_an_engine_that_holds_nothing_says_none() -> None:
    report = attrs.evolve(
        examples.HEALTHY,
        deployments=attrs.evolve(examples.HEALTHY.deployments, items=()),
        services=attrs.evolve(examples.HEALTHY.services, items=()),
        invocations=attrs.evolve(examples.HEALTHY.invocations, by_status=()),
    )
    text = board(report)
    assert "none registered" in text
    assert "none listed" in text
    assert "invocations  ok                25 ms  none\n" in text


def test_a_time_that_is_not_known_is_a_dash() -> None:
    assert moment(None) == "-"


@pytest.mark.parametrize("reason", list(BlockReason))
def test_every_reason_to_refuse_is_explained(reason: BlockReason) -> None:
    assert REASONS[reason]


def test_a_state_that_nobody_owns_would_be_cleared() -> None:
    found = attrs.evolve(examples.EMPTY, state=KeyedState((StateEntry("step", 3),)))
    assert "clear the state: it is left over, and no run is there" in key(found)


def test_values_are_hidden_unless_asked_for() -> None:
    text = key(examples.INSPECTED)
    assert "paid" not in text
    assert "(--show-state shows the values)" in text


def test_a_run_that_ended_without_success_would_be_purged() -> None:
    found = attrs.evolve(examples.ALLOWED, recover=Allowed((), ("inv_failed",)))
    assert "  purge inv_failed: it ended without success\n" in key(found)


def test_a_handler_that_talks_to_the_run_is_told_apart() -> None:
    shared = examples.run("inv_ask", InvocationStatus.RUNNING, handler_name="ask")
    unnamed = attrs.evolve(shared, handler_name=None, handler_kind=HandlerKind.SHARED)
    text = key(attrs.evolve(examples.INSPECTED, runs=(shared, unnamed)))
    assert "inv_ask  ask (shared handler)" in text
    assert "inv_ask  - (shared handler)" in text
