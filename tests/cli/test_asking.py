"""What a terminal is asked, and what becomes of each answer."""

import os
import pty
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator

import attrs
import pytest

from tests.cli.lab import LAB, Lab, install
from wfadmin.adapters.memory import Point
from wfadmin.cli import main

KEY = ("--", "Order", "o-1")
QUESTION = b"Do this? [y/N] "


@attrs.define
class Terminal:
    """Somebody who answers when asked, and what they saw."""

    master: int
    answer: Callable[[int], object]
    seen: bytes = b""

    def sees(self, text: bytes) -> bool:
        """Whether `text` is there, or comes soon: the terminal is read by another thread."""
        patience = time.monotonic() + 5
        while text not in self.seen and time.monotonic() < patience:
            time.sleep(0.01)
        return text in self.seen

    def sit(self) -> None:
        while True:
            try:
                told = os.read(self.master, 4096)
            except OSError:
                return
            was_asked = QUESTION in self.seen
            self.seen += told
            if QUESTION in self.seen and not was_asked:
                self.answer(self.master)


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A failed run of Order o-1."""
    lab = install(monkeypatch)
    lab.world.workflow("Order").key("o-1").failed("boom")
    return lab


@pytest.fixture
def sit(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Callable[[int], object]], Terminal]]:
    master, slave = pty.openpty()
    threads = []

    def seated(answer: Callable[[int], object]) -> Terminal:
        # Now, and not before the test: its capture puts its own streams there when it begins.
        monkeypatch.setattr(sys, "stdin", reader)
        monkeypatch.setattr(sys, "stderr", writer)
        terminal = Terminal(master, answer)
        thread = threading.Thread(target=terminal.sit)
        thread.start()
        threads.append(thread)
        return terminal

    reader, writer = os.fdopen(os.dup(slave), "r"), os.fdopen(os.dup(slave), "w")
    os.close(slave)
    yield seated
    reader.close()
    writer.close()
    for thread in threads:
        thread.join()
    os.close(master)


Sit = Callable[[Callable[[int], object]], Terminal]


def typed(text: bytes) -> Callable[[int], object]:
    return lambda master: os.write(master, text)


@pytest.mark.parametrize("answer", [b"y\n", b"yes\n", b"Y\n", b" YES \n"])
def test_a_yes_does_what_was_shown(
    lab: Lab,
    sit: Sit,
    answer: bytes,
    capsys: pytest.CaptureFixture[str],
) -> None:
    name = lab.world.store.runs[0].id
    terminal = sit(typed(answer))
    assert main(["recover", *LAB, *KEY]) == 0
    assert f"1. purge {name}".encode() in terminal.seen
    assert terminal.sees(b"Note: Ids recur")
    assert "CONFIRMED" in capsys.readouterr().out
    assert lab.world.store.runs == ()


@pytest.mark.parametrize("answer", [b"\n", b"n\n", b"no\n", b"yep\n", b"\x04"])
def test_anything_else_does_nothing_and_exits_4(lab: Lab, sit: Sit, answer: bytes) -> None:
    sent: list[Point] = []

    async def look(point: Point) -> None:
        if point.is_write:
            sent.append(point)

    lab.hook(look)
    terminal = sit(typed(answer))
    assert main(["recover", *LAB, *KEY]) == 4
    assert terminal.sees(b"wfadmin: Declined by you: nothing was sent.")
    assert (sent, lab.closed) == ([], 1)


def test_ctrl_c_at_the_question_exits_130(lab: Lab, sit: Sit) -> None:
    sit(lambda _: os.kill(os.getpid(), signal.SIGINT))
    assert main(["recover", *LAB, *KEY]) == 130
    assert len(lab.world.store.runs) == 1


def test_where_the_world_moved_while_it_asked_nothing_is_done(lab: Lab, sit: Sit) -> None:
    def move(master: int) -> None:
        (run,) = lab.world.store.runs
        lab.world.store.purge(run.id)
        lab.world.workflow("Order").key("o-1").failed("again")
        os.write(master, b"y\n")

    terminal = sit(move)
    assert main(["recover", *LAB, *KEY]) == 4
    assert terminal.sees(b"The plan is stale")
    assert len(lab.world.store.runs) == 1


def test_where_nothing_has_to_be_sent_nobody_is_asked(
    lab: Lab,
    sit: Sit,
    capsys: pytest.CaptureFixture[str],
) -> None:
    terminal = sit(typed(b"n\n"))
    assert main(["recover", *LAB, "--", "Order", "other"]) == 0
    assert "NOTHING TO DO" in capsys.readouterr().out
    assert QUESTION not in terminal.seen
    assert lab.closed == 1


def test_json_is_never_asked(
    lab: Lab,
    sit: Sit,
    capsys: pytest.CaptureFixture[str],
) -> None:
    sit(typed(b"y\n"))
    assert main(["recover", *LAB, "-o", "json", *KEY]) == 2
    assert "confirmation_required" in capsys.readouterr().out
    assert lab.closed == 0


@pytest.mark.parametrize("verb", ["redeploy", "cleanup"])
def test_a_url_that_no_plan_may_keep_needs_a_yes(lab: Lab, sit: Sit, verb: str) -> None:
    url = "http://orders-v2:9080?token=hunter2"
    lab.world.deployment(url, serves=("Order",))
    terminal = sit(typed(b"y\n"))
    assert main([verb, *LAB, "--", url]) == 2
    assert b"hunter2" not in terminal.seen
    assert terminal.sees(b"cannot be asked about")


def test_a_terminal_sees_what_is_waited_for(lab: Lab, sit: Sit) -> None:
    world = lab.world
    old = world.deployment("http://orders-v1:9080", serves=("Order",))
    world.deployment("http://orders-v2:9080", serves=("Order",))
    world.workflow("Order").key("o-9").suspended(on=old)
    terminal = sit(typed(b"n\n"))
    words = ("--yes", "--wait", "1s", "--also-keep", "http://default:9080")
    assert main(["cleanup", *LAB, *words, "--", "http://orders-v2:9080"]) == 6
    assert terminal.sees(b"wfadmin: cleanup: waiting (")
    assert main(["doctor", *LAB]) in {0, 3}
    assert b"doctor: done" not in terminal.seen
