"""
Bytes to values and back: what others send, what we send, and what an ending is called outside.

Strict about what humans send, tolerant about what engines send. Nothing here does I/O by itself;
`files` does when an adapter of the host asks it to.
"""

__all__: list[str] = []
