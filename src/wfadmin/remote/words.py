"""What this operator is called, and what it says where the API cannot carry a wish."""

from wfadmin.domain.errors import NotSupported

__all__ = ["HERE", "NAME", "lacks"]

#: What stands for the adapter: the API does not tell which one it is.
NAME = "operator-api"
#: Where to do what the API cannot carry.
HERE = "Run wfadmin where the engine itself can be reached."


def lacks(what: str, instead: str = HERE) -> NotSupported:
    """The error for what the API cannot carry; nothing was sent."""
    return NotSupported(NAME, what, instead)
