"""What a digest is made of: an approval that was given yesterday binds the same plan today."""

import hashlib
from datetime import UTC, datetime

from wfadmin.domain.keys import Incarnation
from wfadmin.domain.plan import Action, Item, Plan, Step, Verb

AT = datetime(2026, 1, 1, tzinfo=UTC)


def digest_over(*words: str) -> str:
    """Give the digest over words, each with its length in front."""
    parts = (f"{len(word.encode())}:{word}" for word in words)
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def test_a_digest_is_over_every_word_of_the_plan_in_order() -> None:
    kill = Step(Action.KILL, "inv_1", Incarnation("first"))
    resume = Step(Action.RESUME, "inv_2", detail="dp_ü")
    items = (Item("Order/42", (kill, resume)), Item("Order/43"))
    arguments = (("service_name", "Order"), ("with_children", "no"))

    made = Plan(Verb.RECOVER, arguments, items, ("It is late",), "memory://", AT)

    assert made.digest == digest_over(
        *("wfadmin plan 1", "recover", "memory://", "2026-01-01T00:00:00+00:00"),
        *("2", "2", "service_name", "Order", "2", "with_children", "no", "1", "It is late"),
        *("Order/42", "2"),
        *("kill", "inv_1", "=first", "", "resume", "inv_2", "", "dp_ü"),
        *("Order/43", "0"),
    )
