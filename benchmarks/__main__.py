"""
How long it takes, as ratios in one run, against the budgets of the project.

    python -m benchmarks --invocations 50000 --rounds 50

Run it from the checkout, where wfadmin is installed with its `cli` extra and with `restate-sdk`
and `hypercorn`. It takes the Restate that tests/engines/fetch_restate.py fetched, from the folder
that WFADMIN_RESTATE_DIR names, starts servers of its own on unix sockets and on TCP, and stops
them. Exits 1 when a budget is missed: then look whether something else was running.

    python -m benchmarks --only-dapr

measures the list of Dapr alone: that needs the `dapr-grpc` extra, and no Restate.
"""

import argparse
import asyncio
import json
import signal
import sys
import time
from contextlib import ExitStack
from pathlib import Path

from benchmarks import calls, contract, dapr_listing, doctor, keys, processes, repair
from benchmarks.figures import Figure, table
from benchmarks.loaded import Loaded, loaded
from benchmarks.machine import Machine, Others
from tests.engines.fetch_restate import HOW_TO, CannotFetchError, binary_of, folder_in_use
from tests.engines.restate_server import Listen
from wfadmin.domain.errors import MissingDependency

ABOUT = "How long it takes, as ratios in one run, against the budgets of the project."
VERSION = "1.7.12"
FEW = 1_000
# A read of a key takes 2 ms and a stall is rare, where a doctor takes 50 ms.
MORE_ROUNDS = 6


def main() -> int:
    given = options()
    # An end by a signal has to stop the servers too.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if given.only_dapr:
        return only_dapr(given)
    try:
        binary = binary_of(folder_in_use(), VERSION)
    except CannotFetchError as failure:
        return give_up(str(failure))
    if not binary.exists():
        return give_up(f"Restate {VERSION} is not here. {HOW_TO}")
    machine = Machine.here(VERSION)
    figures, others = run(binary, given.invocations, given.rounds)
    return report(machine, figures, others, as_json=given.json)


def only_dapr(given: argparse.Namespace) -> int:
    others = Others()
    figures = asyncio.run(measure_dapr(given.rounds))
    if not figures:
        return give_up("nothing was measured")
    return report(Machine.here("(not used)"), figures, others.percent(), as_json=given.json)


def report(machine: Machine, figures: list[Figure], others: float | None, *, as_json: bool) -> int:
    if as_json:
        document = {
            "machine": machine.document(),
            "othersPercent": others,
            "figures": [each.document() for each in figures],
        }
        print(json.dumps(document, indent=2))
    else:
        print(f"{machine}\n\n{table(figures)}\n")
        print("Other work on the machine: " + ("?" if others is None else f"{others:.0f} %"))
    return 1 if any(each.is_met is False for each in figures) else 0


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks", description=ABOUT)
    parser.add_argument(
        "--invocations", type=int, default=50_000, help="how many runs the large server retains"
    )
    parser.add_argument("--rounds", type=int, default=50, help="how often each is measured")
    parser.add_argument(
        "--only-dapr", action="store_true", help="measure the list of Dapr, without any Restate"
    )
    parser.add_argument("--json", action="store_true", help="print one JSON document")
    given = parser.parse_args()
    if given.invocations < FEW or given.rounds < 1:
        parser.error(f"at least {FEW} invocations and one round")
    return given


def run(binary: Path, many: int, rounds: int) -> tuple[list[Figure], float | None]:
    """Start and load the servers, measure, and stop them."""
    with ExitStack() as stack:

        def start(retained: int, listen: Listen) -> Loaded:
            started = time.monotonic()
            found = stack.enter_context(loaded(binary, VERSION, retained, listen))
            tell(f"{retained:,} runs on {listen} in {time.monotonic() - started:.0f} s")
            return found

        large, small, on_ports = start(many, "unix"), start(FEW, "unix"), start(FEW, "tcp")
        others = Others()
        figures = asyncio.run(measure(small, large, on_ports, rounds))
        return figures, others.percent()


async def measure(small: Loaded, large: Loaded, on_ports: Loaded, rounds: int) -> list[Figure]:
    figures: list[Figure] = []
    for each in (small, large):
        tell(f"doctor at {each.retained:,}")
        figures += await doctor.measure(each, rounds)
    tell("one key")
    figures += await keys.measure(small, large, rounds * MORE_ROUNDS)
    tell("overhead")
    figures += await calls.measure(small, on_ports, rounds * MORE_ROUNDS)
    tell("the contract kit")
    figures += await contract.measure(rounds)
    tell("processes")
    figures += await processes.measure(large, rounds)
    # Last, because it changes what the servers retain.
    tell("repairs")
    figures += await repair.measure(small, large, rounds)
    return figures + await measure_dapr(rounds)


async def measure_dapr(rounds: int) -> list[Figure]:
    try:
        tell("the list of Dapr")
        return await dapr_listing.measure(rounds)
    except MissingDependency as lacking:
        tell(f"left out: {lacking}")
        return []


def give_up(why: str) -> int:
    tell(why)
    return 2


def tell(what: str) -> None:
    print(what, file=sys.stderr, flush=True)


if __name__ == "__main__":
    sys.exit(main())
