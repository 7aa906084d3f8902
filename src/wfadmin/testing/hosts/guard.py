"""What every `RetryGuard` keeps."""

from wfadmin.domain.keys import WorkflowKey
from wfadmin.domain.recovery import PriorEffect
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import HOSTILE_TEXTS, GuardBench

__all__ = ["RULES"]

RULES: Rules[GuardBench] = Rules("RetryGuard", "GU")


@RULES.clause(1, "an effect that happened is told to have happened")
async def _(bench: GuardBench) -> None:
    await _says(bench, PriorEffect.HAPPENED)


@RULES.clause(2, "an effect that did not happen is told not to have happened")
async def _(bench: GuardBench) -> None:
    await _says(bench, PriorEffect.DID_NOT_HAPPEN)


@RULES.clause(3, "where nobody can say, that is what is told")
async def _(bench: GuardBench) -> None:
    await _says(bench, PriorEffect.UNKNOWN)


@RULES.clause(4, "asking changes nothing")
async def _(bench: GuardBench) -> None:
    for effect in (PriorEffect.DID_NOT_HAPPEN, PriorEffect.HAPPENED):
        key = _key(bench)
        await bench.make_so(key, effect)
        told = [await _asked(bench, key) for _ in range(3)]
        expect(told == [effect] * 3, f"asked three times, it says {told}")


@RULES.clause(5, "keys that look alike are told apart, whatever their text is")
async def _(bench: GuardBench) -> None:
    name = bench.fresh()
    for text in ("a", *HOSTILE_TEXTS):
        happened = WorkflowKey(name, f"k{text}k")
        await bench.make_so(happened, PriorEffect.HAPPENED)
        others = [WorkflowKey(name, f"k{text}"), WorkflowKey(f"{name}k", f"{text}k")]
        others.append(WorkflowKey(name, f"K{text}k"))
        for other in others:
            await bench.make_so(other, PriorEffect.DID_NOT_HAPPEN)
        told = await _asked(bench, happened)
        expect(told is PriorEffect.HAPPENED, f"for {happened} it says {told}")
        for other in others:
            told = await _asked(bench, other)
            expect(told is PriorEffect.DID_NOT_HAPPEN, f"for {other} it says {told}")


@RULES.clause(6, "a host that cannot be asked is never taken for one that knows")
async def _(bench: GuardBench) -> None:
    key = _key(bench)
    await bench.make_so(key, PriorEffect.DID_NOT_HAPPEN)
    await bench.break_medium()
    told = await _asked(bench, key)
    expect(told is PriorEffect.UNKNOWN, f"a host that cannot be asked is told to say {told!r}")


def _key(bench: GuardBench) -> WorkflowKey:
    return WorkflowKey("Order", bench.fresh())


async def _says(bench: GuardBench, effect: PriorEffect) -> None:
    key = _key(bench)
    await bench.make_so(key, effect)
    told = await _asked(bench, key)
    expect(told is effect, f"where it is {effect.value}, the guard says {told!r}")


async def _asked(bench: GuardBench, key: WorkflowKey) -> object:
    """What the guard says; `UNKNOWN` where it fails, as its callers take it."""
    try:
        return await bench.guard().effect_of(key)
    except Exception:  # noqa: BLE001 - any error counts as "nobody can say"
        return PriorEffect.UNKNOWN
