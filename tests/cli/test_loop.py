"""A command ends in time, even where a name server does not answer."""

import asyncio
import socket
import threading
import time
from collections.abc import Awaitable, Callable
from typing import Any

import anyio
import pytest

from wfadmin.cli.loop import run

ADDRESS = (socket.AF_INET, socket.SOCK_STREAM, 6, "", ("127.0.0.1", 9070))


def resolving(host: str) -> Callable[[], Awaitable[Any]]:
    async def ask() -> Any:  # noqa: ANN401 - as the resolver answers
        loop = asyncio.get_running_loop()
        return await loop.getaddrinfo(host, 9070, type=socket.SOCK_STREAM)

    return ask


def test_names_are_resolved(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", lambda *_, **__: [ADDRESS])
    assert run(resolving("engine")) == [ADDRESS]


def test_a_name_that_does_not_exist_is_an_error(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(*_: object, **__: object) -> None:
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known")

    monkeypatch.setattr(socket, "getaddrinfo", fail)
    with pytest.raises(socket.gaierror):
        run(resolving("nowhere"))


def test_a_name_server_that_does_not_answer_is_not_waited_for(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    answer = threading.Event()

    def hang(*_: object, **__: object) -> list[object]:
        answer.wait(20)
        return [ADDRESS]

    monkeypatch.setattr(socket, "getaddrinfo", hang)

    async def impatient() -> str:
        with anyio.move_on_after(0.05):
            await resolving("engine")()
        return "gave up"

    started = time.monotonic()
    assert run(impatient) == "gave up"
    assert time.monotonic() - started < 5
    # The answer comes when the loop is gone, and nobody minds.
    asking = [each for each in threading.enumerate() if each.daemon]
    answer.set()
    for each in asking:
        each.join(1)


def test_an_answer_that_comes_too_late_is_dropped(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = threading.Event()

    def wait(*_: object, **__: object) -> list[object]:
        answer.wait(20)
        return [ADDRESS]

    monkeypatch.setattr(socket, "getaddrinfo", wait)

    async def give_up_and_stay() -> str:
        with anyio.move_on_after(0.05):
            await resolving("engine")()
        answer.set()
        await anyio.sleep(0.05)
        return "fine"

    assert run(give_up_and_stay) == "fine"
