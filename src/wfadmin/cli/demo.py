"""
`wfadmin demo`: an incident on an engine in memory, told from the ill report to the healthy one.

The engine is a strict one and the verbs are the real ones: what is shown here is what a real
incident looks like. Nothing outside of this process is asked or changed.
"""

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import timedelta
from functools import partial

import attrs
from typing_extensions import override

import wfadmin
from wfadmin.adapters.memory import World
from wfadmin.cli.board import Page, doctor_board
from wfadmin.cli.key_board import key_board
from wfadmin.cli.output import Paint, Said
from wfadmin.cli.plan_board import plan_board, result_board
from wfadmin.cli.target import Form
from wfadmin.domain.doctor import DoctorReport
from wfadmin.domain.finding import Finding
from wfadmin.domain.inspection import Inspection
from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.plan import Plan, Verb
from wfadmin.domain.results import Result
from wfadmin.domain.text import command_line
from wfadmin.ports.ids import Ids
from wfadmin.wire.documents import JsonObject, doctor_document, inspection_document
from wfadmin.wire.plan_files import plan_document
from wfadmin.wire.repair_documents import result_document

__all__ = ["demo"]

_STORY = (
    "A shop runs its orders as workflows. This morning version 2 was deployed, and somebody",
    "removed version 1 to tidy up. Since then customers complain. First: what is wrong?",
)
_KEYS = "Doctor names the keys that are ill. Each of them, looked at, before anything is touched:"
_REMEDIES = (
    "What to do, for one key after the other, and for each key the mildest that helps. Doctor",
    "again after each step: it proves whether that worked.",
)
_REPAIRS = (
    "Meanwhile the parcel of 1001 has come: it tries to go on, and fails, for its deployment is",
    "gone. Now the repairs: for each first the plan, then just that plan, then doctor again.",
)
_END = (
    "The engine of this demo lived in memory and is gone. Yours: wfadmin doctor --admin-url URL",
)


@attrs.frozen
class _Act:
    """One repair: what is typed, what was planned, what it did, and how doctor sees it then."""

    words: tuple[str, ...]
    plan: Plan
    result: Result
    after: DoctorReport


async def demo(*, output: Form = "table") -> Said:  # noqa: ARG001 - known before it is parsed
    """Play the incident; nothing outside of this process is asked or changed."""
    world = _incident()
    async with wfadmin.connect(world.engine, clock=world.clock, actor="demo") as random:
        operator = attrs.evolve(random, host=attrs.evolve(random.host, ids=_Counted()))
        report = await operator.doctor()
        found = [await operator.inspect(key, show_state=True) for key in _ill_keys(report)]
        world.store.progress(found[0].runs[0].id)
        acts = [await _played(operator, world, one) for one in _repairs(operator)]
        page = Page(operator.engine.address)
    return Said(
        document=lambda: _document(report, found, acts),
        board=lambda paint: _board(report, found, acts, attrs.evolve(page, paint=paint)),
    )


@attrs.define
class _Counted(Ids):
    """Ids that are the same each time, as the rest of the story is."""

    _last: int = 0

    @override
    def fresh(self) -> str:
        """See `Ids.fresh`."""
        self._last += 1
        return f"op_{self._last}"


_Planning = Callable[[], Awaitable[Plan]]
_URL = "http://orders-v2.example.com"


def _repairs(operator: wfadmin.LocalOperator) -> Iterator[tuple[tuple[str, ...], _Planning]]:
    """The line of each repair, with what plans it."""
    moved, broken = WorkflowKey("Order", "1001"), WorkflowKey("Order", "1004")
    yield (
        ("runs", "resume", "--deployment", "latest", "--", "Order", "1001"),
        partial(operator.plan_steering, Verb.RESUME, moved, deployment="latest"),
    )
    # What keeps 1003 failing is mended meanwhile, and comes with the same URL.
    yield (("redeploy", "--", _URL), partial(operator.plan_redeploy, _URL))
    yield (("recover", "--", "Order", "1004"), partial(operator.plan_recover, broken))


async def _played(
    operator: wfadmin.LocalOperator,
    world: World,
    repair: tuple[tuple[str, ...], _Planning],
) -> _Act:
    words, planning = repair
    plan = await planning()
    result = await operator.apply(plan)
    # The mended code goes on where it was: nothing of this is a verb of wfadmin.
    for run in world.store.runs:
        world.store.progress(run.id)
    return _Act(words, plan, result, await operator.doctor())


def _incident() -> World:
    world = World()
    before = world.deployment("http://orders-v1.example.com", serves=("Order",))
    order = world.workflow("Order")
    order.key("1001").state({"step": b"waiting for the parcel"}).suspended(on=before)
    order.key("1002").succeeded(on=before)
    world.advance(timedelta(hours=3))
    world.deployment("http://orders-v2.example.com", serves=("Order",))
    world.remove_deployment(before)
    order.key("1003").backing_off(
        attempts=7,
        failure="ConnectError: payments.example.com refused the connection\n  at pay()",
    )
    broken = order.key("1004").state({"step": b"paying", "currency": b"EURO"})
    broken.failed("ValueError: there is no currency EURO\n  at pay()")
    order.key("1005").running()
    world.advance(timedelta(minutes=2))
    return world


def _ill_keys(report: DoctorReport) -> tuple[WorkflowKey, ...]:
    """The keys that the findings name, worst first."""
    samples = (sample for finding in report.findings for sample in finding.samples)
    named = ((one.service_name, one.service_key) for one in samples)
    return tuple(dict.fromkeys(WorkflowKey(name, key) for name, key in named if name and key))


def _lines(findings: Iterable[Finding]) -> Iterator[tuple[str, str]]:
    """Each remedy that has a line, with what it does. Who reads this has inspected already."""
    for finding in findings:
        for remedy in finding.remedies:
            line = remedy.command()
            if line is not None and remedy.verb != ("inspect",):
                yield remedy.title, line


def _document(
    report: DoctorReport,
    found: Iterable[Inspection],
    acts: Iterable[_Act],
) -> JsonObject:
    return {
        "story": " ".join(_STORY),
        "doctor": doctor_document(report),
        "inspections": [inspection_document(one, show_state=True) for one in found],
        "remedies": [line for _, line in _lines(report.findings)],
        "repairs": [_act_document(one) for one in acts],
        "note": " ".join(_END),
    }


def _act_document(one: _Act) -> JsonObject:
    return {
        "line": command_line(("wfadmin", *one.words)),
        "plan": plan_document(one.plan),
        "result": result_document(one.result),
        "doctor": doctor_document(one.after),
    }


def _act_board(one: _Act, page: Page) -> Iterator[str]:
    at = one.words.index("--")
    yield from _typed(("wfadmin", *one.words[:at], "--dry-run", *one.words[at:]), page.paint)
    yield from plan_board(one.plan, page.paint, address=page.address)
    yield from _typed(("wfadmin", *one.words), page.paint)
    yield from result_board(one.result, page.paint)
    yield from _typed(("wfadmin", "doctor"), page.paint)
    yield from doctor_board(one.after, page)


def _board(
    report: DoctorReport,
    found: Iterable[Inspection],
    acts: Iterable[_Act],
    page: Page,
) -> Iterator[str]:
    paint = page.paint
    yield from _STORY
    yield from _typed(("wfadmin", "doctor"), paint)
    yield from doctor_board(report, page)
    yield ""
    yield _KEYS
    for one in found:
        key = one.key
        words = ("wfadmin", "inspect", "--show-state", "--", key.service_name, key.service_key)
        yield from _typed(words, paint)
        yield from key_board(one, page, show_state=True)
    yield ""
    yield from _REMEDIES
    for title, line in _lines(report.findings):
        yield ""
        yield f"  {title}:"
        yield f"    {paint(line, 'bold')}"
    yield ""
    yield from _REPAIRS
    for act in acts:
        yield from _act_board(act, page)
    yield ""
    yield from _END


def _typed(words: Iterable[str], paint: Paint) -> Iterator[str]:
    yield ""
    yield paint(f"$ {command_line(words) or ''}", "green")
    yield ""
