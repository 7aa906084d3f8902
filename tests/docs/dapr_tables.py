"""
The tables of docs/dapr.md and docs/dapr-coverage.md, from the adapter and the tables of its tests.

Run it to write them anew: python -m tests.docs.dapr_tables
"""

from collections.abc import Callable, Iterable, Mapping
from importlib import import_module
from pathlib import Path
from typing import Any

from wfadmin.adapters.dapr import troubles
from wfadmin.adapters.dapr.engine import INSTEAD
from wfadmin.adapters.dapr.grpc import failures
from wfadmin.adapters.dapr.troubles import Trouble
from wfadmin.adapters.dapr.versions import Version
from wfadmin.domain.answers import Answer
from wfadmin.domain.errors import EngineRejected, InvocationNotFound

DOCS = Path(__file__).resolve().parents[2] / "docs"
GUIDE = DOCS / "dapr.md"
COVERAGE = DOCS / "dapr-coverage.md"

# By name: this room is type-checked strictly, those are not.
_adapters = "tests.adapters."
_expected: Any = import_module(_adapters + "dapr.expected")
_http: Any = import_module(_adapters + "dapr.recorded")
_grpc: Any = import_module(_adapters + "dapr_grpc.servers")
_rows: Any = import_module(_adapters + "dapr_grpc.table")
_model: Any = import_module(_adapters + "dapr_model.situations")

Grouped = dict[tuple[str, ...], list[str]]
_RECORDED = ("times", "recorded as")

# --- the guide -----------------------------------------------------------------------------------

_VERSIONS = ("1.14", "1.15", "1.16", "1.17", "1.18", "1.19")
_GATES: Mapping[str, Callable[[Version], bool]] = {
    "takes commands": lambda version: bool(version.capabilities.commands),
    "routes at `v1.0`": lambda version: version.has_stable_routes,
    "says when no worker is connected": lambda version: version.counts_workers,
    "`UNKNOWN` means stalled": lambda version: version.stalls,
    "says when no scheduler is configured": lambda version: version.names_schedulers,
    "obeys `appID`": lambda version: version.reaches_other_apps,
}


def versions() -> str:
    """What holds from which version of the sidecar on."""
    rows = [*((one, Version(f"{one}.0")) for one in _VERSIONS), ("any other", Version("edge"))]
    said = (
        (name, *("yes" if gate(version) else "no" for gate in _GATES.values()))
        for name, version in rows
    )
    return _table(("`runtimeVersion`", *_GATES), said)


def instead() -> str:
    """What it has not got, and what to do instead."""
    return _table(("it has no", "do this instead"), INSTEAD.items())


def trouble() -> str:
    """Everything that the adapter recognises as the reason why a sidecar cannot work."""
    found = [*vars(troubles).values(), *vars(failures)["_TROUBLES"].values()]
    known = dict.fromkeys(one for one in found if isinstance(one, Trouble))
    return _table(("it says", "do this"), ((one.problem, one.remedy) for one in known))


# --- coverage: HTTP ------------------------------------------------------------------------------

_CALLS = {
    "ingress": "probe the ingress",
    "get": "read an instance",
    "start": "start",
    "raise": "raise event",
    "pause": "pause",
    "resume": "resume",
    "terminate": "kill",
    "purge": "purge",
}
_READS = ("get", "ingress")
_FOUND, _ACCEPTED = 200, 202


def http() -> str:
    """What the adapter makes of each recorded answer."""
    grouped: Grouped = {}
    calls: dict[tuple[str, ...], set[str]] = {}
    for one in _http.exchanges():
        if one.name in _never(_expected.NEVER_SENT) or one.name in _expected.METADATA:
            continue
        operation = one.call.operation
        expected = _expected.EXPECTED[operation, one.status, one.code, one.gist]
        # What they refuse with is the same for all of them.
        alone = operation if operation in _READS or one.status == _ACCEPTED else ""
        key = (alone, _http_answer(one), _http_gives(expected, operation))
        grouped.setdefault(key, []).append(one.name)
        calls.setdefault(key, set()).add(operation)
    rows = (
        (_calls(calls[key]), *key[1:], *_counted(names))
        for key, names in sorted(grouped.items(), key=lambda item: _place(calls[item[0]]))
    )
    return _table(("call", "recorded answer", "what it gives", *_RECORDED), rows)


def _place(operations: set[str]) -> tuple[int, int]:
    return len(operations) > 1, min(map(tuple(_CALLS).index, operations))


def _calls(operations: set[str]) -> str:
    return ", ".join(call for name, call in _CALLS.items() if name in operations)


def _http_answer(one: Any) -> str:  # noqa: ANN401 - see above
    if one.status is None:
        return "none in time"
    code = one.code or ""
    code = "`ERR_..._WORKFLOW`" if code.endswith("_WORKFLOW") else f"`{code}`" if code else ""
    words = f"`{one.gist}`" if one.status == _FOUND else one.gist and f"... {one.gist}"
    return _joined(str(one.status), code, words)


def _http_gives(expected: Any, operation: str) -> str:  # noqa: ANN401 - see above
    if operation == "ingress":
        return "it takes requests"
    if isinstance(expected, _expected.Stands):
        return _joined("a run:", expected.status, expected.outcome or "")
    if isinstance(expected, _expected.Lost):
        return "`EngineUnreachable`" if operation in _READS else "`OutcomeUnknown`"
    if isinstance(expected, _expected.Rejected):
        return f"`EngineRejected`: {expected.words}"
    return "no run" if expected is None else f"`{expected.value}`"


def metadata() -> str:
    """What the adapter makes of each recorded answer about the sidecar itself."""
    grouped: Grouped = {}
    for name, expected in _expected.METADATA.items():
        if isinstance(expected, _expected.Rejected):
            key: tuple[str, ...] = ("", f"`EngineRejected`: {expected.words}")
        else:
            _, workers, problem = expected
            key = (str(workers), problem or "nothing: it looks sound")
        grouped.setdefault(key, []).append(name)
    rows = ((*key, *_counted(names)) for key, names in grouped.items())
    return _table(("workers", "what is wrong, as far as it shows", *_RECORDED), rows)


def http_never() -> str:
    """The recorded requests that no call of ours makes."""
    return _reasons(_expected.NEVER_SENT, "why it is never sent")


# --- coverage: gRPC ------------------------------------------------------------------------------


def grpc() -> str:
    """What the adapter makes of each recorded call."""
    grouped: Grouped = {}
    for name, row in _rows.ROWS.items():
        one = _grpc.recorded()[name]
        code = one.answered.code
        key = (f"`{one.method}`", code, _grpc_gives(row.expected))
        grouped.setdefault(key, []).append(name)
    rows = ((*key, *_counted(names)) for key, names in sorted(grouped.items()))
    return _table(("call", "status", "what it gives", *_RECORDED), rows)


def _grpc_gives(expected: Any) -> str:  # noqa: ANN401 - see above
    if isinstance(expected, EngineRejected):
        return f"`EngineRejected`: {expected.excerpt.partition(' (')[0]}"
    if isinstance(expected, InvocationNotFound):
        return "`InvocationNotFound`"
    if isinstance(expected, Answer):
        return f"`{expected.value}`"
    if isinstance(expected, list):
        return "its events" if expected else "no events"
    if isinstance(expected, tuple):
        return f"an instance: `{expected[2]}`"
    return "no instance" if expected is None else "a page of ids"


def grpc_never() -> str:
    """The recorded calls that are never made."""
    return _reasons(_rows.NEVER, "why it is never made")


# --- coverage: the model -------------------------------------------------------------------------


def model() -> str:
    """The recorded exchanges that the model of a sidecar does not answer."""
    by_reason: dict[str, list[str]] = {}
    for name, reason in _model.NOT_MODELLED.items():
        by_reason.setdefault(reason, []).append(name)
    return _reasons(by_reason, "why it is not in the model")


def counts() -> str:
    """How many there are of each."""
    told = (
        ("HTTP: sent by the adapter", len(_http.exchanges()), _never(_expected.NEVER_SENT)),
        ("gRPC: made by the adapter", len(_grpc.recorded()), _never(_rows.NEVER)),
        ("HTTP: answered by the model as recorded", len(_http.exchanges()), _model.NOT_MODELLED),
    )
    rows = ((what, str(n), str(n - len(left)), str(len(left))) for what, n, left in told)
    return _table(("what", "recorded", "yes", "no, with a reason"), rows)


# --- pages ---------------------------------------------------------------------------------------

#: How each table is made, by its name, on each page.
TABLES: Mapping[Path, Mapping[str, Callable[[], str]]] = {
    GUIDE: {"versions": versions, "trouble": trouble, "instead": instead},
    COVERAGE: {
        "counts": counts,
        "http": http,
        "metadata": metadata,
        "http-never": http_never,
        "grpc": grpc,
        "grpc-never": grpc_never,
        "model": model,
    },
}


def http_names() -> tuple[str, ...]:
    """Every exchange that was recorded over HTTP."""
    return tuple(one.name for one in _http.exchanges())


def grpc_names() -> tuple[str, ...]:
    """Every call that was recorded over gRPC."""
    return tuple(_grpc.recorded())


def parts(page: str, name: str) -> tuple[str, str, str]:
    """A page before the table of that name, the table, and the page after it."""
    start, end = f"<!-- {name}: start -->\n", f"<!-- {name}: end -->"
    before, rest = page.split(start)
    inside, after = rest.split(end)
    return before + start, inside, end + after


def _never(reasons: Mapping[str, Iterable[str]]) -> frozenset[str]:
    return frozenset(name for names in reasons.values() for name in names)


def _reasons(reasons: Mapping[str, Iterable[str]], title: str) -> str:
    rows = ((why.rstrip("."), *_counted(names)) for why, names in reasons.items())
    return _table((title, *_RECORDED), rows)


def _counted(names: Iterable[str]) -> tuple[str, str]:
    told = [f"`{name}`" for name in names]
    return str(len(told)), ", ".join(told)


def _joined(*words: str) -> str:
    return " ".join(word for word in words if word)


def _table(head: tuple[str, ...], rows: Iterable[tuple[str, ...]]) -> str:
    lines = [f"| {' | '.join(row)} |\n" for row in (head, *rows)]
    lines.insert(1, f"|{'---|' * len(head)}\n")
    return "".join(lines)


if __name__ == "__main__":
    for path, tables in TABLES.items():
        text = path.read_text(encoding="utf-8")
        for table, make in tables.items():
            first, _, last = parts(text, table)
            text = first + make() + last
        path.write_text(text, encoding="utf-8")
