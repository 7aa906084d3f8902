"""The clauses: one file for each port, in the order in which a new adapter meets them."""

from wfadmin.testing.bench import Bench
from wfadmin.testing.clause import Clause
from wfadmin.testing.clauses import (
    admin,
    control,
    control_naming,
    control_network,
    control_purge,
    deployments,
    engine,
    history,
    invocations,
    invocations_keys,
    invocations_network,
    listing,
    state,
    state_network,
)

__all__ = ["ENGINE_CLAUSES"]

# Rules of another room, added to it as they are read.
_MORE = (
    invocations_keys,
    invocations_network,
    control_naming,
    control_network,
    control_purge,
    state_network,
)
_ROOMS = (engine, admin, invocations, listing, deployments, control, state, history)

#: Every clause about an engine, of every version of the contract.
ENGINE_CLAUSES: tuple[Clause[Bench], ...] = tuple(
    clause for room in _ROOMS for clause in sorted(room.RULES.clauses, key=lambda one: one.id)
)
