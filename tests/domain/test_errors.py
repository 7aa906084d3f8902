"""What each kind of error says, and that it never says more than is safe."""

import copy
import pickle
import typing
from typing import Any

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.errors_of_each_kind import EACH_KIND, every_kind
from tests.domain.hostile import anything, obeyed
from wfadmin.domain import errors
from wfadmin.domain.errors import Sent, WfadminError

_CHECKED = "The call was checked before anything was sent."
_UNKNOWN = "The cause is not known."
_DOCTOR = "Run doctor, then try again."
_LISTED = "The engine answered and does not know it."
_NAMES = "Run doctor and use a name that it lists."

#: class -> code, message, why, fix
_WORDS = {
    "WfadminError": ("error", "wfadmin failed.", _UNKNOWN, _DOCTOR),
    "UsageError": (
        "invalid_request",
        "--timeout is not usable: it is not a number.",
        _CHECKED,
        "Correct --timeout and try again.",
    ),
    "InvalidWorkflowKey": (
        "invalid_workflow_key",
        "service key is not usable: it is empty.",
        _CHECKED,
        "Correct service key and try again.",
    ),
    "InvalidServiceUrl": (
        "invalid_service_url",
        "service URL is not usable: it names no host.",
        _CHECKED,
        "Correct service URL and try again.",
    ),
    "InvalidEngineUrl": (
        "invalid_engine_url",
        "--admin-url is not usable: it names no host.",
        _CHECKED,
        "Give --admin-url as http://HOST:PORT, https://HOST or unix:///PATH.",
    ),
    "InvalidPolicy": (
        "invalid_policy",
        "attempts is not usable: it is not a whole number of at least 1.",
        _CHECKED,
        "Correct attempts and try again.",
    ),
    "InvalidPlan": (
        "invalid_plan",
        "plan is not usable: its digest is not that of what it says.",
        _CHECKED,
        "Make a new plan.",
    ),
    "InvalidConfig": (
        "invalid_config",
        "wfadmin.toml is not usable: contexts.prod.tokn is not known.",
        _CHECKED,
        "Correct wfadmin.toml and try again.",
    ),
    "UnknownAdapter": (
        "unknown_adapter",
        "engine is not usable: no adapter is named dapr.",
        _CHECKED,
        "Use one of: memory, restate. Or install it with: pip install wfadmin-dapr",
    ),
    "MissingDependency": (
        "missing_dependency",
        "wfadmin is not usable: the command line is not installed.",
        _CHECKED,
        "Install it with: pip install 'wfadmin[cli]'",
    ),
    "Refused": ("refused", "Refused.", _UNKNOWN, _DOCTOR),
    "RetryBlocked": (
        "workflow_retry_blocked",
        "Recovery is blocked: succeeded (invocations: inv_1, inv_2).",
        "Making the key submittable again could undo or repeat work.",
        "Inspect the key, and use the mildest verb that it names.",
    ),
    "DeploymentInUse": (
        "deployment_in_use",
        "Still serving: dp_1, dp_2.",
        "Without them Order, Cart would vanish or fall back to an older revision.",
        "Redeploy the URL to keep first, so that it serves them, then clean up again.",
    ),
    "CommandNotAllowed": (
        "command_not_allowed",
        "resume was not sent to inv_1.",
        "Its status is completed.",
        "Inspect the key and choose the verb that it names.",
    ),
    "StalePlan": (
        "stale_plan",
        "The plan is stale: a new run appeared.",
        "A plan runs only where it is what would be planned now.",
        "Make a new plan.",
    ),
    "LeaseHeld": (
        "lease_held",
        "Another operator works on Order/42.",
        "Its lease is held by anna.",
        "Wait until it ends, then inspect before acting.",
    ),
    "LeaseUnavailable": (
        "lease_unavailable",
        "The lease cannot be taken: the disk is full.",
        "Two operators must never work on the same thing at once.",
        "Make the lease folder writable, then try again.",
    ),
    "Protected": (
        "protected",
        "http://h:9080 is protected.",
        "The configuration names it as never to be touched.",
        "Have the configuration changed by whoever owns it.",
    ),
    "NotAuthenticated": (
        "not_authenticated",
        "The caller is not authenticated.",
        _UNKNOWN,
        "Send a valid key or token.",
    ),
    "NotPermitted": (
        "operate_permission_missing",
        "The caller lacks the permission system:operate.",
        "Permissions are granted by name; nothing is implied.",
        "Use an account or key that has it.",
    ),
    "NotSupported": (
        "not_supported",
        "dapr has no deployments.",
        "Its adapter declares it so.",
        "Restart the app instead.",
    ),
    "EndNotKnown": (
        "end_not_known",
        "Nobody knows how an earlier pause of Order/o-1 ended.",
        "It may still land. On this engine a second one could ruin the run.",
        ("Inspect the key until it is clear, then: wfadmin audit close op_1 --reason WHY"),
    ),
    "NotReady": (
        "engine_not_ready",
        "dapr can do no write now.",
        "No worker is connected. Start it.",
        "Mend that, then try again.",
    ),
    "AuditUnavailable": (
        "audit_unavailable",
        "The audit log cannot be used: the disk is full.",
        "No write is sent whose intent is not on record.",
        "Make the audit log writable, then try again.",
    ),
    "EvidenceUnavailable": (
        "evidence_unavailable",
        "The evidence cannot be stored: the disk is full.",
        "A purge destroys the failure and the state, so they are saved first.",
        "Make the evidence folder writable, then try again.",
    ),
    "NotFound": ("not_found", "Not found: x.", _LISTED, _NAMES),
    "DeploymentNotFound": (
        "deployment_not_found",
        "Deployment not found: http://h:9080.",
        _LISTED,
        _NAMES,
    ),
    "ServiceNotFound": ("service_not_found", "Service not found: Order.", _LISTED, _NAMES),
    "InvocationNotFound": (
        "invocation_not_found",
        "Invocation not found: inv_1.",
        _LISTED,
        _NAMES,
    ),
    "KeyNotFound": (
        "api_key_not_found",
        "API key not found: 0123.",
        "The file was read and does not know it.",
        "Use an id that this tells: wfadmin keys list.",
    ),
    "EngineError": ("engine_error", "The engine failed.", _UNKNOWN, _DOCTOR),
    "EngineUnreachable": (
        "workflow_engine_unreachable",
        "No answer from http://h:9070.",
        "connection refused.",
        "Check the URL, and that the engine runs and can be reached from here.",
    ),
    "EngineRejected": (
        "workflow_engine_rejected",
        "http://h:9070 answered 503 (META003).",
        "It says: no leader.",
        "Check that this is the URL of the engine, then read the engine's log.",
    ),
    "UnexpectedAnswer": (
        "workflow_engine_unexpected_answer",
        "http://h:9070 gave an unexpected answer: rows: expected a list.",
        "It begins: <html>.",
        "Check that this is the URL of the engine and that its version is supported.",
    ),
    "OutcomeUnknown": (
        "outcome_unknown",
        "Whether purge of inv_1 happened is not known.",
        "the connection broke.",
        "Do not repeat it. Inspect first: it may have happened, or may still happen.",
    ),
}

each_kind = pytest.mark.parametrize("error", EACH_KIND, ids=lambda one: type(one).__name__)


def test_every_kind_of_error_is_here() -> None:
    kinds = {kind.__name__ for kind in every_kind()}
    assert {type(one).__name__ for one in EACH_KIND} == kinds
    assert set(_WORDS) == kinds
    assert set(errors.__all__) == kinds | {"Sent"}


@each_kind
def test_what_it_says(error: WfadminError) -> None:
    said = (error.code, error.message, error.why, error.fix)
    assert said == _WORDS[type(error).__name__]
    assert str(error) == f"{error.message} {error.why} {error.fix}"
    assert repr(error) == f"{type(error).__name__}({error.message!r}, sent={error.sent.value!r})"


@pytest.mark.parametrize(
    ("said", "expected"),
    [
        pytest.param(
            errors.RetryBlocked("effect_happened").message,
            "Recovery is blocked: effect_happened (invocations: none).",
            id="a guard may block without any invocation",
        ),
        pytest.param(
            errors.DeploymentInUse(("dp_1",)).why,
            "Without them a service would vanish or fall back to an older revision.",
            id="services need not be named",
        ),
        pytest.param(
            errors.LeaseHeld("Order/42").why,
            "Its lease is held by somebody unknown.",
            id="a holder may be unknown",
        ),
        pytest.param(
            errors.NotSupported("dapr", "deployments").fix,
            "Run doctor to see what this engine offers.",
            id="there may be nothing to do instead",
        ),
        pytest.param(
            errors.NotSupported("dapr", "deployments", "x" * 900).fix,
            "x" * 900,
            id="long advice is not cut off",
        ),
        pytest.param(
            errors.EngineRejected("http://h", 500).message,
            "http://h answered 500.",
            id="an engine may name no code",
        ),
        pytest.param(
            errors.EngineRejected("http://h", 500).why,
            "It gave no reason.",
            id="an engine may give no reason",
        ),
        pytest.param(
            errors.EngineRejected("http://h", 401).fix,
            "Give a token that it accepts (--token-env or --token-file).",
            id="401 asks for a token",
        ),
        pytest.param(
            errors.EngineRejected("http://h", 403).fix,
            "Give a token that it accepts (--token-env or --token-file).",
            id="403 asks for a token",
        ),
        pytest.param(
            errors.EngineRejected("http://h", 401, remedy="Set the\x1b[2J variable.").fix,
            "Set the?[2J variable.",
            id="what the adapter advises goes first, made safe",
        ),
        pytest.param(
            errors.EngineRejected("http://h", 500, remedy="x" * 900).fix,
            "x" * 900,
            id="nor is this advice cut off",
        ),
        pytest.param(
            errors.NotReady("dapr", "x" * 900).why,
            "x" * 900,
            id="nor is what keeps an engine from a write",
        ),
        pytest.param(
            errors.NotSupported("dapr", "deployments").advice,
            "",
            id="no advice is no words",
        ),
        pytest.param(
            errors.UnexpectedAnswer("http://h", "not JSON").why,
            "It may not be the engine that the adapter was written for.",
            id="an answer may be empty",
        ),
        pytest.param(
            errors.UnknownAdapter("engine", "unknown", "../evil; id", ("memory",)).fix,
            "Use one of: memory.",
            id="what is no package name is never offered for installation",
        ),
    ],
)
def test_what_it_says_when_facts_are_missing(said: str, expected: str) -> None:
    assert said == expected


@pytest.mark.parametrize(
    ("name", "parents"),
    [
        ("UsageError", {ValueError}),
        ("InvalidPolicy", {errors.UsageError, ValueError}),
        ("NotFound", {LookupError}),
        ("ServiceNotFound", {errors.NotFound, LookupError}),
        ("RetryBlocked", {errors.Refused}),
        ("NotSupported", {errors.Refused}),
        ("NotReady", {errors.Refused}),
        ("EngineRejected", {errors.EngineError}),
    ],
)
def test_it_can_be_caught_as(name: str, parents: set[type[Exception]]) -> None:
    kind: type[WfadminError] = getattr(errors, name)
    assert [parent for parent in (*parents, WfadminError) if not issubclass(kind, parent)] == []


def test_only_these_may_succeed_later_by_themselves() -> None:
    assert {kind.__name__ for kind in every_kind() if kind.retryable} == {
        "AuditUnavailable",
        "EngineUnreachable",
        "EvidenceUnavailable",
        "LeaseHeld",
        "LeaseUnavailable",
        "NotReady",
    }


def test_nothing_was_sent_unless_it_is_said() -> None:
    assert {type(one).__name__ for one in EACH_KIND if one.sent is not Sent.NO} == {
        "OutcomeUnknown"
    }
    assert errors.OutcomeUnknown("purge", "inv_1", "no answer").sent is Sent.UNKNOWN
    assert errors.RetryBlocked("purge_failed", sent=Sent.YES).sent is Sent.YES


@each_kind
@pytest.mark.parametrize("sent", Sent)
def test_it_survives_pickling_and_copying(error: WfadminError, sent: Sent) -> None:
    before = copy.copy(error)
    before.sent = sent
    after = pickle.loads(pickle.dumps(before))  # noqa: S301 - bytes of our own
    assert type(after) is type(error)
    assert (str(after), repr(after), after.sent) == (str(error), repr(before), sent)
    assert attrs.asdict(after) == attrs.asdict(before)


@each_kind
def test_two_errors_that_say_the_same_are_two_errors(error: WfadminError) -> None:
    other = copy.copy(error)
    assert other != error
    assert {error, other} - {error} == {other}


def _filled(kind: type[WfadminError], text: str) -> WfadminError:
    """Make an error with `text` wherever text can be."""
    values: dict[object, Any] = {
        str: text,
        str | None: text,
        int: 500,
        tuple[str, ...]: (text, text),
        tuple[tuple[str, tuple[str, ...]], ...]: ((text, (text,)),),
        Sent: Sent.YES,
    }
    types = typing.get_type_hints(kind)
    return kind(**{field.name: values[types[field.name]] for field in attrs.fields(kind)})


@given(st.sampled_from(sorted(every_kind(), key=str)), anything)
def test_nothing_that_it_says_is_obeyed_by_a_terminal(kind: type[WfadminError], text: str) -> None:
    error = _filled(kind, text)
    assert obeyed(f"{error}{error!r}") == ""
