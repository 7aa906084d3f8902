"""What happens becomes lines of JSON, one for each event, and a log that fails stops nothing."""

import io
import json
import os
import threading
from datetime import UTC, datetime, timedelta, timezone

import pytest
from typing_extensions import override

from wfadmin.adapters.observer_jsonl import JsonLinesObserver
from wfadmin.testing import Clause
from wfadmin.testing.hosts import HostBench, ObserverBench, observer_clauses, run_host

AT = datetime(2026, 5, 9, 10, 0, 0, 1999, UTC)


class LinesBench(ObserverBench):
    def __init__(self) -> None:
        self._stream = io.StringIO()
        super().__init__(JsonLinesObserver(self._stream))

    @override
    async def break_medium(self) -> None:
        self._stream.close()


def lines_of(name: str, fields: dict[str, object], *, now: datetime = AT) -> list[str]:
    """Give what is written of one event."""
    stream = io.StringIO()
    JsonLinesObserver(stream, now=lambda: now).event(name, fields)
    return stream.getvalue().splitlines(keepends=True)


def told(name: str, fields: dict[str, object]) -> dict[str, object]:
    (line,) = lines_of(name, fields)
    found: dict[str, object] = json.loads(line)
    return found


@pytest.mark.asyncio
@pytest.mark.parametrize("clause", observer_clauses(contract=1), ids=str)
async def test_the_contract_of_observers_is_kept(clause: Clause[HostBench]) -> None:
    await run_host(clause, LinesBench())


def test_an_event_is_one_line_with_its_time_first() -> None:
    assert lines_of("repair.waiting", {"n": 3, "odd": None}) == [
        '{"at": "2026-05-09T10:00:00.001Z", "event": "repair.waiting", "n": 3, "odd": null}\n'
    ]


def test_the_time_is_that_of_greenwich() -> None:
    elsewhere = AT.astimezone(timezone(timedelta(hours=5, minutes=30)))

    (line,) = lines_of("x", {}, now=elsewhere)
    assert json.loads(line)["at"] == "2026-05-09T10:00:00.001Z"


def test_unless_told_otherwise_the_time_is_that_of_this_machine() -> None:
    stream = io.StringIO()
    before = datetime.now(UTC) - timedelta(milliseconds=1)
    JsonLinesObserver(stream).event("x", {})

    at = datetime.fromisoformat(json.loads(stream.getvalue())["at"])
    assert before <= at <= datetime.now(UTC)


def test_a_fact_takes_the_place_of_neither_the_time_nor_the_event() -> None:
    assert told("doctor.done", {"event": "repair.done", "at": "never"}) == {
        "at": "2026-05-09T10:00:00.001Z",
        "event": "doctor.done",
        "event_": "repair.done",
        "at_": "never",
    }


@pytest.mark.parametrize("text", ["a\nb", "a\r\nb", "\u2028", "\x1b[31m", "\ud800", "\u4e2d"])
def test_whatever_is_told_is_one_line_of_ascii(text: str) -> None:
    (line,) = lines_of(text, {text: text})

    assert (line.isascii(), line.count("\n"), "\x1b" in line) == (True, 1, False)


@pytest.mark.parametrize(
    ("value", "shown"), [(float("nan"), "nan"), (float("inf"), "inf"), (-0.5, -0.5), (True, True)]
)
def test_a_number_that_json_does_not_know_is_a_text(value: object, shown: object) -> None:
    assert told("x", {"value": value})["value"] == shown


def test_no_secret_is_in_a_line() -> None:
    fields = {"problem": "https://ops:hunter2@idp/jwks", "token": "hunter2"}

    found = told("authenticate.denied", {**fields, "header": "Bearer hunter2hunter2"})
    assert (found["problem"], found["token"]) == ("https://***@idp/jwks", "***")
    assert "hunter2" not in str(found)


def test_what_is_long_is_cut() -> None:
    assert len(str(told("x", {"value": "a b " * 9000})["value"])) <= 300


def test_lines_of_several_threads_do_not_mix() -> None:
    class Slow(io.StringIO):
        """Takes a line bit by bit, and lets others run meanwhile."""

        @override
        def write(self, text: str, /) -> int:
            for one in text:
                super().write(one)
                threading.Event().wait(0.0001)
            return len(text)

    stream = Slow()
    observer = JsonLinesObserver(stream)
    threads = [
        threading.Thread(target=observer.event, args=("x", {"n": number})) for number in range(8)
    ]
    for one in threads:
        one.start()
    for one in threads:
        one.join()

    found = [json.loads(line)["n"] for line in stream.getvalue().splitlines()]
    assert sorted(found) == [*range(8)]


def test_a_line_is_handed_on_at_once() -> None:
    read, write = os.pipe()
    with os.fdopen(read, "rb") as reader, os.fdopen(write, "w") as writer:
        JsonLinesObserver(writer, now=lambda: AT).event("x", {})
        os.set_blocking(reader.fileno(), False)
        assert reader.read() == b'{"at": "2026-05-09T10:00:00.001Z", "event": "x"}\n'


def test_a_reader_who_went_away_is_not_noticed() -> None:
    read, write = os.pipe()
    os.close(read)
    writer = os.fdopen(write, "w")
    observer = JsonLinesObserver(writer)
    for _ in range(3):
        observer.event("x", {"value": "a" * 299})

    with pytest.raises(BrokenPipeError):
        writer.close()
