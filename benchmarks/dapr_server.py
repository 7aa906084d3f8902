"""
A process that answers like a Dapr sidecar with many instances, until its standard input ends.

    python -m benchmarks.dapr_server 10000

It says first where it listens, and at its end what it was asked. Of five instances one has failed,
one runs and three are completed. Each is told as a real 1.18.3 told one, with its own id and time
added at the end: parts of a message are merged by whoever reads it.
"""

import argparse
import asyncio
import base64
import json
import sys

from tests.adapters.dapr_grpc.servers import Answered, Asked, GrpcServer, recorded
from wfadmin.adapters.dapr.grpc.codec import fields_of, number, text

FAILED, RUNNING, COMPLETED = (
    recorded()[name].answered.data
    for name in ("get-failed-without-payloads", "get-running-without-payloads", "no-worker-get")
)
FAILED_WITH_PAYLOADS = recorded()["get-failed"].answered.data
KINDS = (FAILED, RUNNING, COMPLETED, COMPLETED, COMPLETED)
# 2026-11-20T23:00:00Z, and of each instance a second later.
FIRST_SECOND = 1_795_215_600
STATE, UPDATED = 2, 7


class Herd:
    """Instances `i-0`, `i-1` and so on, each answer held for some seconds."""

    def __init__(self, many: int, hold: float) -> None:
        self.many = many
        self.hold = hold

    async def __call__(self, asked: Asked) -> Answered:
        await asyncio.sleep(self.hold)
        request = fields_of(asked.request)
        if asked.method == "ListInstanceIDs":
            return Answered(self._page(int(request.text(1) or 0), request.unsigned(2)))
        instance_id = request.text(1)
        place = int(instance_id.removeprefix("i-"))
        told = FAILED_WITH_PAYLOADS if request.flag(2) else KINDS[place % len(KINDS)]
        updated = _message(UPDATED, number(1, FIRST_SECOND + place))
        return Answered(told + _message(STATE, text(1, instance_id) + updated))

    def _page(self, first: int, size: int) -> bytes:
        last = min(first + size, self.many)
        ids = (text(1, f"i-{place}") for place in range(first, last))
        return b"".join(ids) + text(2, str(last) if last < self.many else "")


def _message(field: int, data: bytes) -> bytes:
    """A message in a message, of less than 128 bytes."""
    return bytes((field << 3 | 2, len(data))) + data


async def main() -> None:
    given = options()
    server = GrpcServer(Herd(given.instances, given.hold), remembers=given.remember)
    await server.start()
    print(server.address, flush=True)
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await server.stop()
    asked = [(one.method, base64.b64encode(one.request).decode()) for one in server.asked]
    print(json.dumps({"atOnce": server.at_once, "asked": asked}))


def options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.dapr_server")
    parser.add_argument("instances", type=int, help="how many there are")
    parser.add_argument("--hold", type=float, default=0, help="how many seconds an answer takes")
    parser.add_argument("--remember", action="store_true", help="say at the end what was asked")
    return parser.parse_args()


if __name__ == "__main__":
    asyncio.run(main())
