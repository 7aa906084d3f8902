"""
Faults between an engine and whoever calls its ports: by script, or drawn by chance.

::

    faults = Faults(clock=world.clock)
    faults.on(Point.PURGE).lose_answer()
    faults.on(Point.FOR_KEY).nth(2).unreachable()
    engine = faults.over(world.engine)

Each gives what an adapter gives in that trouble: an honest answer or a `WfadminError`.
"""

from wfadmin.testing.faults.kinds import Kind
from wfadmin.testing.faults.lines import Line
from wfadmin.testing.faults.script import Faults, Struck

__all__ = ["Faults", "Kind", "Line", "Struck"]
