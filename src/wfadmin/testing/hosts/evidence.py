"""What every `EvidenceStore` keeps."""

from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime

import attrs

from wfadmin.adapters.runtime import AnyioTasks
from wfadmin.domain.errors import EvidenceUnavailable
from wfadmin.domain.keys import MAX_NAME_BYTES, InvocationRef, WorkflowKey
from wfadmin.domain.model import (
    Invocation,
    InvocationOutcome,
    InvocationStatus,
    KeyedState,
    ServiceKind,
    StateEntry,
)
from wfadmin.domain.recovery import KeyReading
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import (
    HOSTILE_TEXTS,
    EvidenceBench,
    SavedEvidence,
    answer_of,
    refusal_of,
)
from wfadmin.testing.verdicts import Broken, NotExercised

__all__ = ["RULES"]

RULES: Rules[EvidenceBench] = Rules("EvidenceStore", "ES")

_AT = datetime(2020, 2, 29, 12, 30, tzinfo=UTC)
_LARGE = 1024 * 1024
_AT_ONCE = 8


@RULES.clause(1, "what is saved is found where the answer says, with its key and operation")
async def _(bench: EvidenceBench) -> None:
    key, operation_id = _key(bench), bench.fresh()
    found = await _read(bench, await _save(bench, _reading(key), None, operation_id))
    expect(found.key == key, f"evidence of {key} reads as that of {found.key}")
    expect(found.operation_id == operation_id, "evidence does not name its operation")


@RULES.clause(2, "every run is in it, with its failure")
async def _(bench: EvidenceBench) -> None:
    failures = {"inv_1": "boom\n  at line 1 \u001b[2J鍵", "inv_2": None, "inv_3": 'it\'s "so"'}
    reading = _reading(_key(bench), failures)
    found = await _read(bench, await _save(bench, reading, None, bench.fresh()))
    seen = dict(found.failures)
    expect(seen == failures, f"runs that failed with {failures} are kept with {seen}")


@RULES.clause(3, "stored values are in it, byte by byte, and state that was not read is not")
async def _(bench: EvidenceBench) -> None:
    values = {"total": b"\xff\x00\n", "empty": b"", "a/b 鍵": b'{"a": 1}'}
    reading = _reading(_key(bench))
    found = await _read(bench, await _save(bench, reading, _state(values), bench.fresh()))
    seen = None if found.state is None else dict(found.state)
    expect(seen == values, f"values {values} are kept as {seen}")
    without = await _read(bench, await _save(bench, reading, None, bench.fresh()))
    expect(without.state is None, f"state that nobody read is kept as {without.state}")


@RULES.clause(4, "large values are kept whole")
async def _(bench: EvidenceBench) -> None:
    value = bytes(range(256)) * (_LARGE // 256) + b"end"
    reading = _reading(_key(bench))
    found = await _read(bench, await _save(bench, reading, _state({"blob": value}), bench.fresh()))
    kept = (found.state or {}).get("blob")
    size = None if kept is None else len(kept)
    expect(kept == value, f"a value of {len(value)} bytes is kept as one of {size}")


@RULES.clause(5, "evidence of any key is found again, and no key takes the place of another")
async def _(bench: EvidenceBench) -> None:
    name, operation_id = bench.fresh(), bench.fresh()
    keys = [WorkflowKey(name, text) for text in HOSTILE_TEXTS]
    keys += [WorkflowKey(f"{name}/a", "b"), WorkflowKey(name, "a/b"), WorkflowKey(f"{name}a", "b")]
    keys += [WorkflowKey(name, "ab"), WorkflowKey(name, "AB"), WorkflowKey(name, "a_b")]
    keys += [WorkflowKey(name, "k" * (MAX_NAME_BYTES - 1) + end) for end in "lm"]
    places = [await _save(bench, _reading(key), None, operation_id) for key in keys]
    for key, place in zip(keys, places, strict=True):
        found = await _read(bench, place)
        expect(found.key == key, f"where evidence of {key} was saved is that of {found.key}")


@RULES.clause(6, "two operations on one key do not overwrite each other")
async def _(bench: EvidenceBench) -> None:
    key, ids = _key(bench), [bench.fresh(), bench.fresh()]
    places = [await _save(bench, _reading(key), None, one) for one in ids]
    seen = [(await _read(bench, place)).operation_id for place in places]
    expect(seen == ids, f"evidence of the operations {ids} reads as that of {seen}")


@RULES.clause(7, "a second save of one operation leaves the first as it was")
async def _(bench: EvidenceBench) -> None:
    key, operation_id = _key(bench), bench.fresh()
    place = await _save(bench, _reading(key, {"inv_1": "first"}), None, operation_id)
    with suppress(EvidenceUnavailable):
        await _save(bench, _reading(key, {"inv_1": "second"}), None, operation_id)
    kept = dict((await _read(bench, place)).failures)
    expect(kept == {"inv_1": "first"}, f"a second save changed what was saved to {kept}")


@RULES.clause(8, "those who save at once lose nothing")
async def _(bench: EvidenceBench) -> None:
    keys = [_key(bench) for _ in range(_AT_ONCE)]
    operation_id = bench.fresh()

    def saving(key: WorkflowKey) -> Callable[[], Awaitable[str]]:
        return lambda: _save(bench, _reading(key), None, operation_id)

    calls = [saving(key) for key in keys]
    places = await AnyioTasks().gather(calls, timeout=bench.patience)
    for key, place in zip(keys, places, strict=True):
        expect(isinstance(place, str), f"a save among others ends with {place!r}")
        found = await _read(bench, str(place))
        expect(found.key == key, f"where evidence of {key} was saved is that of {found.key}")


@RULES.clause(9, "only its owner can read it")
async def _(bench: EvidenceBench) -> None:
    found = await _read(bench, await _save(bench, _reading(_key(bench)), None, bench.fresh()))
    if found.is_private is None:
        raise NotExercised("nobody can say who may read what is saved")
    expect(found.is_private, "others than its owner can read what is saved")


@RULES.clause(10, "what cannot be saved is refused")
async def _(bench: EvidenceBench) -> None:
    store, reading = bench.store(), _reading(_key(bench))
    await bench.break_medium()
    call = store.save(reading, None, operation_id=bench.fresh())
    await refusal_of(call, EvidenceUnavailable, "save, the medium broken")


def _key(bench: EvidenceBench) -> WorkflowKey:
    return WorkflowKey("Order", bench.fresh())


def _reading(key: WorkflowKey, failures: dict[str, str | None] | None = None) -> KeyReading:
    runs = [_run(key, one, told) for one, told in (failures or {}).items()]
    return KeyReading(key, None, tuple(runs))


def _run(key: WorkflowKey, invocation_id: str, failure: str | None) -> Invocation:
    run = Invocation(
        ref=InvocationRef(key, invocation_id, None),
        service_name=key.service_name,
        handler_name="run",
        service_kind=ServiceKind.WORKFLOW,
        status=InvocationStatus.COMPLETED,
        engine_status="completed",
        outcome=InvocationOutcome.FAILED,
        completed_at=_AT,
    )
    return attrs.evolve(run, failure=failure)


def _state(values: dict[str, bytes]) -> KeyedState:
    return KeyedState(tuple(StateEntry(name, len(raw), raw) for name, raw in values.items()), "v1")


async def _save(
    bench: EvidenceBench,
    reading: KeyReading,
    state: KeyedState | None,
    operation_id: str,
) -> str:
    return await answer_of(bench.store().save(reading, state, operation_id=operation_id), "save")


async def _read(bench: EvidenceBench, where: str) -> SavedEvidence:
    try:
        return await bench.read(where)
    except LookupError as error:
        raise Broken(f"nothing is found at {where!r}, where the answer says") from error
