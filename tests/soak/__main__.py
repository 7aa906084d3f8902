"""
Many seeded stories of repairs under faults.

    python -m tests.soak --runs 10000 --seed 0

A story is made from its seed alone: a few keys in random states, operators who share a lease and
an audit log, clients, an engine that gets on, a tool that kills and purges, and calls that fail,
hang, come late or twice. Time is the world's: nothing is waited for. Exits 1 when anything failed.

    python -m tests.soak --runs 1 --seed 1298 --story

tells one of them again, word for word.
"""

import argparse
import sys
import time

from tests.soak.story import tell
from tests.soak.summary import Summary


def main() -> int:
    """Tell the stories that the command line asks for, and sum them up."""
    given = _options()
    summary, began = Summary(), time.monotonic()
    for seed in range(given.seed, given.seed + given.runs):
        told = tell(seed)
        summary.add(told)
        if given.story:
            sys.stdout.write(f"{told}\n")
    took = time.monotonic() - began
    sys.stdout.write(f"{summary.text(seconds=took)}\n")
    return 1 if summary.failed else 0


def _options() -> argparse.Namespace:
    assert __doc__ is not None
    about = __doc__.strip().partition("\n")[0]
    parser = argparse.ArgumentParser(prog="python -m tests.soak", description=about)
    parser.add_argument("--runs", type=int, default=1000, help="how many stories")
    parser.add_argument("--seed", type=int, default=0, help="the seed of the first")
    parser.add_argument("--story", action="store_true", help="print every story")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
