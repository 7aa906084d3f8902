"""The profile of Restate: its words, and its answers as seen on 1.6 and 1.7."""

from wfadmin.adapters.memory import words
from wfadmin.adapters.memory.commands import decide
from wfadmin.adapters.memory.profile import Profile

__all__ = ["RESTATE"]

RESTATE = Profile(
    name="restate",
    version=words.VERSION,
    words=words.WORDS,
    coarse_words=words.COARSE_WORDS,
    killed=words.KILLED,
    cancelled=words.CANCELLED,
    lost_deployment=words.MISSING_DEPLOYMENT,
    lost_service=words.MISSING_SERVICE,
    commands=words.ALL_COMMANDS,
    capabilities=words.capabilities,
    decide=decide,
)
