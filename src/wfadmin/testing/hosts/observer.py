"""What every `Observer` keeps."""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

import anyio
from typing_extensions import override

from wfadmin.domain.answers import Answer
from wfadmin.domain.keys import WorkflowKey
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import HOSTILE_TEXTS, ObserverBench
from wfadmin.testing.verdicts import Broken

__all__ = ["RULES"]

RULES: Rules[ObserverBench] = Rules("Observer", "OB")

_MANY = 100


class _Unprintable:
    @override
    def __repr__(self) -> str:
        raise RuntimeError

    @override
    def __str__(self) -> str:
        raise RuntimeError


@RULES.clause(1, "facts of any kind raise nothing")
async def _(bench: ObserverBench) -> None:
    own = (Answer.ACCEPTED, WorkflowKey("Order", "1"), datetime.now(UTC), timedelta(1))
    for value in (None, True, -1, float("nan"), b"\xff", (), [[]], {1: {2}}, object(), *own):
        _told(bench, "doctor.probed", {"value": value})
    loop: list[object] = []
    loop.append(loop)
    _told(bench, "doctor.probed", {"value": loop, "error": LookupError("x")})


@RULES.clause(2, "facts that cannot be shown raise nothing")
async def _(bench: ObserverBench) -> None:
    _told(bench, "doctor.probed", {"value": _Unprintable()})
    _told(bench, "doctor.probed", {"value": "\ud800"})


@RULES.clause(3, "any text in names and facts raises nothing")
async def _(bench: ObserverBench) -> None:
    for text in (*HOSTILE_TEXTS, "%s %d %(x)s", "{} {0} {x}", "x" * 100_000, ""):
        _told(bench, text, {})
        _told(bench, "doctor.probed", {text: text})


@RULES.clause(4, "no name of a fact clashes with what a log has of its own")
async def _(bench: ObserverBench) -> None:
    log_names = ("name", "msg", "message", "args", "level", "levelname", "exc_info", "extra")
    for name in (*log_names, "self", "event", "fields", "timestamp", "stack_info", "module"):
        _told(bench, "doctor.probed", {name: "x"})


@RULES.clause(5, "facts are left as they are")
async def _(bench: ObserverBench) -> None:
    inner = ["a", "b"]
    fields: dict[str, object] = {"verdict": "ok", "names": inner}
    _told(bench, "doctor.done", fields)
    expect(
        fields == {"verdict": "ok", "names": inner} and inner == ["a", "b"],
        f"after it was told, the facts are {fields}",
    )


@RULES.clause(6, "it returns at once")
async def _(bench: ObserverBench) -> None:
    before = anyio.current_time()
    for number in range(_MANY):
        _told(bench, "doctor.probed", {"number": number})
    lasted = timedelta(seconds=anyio.current_time() - before)
    expect(lasted < bench.patience, f"to tell {_MANY} facts took {lasted}")


@RULES.clause(7, "a medium that is broken raises nothing")
async def _(bench: ObserverBench) -> None:
    await bench.break_medium()
    _told(bench, "doctor.done", {"verdict": "ok"})


def _told(bench: ObserverBench, name: str, fields: Mapping[str, object]) -> None:
    try:
        bench.observer.event(name, fields)
    except Exception as error:
        kind = type(error).__name__
        raise Broken(f"event({name[:40]!r}) with {list(fields)!r:.80} raised {kind}") from error
