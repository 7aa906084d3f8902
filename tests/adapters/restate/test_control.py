"""A command is one request, and what the engine says to it is told as it was seen live."""

import pytest

from tests.adapters.restate.fake import V17, FakeRestate, ref
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import (
    Cancel,
    Command,
    Kill,
    Pause,
    Purge,
    RaiseEvent,
    Resume,
    Start,
)
from wfadmin.domain.errors import EngineRejected, NotSupported, OutcomeUnknown, Sent

pytestmark = pytest.mark.asyncio

KILL = "PATCH /invocations/inv_1/kill"
GONE = b'{"message": "The requested invocation \'inv_1\' does not exist"}'


@pytest.mark.parametrize(
    ("command", "path"),
    [
        (Pause(ref("inv_1")), "pause"),
        (Resume(ref("inv_1")), "resume"),
        (Resume(ref("inv_1"), "latest"), "resume?deployment=latest"),
        (Resume(ref("inv_1"), "a&b=c"), "resume?deployment=a%26b%3Dc"),
        (Cancel(ref("inv_1")), "cancel"),
        (Kill(ref("inv_1")), "kill"),
        (Purge(ref("inv_1")), "purge"),
    ],
)
async def test_a_command_is_one_request(command: Command, path: str) -> None:
    fake = FakeRestate(routes={f"PATCH /invocations/inv_1/{path}": (202, b"")})

    assert await fake.engine().control.perform(command) is Answer.ACCEPTED
    assert fake.asked == ["GET /version", f"PATCH /invocations/inv_1/{path}"]


async def test_the_version_is_asked_for_once() -> None:
    fake = FakeRestate(routes={KILL: (202, b"")})
    engine = fake.engine()
    await engine.facts()
    await engine.control.perform(Kill(ref("inv_1")))
    await engine.control.perform(Kill(ref("inv_1")))

    assert fake.asked == ["GET /version", KILL, KILL]


async def test_of_a_version_that_nobody_knows_no_command_is_sent() -> None:
    fake = FakeRestate(routes={"GET /version": V17 | {"version": "9.9.9"}})

    with pytest.raises(NotSupported, match="command kill"):
        await fake.engine().control.perform(Kill(ref("inv_1")))

    assert fake.asked == ["GET /version"]


@pytest.mark.parametrize(
    ("command", "word"),
    [
        (Start(ref("inv_1"), "{}"), "command start"),
        (Start(ref("any id")), "command start"),
        (RaiseEvent(ref("inv_1"), "paid"), "command raise_event"),
    ],
)
async def test_what_this_engine_is_never_told_is_not_sent(command: Command, word: str) -> None:
    fake = FakeRestate()

    with pytest.raises(NotSupported, match=word):
        await fake.engine().control.perform(command)

    assert fake.asked == []


@pytest.mark.parametrize(
    ("status", "body", "answer"),
    [
        (200, b"", Answer.ACCEPTED),
        (200, b' {"any": "JSON"} ', Answer.ACCEPTED),
        (202, b"", Answer.ACCEPTED),
        (404, GONE, Answer.NOT_FOUND),
        (409, b'{"message": "not yet completed"}', Answer.WRONG_STATUS),
        (425, b'{"message": "either inboxed or scheduled"}', Answer.WRONG_STATUS),
    ],
)
async def test_what_the_engine_says(status: int, body: bytes, answer: Answer) -> None:
    fake = FakeRestate(routes={KILL: (status, body)})

    assert await fake.engine().control.perform(Kill(ref("inv_1"))) is answer


@pytest.mark.parametrize(
    ("status", "body"),
    [
        (400, b'{"message": "unrecognized codec version"}'),
        (404, b""),
        (404, b"<h1>no such page</h1>"),
        (409, b"<h1>conflict</h1>"),
        (500, b'{"message": "boom"}'),
        (503, b""),
        (302, b""),
    ],
)
async def test_another_status_is_a_rejection_after_a_write(status: int, body: bytes) -> None:
    fake = FakeRestate(routes={KILL: (status, body)})

    with pytest.raises(EngineRejected) as caught:
        await fake.engine().control.perform(Kill(ref("inv_1")))

    assert (caught.value.http_status, caught.value.sent) == (status, Sent.YES)
    assert fake.asked.count(KILL) == 1


async def test_a_page_in_the_place_of_an_answer_leaves_it_unknown() -> None:
    fake = FakeRestate(routes={KILL: (200, b"<html>please log in</html>")})

    with pytest.raises(OutcomeUnknown, match="it is a web page, not JSON") as caught:
        await fake.engine().control.perform(Kill(ref("inv_1")))

    assert (caught.value.command, caught.value.target) == ("kill", "inv_1")


@pytest.mark.parametrize("name", ["", "..", "a/b", "inv_1?x", "inv_1\n"])
async def test_what_is_no_id_names_nothing_and_is_not_sent(name: str) -> None:
    fake = FakeRestate()

    assert await fake.engine().control.perform(Kill(ref(name))) is Answer.NOT_FOUND
    assert fake.asked == []
