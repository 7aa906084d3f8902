"""
Dapr Workflow, over the HTTP API of one sidecar.

Read in the source of 1.14 to 1.19, and seen live on 1.18.3. Of another version it claims nothing.
"""

from wfadmin.adapters.dapr.engine import connect

__all__ = ["connect"]
