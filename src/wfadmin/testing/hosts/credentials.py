"""What all `Credentials` keep."""

import traceback

from wfadmin.domain.errors import InvalidConfig, WfadminError
from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import CredentialsBench, answer_of, refusal_of

__all__ = ["RULES"]

RULES: Rules[CredentialsBench] = Rules("Credentials", "CR")

# What base64 and URL-safe tokens are made of.
_ODD = "-._~+/=="


@RULES.clause(1, "the token is given as it is")
async def _(bench: CredentialsBench) -> None:
    token = f"{bench.fresh()}{_ODD}"
    await bench.put(token)
    given = await answer_of(_token(bench), "token")
    # The token itself is not told: it may be a real one.
    expect(given == token, "what is given is not the token")


@RULES.clause(2, "a token that was renewed is given from then on")
async def _(bench: CredentialsBench) -> None:
    for which in ("first", "second", "third"):
        token = bench.fresh()
        await bench.put(token)
        given = await answer_of(_token(bench), "token")
        expect(given == token, f"after it was renewed, the {which} token is not given")


@RULES.clause(3, "where the source is gone, an error says so, and no old token is given")
async def _(bench: CredentialsBench) -> None:
    await bench.put(bench.fresh())
    await answer_of(_token(bench), "token")
    await bench.take_away()
    await refusal_of(_token(bench), InvalidConfig, "token, its source gone")


@RULES.clause(4, "a source that holds no token is an error, never an empty token")
async def _(bench: CredentialsBench) -> None:
    await bench.put("")
    await refusal_of(_token(bench), InvalidConfig, "token, its source empty")


@RULES.clause(5, "no error shows the token")
async def _(bench: CredentialsBench) -> None:
    secret = bench.fresh()
    for unusable in (f"{secret}\nX-Other: 1", f"{secret} 鍵", f"\x7f{secret}", secret * 1000):
        await bench.put(unusable)
        try:
            await answer_of(_token(bench), "token")
        except WfadminError as error:
            told = f"{error!r} {error} {''.join(traceback.format_exception(error))}"
            expect(secret not in told, "the error for an unusable token shows it")


@RULES.clause(6, "the object shows no token")
async def _(bench: CredentialsBench) -> None:
    secret = bench.fresh()
    await bench.put(secret)
    await answer_of(_token(bench), "token")
    credentials = bench.credentials()
    told = f"{credentials!r} {credentials}"
    expect(secret not in told, "the text of the object shows the token")


async def _token(bench: CredentialsBench) -> str | None:
    # An adapter that is given its token may refuse it when it is made.
    return await bench.credentials().token()
