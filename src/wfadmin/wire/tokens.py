"""What a bearer token may look like."""

__all__ = ["is_header_safe"]


def is_header_safe(token: str) -> bool:
    """Whether `token` can stand in a header: visible ASCII, and not nothing."""
    return bool(token) and all("!" <= character <= "~" for character in token)
