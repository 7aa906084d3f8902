"""Every mutant, in the order of the clauses that they break."""

from tests.kit.mutant import MUTANTS, Mutant
from tests.kit.mutants import (
    of_admin,
    of_control,
    of_control_naming,
    of_control_network,
    of_control_purge,
    of_deployments,
    of_deployments_network,
    of_deployments_writes,
    of_engine,
    of_engine_calls,
    of_history,
    of_invocations,
    of_invocations_keys,
    of_invocations_network,
    of_listing,
    of_state,
    of_state_network,
)

_FILES = (
    of_admin,
    of_control,
    of_control_naming,
    of_control_network,
    of_control_purge,
    of_deployments,
    of_deployments_network,
    of_deployments_writes,
    of_engine,
    of_engine_calls,
    of_history,
    of_invocations,
    of_invocations_keys,
    of_invocations_network,
    of_listing,
    of_state,
    of_state_network,
)

EVERY_MUTANT: tuple[Mutant, ...] = tuple(sorted(MUTANTS, key=lambda one: (one.breaks, one.name)))
