"""How often something may happen: tokens that come back with time. Pure: time is given."""

from collections import OrderedDict
from datetime import timedelta

import attrs

__all__ = ["Bucket", "Buckets"]

_NO_TIME = timedelta(0)


@attrs.define
class Bucket:
    """
    Holds up to `size` tokens, and gets as many back in `per`.

    Attributes:
        size: How many there are at first, and at most.
        per: How long an empty one takes to be full.
    """

    size: int
    per: timedelta
    _left: float = attrs.field(init=False)
    _at: timedelta | None = attrs.field(init=False, default=None)

    def __attrs_post_init__(self) -> None:
        self._left = float(self.size)

    def take(self, now: timedelta) -> bool:
        """Take a token, if there is one."""
        if self.wait(now) > _NO_TIME:
            return False
        self._left -= 1
        return True

    def wait(self, now: timedelta) -> timedelta:
        """How long it takes until there is a token."""
        if self._at is not None:
            gained = max(now - self._at, _NO_TIME) / self.per * self.size
            self._left = min(float(self.size), self._left + gained)
        self._at = now
        return max(1 - self._left, 0) * (self.per / self.size)


@attrs.define
class Buckets:
    """
    A bucket for each address; those that were not seen for longest are forgotten.

    Attributes:
        most: How many addresses are remembered.
    """

    size: int
    per: timedelta
    most: int
    _known: OrderedDict[str, Bucket] = attrs.field(
        init=False, factory=OrderedDict[str, Bucket], repr=False
    )

    def __len__(self) -> int:
        return len(self._known)

    def take(self, name: str, now: timedelta) -> None:
        """Take a token from the bucket of `name`."""
        bucket = self._known.setdefault(name, Bucket(self.size, self.per))
        self._known.move_to_end(name)
        bucket.take(now)
        if len(self._known) > self.most:
            self._known.popitem(last=False)

    def wait(self, name: str, now: timedelta) -> timedelta:
        """How long it takes until there is a token for `name`. Remembers nobody."""
        bucket = self._known.get(name)
        return _NO_TIME if bucket is None else bucket.wait(now)
