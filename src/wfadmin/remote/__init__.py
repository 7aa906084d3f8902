"""
The verbs over an operator API that runs elsewhere: ours, or another vendor's.

Laws:

- What the API cannot carry is refused before anything is sent, never left out.
- A write is sent at most once. What is not known about it is `OutcomeUnknown`.
- Whatever a server says is data: read strictly, and never a line to paste that we would not have
  made ourselves.
"""

from wfadmin.remote.operator import RemoteOperator

__all__ = ["RemoteOperator"]
