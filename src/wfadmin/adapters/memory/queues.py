"""What waits for a held key of a virtual object: calls, and clears of its state, in one queue."""

import attrs

from wfadmin.domain.keys import WorkflowKey

__all__ = ["Queues", "WaitingClear"]


@attrs.frozen
class WaitingClear:
    """A clear in the queue of a key: it cannot be recalled."""

    expected_version: str | None


@attrs.define(eq=False)
class Queues:
    """One queue for each key that somebody waits for: ids of calls, and clears."""

    _queues: dict[WorkflowKey, tuple[str | WaitingClear, ...]] = attrs.field(
        factory=dict, init=False
    )

    def of(self, key: WorkflowKey) -> tuple[str | WaitingClear, ...]:
        """What waits for the key, the first one first."""
        return self._queues.get(key, ())

    def add(self, key: WorkflowKey, one: str | WaitingClear) -> None:
        """Let one more wait for the key."""
        self._put(key, (*self.of(key), one))

    def leave(self, key: WorkflowKey, invocation_id: str) -> None:
        """Let a call wait no more, wherever it stands."""
        self._put(key, tuple(one for one in self.of(key) if one != invocation_id))

    def take(self, key: WorkflowKey) -> str | WaitingClear:
        """Take the first one that waits; the caller has looked that there is one."""
        head, *rest = self.of(key)
        self._put(key, tuple(rest))
        return head

    def fingerprint(self) -> frozenset[tuple[WorkflowKey, tuple[str | WaitingClear, ...]]]:
        """All of it as one hashable value."""
        return frozenset(self._queues.items())

    def _put(self, key: WorkflowKey, queue: tuple[str | WaitingClear, ...]) -> None:
        if queue:
            self._queues[key] = queue
        else:
            self._queues.pop(key, None)
