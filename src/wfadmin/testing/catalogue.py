"""Which clauses a version of the contract has."""

from wfadmin.domain.errors import UsageError
from wfadmin.testing.bench import Bench
from wfadmin.testing.clause import Clause
from wfadmin.testing.clauses import ENGINE_CLAUSES

__all__ = ["CONTRACT", "clauses"]

#: The newest version of the contract.
CONTRACT = 1


def clauses(*, contract: int) -> tuple[Clause[Bench], ...]:
    """
    The clauses that an adapter keeps under a version of the contract.

    Which they are never changes for a version, so an upgrade of this library adds no test to
    yours until you ask for the next one.

    Raises:
        UsageError: There is no such version.
    """
    if not 1 <= contract <= CONTRACT:
        raise UsageError("contract", f"there are versions 1 to {CONTRACT}, and no {contract}")
    return tuple(one for one in ENGINE_CLAUSES if one.since <= contract)
