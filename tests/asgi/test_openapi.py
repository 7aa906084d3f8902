"""The document of the operator API: valid, whole, and made from what is served."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import validate
from starlette.routing import Route

from tests.asgi.http import Scene
from tests.domain.errors_of_each_kind import every_kind
from wfadmin import __version__, errors
from wfadmin.asgi import failures, problems
from wfadmin.asgi.openapi import openapi_document
from wfadmin.asgi.routes import ACTIONS

DOCUMENT = openapi_document()
SEED = "/api/v2/admin/operator/workflow-engine"
NAMED = "/api/v1/engines/{engine}"
VARIANTS: list[dict[str, Any]] = [
    {},
    {"key_charset": "any"},
    {"is_known": False},
    {"key_charset": "any", "is_known": False},
]
# What no route ever answers, and why.
NOT_ANSWERED: dict[type[errors.WfadminError], str] = {
    errors.WfadminError: "nobody raises the root alone",
    errors.Refused: "nobody raises it alone",
    errors.NotFound: "nobody raises it alone",
    errors.EngineError: "nobody raises it alone",
    errors.InvalidEngineUrl: "whoever makes an engine gets it",
    errors.InvalidPolicy: "no body holds a policy",
    errors.InvalidPlan: "no body holds a plan",
    errors.InvalidConfig: "whoever starts a program gets it",
    errors.UnknownAdapter: "whoever makes an engine gets it",
    errors.MissingDependency: "whoever makes an engine gets it",
    errors.CommandNotAllowed: "there is no route of a command",
    errors.EndNotKnown: "there is no route of a command",
    errors.KeyNotFound: "there is no route of the keys of callers",
}
# On no route at all.
_OFF = {"route_not_found", "method_not_allowed"}


def operations(document: dict[str, Any] = DOCUMENT) -> Iterator[tuple[str, str, dict[str, Any]]]:
    for path, item in document["paths"].items():
        for method, operation in item.items():
            yield path, method, operation


def resolved(part: dict[str, Any], document: dict[str, Any] = DOCUMENT) -> dict[str, Any]:
    """What a part is, where it only says where that stands."""
    if "$ref" not in part:
        return part
    found: Any = document
    for name in part["$ref"].removeprefix("#/").split("/"):
        found = found[name]
    return found


def examples_of(operation: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The status, name and body of every example of an answer."""
    for status, response in operation["responses"].items():
        for name, one in (
            resolved(response)["content"]["application/json"].get("examples", {}).items()
        ):
            yield status, name, resolved(one)["value"]


def told_by(path: str) -> set[tuple[str, str]]:
    """The statuses and the ids of the errors that a route is said to answer."""
    operation = DOCUMENT["paths"][path]["post"]
    return {(status, body["error"]["id"]) for status, _, body in examples_of(operation)}


# --- as a document -------------------------------------------------------------------------------


@pytest.mark.parametrize("options", VARIANTS, ids=str)
def test_it_is_valid(options: dict[str, Any]) -> None:
    validate(openapi_document(**options))


def test_it_says_which_version_it_is() -> None:
    assert (DOCUMENT["openapi"], DOCUMENT["info"]["version"]) == ("3.1.0", __version__)


def test_no_two_operations_have_the_same_id() -> None:
    ids = [one["operationId"] for _, _, one in operations()]

    assert len(set(ids)) == len(ids)
    assert {"doctor", "doctorOnRestate", "doctorOnEngine", "forceRedeployPlan"} <= set(ids)


def test_every_route_is_in_it_and_no_other() -> None:
    served = {
        (route.path, method.lower())
        for route in Scene().app()._app.routes
        if isinstance(route, Route)
        for method in (route.methods or set()) - {"HEAD"}
    }

    assert {(path, method) for path, method, _ in operations()} == served


def test_both_seeds_are_told_alike() -> None:
    told = json.dumps(DOCUMENT["paths"][f"{SEED}/inspect"])
    other = json.dumps(DOCUMENT["paths"][SEED.replace("workflow-engine", "restate") + "/inspect"])

    assert told == other.replace("OnRestate", "").replace('["restate"]', '["workflow-engine"]')


def test_everything_that_it_holds_is_described() -> None:
    schemas = DOCUMENT["components"]["schemas"]
    bare = {
        f"{name}.{field}"
        for name, schema in schemas.items()
        for field, told in schema["properties"].items()
        if not told.get("description")
    }

    assert bare == set()
    assert all(schema["description"] for schema in schemas.values())


def test_bodies_are_closed_and_answers_are_open() -> None:
    closed = {
        name
        for name, schema in DOCUMENT["components"]["schemas"].items()
        if schema.get("additionalProperties") is False
    }

    assert closed == {action.body.__name__ for action in ACTIONS}


def test_everything_in_it_is_referred_to() -> None:
    whole = json.dumps(DOCUMENT)
    places = {
        f"#/components/{kind}/{name}"
        for kind, named in DOCUMENT["components"].items()
        for name in named
        if kind != "securitySchemes"
    }

    assert {one for one in places if f'"{one}"' not in whole} == set()


# --- headers -------------------------------------------------------------------------------------


def parameters(path: str) -> set[str]:
    return {one["$ref"].rpartition("/")[2] for one in DOCUMENT["paths"][path]["post"]["parameters"]}


def headers(path: str, status: str) -> set[str]:
    response = resolved(DOCUMENT["paths"][path]["post"]["responses"][status])
    return set(response["headers"])


@pytest.mark.parametrize(
    ("path", "takes", "gives"),
    [
        (f"{SEED}/doctor", {"Prefer"}, {"Preference-Applied"}),
        (f"{SEED}/force-redeploy", {"If-Match", "Prefer"}, {"Preference-Applied"}),
        (f"{SEED}/force-redeploy/plan", set(), {"ETag"}),
        (f"{NAMED}/inspect", {"engine", "Prefer"}, {"Preference-Applied"}),
        (f"{NAMED}/force-redeploy", {"engine", "If-Match", "Prefer"}, {"Preference-Applied"}),
    ],
)
def test_the_headers_of_a_route(path: str, takes: set[str], gives: set[str]) -> None:
    assert parameters(path) == takes | {"X-Request-Id"}
    assert headers(path, "200") == gives | {"X-Request-Id"}


@pytest.mark.parametrize(
    ("status", "name"),
    [("401", "WWW-Authenticate"), ("429", "Retry-After"), ("503", "Retry-After")],
)
def test_the_headers_of_a_refusal(status: str, name: str) -> None:
    assert headers(f"{SEED}/doctor", status) == {"X-Request-Id", name}


def test_these_headers_are_always_there_where_they_are_told() -> None:
    told = DOCUMENT["components"]["headers"].items()

    # What was preferred may not be, and not every 503 knows when it ends.
    assert {name for name, one in told if not one.get("required")} == {
        "Preference-Applied",
        "Retry-After",
    }


def test_a_plan_leads_to_the_write_that_does_it() -> None:
    plan = DOCUMENT["paths"][f"{NAMED}/recover-stuck-workflow/plan"]["post"]

    assert plan["responses"]["200"]["links"]["approve"] == {
        "operationId": "recoverStuckWorkflowOnEngine",
        "description": "Do what was planned, or nothing.",
        "parameters": {
            "header.If-Match": "$response.header.ETag",
            "path.engine": "$request.path.engine",
        },
        "requestBody": "$request.body",
    }


# --- errors --------------------------------------------------------------------------------------


def test_every_example_of_an_answer_fits_and_stands_at_its_status() -> None:
    schema = {"$ref": "#/components/schemas/ErrorAnswer", "components": DOCUMENT["components"]}
    validator = Draft202012Validator(schema)
    seen = 0
    for _, _, operation in operations():
        for status, name, body in examples_of(operation):
            assert list(validator.iter_errors(body)) == []
            assert status == str(body["error"]["status"])
            assert name.startswith(f"{body['error']['id']}-{status}")
            seen += 1

    assert seen > 500


def test_every_example_of_a_request_fits() -> None:
    for _, method, operation in operations():
        if method == "post":
            content = operation["requestBody"]["content"]["application/json"]
            schema = {**content["schema"], "components": DOCUMENT["components"]}
            (one,) = content["examples"].values()
            assert list(Draft202012Validator(schema).iter_errors(one["value"])) == []


def test_every_kind_of_error_has_an_example_or_a_reason_why_it_has_none() -> None:
    ids = {body["error"]["id"] for _, _, one in operations() for *_, body in examples_of(one)}
    kinds = set(every_kind())

    assert {kind for kind in kinds if kind.code not in ids} == NOT_ANSWERED.keys()


def test_everything_that_only_happens_over_http_has_an_example() -> None:
    made = set(failures.__all__) - {"Failure", "on_path"}

    assert made <= vars(problems).keys()
    assert {failures.on_path(status).slug for status in (404, 405)} == _OFF


def test_an_error_stands_where_it_can_happen() -> None:
    everywhere = {
        ("400", "invalid_json"),
        ("401", "not_authenticated"),
        ("403", "operate_permission_missing"),
        ("408", "body_too_slow"),
        ("413", "body_too_large"),
        ("415", "unsupported_media_type"),
        ("422", "invalid_request"),
        ("429", "too_many_failures"),
        ("500", "unexpected_error"),
        ("503", "authentication_unavailable"),
        ("503", "too_busy"),
    }
    engine = {
        ("501", "not_supported"),
        ("502", "workflow_engine_rejected"),
        ("502", "workflow_engine_unexpected_answer"),
        ("503", "workflow_engine_unreachable"),
    }
    key = {("404", "service_not_found"), ("422", "invalid_workflow_key")}
    url = {("422", "invalid_service_url")}
    repair = {("503", "engine_not_ready")}
    write = {
        ("409", "lease_held"),
        ("412", "stale_plan"),
        ("503", "audit_unavailable"),
        ("503", "lease_unavailable"),
        ("504", "outcome_unknown"),
        ("504", "workflow_engine_rejected"),
        ("504", "workflow_engine_unexpected_answer"),
        ("504", "workflow_engine_unreachable"),
    }
    redeploy = {("403", "service_url_not_allowed")}
    cleanup = {("404", "deployment_not_found"), ("409", "deployment_in_use")}
    recover = {("409", "protected"), ("409", "workflow_retry_blocked")}
    read = everywhere | engine | key
    assert told_by(f"{SEED}/doctor") == everywhere
    assert told_by(f"{SEED}/inspect") == read
    assert told_by(f"{NAMED}/inspect") == read | {("404", "engine_not_found")}
    assert told_by(f"{SEED}/force-redeploy/plan") == everywhere | engine | url | repair | redeploy
    assert told_by(f"{SEED}/force-redeploy") == (
        everywhere | engine | url | repair | redeploy | write | {("409", "services_not_routed")}
    )
    assert told_by(f"{SEED}/cleanup-stale-deployments/plan") == (
        everywhere | engine | url | repair | cleanup
    )
    assert told_by(f"{SEED}/cleanup-stale-deployments") == (
        everywhere
        | engine
        | url
        | repair
        | cleanup
        | write
        | {("409", "stale_plan"), ("504", "deployment_not_found")}
    )
    assert told_by(f"{SEED}/recover-stuck-workflow/plan") == read | repair | recover
    assert told_by(f"{SEED}/recover-stuck-workflow") == (
        read
        | repair
        | recover
        | write
        | {
            ("404", "invocation_not_found"),
            ("409", "stale_plan"),
            ("503", "evidence_unavailable"),
            ("504", "invocation_not_found"),
        }
    )


# --- who may call --------------------------------------------------------------------------------


def test_every_post_asks_who_the_caller_is_and_no_get_does() -> None:
    for _, method, operation in operations():
        wanted = [{"ApiKeyAuth": []}, {"BearerAuth": []}] if method == "post" else []
        assert operation["security"] == wanted
    assert DOCUMENT["components"]["securitySchemes"] == {
        "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
        "BearerAuth": {"type": "http", "scheme": "bearer"},
    }


def test_a_route_says_which_permission_it_needs() -> None:
    said = {path: one.get("description", "") for path, _, one in operations()}

    assert said[f"{SEED}/inspect"] == (
        "Needs the permission `system:operate` or `system:read`."
        " Values of a state are told to those who may operate."
    )
    assert said[f"{SEED}/force-redeploy/plan"] == "Needs the permission `system:operate`."
    reads = DOCUMENT["components"]["examples"]
    assert (
        "system:read" in reads["operate_permission_missing-403-read"]["value"]["error"]["message"]
    )
    assert "system:operate" in reads["operate_permission_missing-403"]["value"]["error"]["message"]


def test_where_nobody_is_asked_nobody_is_refused_for_it() -> None:
    document = openapi_document(is_known=False)
    ids = set(document["components"]["examples"])

    assert "securitySchemes" not in document["components"]
    assert {tuple(one["security"]) for _, _, one in operations(document)} == {()}
    assert {one["description"] for _, method, one in operations(document) if method == "post"} == {
        "Everybody may."
    }
    statuses = {status for _, _, one in operations(document) for status in one["responses"]}
    assert not {"401", "429"} & statuses
    gone = {
        "authentication_unavailable-503",
        "not_authenticated-401",
        "operate_permission_missing-403",
        "operate_permission_missing-403-read",
        "too_many_failures-429",
    }
    assert set(DOCUMENT["components"]["examples"]) - ids == gone
