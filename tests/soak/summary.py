"""What became of many stories, in figures, and how to have each failing one again."""

from collections import Counter

import attrs

from tests.soak.story import Told


@attrs.define
class Summary:
    """
    Figures over stories.

    Attributes:
        failed: The stories of which something failed.
    """

    runs: int = 0
    struck: Counter[str] = attrs.field(factory=Counter)
    outcomes: Counter[str] = attrs.field(factory=Counter)
    windows: Counter[str] = attrs.field(factory=Counter)
    failed: list[Told] = attrs.field(factory=list)

    def add(self, told: Told) -> None:
        """Count one story."""
        self.runs += 1
        self.struck += told.struck
        self.outcomes += told.outcomes
        self.windows += told.windows
        if told.failures:
            self.failed.append(told)

    def text(self, *, seconds: float | None = None) -> str:
        """Give the figures as text; `seconds` is how long all of it took."""
        took = "" if seconds is None else f", {seconds:.1f} s"
        lines = [f"{self.runs} runs{took}", f"faults struck: {self.struck.total()}"]
        lines += _counted(self.struck)
        lines += ["outcomes:", *_by_verb(self.outcomes)]
        lines += ["what no check can close, by window:", *_counted(self.windows)]
        lines.append(f"failed: {len(self.failed)}")
        for told in self.failed:
            lines += [f"  seed {told.seed}: {told.failures[0]}", f"    {replay(told.seed)}"]
        return "\n".join(lines)


def replay(seed: int) -> str:
    """Give the command that tells one story again."""
    return f"python -m tests.soak --runs 1 --seed {seed} --story"


def _counted(counted: Counter[str]) -> list[str]:
    return [f"  {name} {count}" for name, count in counted.most_common()] or ["  none"]


def _by_verb(outcomes: Counter[str]) -> list[str]:
    verbs: dict[str, list[str]] = {}
    for outcome, count in outcomes.most_common():
        verb, _, word = outcome.partition(": ")
        verbs.setdefault(verb, []).append(f"{word} {count}")
    return [f"  {verb}: {', '.join(words)}" for verb, words in verbs.items()]
