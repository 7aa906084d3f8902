"""
The document of the operator API (OpenAPI 3.1), made from what serves it.

Laws:

- It tells how an app is set up, as far as a caller has to know, and nothing of its host: no
  engine has a name in it.
- Nothing in it is written twice: bodies are the classes that are read, errors are made as the
  real ones are.
"""

import json
from collections.abc import Awaitable, Callable, Iterator, Mapping
from functools import cache
from importlib import import_module
from itertools import groupby
from urllib.parse import quote

import attrs
from starlette.requests import Request
from starlette.responses import Response

from wfadmin.asgi.bodies import (
    Body,
    CleanupBody,
    DoctorBody,
    InspectBody,
    RecoverBody,
    RedeployBody,
)
from wfadmin.asgi.openapi_parts import HEADERS, JSON, PARAMETERS, TEXT, answered, healthz, refused
from wfadmin.asgi.problems import Problem, problems_of
from wfadmin.asgi.routes import ACTIONS, PREFIXES, READ, Action
from wfadmin.asgi.schemas import Schemas
from wfadmin.asgi.settings import KeyCharset, Settings
from wfadmin.wire.answers import (
    CleanupAnswer,
    DoctorAnswer,
    ErrorAnswer,
    InspectionAnswer,
    PlanAnswer,
    RecoverAnswer,
    RedeployAnswer,
)
from wfadmin.wire.documents import JsonObject

__all__ = ["PLACES", "document_endpoint", "openapi_document"]

_ENGINES = "/api/v1/engines/{engine}"
#: Where the routes stand, and what tells an operation from the same one elsewhere.
PLACES: Mapping[str, str] = dict(
    zip((*PREFIXES, _ENGINES), ("", "OnRestate", "OnEngine"), strict=True)
)
_ABOUT = (
    "Every request of an operator is a POST of one JSON object. `Prefer: return=representation` "
    "asks for all that is known; without it the answers of doctor and of the repairs hold their "
    "required keys alone. Clients ignore keys that they do not know. Every failure answers "
    '`{"error": {...}}`; another path is 404 `route_not_found`, another method 405 '
    "`method_not_allowed`."
)
_ANSWERS: Mapping[str, type] = {
    "doctor": DoctorAnswer,
    "inspect": InspectionAnswer,
    "redeploy": RedeployAnswer,
    "cleanup": CleanupAnswer,
    "recover": RecoverAnswer,
}
_SUMMARIES: Mapping[str, str] = {
    "doctor": "Tell how every part of the engine is doing.",
    "inspect": "Tell everything about one key.",
    "redeploy": "Register a service URL, and see that its services route to it.",
    "cleanup": "Remove every deployment but the one to keep; what is still needed stays.",
    "recover": "Make a failed key submittable again: purge its failed run with its state.",
}
_EXAMPLES: Mapping[type[Body], Body] = {
    DoctorBody: DoctorBody(),
    InspectBody: InspectBody("Order", "o-1"),
    RecoverBody: RecoverBody("Order", "o-1", reason="ticket 7"),
    RedeployBody: RedeployBody("http://orders:9080", reason="ticket 7"),
    CleanupBody: CleanupBody("http://orders:9080", reason="ticket 7"),
}


def openapi_document(*, key_charset: KeyCharset = "word", is_known: bool = True) -> JsonObject:
    """
    The document.

    Args:
        key_charset: Which keys the host takes.
        is_known: Whether callers are asked who they are.
    """
    book = _Book(Schemas(key_charset), is_known)
    paths: JsonObject = {"/healthz": {"get": healthz()}}
    for prefix in PLACES:
        own = book.own(prefix)
        paths[f"{prefix}/openapi.json"] = {"get": own}
        paths |= {
            f"{prefix}/{action.path}": {"post": book.operation(action, prefix)}
            for action in ACTIONS
        }
    return {
        "openapi": "3.1.0",
        "info": {
            "title": "wfadmin operator API",
            "version": _version(),
            "description": _ABOUT,
            "license": {"name": "Apache License 2.0", "identifier": "Apache-2.0"},
        },
        "paths": paths,
        "components": book.components(),
    }


def document_endpoint(settings: Settings) -> Callable[[Request], Awaitable[Response]]:
    """What serves the document of an app; it is made when it is first asked for."""

    @cache
    def made() -> bytes:
        is_known = settings.authenticator is not None
        document = openapi_document(key_charset=settings.key_charset, is_known=is_known)
        return json.dumps(document).encode("ascii")

    async def endpoint(request: Request) -> Response:
        # Where an app is mounted is known from a request alone.
        root = quote(request.scope.get("root_path", "")) or "/"
        servers = json.dumps([{"url": root}]).encode("ascii")
        content = made()[:-1] + b', "servers": ' + servers + b"}"
        return Response(content, headers={"cache-control": "no-cache"}, media_type=JSON)

    return endpoint


def _version() -> str:
    # By name: the front door leads to rooms that this one does not know.
    return str(import_module("wfadmin").__version__)


# --- operations ----------------------------------------------------------------------------------


@attrs.frozen(eq=False)
class _Book:
    """What the operations refer to, collected while they are made."""

    schemas: Schemas
    is_known: bool
    examples: dict[str, JsonObject] = attrs.field(factory=dict[str, JsonObject], init=False)
    failures: dict[str, JsonObject] = attrs.field(factory=dict[str, JsonObject], init=False)

    def operation(self, action: Action, prefix: str) -> JsonObject:
        """One route under one prefix."""
        example = attrs.asdict(_EXAMPLES[action.body])
        content = {
            "schema": self.schemas.of_request(action.body),
            "examples": {"one": {"value": example}},
        }
        return {
            "operationId": _camel(action.path) + PLACES[prefix],
            "summary": _summary(action),
            "description": self._permission(action),
            "tags": [_tag(prefix)],
            "parameters": list(_parameters(action, prefix)),
            "requestBody": {"required": True, "content": {JSON: content}},
            "responses": {
                "200": self._success(action) | _links(action, prefix),
                **self._failures(action, is_named=prefix == _ENGINES),
            },
            "security": [{"ApiKeyAuth": []}, {"BearerAuth": []}] if self.is_known else [],
        }

    def own(self, prefix: str) -> JsonObject:
        """This document, under one prefix."""
        # Any name will do: the document does not say which engines there are.
        engine = {"name": "engine", "in": "path", "required": True, "schema": TEXT}
        return {
            "operationId": "openapi" + PLACES[prefix],
            "summary": "Give this document.",
            "tags": [_tag(prefix)],
            "parameters": [engine] if prefix == _ENGINES else [],
            "responses": {"200": answered("This document.", {"type": "object"})},
            "security": [],
        }

    def components(self) -> JsonObject:
        """What they refer to."""
        schemes: JsonObject = {
            "ApiKeyAuth": {"type": "apiKey", "in": "header", "name": "X-Api-Key"},
            "BearerAuth": {"type": "http", "scheme": "bearer"},
        }
        return {
            "schemas": self.schemas.named,
            "parameters": PARAMETERS,
            "headers": HEADERS,
            "responses": self.failures,
            "examples": self.examples,
            **({"securitySchemes": schemes} if self.is_known else {}),
        }

    def _permission(self, action: Action) -> str:
        if not self.is_known:
            return "Everybody may."
        words = " or ".join(f"`{one}`" for one in sorted(action.allowed))
        values = " Values of a state are told to those who may operate." * (READ in action.allowed)
        return f"Needs the permission {words}.{values}"

    def _success(self, action: Action) -> JsonObject:
        kind = PlanAnswer if action.is_plan else _ANSWERS[action.verb]
        own = ("ETag",) if action.is_plan else ("Preference-Applied",)
        schema = self.schemas.of_answer(kind)
        return answered("What was asked for.", schema, headers=("X-Request-Id", *own))

    def _failures(self, action: Action, *, is_named: bool) -> JsonObject:
        found = problems_of(action, is_named=is_named, is_known=self.is_known)
        ordered = sorted(found, key=_status)
        return {
            str(status): self._failure(status, tuple(group), action, is_named=is_named)
            for status, group in groupby(ordered, _status)
        }

    def _failure(
        self,
        status: int,
        problems: tuple[Problem, ...],
        action: Action,
        *,
        is_named: bool,
    ) -> JsonObject:
        self.examples.update((one.name, {"value": one.failure.document}) for one in problems)
        schema = self.schemas.of_answer(ErrorAnswer)
        response = refused(status, schema)
        response["content"][JSON]["examples"] = {
            one.name: {"$ref": f"#/components/examples/{one.name}"} for one in problems
        }
        own = f"Error{status}"
        if own in self.failures:
            own += f"-{_camel(action.path)}" + "OnEngine" * is_named
        # The same elsewhere: it stands once.
        name = next((name for name, one in self.failures.items() if one == response), own)
        self.failures[name] = response
        return {"$ref": f"#/components/responses/{name}"}


def _status(problem: Problem) -> int:
    return problem.failure.status


def _links(action: Action, prefix: str) -> JsonObject:
    """From a plan to the write that does it, or nothing."""
    if not action.is_plan:
        return {}
    verb = action.path.removesuffix("/plan")
    named = {"path.engine": "$request.path.engine"} if prefix == _ENGINES else {}
    link = {
        "operationId": _camel(verb) + PLACES[prefix],
        "description": "Do what was planned, or nothing.",
        "parameters": {"header.If-Match": "$response.header.ETag", **named},
        "requestBody": "$request.body",
    }
    return {"links": {"approve": link}}


def _summary(action: Action) -> str:
    if action.is_plan:
        verb = action.path.removesuffix("/plan")
        return f"Tell what `{verb}` would do now, as a plan to approve. Changes nothing."
    return _SUMMARIES[action.verb]


def _parameters(action: Action, prefix: str) -> Iterator[JsonObject]:
    if prefix == _ENGINES:
        yield {"$ref": "#/components/parameters/engine"}
    if action.is_write:
        yield {"$ref": "#/components/parameters/If-Match"}
    if not action.is_plan:
        yield {"$ref": "#/components/parameters/Prefer"}
    yield {"$ref": "#/components/parameters/X-Request-Id"}


def _tag(prefix: str) -> str:
    return prefix.replace("/{engine}", "").rpartition("/")[2]


def _camel(path: str) -> str:
    first, *rest = path.replace("/", "-").split("-")
    return first + "".join(word.capitalize() for word in rest)
