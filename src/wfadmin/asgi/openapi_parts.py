"""The parts of the document that stand alone: headers, parameters, and what a status means."""

from collections.abc import Mapping
from hashlib import sha256

from wfadmin.asgi.headers import IN_FULL
from wfadmin.asgi.settings import ENGINE_NAME
from wfadmin.wire.documents import JsonObject

__all__ = ["HEADERS", "JSON", "PARAMETERS", "TEXT", "answered", "healthz", "refused"]

#: The only type of content.
JSON = "application/json"
#: A text of any kind.
TEXT: JsonObject = {"type": "string"}
_TAG = '^"[0-9a-f]{64}"$'
_SOME_TAG = f'"{sha256(b"a plan").hexdigest()}"'
# What a status says, whatever the route.
_OF_STATUS: Mapping[int, str] = {
    400: "The body is no JSON.",
    401: "Nobody can tell who the caller is.",
    403: "The caller may not do this.",
    404: "What was named is not there.",
    408: "The body did not come in time.",
    409: "Declined: doing it could do harm, or it was done in part.",
    412: "The plan that was approved is not what would be done now.",
    413: "The body is too large.",
    415: "The body is said to be no plain JSON.",
    422: "A field or header does not fit; it is named.",
    429: "The address failed to prove who it is too often.",
    500: "A mistake of the operator API.",
    501: "The engine has no such thing.",
    502: "The engine said no, or was not understood.",
    503: "Something that this depends on cannot be used now; nothing was sent.",
    504: "A write left us, and nobody knows how it ended. Never send it again; read first.",
}
#: By their names: what a request may bear.
PARAMETERS: JsonObject = {
    "engine": {
        "name": "engine",
        "in": "path",
        "required": True,
        "description": "The name of an engine that the host serves.",
        "schema": {**TEXT, "pattern": f"^{ENGINE_NAME.pattern}$"},
    },
    "If-Match": {
        "name": "If-Match",
        "in": "header",
        "description": "The `ETag` of a plan: do what was approved, or nothing.",
        "schema": {**TEXT, "pattern": _TAG},
        "example": _SOME_TAG,
    },
    "Prefer": {
        "name": "Prefer",
        "in": "header",
        "description": f"`{IN_FULL}` asks for all that is known.",
        "schema": TEXT,
    },
    "X-Request-Id": {
        "name": "X-Request-Id",
        "in": "header",
        "description": "An id of the request, for the record. What is no plain word of up to 64 "
        "characters is replaced.",
        "schema": TEXT,
    },
}
#: By their names: what an answer may bear.
HEADERS: JsonObject = {
    "X-Request-Id": {
        "description": "The id of the request, as it is on record.",
        "required": True,
        "schema": TEXT,
    },
    "Preference-Applied": {
        "description": "What was preferred, and is so.",
        "schema": {"const": IN_FULL},
    },
    "ETag": {
        "description": "The digest of the plan, for `If-Match`.",
        "required": True,
        "schema": {**TEXT, "pattern": _TAG},
    },
    "Retry-After": {
        "description": "Seconds after which the same may be tried again.",
        "schema": {"type": "integer", "minimum": 1},
    },
    "WWW-Authenticate": {
        "description": "How to prove who one is.",
        "required": True,
        "schema": TEXT,
    },
}
_HEADERS_OF_STATUS: Mapping[int, tuple[str, ...]] = {
    401: ("WWW-Authenticate",),
    429: ("Retry-After",),
    503: ("Retry-After",),
}


def answered(description: str, schema: JsonObject, *, headers: tuple[str, ...] = ()) -> JsonObject:
    """One answer of an operation, with the names of its headers."""
    answer: JsonObject = {"description": description, "content": {JSON: {"schema": schema}}}
    named = {one: {"$ref": f"#/components/headers/{one}"} for one in headers}
    return answer | ({"headers": named} if named else {})


def refused(status: int, schema: JsonObject) -> JsonObject:
    """An answer of a status that is an error."""
    headers = ("X-Request-Id", *_HEADERS_OF_STATUS.get(status, ()))
    return answered(_OF_STATUS[status], schema, headers=headers)


def healthz() -> JsonObject:
    """The one operation that is about no engine."""
    schema = {
        "type": "object",
        "properties": {"status": {"const": "ok"}},
        "required": ["status"],
    }
    return {
        "operationId": "healthz",
        "summary": "Tell that the operator API answers; the engine is not asked.",
        "tags": ["health"],
        "responses": {"200": answered("It answers.", schema)},
        "security": [],
    }
