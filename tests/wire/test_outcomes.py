"""Every error has one HTTP status and one exit code, and neither denies a write."""

import gc

import pytest

from tests.architecture.test_errors import EVERY, an_error
from tests.cli import examples
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.errors import (
    AuditUnavailable,
    CommandNotAllowed,
    DeploymentInUse,
    DeploymentNotFound,
    EngineRejected,
    EngineUnreachable,
    EvidenceUnavailable,
    InvalidWorkflowKey,
    InvocationNotFound,
    LeaseHeld,
    LeaseUnavailable,
    MissingDependency,
    NotAuthenticated,
    NotPermitted,
    NotReady,
    NotSupported,
    OutcomeUnknown,
    Protected,
    Refused,
    RetryBlocked,
    Sent,
    ServiceNotFound,
    StalePlan,
    UnexpectedAnswer,
    UsageError,
    WfadminError,
)
from wfadmin.wire.outcomes import INTERRUPTED, UNEXPECTED, Category, ending_of, exit_of_doctor


@pytest.mark.parametrize("kind", EVERY)
def test_every_error_of_the_tree_has_an_ending(kind: type[WfadminError]) -> None:
    ending = ending_of(an_error(kind))
    assert ending.http_status in range(400, 600)
    assert ending.exit_code in range(1, 11)


@pytest.mark.parametrize("sent", [Sent.YES, Sent.UNKNOWN])
@pytest.mark.parametrize("kind", EVERY)
def test_nothing_after_a_write_ends_as_if_nothing_had_happened(
    kind: type[WfadminError],
    sent: Sent,
) -> None:
    error = an_error(kind)
    error.sent = sent
    ending = ending_of(error)
    expected = (409, 6) if issubclass(kind, Refused) else (504, 7)
    assert (ending.http_status, ending.exit_code, ending.retryable) == (*expected, False)


@pytest.mark.parametrize(
    ("error", "http_status", "exit_code", "category"),
    [
        (UsageError("x", "y"), 422, 2, Category.CLIENT),
        (InvalidWorkflowKey("x", "y"), 422, 2, Category.CLIENT),
        (MissingDependency("x", "y", "cli"), 422, 2, Category.CLIENT),
        (RetryBlocked("active"), 409, 4, Category.DOMAIN),
        (DeploymentInUse(("dp",)), 409, 4, Category.DOMAIN),
        (CommandNotAllowed("resume", "inv", "running"), 409, 4, Category.DOMAIN),
        (StalePlan("x"), 409, 4, Category.DOMAIN),
        (LeaseHeld("x"), 409, 4, Category.DOMAIN),
        (Protected("x"), 409, 4, Category.DOMAIN),
        (AuditUnavailable("x"), 503, 4, Category.DEPENDENCY),
        (EvidenceUnavailable("x"), 503, 4, Category.DEPENDENCY),
        (LeaseUnavailable("x"), 503, 4, Category.DEPENDENCY),
        (NotReady("dapr", "x"), 503, 4, Category.DEPENDENCY),
        (NotAuthenticated(), 401, 9, Category.AUTH),
        (NotPermitted("system:read"), 403, 9, Category.PERMISSION),
        (NotSupported("dapr", "deployments"), 501, 10, Category.DOMAIN),
        (DeploymentNotFound("x"), 404, 5, Category.DOMAIN),
        (ServiceNotFound("x"), 404, 5, Category.DOMAIN),
        (InvocationNotFound("x"), 404, 5, Category.DOMAIN),
        (EngineUnreachable("x", "y"), 503, 8, Category.DEPENDENCY),
        (EngineRejected("x", 401), 502, 8, Category.DEPENDENCY),
        (UnexpectedAnswer("x", "y"), 502, 8, Category.DEPENDENCY),
        (OutcomeUnknown("purge", "x", "y"), 504, 7, Category.DEPENDENCY),
        (OutcomeUnknown("purge", "x", "y", sent=Sent.NO), 504, 7, Category.DEPENDENCY),
        (WfadminError(), 500, 1, Category.INTERNAL),
    ],
)
def test_an_error_ends_as_the_table_says(
    error: WfadminError,
    http_status: int,
    exit_code: int,
    category: Category,
) -> None:
    ending = ending_of(error)
    assert (ending.http_status, ending.exit_code, ending.category) == (
        http_status,
        exit_code,
        category,
    )


def test_a_class_that_nobody_listed_ends_as_the_one_above_it() -> None:
    # Made and forgotten here: other tests walk the tree of errors.
    our_own = type("OurOwn", (ServiceNotFound,), {})
    try:
        assert ending_of(our_own("x")).exit_code == 5
    finally:
        del our_own
        gc.collect()


def test_what_may_be_called_again_says_so() -> None:
    assert ending_of(EngineUnreachable("x", "y")).retryable
    assert not ending_of(EngineRejected("x", 500)).retryable


def test_our_own_mistake_is_one_and_an_interrupt_is_130() -> None:
    assert (UNEXPECTED.exit_code, INTERRUPTED.exit_code) == (1, 130)


@pytest.mark.parametrize(("report", "code"), [(examples.HEALTHY, 0), (examples.ILL, 3)])
def test_a_finding_of_severity_error_closes_the_gate(report: DoctorReport, code: int) -> None:
    assert exit_of_doctor(report) == code
