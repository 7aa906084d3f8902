"""What names a run: the workflow key, and the reference that tells apart runs sharing an id."""

import attrs

from wfadmin.domain.errors import InvalidWorkflowKey

__all__ = ["MAX_NAME_BYTES", "Incarnation", "InvocationRef", "Progress", "WorkflowKey"]

#: The longest service name or service key, in UTF-8 bytes: what still fits into a request line
#: after percent-encoding.
MAX_NAME_BYTES = 2048


def _check_name(argument: str, value: object) -> None:
    if not isinstance(value, str):
        raise InvalidWorkflowKey(argument, f"it is {type(value).__name__}, not text")
    if not value:
        raise InvalidWorkflowKey(argument, "it is empty")
    try:
        size = len(value.encode())
    except UnicodeEncodeError:
        raise InvalidWorkflowKey(argument, "it is not valid Unicode") from None
    if size > MAX_NAME_BYTES:
        problem = f"it is {size} bytes long, at most {MAX_NAME_BYTES} are possible"
        raise InvalidWorkflowKey(argument, problem)


@attrs.frozen(order=True)
class WorkflowKey:
    """
    A service name and a key of that service: one value, never one string.

    Any text is a key: quotes, wildcards, line ends and slashes are data.

    Raises:
        InvalidWorkflowKey: A part is empty, not text, not valid Unicode, or too long.
    """

    service_name: str
    service_key: str

    def __attrs_post_init__(self) -> None:
        _check_name("service name", self.service_name)
        _check_name("service key", self.service_key)


@attrs.frozen
class Incarnation:
    """
    Tells apart two runs that bear the same id. Opaque: compare with ``==`` only.

    An adapter makes it from what its engine offers (creation time, run number, execution id).
    """

    token: str


@attrs.frozen
class Progress:
    """
    Changes when a run moves on. Opaque: compare with ``==`` only.

    The attempts of a retry are not progress.
    """

    token: str


@attrs.frozen
class InvocationRef:
    """
    What every port call takes to name one run.

    Attributes:
        key: The workflow key, or None for a service without keys.
        id: The engine's id. It may come to name another run: compare the incarnation too.
        incarnation: None where the engine offers nothing to tell two runs apart: no fence.
    """

    key: WorkflowKey | None
    id: str
    incarnation: Incarnation | None
