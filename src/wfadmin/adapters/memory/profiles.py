"""Every engine that the engine in memory can be like, by name: a new one is one more entry."""

from wfadmin.adapters.memory.dapr import DAPR
from wfadmin.adapters.memory.profile import Profile
from wfadmin.adapters.memory.restate import RESTATE
from wfadmin.domain.errors import UsageError
from wfadmin.domain.text import shown

__all__ = ["PROFILES", "profile_of"]

PROFILES: dict[str, Profile] = {one.name: one for one in (DAPR, RESTATE)}


def profile_of(name: str) -> Profile:
    """
    The profile of that name.

    Raises:
        UsageError: There is none; the message lists those that there are.
    """
    if name not in PROFILES:
        known = ", ".join(sorted(PROFILES))
        raise UsageError("like", f"{shown(name)} is none of these: {known}")
    return PROFILES[name]
