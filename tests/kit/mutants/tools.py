"""What several mistakes share."""

from collections.abc import Callable

import attrs

from wfadmin.adapters.memory import Point
from wfadmin.domain.answers import Answer
from wfadmin.domain.commands import Command
from wfadmin.domain.errors import WfadminError
from wfadmin.testing import Around, PortCall, Proceed
from wfadmin.testing.memory import MemoryDriver

#: The points of all commands.
COMMANDS = (Point.PAUSE, Point.RESUME, Point.CANCEL, Point.KILL, Point.PURGE)


def at(*points: Point, instead: Around) -> Around:
    """Do something else in calls of these points; leave the others alone."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        return await (instead(call, proceed) if call.point in points else proceed())

    return around


def answers(value: object) -> Around:
    """Say this, and send nothing."""

    async def instead(_: PortCall, __: Proceed) -> object:
        return value

    return instead


def does_and_answers(value: object) -> Around:
    """Say this, whatever comes back."""

    async def instead(_: PortCall, proceed: Proceed) -> object:
        await proceed()
        return value

    return instead


def gives(change: Callable[[PortCall, object], object]) -> Around:
    """Change what comes back."""

    async def instead(call: PortCall, proceed: Proceed) -> object:
        return change(call, await proceed())

    return instead


def on_error(kind: type[WfadminError], value: object) -> Around:
    """Say this, or raise it, in place of an error."""

    async def instead(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except kind as error:
            if isinstance(value, WfadminError):
                raise value from error
            return value

    return instead


def tries_again_on(kind: type[WfadminError]) -> Around:
    """Send once more what ended with such an error."""

    async def instead(_: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except kind:
            return await proceed()

    return instead


def declares(**changes: object) -> Around:
    """Declare something else than what is so."""

    async def instead(_: PortCall, proceed: Proceed) -> object:
        facts = await proceed()
        capabilities = attrs.evolve(facts.capabilities, **changes)
        return attrs.evolve(facts, capabilities=capabilities)

    return at(Point.FACTS, instead=instead)


def command_of(call: PortCall) -> Command:
    return call.arguments[0]


def sends(driver: MemoryDriver, change: Callable[[Command], Command]) -> Around:
    """Send another command in place of the one that was asked for."""

    async def instead(call: PortCall, _: Proceed) -> Answer:
        return await driver.engine.control.perform(change(command_of(call)))

    return instead


def instead_of(point: Point, change: Callable[[object], object]) -> Around:
    """Another answer than the one that the engine gave."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        answer = await proceed()
        return change(answer) if call.point is point else answer

    return around


def remembered(*points: Point) -> Around:
    """The first answer, for ever."""
    kept: dict[Point, object] = {}

    async def around(call: PortCall, proceed: Proceed) -> object:
        if call.point not in points:
            return await proceed()
        if call.point not in kept:
            kept[call.point] = await proceed()
        return kept[call.point]

    return around


def swallowing(error: type[Exception], answer: object, *points: Point) -> Around:
    """`answer` where an error of that kind is to come."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except error:
            if call.point not in points:
                raise
            return answer

    return around


def raising(error: type[Exception], another: Callable[[], Exception], *points: Point) -> Around:
    """Another error than the one that is to come."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        try:
            return await proceed()
        except error as found:
            if call.point not in points:
                raise
            raise another() from found

    return around
