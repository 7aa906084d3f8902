"""
What the operator API answers, as classes: one for each body, with the names of the JSON.

Laws:

- A field without a default is always told. One with a default is told by our own API where the
  caller prefers all (`Prefer: return=representation`), or may be left out by another vendor's.
- They are read with `Reply.read`: strict in types, and what nobody asked for is ignored.
- A word that is not known becomes `unknown` where its enumeration has that member: a newer host
  may know more. Any other such word does not fit.
"""

from wfadmin.wire.answers.doctor import (
    AdminAnswer,
    DeploymentItem,
    DeploymentsAnswer,
    DoctorAnswer,
    FailureItem,
    FindingItem,
    IngressAnswer,
    InvocationsAnswer,
    SampleItem,
    ServiceItem,
    ServicesAnswer,
)
from wfadmin.wire.answers.failure import ErrorAnswer, ErrorBody
from wfadmin.wire.answers.inspection import (
    AllowedAnswer,
    BlockedAnswer,
    BlockerItem,
    ChildItem,
    EntryItem,
    InspectionAnswer,
    RecoverAdvice,
    RunItem,
    ServiceOfKey,
    StateAnswer,
)
from wfadmin.wire.answers.plan import ArgumentItem, PlanAnswer, PlanItem, StepItem
from wfadmin.wire.answers.repairs import (
    CleanupAnswer,
    HeldItem,
    RecoverAnswer,
    RedeployAnswer,
    RepairAnswer,
)

__all__ = [
    "AdminAnswer",
    "AllowedAnswer",
    "ArgumentItem",
    "BlockedAnswer",
    "BlockerItem",
    "ChildItem",
    "CleanupAnswer",
    "DeploymentItem",
    "DeploymentsAnswer",
    "DoctorAnswer",
    "EntryItem",
    "ErrorAnswer",
    "ErrorBody",
    "FailureItem",
    "FindingItem",
    "HeldItem",
    "IngressAnswer",
    "InspectionAnswer",
    "InvocationsAnswer",
    "PlanAnswer",
    "PlanItem",
    "RecoverAdvice",
    "RecoverAnswer",
    "RedeployAnswer",
    "RepairAnswer",
    "RunItem",
    "SampleItem",
    "ServiceItem",
    "ServiceOfKey",
    "ServicesAnswer",
    "StateAnswer",
    "StepItem",
]
