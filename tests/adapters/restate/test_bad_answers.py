"""An admin URL that is not a Restate: every way of asking ends in an error that says so."""

from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any

import httpx
import pytest

from tests.adapters.restate.fake import KEY, URL, FakeRestate, ref
from tests.wire.servers import LIBRARIES, saying, serving, silent
from wfadmin.adapters.restate import connect
from wfadmin.adapters.restate.engine import RestateEngine
from wfadmin.domain.errors import (
    EngineRejected,
    EngineUnreachable,
    UnexpectedAnswer,
    WfadminError,
)
from wfadmin.ports.engine import EngineSettings

pytestmark = pytest.mark.asyncio

READS: dict[str, Callable[[RestateEngine], Awaitable[object]]] = {
    "facts": lambda e: e.facts(),
    "probe_admin": lambda e: e.admin.probe_admin(),
    "probe_ingress": lambda e: e.admin.probe_ingress(),
    "list_services": lambda e: e.admin.list_services(),
    "deployments": lambda e: e.deployments.list(),
    "usage": lambda e: e.deployments.usage(),
    "survey": lambda e: e.listing.survey(failures=20, unfinished=100),
    "for_key": lambda e: e.invocations.for_key(KEY),
    "get": lambda e: e.invocations.get(ref("inv_1")),
    "children": lambda e: e.invocations.children(ref("inv_1")),
    "state": lambda e: e.state.read(KEY, values=True),
}
reads = pytest.mark.parametrize("read", READS.values(), ids=READS)

BAD = {
    "html": (200, b"<!doctype html><title>Sign in</title>"),
    "empty": (200, b""),
    "truncated": (200, b'{"version": "1.7.12", "rows": [{"id'),
    "null": (200, b"null"),
    "list": (200, b"[]"),
    "number": (200, b"5"),
    "text": (200, b'"ok"'),
    "other object": (200, b'{"status": "ok"}'),
    "nulls": (200, b'{"version": null, "services": null, "deployments": null, "rows": null}'),
    "numbers": (200, b'{"version": 1, "services": 1, "deployments": 1, "rows": 1}'),
    "objects": (200, b'{"version": {}, "services": {}, "deployments": {}, "rows": {}}'),
    "odd items": (200, b'{"version": [], "services": [1], "deployments": [1], "rows": [1]}'),
    "empty items": (200, b'{"version": [], "services": [{}], "deployments": [{}], "rows": [{}]}'),
    "not text": (200, b"\xff\xfe\xfd"),
    "deep": (200, b"[" * 100_000),
    "nothing": (204, b""),
}


def always(answer: tuple[int, bytes], library: str = "httpx") -> RestateEngine:
    """An engine behind whose URL everything answers so."""
    module: Any = LIBRARIES[library]
    status, body = answer
    transport = module.MockTransport(lambda _: module.Response(status, content=body))
    client = module.AsyncClient(transport=transport)
    engine = connect(EngineSettings(admin_url=URL, ingress_url=URL, client=client))
    assert isinstance(engine, RestateEngine)
    return engine


@reads
@pytest.mark.parametrize("answer", BAD.values(), ids=BAD)
@pytest.mark.parametrize("library", LIBRARIES)
async def test_what_is_not_understood_is_an_unexpected_answer(
    library: str,
    answer: tuple[int, bytes],
    read: Callable[[RestateEngine], Awaitable[object]],
) -> None:
    with pytest.raises(UnexpectedAnswer) as caught:
        await read(always(answer, library))

    assert caught.value.where.endswith(f"at {URL}")
    assert caught.value.problem


@reads
@pytest.mark.parametrize("status", [301, 401, 403, 404, 405, 500, 503])
async def test_an_error_status_is_a_rejection(
    status: int, read: Callable[[RestateEngine], Awaitable[object]]
) -> None:
    with pytest.raises(EngineRejected) as caught:
        await read(always((status, b"<h1>no</h1>")))

    assert caught.value.http_status == status


@reads
async def test_nothing_listens(read: Callable[[RestateEngine], Awaitable[object]]) -> None:
    async with serving(silent) as url:
        pass  # the port was ours, and is free again

    await fails(url, read, EngineUnreachable, "Nothing listens there")


@reads
async def test_something_answers_that_is_not_http(
    read: Callable[[RestateEngine], Awaitable[object]],
) -> None:
    async with serving(saying(b"-ERR unknown command\r\n\r\n")) as url:
        await fails(url, read, UnexpectedAnswer, "does not speak HTTP")


async def test_nobody_answers_in_time() -> None:
    async with serving(silent) as url:
        told = "It did not answer within 0.3 s"
        await fails(url, READS["survey"], EngineUnreachable, told, within=0.3)


async def fails(
    url: str,
    read: Callable[[RestateEngine], Awaitable[object]],
    kind: type[WfadminError],
    said: str,
    *,
    within: float = 30,
) -> None:
    limit = timedelta(seconds=within)
    engine = connect(EngineSettings(admin_url=url, ingress_url=url, timeout=limit))
    assert isinstance(engine, RestateEngine)
    with pytest.raises(kind, match=said):
        await read(engine)
    await engine.aclose()


async def test_rows_of_another_shape_name_the_path() -> None:
    fake = FakeRestate(queries=[("select", [{"id": "inv_1", "status": None}])])

    with pytest.raises(UnexpectedAnswer) as caught:
        await fake.engine().invocations.get(ref("inv_1"))

    assert caught.value.problem == "expected a string at $.rows[0].status"


async def test_an_engine_that_answers_slowly_at_first_is_asked_again() -> None:
    answers = [
        httpx.Response(500, json={"message": "node lookup for partition 0 failed"}),
        httpx.Response(200, json={"rows": []}),
    ]
    transport = httpx.MockTransport(lambda _: answers.pop(0))
    async with httpx.AsyncClient(transport=transport) as client:
        engine = connect(EngineSettings(admin_url=URL, client=client))
        assert engine.deployments is not None
        usage = await engine.deployments.usage()

    assert usage.rows == ()
