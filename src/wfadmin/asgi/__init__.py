"""
The operator API over HTTP, as an ASGI app: translates in, translates out, decides nothing.

::

    app = operator_app(operator, authenticator=ApiKeys("keys.json"))

Laws:

- Nothing asks the engine before the caller and what they sent are checked.
- The actor on record is the principal, never what a body says.
- What is told to a caller who is not known holds nothing that they did not send.
"""

from wfadmin.asgi.app import OperatorApp, operator_app
from wfadmin.asgi.settings import Limits

__all__ = ["Limits", "OperatorApp", "operator_app"]
