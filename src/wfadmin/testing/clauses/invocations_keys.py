"""What every `InvocationStore` keeps: keys that are hostile to a careless adapter."""

import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from functools import partial
from urllib.parse import quote, quote_plus, unquote, unquote_plus

from wfadmin.domain.keys import MAX_NAME_BYTES, WorkflowKey
from wfadmin.testing.bench import Bench, expect
from wfadmin.testing.clauses._commands import exercised
from wfadmin.testing.clauses.invocations import RULES
from wfadmin.testing.driver import Situation
from wfadmin.testing.verdicts import NotExercised

__all__: list[str] = []

# Where columns of other tools end.
_CUTS = (63, 64, 255)
_LONG = 2000


async def _only_its_own(bench: Bench, hostile: Mapping[str, tuple[str, ...]]) -> None:
    """
    Demand that keys which end in these texts read apart from those that look like them.

    Raises:
        NotExercised: The engine can hold none of these keys.
    """
    await exercised(partial(_apart, bench, text, others) for text, others in hostile.items())


async def _apart(bench: Bench, text: str, others: Iterable[str]) -> None:
    key = bench.driver.fresh_key(f"x{text}")
    stem = key.service_key.removesuffix(text)
    alike = {*_alike(key.service_key), *(stem + other for other in others)}
    for decoy in sorted(alike - {key.service_key}):
        await _try_to_put(bench, WorkflowKey(key.service_name, decoy))
    told = f"a key that ends in {text[-20:]!r}"
    reads = await bench.engine.invocations.for_key(key)
    expect(not reads, f"{told} reads the runs of another key")
    await bench.driver.put(key, Situation.RUNNING)
    run = await bench.run_of(key)
    expect(run.key == key, f"a run of {told} reads with another key")


async def _try_to_put(bench: Bench, decoy: WorkflowKey) -> None:
    try:
        await bench.driver.put(decoy, Situation.RUNNING)
    except NotExercised:
        # The engine cannot hold this one: the others still stand.
        return


def _alike(text: str) -> Iterator[str]:
    """What careless adapters take for `text`. Some of it may be `text` itself."""
    raw = text.encode()
    found = [
        text.strip(),
        text.casefold(),
        unicodedata.normalize("NFC", text),
        unicodedata.normalize("NFD", text),
        text.removesuffix("\n"),
        quote(text, safe=""),
        quote_plus(text),
        unquote(text),
        unquote_plus(text),
        text.replace(" ", "+"),
        *(raw[:size].decode(errors="ignore") for size in _CUTS),
    ]
    yield from (one for one in found if len(one.encode()) <= MAX_NAME_BYTES)


@RULES.clause(6, "quotes in a key are data")
async def _(bench: Bench) -> None:
    await _only_its_own(
        bench,
        {
            "'": ("''", "\\'", ""),
            '"': ("", '""'),
            "' or '1'='1": ("",),
            "; -- ": ("",),
            "\\": ("\\\\", ""),
        },
    )


@RULES.clause(7, "wildcards in a key are data")
async def _(bench: Bench) -> None:
    await _only_its_own(bench, {"%": ("a", "aa"), "_": ("a",), "*": ("a",), "?": ("a",)})


@RULES.clause(8, "what has a meaning in a URL is data in a key")
async def _(bench: Bench) -> None:
    hostile = {
        "/../x": ("/x", "x", "/.."),
        "a%2Fb": ("a%2fb",),
        "a/b": ("a%2Fb", "a", "b"),
        "a+b": ("a%20b",),
        "a b": ("a%20b",),
        "#a": ("",),
        "?a=b&c": ("", "?a=b"),
    }
    await _only_its_own(bench, hostile)


@RULES.clause(9, "white space and control characters in a key are data")
async def _(bench: Bench) -> None:
    ends = (" ", "\n", "\r", "\t", "\0", "\x7f", "\x1b")
    around = {f"{end}a{end}": ("a", f"{end}a", f"a{end}") for end in ends}
    await _only_its_own(bench, {**around, "a": ("a\n", "a ", "a\0")})


@RULES.clause(10, "keys that only look alike are different keys")
async def _(bench: Bench) -> None:
    hostile = {
        "\u00e9": ("e", "\u00c9"),
        "e\u0301": ("e",),
        "A": ("\u0410",),
        "stra\u00dfe": ("strase",),
        "\U0001f600": ("\U0001f601",),
        "\u202ea": ("a",),
        "\ufeffa": ("a",),
    }
    await _only_its_own(bench, hostile)


@RULES.clause(11, "a long key is read to its end")
async def _(bench: Bench) -> None:
    room = _LONG - len(bench.driver.fresh_key("x").service_key.encode())
    plain, wide = "k" * room, "\u00e9" * (room // 2)
    hostile = {text: (text[:-1], f"{text[:-1]}x", f"{text}x") for text in (plain, wide)}
    await _only_its_own(bench, hostile)
