"""
A rule that adapters keep, with the check that finds out.

Ids and rules are frozen with the version of the contract that first has them: a new rule gets a
new id and the next version, so that a release of this library breaks no adapter's tests.
"""

from collections.abc import Awaitable, Callable
from typing import Generic, TypeVar

import attrs

__all__ = ["Clause", "Rules"]

_Bench = TypeVar("_Bench")


@attrs.frozen
class Clause(Generic[_Bench]):
    """
    One rule of the contract.

    Attributes:
        id: Stable; its letters name the port.
        port: The port that the rule is about, by its name in `wfadmin.ports`.
        rule: What holds, in one line.
        since: The version of the contract that first has it.
        check: Raises `Broken` where the rule does not hold.
    """

    id: str
    port: str
    rule: str
    since: int = attrs.field(repr=False)
    check: Callable[[_Bench], Awaitable[None]] = attrs.field(repr=False)

    def __str__(self) -> str:
        """Give the id and the rule: the name of a test."""
        return f"{self.id} {self.rule}"


@attrs.define(eq=False)
class Rules(Generic[_Bench]):
    """
    The clauses of one port, as they are written down.

    Attributes:
        port: By its name in `wfadmin.ports`.
        letters: What its ids begin with.
    """

    port: str
    letters: str
    clauses: list[Clause[_Bench]] = attrs.field(factory=list, init=False)

    def clause(
        self,
        number: int,
        rule: str,
        *,
        since: int = 1,
    ) -> Callable[[Callable[[_Bench], Awaitable[None]]], Callable[[_Bench], Awaitable[None]]]:
        """Make the function below the check of a clause."""

        def keep(
            check: Callable[[_Bench], Awaitable[None]],
        ) -> Callable[[_Bench], Awaitable[None]]:
            made = Clause(f"{self.letters}-{number:02}", self.port, rule, since, check)
            self.clauses.append(made)
            return check

        return keep
