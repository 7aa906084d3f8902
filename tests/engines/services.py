"""
The services that the engine tests run: they do what their input says.

Started as a program of its own (see `service_host.py`), on a socket that it inherits:

    python tests/engines/services.py --fd 3 --revision 1 Order Cart

Every exclusive or main handler takes `{"do": ..., "message": ...}`, where `do` is one of
`succeed`, `fail`, `wait`, `retry`. An Order leaves `stage` in its state before it acts; a Parent
also takes `child`, the key of the Order that it calls with its own input. An Order can `call`
`child` too, and can `work`: it never waits idly, and takes its steps from the lines of `file`, each
`more` or `end`.
"""

import argparse
import asyncio
import json
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import restate
from hypercorn.asyncio import serve
from hypercorn.config import Config
from restate import (
    Context,
    InvocationRetryPolicy,
    ObjectContext,
    ObjectSharedContext,
    Service,
    TerminalError,
    VirtualObject,
    Workflow,
    WorkflowContext,
    WorkflowSharedContext,
)

AnyService = Service | VirtualObject | Workflow
Task = dict[str, str]

# A waiting run gives its connection back after this long: running becomes suspended.
PATIENCE = timedelta(milliseconds=200)
# Five failed attempts take about three seconds, and the wait stays short enough to watch.
RETRIES = InvocationRetryPolicy(
    initial_interval=timedelta(milliseconds=200),
    exponentiation_factor=2.0,
    max_interval=timedelta(seconds=1),
)
SECRET = "card 4242 4242 4242 4242"  # noqa: S105 - no secret, but what must not be shown unasked


def act(task: Task) -> None:
    """Fail for good, fail for now, or return."""
    match task.get("do", "succeed"):
        case "fail":
            raise TerminalError(task.get("message", "payment was refused"))
        case "retry":
            raise RuntimeError(task.get("message", "payment service is down"))
        case _:
            return


async def told(*, path: str, after: int) -> str:
    """Stay busy until a file has a further line; a file that is gone says `end`."""
    while len(lines := read_lines(Path(path))) <= after:  # noqa: ASYNC110 - another process writes
        await asyncio.sleep(0.02)
    return lines[after]


def read_lines(path: Path) -> list[str]:
    """Read what a file says by now."""
    # Without its file the run ends at whatever step it is.
    return path.read_text(encoding="utf-8").splitlines() if path.exists() else ["end"] * 100


def make_order(revision: str) -> Workflow:
    """Make a workflow whose run can wait on the promise `go`."""
    order = Workflow(
        "Order",
        metadata={"revision": revision},
        inactivity_timeout=PATIENCE,
        invocation_retry_policy=RETRIES,
    )

    @order.main()
    async def run(ctx: WorkflowContext, task: Task) -> dict[str, str]:
        ctx.set("stage", task.get("do", "succeed"))
        ctx.set("card", SECRET)
        act(task)
        match task.get("do"):
            case "wait":
                await ctx.promise("go", type_hint=str).value()
            case "call":
                wait = json.dumps({"do": "wait"}).encode()
                await ctx.generic_call("Order", "run", wait, key=task["child"])
            case "work":
                steps = 0
                while await ctx.run_typed("step", told, path=task["file"], after=steps) == "more":
                    steps += 1
            case _:
                pass
        return {"revision": revision}

    @order.handler()
    async def status(ctx: WorkflowSharedContext) -> str:
        return await ctx.get("stage", type_hint=str) or "unknown"

    @order.handler()
    async def watch(ctx: WorkflowSharedContext) -> str:
        return await ctx.promise("go", type_hint=str).value()

    @order.handler()
    async def release(ctx: WorkflowSharedContext) -> None:
        await ctx.promise("go", type_hint=str).resolve("released")

    return order


def make_parent(revision: str) -> Workflow:
    """Make a workflow that calls a run of Order and waits for it."""
    parent = Workflow("Parent", metadata={"revision": revision}, inactivity_timeout=PATIENCE)

    @parent.main()
    async def run(ctx: WorkflowContext, task: Task) -> str:
        ctx.set("child", task["child"])
        answer = await ctx.generic_call(
            "Order", "run", json.dumps(task).encode(), key=task["child"]
        )
        return answer.decode()

    return parent


def make_cart(revision: str) -> VirtualObject:
    """Make a virtual object whose key stays locked while a call waits."""
    cart = VirtualObject(
        "Cart",
        metadata={"revision": revision},
        inactivity_timeout=PATIENCE,
        invocation_retry_policy=RETRIES,
    )

    @cart.handler()
    async def add(ctx: ObjectContext, task: Task) -> int:
        count = (await ctx.get("count", type_hint=int) or 0) + 1
        ctx.set("count", count)
        act(task)
        if task.get("do") == "wait":
            name, answer = ctx.awakeable(type_hint=str)
            ctx.set("awakeable", name)
            await answer
        return count

    @cart.handler(kind="shared")
    async def items(ctx: ObjectSharedContext) -> int:
        return await ctx.get("count", type_hint=int) or 0

    return cart


def make_mailer(revision: str) -> Service:
    """Make a plain service: no key, no state."""
    mailer = Service(
        "Mailer",
        metadata={"revision": revision},
        inactivity_timeout=PATIENCE,
        invocation_retry_policy=RETRIES,
    )

    @mailer.handler()
    async def send(ctx: Context, task: Task) -> str:
        act(task)
        if task.get("do") == "wait":
            await ctx.sleep(timedelta(hours=1))
        return "sent"

    return mailer


SERVICES: dict[str, Callable[[str], AnyService]] = {
    "Order": make_order,
    "Parent": make_parent,
    "Cart": make_cart,
    "Mailer": make_mailer,
}


def main() -> None:
    """Serve the named services until a signal comes."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--fd", type=int, required=True)
    parser.add_argument("--revision", default="1")
    parser.add_argument("services", nargs="+", choices=sorted(SERVICES))
    given = parser.parse_args()
    config = Config()
    config.bind = [f"fd://{given.fd}"]
    config.graceful_timeout = 0.1
    app = restate.app([SERVICES[name](given.revision) for name in given.services])
    asyncio.run(serve(app, config))


if __name__ == "__main__":
    main()
