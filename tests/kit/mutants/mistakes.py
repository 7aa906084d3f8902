"""Mistakes that adapters make in many places, for mutants to make in one."""

from collections.abc import Callable

from wfadmin.adapters.memory import Point
from wfadmin.testing import Around, PortCall, Proceed


def instead(point: Point, change: Callable[[object], object]) -> Around:
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


def at_points(points: tuple[Point, ...], then: Around) -> Around:
    """Something else in calls of these points; the others go on as they are."""

    async def around(call: PortCall, proceed: Proceed) -> object:
        return await (then(call, proceed) if call.point in points else proceed())

    return around
