"""A hostile engine: what it says reaches whoever asks over HTTP, and must not reach any further."""

import gzip
import json
import shutil
import subprocess
import zlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import attrs
import httpx
import pytest
from typing_extensions import override

import wfadmin
from tests.adapters.dapr_grpc import oracle
from tests.adapters.dapr_grpc.herd import Herd
from tests.adapters.dapr_grpc.servers import Answered, Asked
from tests.adapters.dapr_grpc.servers import serving as grpc_serving
from tests.adapters.restate.fake import URL
from tests.asgi.http import KEY, SEEDS, Scene
from tests.asgi.laws.attacks import RECOVER, WHOLE, Heard, asked, healthy, over, spoiled
from tests.domain.hostile import TRICKS
from wfadmin.adapters.audit_jsonl import JsonLinesAuditLog
from wfadmin.adapters.audit_sqlite import SqliteAuditLog
from wfadmin.adapters.dapr.grpc.listing import DaprListing
from wfadmin.asgi import operator_app
from wfadmin.operations.local import LocalOperator

pytestmark = pytest.mark.asyncio

MIB = 1024 * 1024


async def both(operator: LocalOperator) -> tuple[dict[str, Any], Heard]:
    """A doctor, which answers for any engine, and an inspection, which cannot."""
    app = operator_app(operator, unsafe_allow_anonymous=True)
    doctor = await asked(app, f"{SEEDS}/doctor", headers=WHOLE.items())
    assert doctor.status == 200
    return json.loads(doctor.body), await asked(app, f"{SEEDS}/inspect", KEY)


# --- size, depth and numbers ---------------------------------------------------------------------


class Endless(httpx.AsyncByteStream):
    """The same part again and again, and how much of it one request took at most."""

    def __init__(self, part: bytes, times: int) -> None:
        self.part, self.times, self.taken = part, times, 0

    @override
    async def __aiter__(self) -> AsyncIterator[bytes]:
        for number in range(1, self.times + 1):
            self.taken = max(self.taken, number * len(self.part))
            yield self.part


def answering(stream: Endless, **headers: str) -> LocalOperator:
    """The verbs over an engine that answers everything so."""

    def handle(_: httpx.Request) -> httpx.Response:
        told = {name.replace("_", "-"): value for name, value in headers.items()}
        return httpx.Response(200, stream=stream, headers=told)

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle), trust_env=False)
    return wfadmin.connect("restate", admin_url=URL, ingress_url=URL, client=client, timeout=20)


async def test_an_answer_without_end_is_not_read_to_its_end() -> None:
    stream = Endless(b"1," * (MIB // 2), 512)
    app = operator_app(answering(stream), unsafe_allow_anonymous=True)

    heard = await asked(app, f"{SEEDS}/inspect", KEY)

    assert (heard.status, heard.id) == (502, "workflow_engine_unexpected_answer")
    assert b"longer than 32 MiB" in heard.body
    assert stream.taken <= 34 * MIB
    assert len(heard.body) < 4096


async def test_a_small_answer_that_becomes_large_is_not_read_to_its_end() -> None:
    packer = zlib.compressobj(9, zlib.DEFLATED, 31)
    bomb = packer.compress(b" " * (64 * MIB)) + packer.flush(zlib.Z_FINISH)
    app = operator_app(
        answering(Endless(bomb, 1), content_encoding="gzip"), unsafe_allow_anonymous=True
    )

    heard = await asked(app, f"{SEEDS}/inspect", KEY)

    assert len(bomb) < MIB
    assert (heard.status, b"longer than 32 MiB" in heard.body) == (502, True)


@pytest.mark.parametrize("encoding", ["deflate", "br", "zstd", "gzip, gzip", "compress"])
async def test_another_compression_is_not_even_opened(encoding: str) -> None:
    twice = Endless(gzip.compress(gzip.compress(b"{}")), 1)
    app = operator_app(answering(twice, content_encoding=encoding), unsafe_allow_anonymous=True)

    heard = await asked(app, f"{SEEDS}/inspect", KEY)

    assert (heard.status, b"which was not asked for" in heard.body) == (502, True)


BEYOND = {
    "deep lists": b"[" * 100_000,
    "deep objects": b'{"rows":' * 100_000,
    "a long number": b'{"version": ' + b"9" * 1_000_000 + b"}",
    "a number without bound": b'{"version": 1e999}',
    "no number": b'{"version": NaN}',
    "a name twice": b'{"version": "1.7.12", "version": "1.6.2"}',
    "half a character": b'{"version": "\\ud800"}',
    "not text": b'\xff\xfe{"version": 1}',
    "a page": b"<html><script>alert(1)</script>",
    "nothing": b"",
    "null": b"null",
    "another shape": b'{"rows": [[[[]]]], "version": {}, "services": 7, "deployments": "x"}',
}


@pytest.mark.parametrize("body", BEYOND.values(), ids=BEYOND)
async def test_what_is_beyond_a_limit_is_an_error_that_is_short(body: bytes) -> None:
    doctor, inspection = await both(over(spoiled(healthy(), (200, body))))

    parts = ("admin", "deployments", "services", "invocations")
    assert {doctor[one]["status"] for one in parts} == {"degraded"}
    assert (inspection.status, inspection.id) == (502, "workflow_engine_unexpected_answer")
    assert len(inspection.body) < 4096
    assert len(json.dumps(doctor)) < 16_384


@pytest.mark.parametrize("number", ["1e999", "-1e999", "9" * 21, "9" * 100_000, "NaN", "Infinity"])
async def test_a_number_without_bound_is_not_read_even_where_nobody_asks_for_it(
    number: str,
) -> None:
    fake = healthy()
    told = json.dumps(fake.routes["GET /services"]).replace("{", f'{{"more": {number}, ', 1)
    fake.routes["GET /services"] = (200, told.encode())

    doctor, inspection = await both(over(fake))

    assert doctor["services"]["status"] == "degraded"
    assert json.loads(inspection.body)["service"] is None


async def test_a_list_that_goes_in_a_circle_stops() -> None:
    class Circle(Herd):
        async def __call__(self, _: Asked) -> Answered:
            self.calls["pages"] = self.calls.get("pages", 0) + 1
            return Answered(oracle.page(then="again"))

    circle, scene = Circle(0), Scene()
    async with grpc_serving(circle) as (_server, sidecar):

        class Around(type(scene.world.engine)):  # type: ignore[misc]
            listing = DaprListing(sidecar)

        engine = Around(scene.world.store)
        app = scene.app(operators=attrs.evolve(scene.operator, engine=engine))
        heard = await asked(app, f"{SEEDS}/doctor")

    told = json.loads(heard.body)["invocations"]
    assert (told["status"], "goes in a circle" in told["error"]) == ("degraded", True)
    assert circle.calls["pages"] < 20


# --- text ----------------------------------------------------------------------------------------

NASTY = "\x1b[2J\x1b]0;pwned\x07\r\n\x00\x9b31m\u202e\u2028<script>alert('x')</script>\ud83d\ude00"
#: What JSON can carry of it, as an engine would.
TOLD = NASTY.encode("utf-16", "surrogatepass").decode("utf-16")


def is_plain(answer: Heard) -> bool:
    """Whether every byte is a visible character, and nobody takes it for a page."""
    kind = dict(answer.headers)[b"content-type"]
    return kind == b"application/json" and all(32 <= byte < 127 for byte in answer.body)


async def test_text_of_an_engine_is_quoted_on_its_way_to_the_caller() -> None:
    fake = healthy(failure=f"{TOLD}\n at pay.py", handler=TOLD)
    service = fake.routes["GET /services"]["services"][0]
    fake.routes["GET /services"]["services"].append(service | {"name": f"Order{TOLD}"})
    fake.routes["GET /deployments"]["deployments"].append(
        {"id": TOLD, "created_at": "2026-05-09T10:00:00Z", "services": [], "arn": TOLD}
    )
    app = Scene().app(operators=over(fake))

    for caller in ("ada", "rob"):
        for route, body in (("doctor", {}), ("inspect", KEY)):
            heard = await asked(app, f"{SEEDS}/{route}", body, caller=caller, headers=WHOLE.items())
            assert (heard.status, is_plain(heard)) == (200, True)


@pytest.mark.parametrize("status", [200, 400, 403, 500])
async def test_an_error_quotes_an_engine_in_one_line_that_a_terminal_can_show(status: int) -> None:
    words = {"message": f"no {TOLD}" * 1000, "restate_code": TOLD}
    fake = spoiled(healthy(), (status, json.dumps(words).encode()))
    app = Scene().app(operators=over(fake))

    for route, body in (("inspect", KEY), (RECOVER, KEY)):
        heard = await asked(app, f"{SEEDS}/{route}", body)
        told = json.loads(heard.body)["error"]
        assert (told["status"], is_plain(heard)) == (502, True)
        lines = [told["message"], told["why"], told["fix"], told["details"]["excerpt"]]
        assert all(one.isprintable() for one in lines)
        assert len(heard.body) < 4096


async def test_headers_of_an_engine_do_not_come_through() -> None:
    def handle(_: httpx.Request) -> httpx.Response:
        headers = {"set-cookie": "a=b", "location": "http://evil", "x-request-id": "evil"}
        return httpx.Response(403, headers=headers, content=b"no")

    client = httpx.AsyncClient(transport=httpx.MockTransport(handle), trust_env=False)
    operator = wfadmin.connect("restate", admin_url=URL, ingress_url=URL, client=client)

    _, inspection = await both(operator)

    names = {name for name, _ in inspection.headers}
    assert names == {b"content-length", b"content-type", b"cache-control", b"x-request-id"}
    assert b"evil" not in inspection.whole


# --- remedies ------------------------------------------------------------------------------------

HOSTILE = [*TRICKS, "-rf", "'; touch x; '", "$(reboot)", "a\nb", "`id`\n"]


async def test_a_line_to_paste_says_the_names_and_nothing_else() -> None:
    scene = Scene()
    service = scene.world.workflow("Order")
    for key in HOSTILE:
        service.key(key).failed("boom")
        service.key(f"{key} paused").paused(failure="boom")

    remedies: dict[str, tuple[str, str]] = {}
    for key in HOSTILE:
        for name in (key, f"{key} paused"):
            body = {"serviceName": "Order", "serviceKey": name}
            app = scene.app(key_charset="any")
            heard = await asked(app, f"{SEEDS}/inspect", body, caller="rob")
            for finding in json.loads(heard.body)["findings"]:
                remedies |= dict.fromkeys(finding["remedies"], ("Order", name))

    assert len(remedies) > 2 * len(HOSTILE)
    assert all(one.isprintable() for one in remedies)
    assert said_by_a_shell(list(remedies)) == list(remedies.values())


def said_by_a_shell(lines: list[str]) -> list[tuple[str, str]]:
    """What bash hands to a program for each line: the two words behind the only `--`."""
    bash = shutil.which("bash")
    assert bash is not None
    script = "wfadmin() { printf '%s\\0' \"$@\" $'\\1'; }\n" + "\n".join(lines)
    done = subprocess.run(
        [bash, "-c", script],
        env={"LC_ALL": "C.UTF-8"},
        capture_output=True,
        timeout=10,
        check=False,
    )
    assert (done.returncode, done.stderr) == (0, b"")
    found: list[tuple[str, str]] = []
    for words in done.stdout.decode().split("\0\1\0")[:-1]:
        _, _, names = words.partition("\0--\0")
        service, key = names.split("\0")
        found.append((service, key))
    return found


# --- what is kept --------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", ["jsonl", "sqlite"])
@pytest.mark.parametrize("route", ["doctor", RECOVER])
async def test_a_reason_with_anything_in_it_is_one_whole_record(
    tmp_path: Path, kind: str, route: str
) -> None:
    path = tmp_path / "audit"
    log = JsonLinesAuditLog(path) if kind == "jsonl" else SqliteAuditLog(path)
    scene = Scene(audit=log)
    scene.failed()
    forged = '"}\n{"kind": "note", "actor": "root", "verb": "recover", "outcome": "confirmed"}\n'
    reason = f"ticket 7 {TOLD}{forged}\u2028\x0b\x0c\x85'; drop table records; --"
    body = {**({} if route == "doctor" else KEY), "reason": reason}

    heard = await asked(scene.app(), f"{SEEDS}/{route}", body)
    listing = await log.newest()

    assert heard.status == 200
    assert listing.records[-1].reason == reason
    assert {one.actor for one in listing.records} == {"ada"}
    if kind == "jsonl":
        lines = path.read_bytes().split(b"\n")
        assert len(lines) == len(listing.records) + 1
        assert all(32 <= byte < 127 for line in lines for byte in line)
        assert all(json.loads(line) for line in lines[:-1])
