"""What an engine can do for a verb: what it has not got, and what keeps it from any write now."""

from wfadmin.domain.capabilities import CommandName, EngineFacts
from wfadmin.domain.errors import NotReady, NotSupported
from wfadmin.operations.asking import ask
from wfadmin.operations.host import Host
from wfadmin.ports.engine import Engine

__all__ = ["facts_to_write", "lacks", "lacks_command"]

# The words for the slots that are not called what they hold.
_WORDS = {"listing": "listing of invocations", "state": "state by key"}


async def facts_to_write(
    engine: Engine,
    host: Host,
    *,
    allowed: CommandName | None = None,
) -> EngineFacts:
    """
    What the engine says about itself, for a verb that writes.

    Args:
        allowed: A command that the verb can make do with, should it be the only one that the
            engine does now.

    Raises:
        NotReady: Something keeps it from doing any write now, that command too.
        EngineError: It did not answer, or was not understood.
    """
    facts = await ask(engine, host, engine.facts)
    if facts.obstacle is not None and allowed not in facts.unhindered:
        raise NotReady(engine.name, facts.obstacle)
    return facts


def lacks(engine: Engine, slot: str) -> NotSupported:
    """The refusal for a slot that is None, with what the adapter says to do instead."""
    return _refusal(engine, _WORDS.get(slot, slot), slot)


def lacks_command(engine: Engine, name: CommandName) -> NotSupported:
    """The same for a command that is not declared."""
    return _refusal(engine, f"command {name.value}", name.value)


def _refusal(engine: Engine, what: str, name: str) -> NotSupported:
    return NotSupported(engine.name, what, engine.instead.get(name, ""))
