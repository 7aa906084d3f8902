"""
Says what is wrong with a durable workflow engine, and repairs it narrowly.

::

    async with wfadmin.connect("restate", admin_url="http://localhost:9070") as operator:
        report = await operator.doctor()
        print(report.verdict)

Everything here is loaded when it is first named: importing wfadmin costs next to nothing.
"""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from wfadmin.blocking import BlockingOperator as BlockingOperator
    from wfadmin.bootstrap import adapter_names as adapter_names
    from wfadmin.bootstrap import connect as connect
    from wfadmin.domain.components import ComponentStatus as ComponentStatus
    from wfadmin.domain.doctor import DoctorReport as DoctorReport
    from wfadmin.domain.doctor import Verdict as Verdict
    from wfadmin.domain.errors import WfadminError as WfadminError
    from wfadmin.domain.finding import Finding as Finding
    from wfadmin.domain.finding import FindingCode as FindingCode
    from wfadmin.domain.finding import Severity as Severity
    from wfadmin.domain.finding import Thresholds as Thresholds
    from wfadmin.domain.inspection import Inspection as Inspection
    from wfadmin.domain.keys import InvocationRef as InvocationRef
    from wfadmin.domain.keys import WorkflowKey as WorkflowKey
    from wfadmin.domain.model import Deployment as Deployment
    from wfadmin.domain.model import Invocation as Invocation
    from wfadmin.domain.model import InvocationOutcome as InvocationOutcome
    from wfadmin.domain.model import InvocationStatus as InvocationStatus
    from wfadmin.domain.model import Service as Service
    from wfadmin.domain.policy import RecoveryPolicy as RecoveryPolicy
    from wfadmin.domain.recovery import Allowed as Allowed
    from wfadmin.domain.recovery import Blocked as Blocked
    from wfadmin.domain.recovery import BlockReason as BlockReason
    from wfadmin.domain.remedies import Remedy as Remedy
    from wfadmin.operations.local import LocalOperator as LocalOperator
    from wfadmin.operations.operator import Operator as Operator
    from wfadmin.remote import RemoteOperator as RemoteOperator

__version__ = "0.1.0"

_HOMES = {
    "wfadmin.blocking": ("BlockingOperator",),
    "wfadmin.bootstrap": ("adapter_names", "connect"),
    "wfadmin.domain.components": ("ComponentStatus",),
    "wfadmin.domain.doctor": ("DoctorReport", "Verdict"),
    "wfadmin.domain.errors": ("WfadminError",),
    "wfadmin.domain.finding": ("Finding", "FindingCode", "Severity", "Thresholds"),
    "wfadmin.domain.inspection": ("Inspection",),
    "wfadmin.domain.keys": ("InvocationRef", "WorkflowKey"),
    "wfadmin.domain.model": (
        "Deployment",
        "Invocation",
        "InvocationOutcome",
        "InvocationStatus",
        "Service",
    ),
    "wfadmin.domain.policy": ("RecoveryPolicy",),
    "wfadmin.domain.recovery": ("Allowed", "BlockReason", "Blocked"),
    "wfadmin.domain.remedies": ("Remedy",),
    "wfadmin.operations.local": ("LocalOperator",),
    "wfadmin.operations.operator": ("Operator",),
    "wfadmin.remote": ("RemoteOperator",),
}
_HOME = {name: home for home, names in _HOMES.items() for name in names}

__all__ = [
    "Allowed",
    "BlockReason",
    "Blocked",
    "BlockingOperator",
    "ComponentStatus",
    "Deployment",
    "DoctorReport",
    "Finding",
    "FindingCode",
    "Inspection",
    "Invocation",
    "InvocationOutcome",
    "InvocationRef",
    "InvocationStatus",
    "LocalOperator",
    "Operator",
    "RecoveryPolicy",
    "Remedy",
    "RemoteOperator",
    "Service",
    "Severity",
    "Thresholds",
    "Verdict",
    "WfadminError",
    "WorkflowKey",
    "__version__",
    "adapter_names",
    "connect",
]


def __getattr__(name: str) -> object:
    home = _HOME.get(name)
    if home is None:
        message = f"module 'wfadmin' has no attribute {name!r}"
        raise AttributeError(message)
    # Imported here, so that `import wfadmin` loads neither attrs nor an event loop.
    from importlib import import_module

    value = getattr(import_module(home), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
