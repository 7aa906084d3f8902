"""The network of the kit over HTTP: it counts, and each of its troubles is what it says."""

import gzip
import json
import time
from datetime import timedelta

import anyio
import httpx
import pytest
from typing_extensions import override

from wfadmin.testing import Broken, Garbage
from wfadmin.testing import http_network as module
from wfadmin.testing.http_network import HttpNetwork

TEXT = json.dumps({"rows": [{"id": "one"}, {"id": "two"}]}).encode()
HTML = b"<!doctype html>"


class Engine(httpx.AsyncBaseTransport):
    """What lies behind the network: it answers by path, and notes what arrived."""

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.is_closed = False

    @override
    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        await request.aread()
        self.asked.append(f"{request.method} {request.url.path}")
        if request.url.path == "/packed":
            packed = {"content-type": "application/json", "content-encoding": "gzip"}
            return httpx.Response(200, headers=packed, content=gzip.compress(TEXT))
        if request.url.path == "/healthz":
            return httpx.Response(204)
        if request.url.path == "/missing":
            return httpx.Response(404, json={"message": "not found"})
        return httpx.Response(202, headers={"x-engine": "real"}, json=json.loads(TEXT))

    @override
    async def aclose(self) -> None:
        self.is_closed = True


def network_of(engine: Engine) -> HttpNetwork:
    return HttpNetwork(lambda request: request.method != "GET", transport=engine)


async def read(network: HttpNetwork, path: str = "/rows") -> httpx.Response:
    return await network.client.get(f"http://engine{path}")


def length_of(answer: httpx.Response) -> int:
    return int(answer.headers["content-length"])


@pytest.mark.asyncio
async def test_without_trouble_everything_passes_and_is_counted() -> None:
    engine = Engine()
    network = network_of(engine)

    read_answer = await read(network)
    await network.client.patch("http://engine/runs/1/kill", content=b"{}")

    assert read_answer.status_code == 202
    assert read_answer.json() == json.loads(TEXT)
    assert read_answer.headers["x-engine"] == "real"
    assert (network.requests, network.writes) == (2, 1)
    assert engine.asked == ["GET /rows", "PATCH /runs/1/kill"]


@pytest.mark.asyncio
async def test_on_a_cut_connection_nothing_arrives_and_what_was_sent_is_counted() -> None:
    engine = Engine()
    network = network_of(engine)
    network.cut()

    with pytest.raises(httpx.ConnectError, match="refused"):
        await network.client.post("http://engine/runs")

    assert engine.asked == []
    assert (network.requests, network.writes) == (1, 1)


@pytest.mark.asyncio
async def test_silence_lasts_as_long_as_the_request_waits() -> None:
    engine = Engine()
    network = network_of(engine)
    network.silence()
    began = time.monotonic()

    with pytest.raises(httpx.ReadTimeout):
        await network.client.get("http://engine/rows", timeout=0.05)

    assert time.monotonic() - began >= 0.05
    assert engine.asked == []


@pytest.mark.asyncio
async def test_silence_lasts_for_ever_for_a_request_without_a_limit() -> None:
    network = network_of(Engine())
    network.silence()

    with anyio.move_on_after(0.05) as waiting:
        await network.client.get("http://engine/rows", timeout=None)

    assert waiting.cancelled_caught


@pytest.mark.asyncio
@pytest.mark.parametrize("limit", [30.0, None])
async def test_silence_can_be_shorter_than_what_a_request_would_wait(limit: float | None) -> None:
    shortest = timedelta(milliseconds=20)
    network = HttpNetwork(lambda _: True, transport=Engine(), longest_silence=shortest)
    network.silence()

    with anyio.fail_after(5), pytest.raises(httpx.ReadTimeout):
        await network.client.get("http://engine/rows", timeout=limit)


@pytest.mark.asyncio
async def test_a_lost_answer_is_lost_after_the_request_was_done() -> None:
    engine = Engine()
    network = network_of(engine)
    network.lose_answers()

    with pytest.raises(httpx.ReadError):
        await network.client.post("http://engine/runs")

    assert engine.asked == ["POST /runs"]


@pytest.mark.asyncio
async def test_a_rejection_repeats_all_that_was_sent_and_does_nothing() -> None:
    engine = Engine()
    network = network_of(engine)
    network.reject()

    answer = await network.client.post(
        "http://engine/runs?force=true",
        headers={"authorization": "Bearer secret"},
        content=b'{"uri": "http://ada:pass@place"}',
    )

    assert answer.status_code == 500
    assert "POST http://engine/runs?force=true\n" in answer.text
    assert "\nauthorization: Bearer secret\n" in answer.text
    assert '\n{"uri": "http://ada:pass@place"}\x00' in answer.text
    assert "\x1b[31m" in answer.text
    assert length_of(answer) == len(answer.content)
    assert engine.asked == []


@pytest.mark.asyncio
@pytest.mark.parametrize("path", ["/rows", "/packed"])
@pytest.mark.parametrize(
    ("garbage", "kind", "start"),
    [
        (Garbage.ANOTHER_FORMAT, "text/html", HTML),
        (Garbage.ANOTHER_SHAPE, "application/json", b'[{"kit"'),
        (Garbage.EMPTY, "application/json", b""),
        (Garbage.TOO_DEEP, "application/json", b"[" * 100_000 + b"]"),
    ],
)
async def test_garbage_comes_in_place_of_the_answer_to_what_was_done(
    garbage: Garbage, kind: str, start: bytes, path: str
) -> None:
    engine = Engine()
    network = network_of(engine)
    network.garble(garbage)

    answer = await read(network, path)

    assert engine.asked == [f"GET {path}"]
    assert answer.content.startswith(start)
    assert answer.headers["content-type"] == kind
    assert length_of(answer) == len(answer.content)
    assert TEXT not in answer.content
    assert "content-encoding" not in answer.headers


@pytest.mark.asyncio
async def test_what_is_garbled_keeps_its_status_and_its_other_headers() -> None:
    network = network_of(Engine())
    network.garble(Garbage.EMPTY)

    assert (await read(network, "/missing")).status_code == 404
    assert (await read(network)).headers["x-engine"] == "real"


@pytest.mark.asyncio
@pytest.mark.parametrize("garbage", [Garbage.ANOTHER_FORMAT, Garbage.TOO_DEEP])
async def test_an_answer_that_has_no_body_gets_a_status_that_allows_one(garbage: Garbage) -> None:
    network = network_of(Engine())
    assert (await read(network, "/healthz")).status_code == 204
    network.garble(garbage)

    answer = await read(network, "/healthz")

    assert (answer.status_code, len(answer.content) > 0) == (200, True)


@pytest.mark.asyncio
async def test_an_answer_that_is_well_formed_has_another_shape() -> None:
    network = network_of(Engine())
    network.garble(Garbage.ANOTHER_SHAPE)

    assert (await read(network)).json() == [{"kit": {"another": ["shape", 1, None]}}]


@pytest.mark.asyncio
async def test_an_answer_cut_short_is_its_first_half_and_says_so_in_its_length() -> None:
    network = network_of(Engine())
    whole = (await read(network)).content
    network.garble(Garbage.CUT_SHORT)

    answer = await read(network)

    assert answer.content == whole[: len(whole) // 2]
    assert length_of(answer) == len(answer.content)
    assert answer.headers["x-engine"] == "real"


@pytest.mark.asyncio
async def test_an_answer_that_is_compressed_is_cut_short_in_the_middle_of_that() -> None:
    network = network_of(Engine())
    network.garble(Garbage.CUT_SHORT)

    answer = await read(network, "/packed")

    assert answer.headers["content-encoding"] == "gzip"
    assert length_of(answer) == len(gzip.compress(TEXT)) // 2
    assert answer.content != TEXT


@pytest.mark.asyncio
async def test_who_stops_reading_an_answer_without_an_end_is_not_blamed() -> None:
    engine = Engine()
    network = network_of(engine)
    network.garble(Garbage.TOO_LARGE)
    taken = 0

    async with network.client.stream("GET", "http://engine/rows") as answer:
        parts = answer.aiter_bytes()
        async for part in parts:
            taken += len(part)
            if taken > 3 * 1024**2:
                break
        await parts.aclose()
    network.mend()

    assert "content-length" not in answer.headers
    assert engine.asked == ["GET /rows"]
    assert (await read(network)).json() == json.loads(TEXT)


@pytest.mark.asyncio
async def test_who_reads_all_of_an_answer_without_an_end_is_told_at_the_end(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(module, "LONGEST_STREAM", 2 * 1024**2)
    network = network_of(Engine())
    network.garble(Garbage.TOO_LARGE)

    with pytest.raises(httpx.ReadError, match="nobody stopped reading"):
        await read(network)
    with pytest.raises(Broken, match="2 MiB of one answer were read"):
        network.mend()

    assert (await read(network)).json() == json.loads(TEXT)
    network.mend()


@pytest.mark.asyncio
async def test_the_first_answer_is_repeated_whatever_is_asked_and_everything_is_done() -> None:
    engine = Engine()
    network = network_of(engine)
    network.garble(Garbage.REPEATED)

    answers = [await read(network, path) for path in ("/packed", "/rows", "/missing")]

    assert [one.status_code for one in answers] == [200, 200, 200]
    assert [one.content for one in answers] == [TEXT, TEXT, TEXT]
    assert engine.asked == ["GET /packed", "GET /rows", "GET /missing"]


@pytest.mark.asyncio
async def test_what_is_held_arrives_when_the_network_is_mended() -> None:
    engine = Engine()
    network = network_of(engine)
    network.hold()
    answers: list[int] = []

    async def ask() -> None:
        answers.append((await read(network)).status_code)

    async with anyio.create_task_group() as tasks:
        tasks.start_soon(ask)
        await network.held()
        assert engine.asked == []
        network.mend()

    assert answers == [202]
    assert engine.asked == ["GET /rows"]


@pytest.mark.asyncio
async def test_a_network_can_be_held_again() -> None:
    network = network_of(Engine())
    network.hold()
    network.mend()
    network.hold()

    with anyio.move_on_after(0.05) as waiting:
        await read(network)

    assert waiting.cancelled_caught


@pytest.mark.asyncio
async def test_closing_it_closes_the_client_and_what_carries_its_requests() -> None:
    engine = Engine()
    network = network_of(engine)

    await network.aclose()

    assert engine.is_closed
    assert network.client.is_closed


@pytest.mark.asyncio
async def test_it_makes_its_own_way_over_tcp() -> None:
    network = HttpNetwork(lambda _: True)

    with pytest.raises(httpx.ConnectError):
        await network.client.get("http://127.0.0.1:1/rows")
    await network.aclose()

    assert network.writes == 1
