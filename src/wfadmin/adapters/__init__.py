"""
Who answers: each adapter serves ports, for one engine or for the host that wfadmin runs in.

No adapter imports another. What they share lies in `wire`.
"""

__all__: list[str] = []
