"""The soak over a real Restate that is killed in the middle of writes, and comes back."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.engines.conftest import name_of
from tests.engines.restate_lab import RestateLab, Run
from tests.engines.restate_server import Row
from tests.engines.soak import STATES, Soak, SturdyServer, draw_story
from tests.engines.waiting import wait_until

pytestmark = pytest.mark.engine

RUNS = 200
#: The server is killed while these writes are under way.
CRASHES = (4, 12, 22, 34, 48, 62)


@pytest.fixture
def sturdy(restate_binary: Path, restate_version: str) -> Iterator[RestateLab]:
    """Have a server that can be killed, and nobody else touches."""
    server = SturdyServer(restate_binary, version=restate_version)
    with server, RestateLab(server) as lab:
        yield lab


@pytest.mark.timeout(300)
@pytest.mark.parametrize("restate_version", ["1.7.12"], indirect=True, ids=name_of)
def test_nothing_is_lost_although_the_server_is_killed(sturdy: RestateLab) -> None:
    assert isinstance(sturdy.server, SturdyServer)
    stories = [draw_story(seed) for seed in range(RUNS)]
    soak = Soak(sturdy, sturdy.server, stories, list(CRASHES))

    soak.run()

    assert soak.failures == [], "\n".join(soak.failures)
    # What was not reached was not shown.
    assert soak.crashes == len(CRASHES)
    assert {story.state for story in stories} == set(STATES)
    assert soak.struck.total() > RUNS / 2
    wanted = {"recover: confirmed", "recover: workflow_retry_blocked", "recover: lease_held"}
    assert wanted <= set(soak.outcomes)


@pytest.mark.parametrize("restate_version", ["1.7.12"], indirect=True, ids=name_of)
def test_a_server_that_is_killed_comes_back_with_what_it_had(sturdy: RestateLab) -> None:
    assert isinstance(sturdy.server, SturdyServer)
    failed, waiting = sturdy.failed(), sturdy.waiting()
    before = sturdy.row(failed)

    sturdy.server.crash()
    sturdy.server.come_back()

    # For some milliseconds it says of both that there is nothing, or that it is not there yet.
    wait_until(lambda: asked(sturdy, failed), lambda row: row == before, what="the failure")
    sturdy.until(waiting, status="suspended")


def asked(lab: RestateLab, run: Run) -> Row:
    """Read a row; empty while the server does not answer questions yet."""
    try:
        return lab.row(run)
    except AssertionError:
        return {}
