"""
Restate, over its admin API: by SQL for what it holds, by its routes for everything else.

Written against 1.6 and 1.7. Of another version it claims nothing that was not seen.
"""

from wfadmin.adapters.restate.engine import connect

__all__ = ["connect"]
