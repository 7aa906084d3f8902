"""
The target that is no engine, but an operator API in front of one.

Laws:

- Who acts, what is on record, what is stuck and what is protected is a matter of the host of the
  API. What keeps somebody from acting is refused where it would be lost, and never left out. (What
  files call stuck would only widen what may be killed: that is left out.)
"""

from typing import TypeAlias

import wfadmin
from wfadmin.cli.config import Wanted
from wfadmin.cli.rules import Rules
from wfadmin.domain.errors import InvalidConfig, UsageError
from wfadmin.domain.policy import Protection
from wfadmin.ports.credentials import Credentials

__all__ = ["Verbs", "check_lost", "check_protection", "operator_over"]

#: The verbs, over an engine that is reached from here, or over an operator API. As text: who has
#: an engine does not wait for the other to be loaded.
Verbs: TypeAlias = "wfadmin.LocalOperator | wfadmin.RemoteOperator"

_THERE = "the host of the operator API sees to that: leave it out"


def operator_over(
    wanted: Wanted, credentials: Credentials | None, timeout: float
) -> "wfadmin.RemoteOperator":
    """
    The verbs over the API that is meant. Does no I/O.

    Raises:
        UsageError: No URL is given, one that means nothing here is, or it is not usable.
    """
    if wanted.admin_url is None:
        raise UsageError("--admin-url", "it says where the operator API is, and has to be given")
    for name, url in (("--ingress-url", wanted.ingress_url), ("--grpc-url", wanted.grpc_url)):
        if url is not None:
            raise UsageError(name, _THERE)
    return wfadmin.RemoteOperator(wanted.admin_url, credentials=credentials, timeout=timeout)


def check_lost(**options: str | None) -> None:
    """
    Refuse options that an operator API has no ear for.

    Args:
        options: By their names, with underscores.

    Raises:
        UsageError: One of them is given.
    """
    for name, value in options.items():
        if value is not None:
            raise UsageError(f"--{name.replace('_', '-')}", _THERE)


def check_protection(found: Rules) -> None:
    """
    Refuse a write where somebody relies on a protection that would not hold there.

    Raises:
        InvalidConfig: The configuration files protect something.
    """
    if found.protection != Protection():
        problem = "nothing here keeps an operator API from it: protect it where that is served"
        raise InvalidConfig("the protection in your configuration", problem)
