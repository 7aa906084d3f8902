"""Schemathesis calls the app in every way that its document allows, and in others too."""

import json
from collections.abc import Callable
from contextlib import suppress
from copy import deepcopy
from typing import Any

import attrs
import pytest
import schemathesis
from hypothesis import strategies as st
from schemathesis import engine
from schemathesis.config import SchemathesisConfig
from schemathesis.engine import events
from schemathesis.engine.recorder import ScenarioRecorder
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from tests.asgi.http import SEEDS, Scene
from wfadmin.asgi import Limits
from wfadmin.asgi.openapi import openapi_document

URL = "http://orders:9080"  # as the examples of the document name it
ENGINES = "/api/v1/engines/{engine}"
READS = ("doctor", "inspect")
WRITES = ("force-redeploy", "cleanup-stale-deployments", "recover-stuck-workflow")
SETTINGS: dict[str, Any] = {
    "seed": 7,
    "headers": {"X-Api-Key": "ada"},
    "continue-on-failure": True,
    "generation": {"deterministic": True, "database": "none", "max-examples": 10},
    "checks": {
        # That a request is well-formed does not say that its plan is fresh, or that a place
        # answers at its URL. A mistake of ours is 500, which stays a failure.
        "positive_data_acceptance": {
            "expected-statuses": ["2xx", "401", "403", "404", "409", "412", "502"]
        },
        "not_a_server_error": {"expected-statuses": ["2xx", "4xx", "502"]},
    },
}
# Nothing leads from one of these to another.
NO_LINKS: dict[str, Any] = {"phases": {"stateful": {"enabled": False}}}
# Of the names that it makes up, none is the name of an engine.
NAMED: dict[str, Any] = {"parameters": {"path.engine": "default"}}
PLACES: list[Any] = [
    pytest.param(SEEDS, {}, id="seed"),
    pytest.param(ENGINES, NAMED, id="named"),
]
PHASES = {"examples", "coverage", "fuzzing"}
# In headers it draws no quotation marks, unless a format brings them.
schemathesis.openapi.format("a-digest", st.from_regex(r'"[0-9a-f]{64}"', fullmatch=True))


@attrs.define
class Findings:
    """What was found, by the names of the checks, and what was done."""

    failed: dict[str, str] = attrs.field(factory=dict[str, str])
    phases: dict[str, str] = attrs.field(factory=dict[str, str])
    statuses: set[int] = attrs.field(factory=set[int])
    cases: int = 0

    def add(self, event: events.EngineEvent) -> None:
        if isinstance(event, events.ScenarioFinished):
            self._record(event.recorder)
        elif isinstance(event, events.PhaseFinished):
            self.phases[event.phase.name.value] = event.status.value
        elif isinstance(event, events.NonFatalError | events.FatalError):
            self.failed["error"] = str(
                getattr(event, "info", None) or getattr(event, "exception", None)
            )

    def _record(self, seen: ScenarioRecorder) -> None:
        self.cases += len(seen.cases)
        answers = {id_: one.response for id_, one in seen.interactions.items()}
        self.statuses |= {one.status_code for one in answers.values() if one is not None}
        for id_, checks in seen.checks.items():
            for one in checks:
                if one.failure_info is not None:
                    request = seen.interactions[id_].request
                    said = f"{request.method} {request.uri} {request.headers} {request.body!r}"
                    self.failed[one.name] = f"{one.failure_info.failure}\n{said}"


def document(**options: Any) -> dict[str, Any]:  # noqa: ANN401 - as the document takes them
    told = deepcopy(openapi_document(**options))
    told["components"]["parameters"]["If-Match"]["schema"]["format"] = "a-digest"
    return told


def found_in(
    app: ASGIApp,
    path: str,
    told: dict[str, Any] | None = None,
    **settings: object,
) -> Findings:
    """Let all phases and all checks find what they can at the paths that match."""
    config = SchemathesisConfig.from_dict({**SETTINGS, **settings})
    schema = schemathesis.openapi.from_dict(told or document(), config=config)
    schema = schema.include(path_regex=path)
    schema.app = app
    findings = Findings()
    for event in engine.from_schema(schema).execute():
        findings.add(event)
    return findings


def app(**options: Any) -> ASGIApp:  # noqa: ANN401 - as the app takes them
    scene = Scene()
    scene.failed()
    scene.world.deployment(URL, serves=("Order",))
    # It fails on purpose more often than a stranger may.
    return scene.app(limits=Limits(failures=1_000_000), **options)


# --- the app as it is ----------------------------------------------------------------------------


@pytest.mark.parametrize("verb", WRITES)
@pytest.mark.parametrize(("prefix", "settings"), PLACES)
def test_nothing_is_found_at_a_repair_and_its_plan(
    prefix: str, settings: dict[str, Any], verb: str
) -> None:
    findings = found_in(app(), f"^{prefix}/{verb}(/plan)?$", **settings)

    assert findings.failed == {}
    assert findings.phases.keys() >= PHASES | {"stateful"}
    assert set(findings.phases.values()) == {"success"}
    # Its own key is good, no other is, and a plan that it made up is stale.
    assert findings.statuses >= {200, 401, 405, 412, 415, 422}


@pytest.mark.parametrize("verb", READS)
@pytest.mark.parametrize(("prefix", "settings"), PLACES)
def test_nothing_is_found_at_a_look(prefix: str, settings: dict[str, Any], verb: str) -> None:
    findings = found_in(app(), f"^{prefix}/{verb}$", **NO_LINKS, **settings)

    assert findings.failed == {}
    assert findings.phases.keys() >= PHASES
    assert set(findings.phases.values()) == {"success", "skip"}  # nothing leads on from there
    assert findings.statuses >= {200, 401, 405, 415, 422}


def test_nothing_is_found_at_an_engine_that_is_not_there() -> None:
    findings = found_in(app(), f"^{ENGINES}/(inspect|cleanup-stale-deployments)$", **NO_LINKS)

    assert findings.failed == {}
    assert 200 not in findings.statuses
    assert findings.statuses >= {404, 405}


def test_nothing_is_found_at_what_needs_no_key() -> None:
    findings = found_in(app(), "/(healthz|openapi.json)$", headers={}, **NO_LINKS)

    assert findings.failed == {}
    assert findings.statuses == {200, 405}


def test_nothing_is_found_where_any_key_may_be_named_by_anybody() -> None:
    told = document(key_charset="any", is_known=False)
    anybody = {"authenticator": None, "unsafe_allow_anonymous": True}

    findings = found_in(
        app(key_charset="any", **anybody), f"^{SEEDS}/inspect$", told, headers={}, **NO_LINKS
    )

    assert findings.failed == {}
    assert findings.statuses >= {200, 404, 405, 415, 422}


# --- an app with a mistake -----------------------------------------------------------------------


def sent_as(change: Callable[[Message], None]) -> Callable[[ASGIApp], ASGIApp]:
    """Change what is answered with success."""

    def around(app: ASGIApp) -> ASGIApp:
        async def mistaken(scope: Scope, receive: Receive, send: Send) -> None:
            is_success = False

            async def changed(message: Message) -> None:
                nonlocal is_success
                is_success = is_success or message.get("status") == 200
                if is_success:
                    change(message)
                await send(message)

            await app(scope, receive, changed)

        return mistaken

    return around


def another_status(message: Message) -> None:
    if "status" in message:
        message["status"] = 202


def no_request_id(message: Message) -> None:
    if "headers" in message:
        message["headers"] = [one for one in message["headers"] if one[0] != b"x-request-id"]


def less(message: Message) -> None:
    if "headers" in message:
        message["headers"] = [one for one in message["headers"] if one[0] != b"content-length"]
    if "body" in message:
        message["body"] = b'{"ingress": {"status": "fine"}}'


def everybody_is_known(app: ASGIApp) -> ASGIApp:
    async def mistaken(scope: Scope, receive: Receive, send: Send) -> None:
        others = [one for one in scope["headers"] if one[0] != b"x-api-key"]
        await app({**scope, "headers": [*others, (b"x-api-key", b"ada")]}, receive, send)

    return mistaken


def nothing_is_unknown(app: ASGIApp) -> ASGIApp:
    async def mistaken(scope: Scope, receive: Receive, send: Send) -> None:
        async def less_of_it() -> Message:
            data, more = b"", True
            while more:
                part = await receive()
                data, more = data + part.get("body", b""), part.get("more_body", False)
            with suppress(ValueError):
                data = known_part_of(data)
            return {"type": "http.request", "body": data}

        kept = [one for one in scope["headers"] if one[0] != b"content-length"]
        await app({**scope, "headers": kept}, less_of_it, send)

    return mistaken


def known_part_of(data: bytes) -> bytes:
    found = json.loads(data)
    if isinstance(found, dict):
        found = {name: value for name, value in found.items() if name == "reason"}
    return json.dumps(found).encode()


@pytest.mark.parametrize(
    ("mistake", "check"),
    [
        (sent_as(another_status), "status_code_conformance"),
        (sent_as(no_request_id), "response_headers_conformance"),
        (sent_as(less), "response_schema_conformance"),
        (everybody_is_known, "ignored_auth"),
        (nothing_is_unknown, "negative_data_rejection"),
    ],
)
def test_a_mistake_is_found(mistake: Callable[[ASGIApp], ASGIApp], check: str) -> None:
    findings = found_in(mistake(app()), f"^{SEEDS}/doctor$", **NO_LINKS)

    assert list(findings.failed) == [check]
