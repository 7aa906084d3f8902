"""What every `Authenticator` keeps."""

from collections.abc import Mapping

from wfadmin.ports.auth import Principal
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import HOSTILE_TEXTS, AuthenticatorBench, answer_of

__all__ = ["RULES"]

RULES: Rules[AuthenticatorBench] = Rules("Authenticator", "AU")

_OTHER_NAMES = ("authorization", "cookie", "x-api-key", "x-forwarded-user", "from")
_LONG = 100_000


@RULES.clause(1, "who proves themselves is known, with exactly their name and permissions")
async def _(bench: AuthenticatorBench) -> None:
    told = await _asked(bench, bench.proof)
    expect(told == bench.known, f"{bench.known} is taken for {told}")


@RULES.clause(2, "without headers nobody is known")
async def _(bench: AuthenticatorBench) -> None:
    await _nobody(bench, {}, "no headers")
    await _nobody(bench, {"host": "engine", "accept": "*/*"}, "headers that prove nothing")


@RULES.clause(3, "a proof that was changed proves nobody")
async def _(bench: AuthenticatorBench) -> None:
    for name, value in bench.proof.items():
        for wrong in _changed(value):
            await _nobody(bench, {**bench.proof, name: wrong}, f"{name} with a changed value")


@RULES.clause(4, "garbage proves nobody and raises nothing")
async def _(bench: AuthenticatorBench) -> None:
    texts = (*HOSTILE_TEXTS, "Bearer", "Bearer ", "Basic Og==", "Basic ???", "a.b.c", "\xff\ud800")
    for name in dict.fromkeys((*bench.proof, *_OTHER_NAMES)):
        for text in (*texts, "x" * _LONG):
            await _nobody(bench, {name: text}, f"{name}: {text[:30]!r}")


@RULES.clause(5, "other headers change nothing")
async def _(bench: AuthenticatorBench) -> None:
    others = {f"x-other-{number}": text for number, text in enumerate(HOSTILE_TEXTS)}
    told = await _asked(bench, {**others, "x-forwarded-user": "root", **bench.proof})
    expect(told == bench.known, f"with other headers, {bench.known} is taken for {told}")


@RULES.clause(6, "neither the object nor whom it knows shows a secret")
async def _(bench: AuthenticatorBench) -> None:
    told = await _asked(bench, bench.proof)
    adapter = bench.authenticator()
    shown = f"{adapter!r} {adapter} {told!r}"
    expect(not any(one in shown for one in bench.secrets), "a text of the object shows a secret")


def _changed(value: str) -> list[str]:
    # What stands before the last space, such as "Bearer", is no secret, and may be in any case.
    head, space, key = value.rpartition(" ")
    middle = len(key) // 2
    other = "1" if key[middle] == "0" else "0"
    wrong = [f"{key[:middle]}{other}{key[middle + 1 :]}", f"{key}{other}", key[:-1], key[:middle]]
    return [f"{head}{space}{one}" for one in (*wrong, key.swapcase(), "") if one != key]


async def _asked(bench: AuthenticatorBench, headers: Mapping[str, str]) -> Principal | None:
    return await answer_of(bench.authenticator().authenticate(headers), "authenticate")


async def _nobody(bench: AuthenticatorBench, headers: Mapping[str, str], what: str) -> None:
    told = await _asked(bench, headers)
    expect(told is None, f"{what}: taken for {told}")
