"""
Tell which mutants nothing noticed, and fail if any of them is not accepted.

    python -m tests.mutation.check [NAME ...]    (patterns, as for `mutmut run`; all, if none)

It reads what `mutmut run` and `declared.py` left in the folder `mutants`. `accepted.toml` says
which mutants may survive, each with a reason. One that no test runs, that was not run, or that
broke the run is never accepted.
"""

import re
import sys
import tomllib
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from enum import StrEnum
from fnmatch import fnmatchcase
from pathlib import Path

import attrs

from tests.mutation.mutants import FOLDER, Change, Fate, Mutant, mutants_in

__all__ = ["Reason", "Rule", "Verdict", "compare", "is_wording", "main", "rules_in"]

ACCEPTED = Path(__file__).with_name("accepted.toml")
_NOTICED = {Fate.KILLED, Fate.TYPES, Fate.TIMED_OUT}
_PACKAGE = "wfadmin."
_TEXT = re.compile(r"f?['\"]")
_WORDS = re.compile(r"[\w,;:.] \w")


class Reason(StrEnum):
    """Why a mutant may survive."""

    #: It does the same, whatever it is given.
    EQUIVALENT = "equivalent"
    #: It says the same in another way to a person; no program reads it.
    WORDING = "wording"
    #: It differs only where a caller inside would break its own promise.
    UNREACHABLE = "unreachable"
    #: It differs in how soon or how often, and any of these is right.
    PACE = "pace"


@attrs.frozen
class Rule:
    """
    Some mutants that may survive.

    Attributes:
        why: What makes them harmless, to whoever reads the list.
        module: Below wfadmin; may hold `*`.
        function: `name` or `Class.name`; may hold `*`.
        was: The changed code exactly; any, if not given.
        now: What became of it exactly; any, if not given.
        without: A part of the changed code whose absence is the whole change.
        order: Whether only the order of two rows of a table may differ.
        wording: Whether only the words of a sentence may differ.
        times: How many mutants it may accept; any number, if not given.
    """

    reason: Reason = attrs.field(converter=Reason)
    why: str
    module: str = "*"
    function: str = "*"
    was: str | None = None
    now: str | None = None
    without: str | None = None
    order: bool = False
    wording: bool = False
    times: int | None = None

    def accepts(self, one: Mutant) -> bool:
        """Whether this mutant is one of those."""
        return (
            fnmatchcase(one.module.removeprefix(_PACKAGE), self.module)
            and fnmatchcase(one.function, self.function)
            and self.was in (None, one.change.was)
            and self.now in (None, one.change.now)
            and (
                self.without is None
                or one.change.was.replace(self.without, "", 1) == one.change.now
            )
            and (not self.order or sorted(one.change.was) == sorted(one.change.now))
            and (not self.wording or is_wording(one.change))
        )

    def _left_out(self, change: Change) -> bool:
        return self.without is None or change.was.replace(self.without, "", 1) == change.now


@attrs.frozen
class Verdict:
    """What a run came to."""

    fates: Counter[Fate]
    accepted: Counter[Reason]
    unexplained: tuple[Mutant, ...]
    unused: tuple[Rule, ...]


def rules_in(text: str) -> tuple[Rule, ...]:
    """Read what is accepted."""
    return tuple(Rule(**one) for one in tomllib.loads(text).get("accepted", ()))


def is_wording(change: Change) -> bool:
    """Whether only the letters of a sentence differ: a text of words, in capitals or marked."""
    if not _TEXT.match(change.was) or not _WORDS.search(change.was):
        return False
    return change.now.replace("XX", "").lower() == change.was.lower()


def compare(mutants: Iterable[Mutant], rules: Sequence[Rule]) -> Verdict:
    """Hold what survived against what may; the first rule that accepts a mutant counts it."""
    used: Counter[Rule] = Counter()
    fates: Counter[Fate] = Counter()
    unexplained: list[Mutant] = []
    for one in mutants:
        fates[one.fate] += 1
        if one.fate in _NOTICED:
            continue
        rule = _rule_for(one, rules, used) if one.fate is Fate.SURVIVED else None
        if rule is None:
            unexplained.append(one)
        else:
            used[rule] += 1
    accepted: Counter[Reason] = Counter()
    for rule, times in used.items():
        accepted[rule.reason] += times
    unused = tuple(rule for rule in rules if rule not in used)
    return Verdict(fates, accepted, tuple(unexplained), unused)


def _rule_for(one: Mutant, rules: Sequence[Rule], used: Counter[Rule]) -> Rule | None:
    return next(
        (
            rule
            for rule in rules
            if rule.accepts(one) and (rule.times is None or used[rule] < rule.times)
        ),
        None,
    )


def main(names: Sequence[str], folder: Path = FOLDER) -> int:
    """Say what became of a run; 1 if something is unexplained, or if nothing was run."""
    rules = rules_in(ACCEPTED.read_text(encoding="utf-8"))
    wanted = names or ["*"]
    mutants = (
        one
        for one in mutants_in(folder)
        if any(fnmatchcase(one.name, pattern) for pattern in wanted)
    )
    verdict = compare(mutants, rules)
    if names:
        verdict = attrs.evolve(verdict, unused=())  # they may be needed by the others
    sys.stdout.write("\n".join(_told(verdict)) + "\n")
    return 1 if verdict.unexplained or not verdict.fates else 0


def _told(verdict: Verdict) -> Iterator[str]:
    for one in verdict.unexplained:
        yield f"{one.name} ({one.fate})\n    {one.change.was}\n => {one.change.now}"
    for rule in verdict.unused:
        yield f"accepted, and not needed: {rule.module} {rule.function}: {rule.was} => {rule.now}"
    fates = ", ".join(f"{many} {fate}" for fate, many in verdict.fates.most_common())
    reasons = ", ".join(f"{many} {why}" for why, many in verdict.accepted.most_common())
    yield f"{verdict.fates.total()} mutants: {fates}"
    yield f"accepted: {reasons or 'none'}; unexplained: {len(verdict.unexplained)}"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
