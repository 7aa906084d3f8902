"""
The list of a Dapr sidecar: 10,000 instances against the same calls by bare grpc.aio.

The sidecar is a process that answers at once, so that what we add shows most. The requests are
recorded from the adapter, so all send the same bytes, and only ours makes values of the answers.
"""

import asyncio
import base64
import contextlib
import gc
import importlib.metadata
import json
import subprocess
import sys
import time
import tracemalloc
from collections.abc import AsyncIterator, Iterable, Iterator
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

from benchmarks.figures import Figure
from benchmarks.rounds import Times, interleaved
from wfadmin.adapters.dapr import connect
from wfadmin.adapters.dapr.grpc.channel import check_installed
from wfadmin.domain.doctor import RECENT_FAILURES
from wfadmin.domain.model import Survey
from wfadmin.operations.doctor import UNFINISHED_IN_DETAIL
from wfadmin.ports.engine import EngineSettings
from wfadmin.ports.listing import InvocationListing

CHECKOUT = Path(__file__).resolve().parents[1]
SERVICE = "/TaskHubSidecarService/"
# Nobody asks over HTTP here.
ADMIN_URL = "http://127.0.0.1:1"
SECONDS = 5

FEW, MANY, MOST = 1_000, 10_000, 100_000
# A round takes eight seconds, and rounds differ by a few percent.
MOST_ROUNDS = 7
AT_ONCE = 8
FLAT = 1.25
# Long enough for whoever would send a ninth call.
HOLD = 0.005
# Fewer than there are of a thousand, so that both sizes show as many.
UNFINISHED_SHOWN = 100

SURVEY, SURVEY_OF_FEW = f"survey of {MANY:,}", f"survey of {FEW:,}"
ONE_BY_ONE = "its calls one at a time, bare grpc.aio"
SIDE_BY_SIDE = f"its calls by {AT_ONCE} workers, bare grpc.aio"


@dataclass(frozen=True)
class Sent:
    """A request as it left us."""

    method: str
    content: bytes


@dataclass(frozen=True)
class Served:
    """A process that serves a sidecar's instances."""

    process: subprocess.Popen[str]
    address: str

    def end(self) -> tuple[int, list[Sent]]:
        """End it; it says how many calls were under way at most, and which ones it remembers."""
        said, _ = self.process.communicate(timeout=30)
        told = json.loads(said)
        return told["atOnce"], [Sent(one, base64.b64decode(data)) for one, data in told["asked"]]


async def measure(rounds: int) -> list[Figure]:
    """
    Measure surveys and the same calls without us.

    Raises:
        MissingDependency: grpcio is not installed.
    """
    check_installed()
    part = f"Dapr, surveys over gRPC, grpcio {importlib.metadata.version('grpcio')}"
    at_once, sent = await _recorded()
    times = await _times(sent, min(rounds, MOST_ROUNDS))
    return [
        *_durations(part, times),
        await _longest(part, times.median(SURVEY)),
        Figure(
            part,
            "calls under way at once, at most",
            at_once,
            "calls",
            compared=f"of {len(sent):,}, each held for {1000 * HOLD:g} ms",
            judged=at_once,
            limit=AT_ONCE,
            budget=f"{AT_ONCE}",
        ),
        await _memory(part),
    ]


async def _recorded() -> tuple[int, list[Sent]]:
    """What a survey sends, and how much of it at once where no answer comes at once."""
    with served(MANY, "--remember", "--hold", str(HOLD)) as server:
        async with listing_of(server) as listing:
            check(await survey(listing), MANY)
        return server.end()


async def _times(sent: list[Sent], rounds: int) -> Times:
    async def one_by_one(_: int) -> object:
        return await again(channel, sent)

    async def side_by_side(_: int) -> object:
        # Each takes the next one when it is done with the one before.
        waiting = iter(sent)
        return await asyncio.gather(*(again(channel, waiting) for _ in range(AT_ONCE)))

    with served(FEW) as few, served(MANY) as many:
        async with listing_of(few) as short, listing_of(many) as long, bare(many) as channel:
            calls = {
                SURVEY: lambda _: survey(long),
                SURVEY_OF_FEW: lambda _: survey(short),
                ONE_BY_ONE: one_by_one,
                SIDE_BY_SIDE: side_by_side,
            }
            return await interleaved(calls, rounds)


def _durations(part: str, times: Times) -> list[Figure]:
    serial, parallel = times.ratio(SURVEY, ONE_BY_ONE), times.ratio(SURVEY, SIDE_BY_SIDE)
    growth, few = times.ratio(SURVEY, SURVEY_OF_FEW), times.median(SURVEY_OF_FEW)
    tenfold = MANY / FEW
    return [
        Figure(
            part,
            SURVEY,
            times.median(SURVEY),
            compared=f"x{growth:.1f} of {few:.0f} ms for {FEW:,}",
            judged=growth / tenfold,
            limit=FLAT,
            budget=f"x{tenfold:g}, and x{FLAT:g} of that",
        ),
        Figure(part, ONE_BY_ONE, times.median(ONE_BY_ONE), compared=f"survey: x{serial:.2f} of it"),
        Figure(
            part,
            SIDE_BY_SIDE,
            times.median(SIDE_BY_SIDE),
            compared=f"survey: x{parallel:.2f} of it",
        ),
    ]


async def _longest(part: str, of_many: float) -> Figure:
    """As many as are ever read, once."""
    with served(MOST) as server:
        async with listing_of(server) as listing:
            started = time.perf_counter()
            found = await survey(listing)
            elapsed = 1000 * (time.perf_counter() - started)
    check(found, MOST)
    ratio = f"x{elapsed / of_many:.1f} of {MANY:,}"
    return Figure(part, f"survey of {MOST:,}, once", elapsed, compared=ratio)


async def _memory(part: str) -> Figure:
    # The first one pays for what is made once.
    _, few, many = [await _peak(size) for size in (FEW, FEW, MANY)]
    ratio = many / few
    return Figure(
        part,
        f"peak memory of a survey, {UNFINISHED_SHOWN} unfinished shown",
        many / 1024,
        "KB",
        compared=f"x{ratio:.2f} of {few / 1024:.0f} KB for {FEW:,}",
        judged=ratio,
        limit=FLAT,
        budget=f"x{FLAT:g}",
    )


async def _peak(size: int) -> int:
    """How many bytes Python takes for a survey at most; counting them makes it slow."""
    with served(size) as server:
        async with listing_of(server) as listing:
            gc.collect()
            tracemalloc.start()
            try:
                found = await survey(listing, unfinished=UNFINISHED_SHOWN)
                peak = tracemalloc.get_traced_memory()[1]
            finally:
                tracemalloc.stop()
    check(found, size)
    return peak


async def survey(listing: InvocationListing, *, unfinished: int = UNFINISHED_IN_DETAIL) -> Survey:
    """Ask as doctor does."""
    return await listing.survey(failures=RECENT_FAILURES, unfinished=unfinished)


def check(found: Survey, size: int) -> None:
    """Refuse to measure a survey that did not see what is there."""
    counts = {one.engine_status: one.count for one in found.counts}
    fifth = size // 5
    seen = (
        counts == {"COMPLETED": 3 * fifth, "FAILED": fifth, "RUNNING": fifth}
        and len(found.failures) == RECENT_FAILURES
        and found.failures[0].id == f"i-{size - 5}"
        and all(one.failure for one in found.failures)
        and len(found.unfinished) in (min(fifth, UNFINISHED_IN_DETAIL), UNFINISHED_SHOWN)
    )
    if not seen:
        raise AssertionError(found)


@contextlib.contextmanager
def served(many: int, *flags: str) -> Iterator[Served]:
    """Start a process with so many instances, and stop it whatever happens."""
    command = [sys.executable, "-m", "benchmarks.dapr_server", str(many), *flags]
    pipe = subprocess.PIPE
    with subprocess.Popen(command, cwd=CHECKOUT, stdin=pipe, stdout=pipe, text=True) as process:
        try:
            address = "" if process.stdout is None else process.stdout.readline().strip()
            if not address:
                message = f"{command} did not say where it listens"
                raise AssertionError(message)
            yield Served(process, address)
        finally:
            process.kill()


@contextlib.asynccontextmanager
async def listing_of(server: Served) -> AsyncIterator[InvocationListing]:
    engine = connect(EngineSettings(admin_url=ADMIN_URL, grpc_url=server.address))
    try:
        if engine.listing is None:
            raise AssertionError(engine.name)
        yield engine.listing
    finally:
        await engine.aclose()


@contextlib.asynccontextmanager
async def bare(server: Served) -> AsyncIterator[Any]:
    """Make a channel as the documentation of grpcio says."""
    # Not at the top: whoever has no grpcio measures the rest.
    aio: Any = import_module("grpc.aio")
    async with aio.insecure_channel(server.address) as channel:
        yield channel


async def again(channel: Any, requests: Iterable[Sent]) -> int:  # noqa: ANN401 - it has no types
    """Send the same once more, one after the other; how many bytes came back."""
    methods = {
        one: channel.unary_unary(SERVICE + one) for one in ("ListInstanceIDs", "GetInstance")
    }
    came = 0
    for each in requests:
        came += len(await methods[each.method](each.content, timeout=SECONDS))
    return came
