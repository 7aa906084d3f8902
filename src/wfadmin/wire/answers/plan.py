"""What the plan of a repair is, as an answer and as a file: `plan_of_text` reads both."""

# ruff: noqa: N815 - fields are named as the JSON names them

import attrs

from wfadmin.domain.plan import Action, Verb

__all__ = ["ArgumentItem", "PlanAnswer", "PlanItem", "StepItem"]


@attrs.frozen
class ArgumentItem:
    """
    One argument of the verb.

    Attributes:
        name: Which one.
        value: What it was; a URL without its secrets.
    """

    name: str
    value: str


@attrs.frozen
class StepItem:
    """
    One write.

    Attributes:
        action: What it sends.
        target: The id, the URL or the key that it is for.
        incarnation: Which run of that id; null where nothing tells them apart.
        detail: What else decides about it; empty for nothing.
    """

    action: Action = attrs.field(converter=Action)
    target: str
    incarnation: str | None
    detail: str


@attrs.frozen
class PlanItem:
    """
    One key, deployment or URL.

    Attributes:
        target: Which one.
        steps: What would be done to it, in order; none: nothing is to be done.
    """

    target: str
    steps: tuple[StepItem, ...]


@attrs.frozen
class PlanAnswer:
    """
    What a verb would do now.

    Attributes:
        verb: Which verb.
        arguments: As it was called.
        items: What it would do, to what.
        warnings: What the steps can do besides, and the windows that no check closes.
        engine: The adapter and its address: a plan is for one engine.
        expiresAt: From then on it is not applied. Told to the microsecond: the digest covers it.
        digest: SHA-256 over everything else, in hexadecimal digits; also the `ETag`.
    """

    verb: Verb = attrs.field(converter=Verb)
    arguments: tuple[ArgumentItem, ...]
    items: tuple[PlanItem, ...]
    warnings: tuple[str, ...]
    engine: str
    expiresAt: str
    digest: str
