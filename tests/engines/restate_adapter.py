"""What the tests of the Restate adapter on real servers share."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from pathlib import Path
from urllib.parse import quote

import httpx
import pytest

from tests.engines import restate_server
from tests.engines.restate_lab import RestateLab, Run, expect
from tests.engines.restate_server import RestateServer
from wfadmin.adapters.restate import connect
from wfadmin.adapters.restate.engine import RestateEngine
from wfadmin.domain.keys import InvocationRef, WorkflowKey
from wfadmin.domain.model import Invocation
from wfadmin.ports.engine import EngineSettings

#: Each of these is a key like any other, and breaks a tool that quotes carelessly.
HOSTILE_KEYS = (
    "'",
    "''",
    "\\'",
    "' or 1=1 --",
    "%",
    "_",
    "a/b",
    "../..",
    "a b",
    "a\nb",
    "\r",
    "\t",
    "\0",
    "\x1b[31m",
    "\u202e",
    "\ufeff",
    '"',
    "$1",
    "?",
    ":a",
    "{}",
    ";",
    "-- ",
    "/* */",
    "é",
    "e\u0301",
    "鍵🔑",
    "x" * 2048,
)


@asynccontextmanager
async def engine_of(
    server: RestateServer, *, ingress: bool = False
) -> AsyncIterator[RestateEngine]:
    """The adapter over a server; with `ingress` it is told where that is."""
    url = server.ingress_url if ingress else None
    engine = connect(EngineSettings(admin_url=server.admin_url, ingress_url=url))
    assert isinstance(engine, RestateEngine)
    try:
        yield engine
    finally:
        await engine.aclose()


@contextmanager
def lab_with(
    binary: Path, version: str, patch: pytest.MonkeyPatch, **settings: str
) -> Iterator[RestateLab]:
    """A server of its own with other settings than usual."""
    usual = restate_server.own_environment
    patch.setattr(restate_server, "own_environment", lambda folder: usual(folder) | settings)
    with RestateServer(binary, version=version) as server, RestateLab(server) as lab:
        yield lab


def key_of(run: Run) -> WorkflowKey:
    """The key of a run that the lab started."""
    return WorkflowKey(run.service_name, run.service_key)


def ref_of(run: Run) -> InvocationRef:
    """A reference without a fence to a run that the lab started."""
    return InvocationRef(key_of(run), run.invocation_id, None)


def start_at(lab: RestateLab, key: str, *, do: str = "fail") -> Run:
    """Start a run of Order at any key; the lab's own helpers take plain ones."""
    path = f"/Order/{quote(key, safe='')}/run/send"
    answer = expect(lab.server.ingress.post(path, json={"do": do}), httpx.codes.ACCEPTED)
    return Run("Order", key, str(answer.json()["invocationId"]))


async def the_run(engine: RestateEngine, run: Run) -> Invocation:
    """The invocation that the lab started, read by its key."""
    found = await engine.invocations.for_key(key_of(run))
    return next(one for one in found if one.id == run.invocation_id)
