"""What all `Ids` keep."""

import re

from wfadmin.testing.bench import expect
from wfadmin.testing.clause import Rules
from wfadmin.testing.hosts.bench import IdsBench

__all__ = ["RULES"]

RULES: Rules[IdsBench] = Rules("Ids", "ID")

_MANY = 10_000


@RULES.clause(1, "no id comes twice")
async def _(bench: IdsBench) -> None:
    ids = bench.ids()
    made = {ids.fresh() for _ in range(_MANY)}
    expect(len(made) == _MANY, f"{_MANY} fresh ids are {len(made)} different ones")


@RULES.clause(2, "an id is made of letters, digits and underscores")
async def _(bench: IdsBench) -> None:
    ids = bench.ids()
    for made in (ids.fresh() for _ in range(_MANY)):
        expect(re.fullmatch(r"[A-Za-z0-9_]+", made), f"an id is {made!r}")


@RULES.clause(3, "two processes never make the same id")
async def _(bench: IdsBench) -> None:
    here, there = bench.ids(), bench.ids()
    ours = {here.fresh() for _ in range(_MANY)}
    both = ours & {there.fresh() for _ in range(_MANY)}
    expect(not both, f"two objects made {len(both)} of the same ids")
