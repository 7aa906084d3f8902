"""
The way of every verb that writes: plan, show, ask, apply.

Laws:

- What was shown is what is done: after a yes, exactly that plan is applied, or nothing is.
- A plan that is only looked at or saved sends no write.
"""

import sys
from collections.abc import Awaitable, Callable
from functools import partial
from typing import Annotated

import attrs
from cyclopts import Parameter

import wfadmin
from wfadmin.cli.asking import agreed, refuse_without_terminal
from wfadmin.cli.elsewhere import Verbs, check_lost
from wfadmin.cli.output import Output, Paint, Said
from wfadmin.cli.plan_board import plan_board, result_board
from wfadmin.cli.records import records
from wfadmin.cli.target import Target, actor, address_of, opened
from wfadmin.cli.usage import MisuseError
from wfadmin.cli.watch import watching
from wfadmin.domain.errors import UsageError
from wfadmin.domain.plan import Plan
from wfadmin.domain.results import Result
from wfadmin.wire.outcomes import exit_of_result
from wfadmin.wire.plan_files import plan_document, save_plan
from wfadmin.wire.repair_documents import result_document

__all__ = ["UNASKED", "Call", "Write", "carried_out", "flag", "option"]

_LONGEST_REASON = 500
_LONGEST_ACTOR = 200


def option(text: str) -> Parameter:
    """An option with a value."""
    return Parameter(help=text, negative=())


def flag(text: str) -> Parameter:
    """An option that is there or not."""
    return Parameter(help=text, negative=())


def _check_actor(_: object, __: object, value: str | None) -> None:
    if value is not None and not 0 < len(value.strip()) <= _LONGEST_ACTOR:
        raise UsageError("--actor", f"it is empty or longer than {_LONGEST_ACTOR} characters")


@Parameter(name="*")
@attrs.frozen(kw_only=True)
class Write:
    """The options of a verb that writes, as they were given."""

    dry_run: Annotated[bool, flag("Only show the plan; no write is sent.")] = False
    plan_out: Annotated[
        str | None,
        option("Only save the plan, to a new file: see wfadmin apply."),
    ] = None
    yes: Annotated[bool, flag("Do it without asking.")] = False
    reason: Annotated[str | None, option("Why, for the audit log; up to 500 characters.")] = None
    actor: Annotated[
        str | None, option("Who acts, for the audit log; user@host, unless given.")
    ] = None

    @property
    def only_plans(self) -> bool:
        """Whether no write may be sent."""
        return self.dry_run or self.plan_out is not None

    def check(self, *, json: bool) -> None:
        """
        Refuse what contradicts itself, and what would have to be asked where nobody can be.

        Raises:
            UsageError: An option is not usable.
            MisuseError: There is nobody to ask.
        """
        if self.reason is not None and len(self.reason) > _LONGEST_REASON:
            raise UsageError("--reason", f"it is longer than {_LONGEST_REASON} characters")
        _check_actor(None, None, self.actor)
        if self.yes and self.only_plans:
            raise UsageError("--yes", "a plan that is only shown or saved needs no yes")
        if not self.yes and not self.only_plans:
            refuse_without_terminal(json=json)


#: No option was given.
UNASKED = Write()


@attrs.frozen
class Call:
    """
    One verb with its arguments.

    Attributes:
        verb: Its name.
        target: What it is for.
        plan: What it would do now.
        do: Does it.
        approved: The plan to apply after a yes; the one that was shown, if not given.
    """

    verb: str
    target: str
    plan: Callable[[Verbs], Awaitable[Plan]]
    do: Callable[[Verbs], Awaitable[Result]]
    approved: Plan | None = None


async def carried_out(
    call: Call,
    write: Write,
    target: Target,
    *,
    evidence: str | None = None,
) -> Said:
    """
    Plan, ask and do, as far as the options say.

    Raises:
        MisuseError: Nobody can be asked, or nobody said yes.
        WfadminError: What the verb raises.
    """
    write.check(json=target.output == "json")
    name = write.actor or actor()
    kept = partial(records, target.audit_log, evidence, name)
    async with opened(target, kept=kept) as operator:
        acting = _acting(operator, write, name, evidence)
        if write.only_plans:
            return _planned(await call.plan(acting), write, address_of(acting))
        if write.yes:
            result = await _sent(call, acting, call.do(acting))
        else:
            result = await _asked(call, acting, target)
    return Said(
        document=lambda: result_document(result),
        board=lambda paint: result_board(result, paint),
        exit_code=exit_of_result(result),
    )


def _acting(operator: Verbs, write: Write, name: str, evidence: str | None) -> Verbs:
    if isinstance(operator, wfadmin.LocalOperator):
        return operator.acting_as(name, reason=write.reason)
    check_lost(actor=write.actor, evidence=evidence)
    return operator.because(write.reason)


def _planned(plan: Plan, write: Write, address: str) -> Said:
    if write.plan_out is not None:
        save_plan(plan, write.plan_out)
    return Said(
        document=lambda: plan_document(plan),
        board=lambda paint: plan_board(plan, paint, address=address, saved=write.plan_out),
    )


async def _asked(call: Call, operator: Verbs, target: Target) -> Result:
    plan = await call.plan(operator)
    if _is_cut(plan):
        raise MisuseError(
            "confirmation_required",
            "This URL holds what no plan may keep, so it cannot be asked about.",
            "Look at the plan with --dry-run, then run it again with --yes.",
        )
    if plan.steps:
        output = Output(sys.stdout, sys.stderr, json=target.output == "json")
        await agreed(plan_board(plan, Paint(), address=address_of(operator)), output)
    return await _sent(call, operator, operator.apply(call.approved or plan))


async def _sent(call: Call, operator: Verbs, doing: Awaitable[Result]) -> Result:
    if not isinstance(operator, wfadmin.LocalOperator):
        # What the host of the API then sends, and when, is not seen from here.
        watch = watching()
        watch.verb, watch.target = call.verb, call.target
    return await doing


def _is_cut(plan: Plan) -> bool:
    """Whether the plan names only a part of its URLs, so that it cannot be applied."""
    if ("url_is_cut", "yes") in plan.arguments:
        return True
    urls = (value for name, value in plan.arguments if name in ("service_url", "also_keep"))
    return any(url.endswith("?...") for url in urls)
