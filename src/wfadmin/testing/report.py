"""What the whole contract says about one adapter."""

from collections.abc import Callable, Iterable
from importlib import import_module

import attrs

from wfadmin.domain.errors import UsageError
from wfadmin.testing.bench import Bench
from wfadmin.testing.catalogue import clauses
from wfadmin.testing.clause import Clause
from wfadmin.testing.running import Subject, examine
from wfadmin.testing.verdicts import Verdict

__all__ = ["Report", "examine_all", "load_subject"]


@attrs.frozen
class Report:
    """
    How every clause of a version of the contract ended.

    Attributes:
        verdicts: Each clause with how it ended, in the order of the contract.
    """

    contract: int
    verdicts: tuple[tuple[Clause[Bench], Verdict], ...]

    @property
    def kept(self) -> bool:
        """Whether no clause fails. One that was not exercised fails nothing and proves nothing."""
        return not any(verdict.outcome.fails for _, verdict in self.verdicts)


async def examine_all(
    make: Callable[[], Subject],
    *,
    contract: int,
    only: Iterable[str] | None = None,
) -> Report:
    """
    Examine every clause, one after the other, each on a subject of its own.

    Args:
        make: Gives a new subject for each clause.
        contract: The version of the contract.
        only: Ids, or how they begin; None for all.

    Raises:
        UsageError: There is no such version, or a deviation names no clause or has no reason.
    """
    every = clauses(contract=contract)
    _check_deviations(make(), every)
    wanted = tuple(only) if only is not None else ("",)
    chosen = [one for one in every if one.id.startswith(wanted)]
    if not chosen:
        raise UsageError("only", "no clause has such an id")
    return Report(contract, tuple([(one, await examine(one, make())) for one in chosen]))


def _check_deviations(subject: Subject, every: tuple[Clause[Bench], ...]) -> None:
    # A misspelt id would excuse nothing and look as if it did.
    unknown = sorted(set(subject.deviations) - {one.id for one in every})
    if unknown:
        raise UsageError("deviations", f"this contract has no clause {', '.join(unknown)}")


def load_subject(place: str) -> Callable[[], Subject]:
    """
    The function that makes a subject, by `MODULE:FUNCTION`. It is called once for each clause.

    Raises:
        UsageError: There is no such module or function, or what it makes is no subject.
    """
    module_name, colon, name = place.partition(":")
    if not (module_name and colon and name):
        raise UsageError("MODULE:FACTORY", "it is not written so")
    try:
        module = import_module(module_name)
    except Exception as error:
        problem = f"the module cannot be imported: {type(error).__name__}: {error}"
        raise UsageError("MODULE:FACTORY", problem) from error
    factory = getattr(module, name, None)
    if not callable(factory):
        raise UsageError("MODULE:FACTORY", "the module has no function of that name")

    def make() -> Subject:
        made: object = factory()
        if not isinstance(made, Subject):
            kind = type(made).__name__
            raise UsageError("MODULE:FACTORY", f"it gives {kind}, not wfadmin.testing.Subject")
        return made

    return make
