"""
Why a sidecar cannot work, told by its own words, and what helps.

Only signs that really show it (seen live): the health route stays green without a worker, after
the scheduler died, and after placement was lost.
"""

import re

import attrs

from wfadmin.adapters.dapr.answers import Metadata
from wfadmin.domain.answers import Answer

__all__ = ["NO_WORKER", "Trouble", "hindrance_of", "said", "sentence", "trouble_in", "trouble_of"]


@attrs.frozen
class Trouble:
    """
    One cause, and what an operator does about it.

    Attributes:
        problem: A part of a sentence.
        remedy: The same.
    """

    problem: str
    remedy: str

    @property
    def sentences(self) -> str:
        """Both, as whole sentences."""
        return f"{sentence(self.problem)} {sentence(self.remedy)}"


#: Only a forced purge is done all the same.
NO_WORKER = Trouble(
    "no worker of the app is connected",
    "start the app, or see why it does not connect, and look again; nothing was done",
)
_NO_STORE = Trouble(
    "no state store is configured for actors",
    'give the state store component actorStateStore "true", and restart the sidecar',
)
_NO_PLACEMENT = Trouble(
    "no placement service is configured",
    "start the sidecar with --placement-host-address",
)
_PLACEMENT_LOST = Trouble(
    "the sidecar is not connected to the placement service",
    "bring placement back; until then every write hangs",
)
_INITIALISING = Trouble(
    "the sidecar waits for its app, and reads hang too",
    "start the app on its port",
)
_NO_SCHEDULER = Trouble(
    "no scheduler is configured",
    "start the sidecar with --scheduler-host-address",
)
_TORN = Trouble(
    "the stored history was read while it changed, or is broken",
    "ask again; if it stays, the history is broken",
)
_CLOSING = Trouble("the sidecar is shutting down", "wait until it is back")
_DENIED = Trouble("a workflow access policy denies it", "have the policy changed by its owner")

# Anchored at the end: ids and the names of workflows and events are quoted before it.
_ENDINGS: tuple[tuple[re.Pattern[str], Answer | Trouble], ...] = tuple(
    (re.compile(pattern + r"\W*\Z"), meaning)
    for pattern, meaning in (
        ("no such instance exists", Answer.NOT_FOUND),
        ("orchestration has not yet completed", Answer.WRONG_STATUS),
        ("(?:actor|workflow) is stalled", Answer.WRONG_STATUS),
        (r"an active workflow with ID '[^']*' already exists", Answer.WRONG_STATUS),
        (r"did not find address for actor '[^']*'", NO_WORKER),
        (r"actorStateStore value: \"true\" in your state store component file", _NO_STORE),
        ("scheduler clients are disabled", _NO_SCHEDULER),
    )
)
# These may have words behind them. They only explain, they decide nothing.
_PARTS = (
    ("but missing from state store", _TORN),
    ("access denied by workflow access policy", _DENIED),
)
_CODES = {"ERR_ACTOR_NO_PLACEMENT": _NO_PLACEMENT, "ERR_ACTOR_RUNTIME_CLOSED": _CLOSING}


def said(message: str) -> Answer | None:
    """The answer that the words of an error are; None where they are none."""
    meaning = _meaning(message)
    return meaning if isinstance(meaning, Answer) else None


def trouble_in(code: str, message: str) -> Trouble | None:
    """What the code and the words of an error say is wrong."""
    if code in _CODES:
        return _CODES[code]
    meaning = _meaning(message)
    if isinstance(meaning, Trouble):
        return meaning
    return next((trouble for part, trouble in _PARTS if part in message), None)


def _meaning(message: str) -> Answer | Trouble | None:
    return next((meaning for ending, meaning in _ENDINGS if ending.search(message)), None)


def hindrance_of(metadata: Metadata, app_id: str | None = None) -> Trouble | None:
    """
    What keeps any write from being done now; None where nothing is known.

    Args:
        app_id: The app that is meant, where one was named: the workers of another app are
            connected to another sidecar, which counts them.
    """
    trouble = trouble_of(metadata)
    is_own = app_id is None or app_id == metadata.app_id
    if trouble is None and is_own and metadata.workers == 0:
        return NO_WORKER
    return trouble


def sentence(text: str) -> str:
    """A part of a sentence as a whole one."""
    return f"{text[0].upper()}{text[1:]}."


def trouble_of(metadata: Metadata) -> Trouble | None:
    """What the sidecar says of itself that keeps it from working; None where nothing does."""
    if metadata.actors == "DISABLED":
        return _NO_PLACEMENT
    if metadata.actors == "INITIALIZING":
        return _INITIALISING
    if metadata.is_host_ready is False or metadata.placement == "placement: disconnected":
        return _PLACEMENT_LOST
    if metadata.has_scheduler is False:
        return _NO_SCHEDULER
    return None
