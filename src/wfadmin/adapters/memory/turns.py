"""Who executes the turns of runs: the connected workers, and code that answers nothing any more."""

import attrs

__all__ = ["Turns"]


@attrs.define(eq=False)
class Turns:
    """
    What stands between a run and its next turn.

    Attributes:
        workers: How many are connected; with none no run gets on.
    """

    workers: int = 1
    # Runs whose code blocks for ever.
    _stuck: set[str] = attrs.field(factory=set, init=False)
    # Those that were paused while they were paused.
    _twice: set[str] = attrs.field(factory=set, init=False)
    # Ids of which the engine still believes that they are stalled, though nothing is there.
    _ghosts: set[str] = attrs.field(factory=set, init=False)

    def connect(self, count: int) -> None:
        """Let so many workers be connected; while there is none, ghosts go."""
        self.workers = count
        if not count:
            self._ghosts.clear()

    def haunt(self, invocation_id: str) -> None:
        """Let a ghost remain of what was stalled and is gone."""
        self._ghosts.add(invocation_id)

    def is_haunted(self, invocation_id: str) -> bool:
        """Whether the engine believes of that id that it is stalled."""
        return invocation_id in self._ghosts

    def come(self, invocation_id: str) -> bool:
        """Whether a turn of that run would be executed."""
        return self.workers > 0 and not self.is_stuck(invocation_id)

    def is_stuck(self, invocation_id: str) -> bool:
        """Whether the code of that run blocks for ever."""
        return invocation_id in self._stuck

    def stick(self, invocation_id: str) -> None:
        """Let the code of that run block for ever."""
        self._stuck.add(invocation_id)

    def unstick(self, invocation_id: str) -> None:
        """Let the code of that run answer again."""
        self._stuck.discard(invocation_id)

    def was_paused_twice(self, invocation_id: str) -> bool:
        """Whether that run was paused while it was paused."""
        return invocation_id in self._twice

    def pause_again(self, invocation_id: str) -> None:
        """Remember that a paused run was paused."""
        self._twice.add(invocation_id)

    def forget(self, invocation_id: str) -> None:
        """Forget a run that is gone: another one may get its id."""
        self._stuck.discard(invocation_id)
        self._twice.discard(invocation_id)

    def fingerprint(self) -> tuple[object, ...]:
        """All of it as one hashable value: equal when nothing differs."""
        marked = (self._stuck, self._twice, self._ghosts)
        return (self.workers, *map(frozenset, marked))
