"""What this operator is called, and what it says where the API cannot carry a wish."""

from wfadmin.domain.errors import NotSupported
from wfadmin.ports.engine import OPERATOR_API

__all__ = ["HERE", "lacks"]

#: Where to do what the API cannot carry.
HERE = "Run wfadmin where the engine itself can be reached."


def lacks(what: str, instead: str = HERE) -> NotSupported:
    """The error for what the API cannot carry; nothing was sent."""
    return NotSupported(OPERATOR_API, what, instead)
