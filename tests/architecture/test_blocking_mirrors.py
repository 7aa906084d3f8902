"""The blocking operator offers what the async one offers, word for word, without `await`."""

import collections.abc
import functools
import inspect
import operator
import types
import typing
from collections.abc import Callable
from typing import Any

import pytest

import wfadmin

BLOCKING_NAMES = {"aclose": "close", "__aenter__": "__enter__", "__aexit__": "__exit__"}
# Where the async operator names the left type, the blocking one names the right one.
BLOCKING_TYPES: dict[object, object] = {
    wfadmin.Operator: wfadmin.BlockingOperator,
    collections.abc.AsyncIterator: collections.abc.Iterator,
    collections.abc.AsyncIterable: collections.abc.Iterable,
}


def offered(kind: type) -> dict[str, object]:
    """Give what a class offers: public members, and how it is entered and left."""
    return {
        name: member
        for name, member in inspect.getmembers_static(kind)
        if not name.startswith("_") or name in {*BLOCKING_NAMES, *BLOCKING_NAMES.values()}
    }


def blocking_type(annotation: object) -> object:
    """Translate an annotation of the async operator."""
    origin = typing.get_origin(annotation)
    if origin is None:
        return BLOCKING_TYPES.get(annotation, annotation)
    arguments = tuple(blocking_type(each) for each in typing.get_args(annotation))
    if origin in (typing.Union, types.UnionType):
        return functools.reduce(operator.or_, arguments)
    generic: Any = BLOCKING_TYPES.get(origin, origin)
    return generic[arguments]


def translated(method: Callable[..., object]) -> inspect.Signature:
    """Say how the blocking twin of a method has to look."""
    signature = inspect.signature(method, eval_str=True)
    parameters = [
        each.replace(annotation=blocking_type(each.annotation))
        for each in signature.parameters.values()
    ]
    return signature.replace(
        parameters=parameters, return_annotation=blocking_type(signature.return_annotation)
    )


ASYNC = offered(wfadmin.Operator)
BLOCKING = offered(wfadmin.BlockingOperator)
METHODS = sorted(name for name, member in ASYNC.items() if inspect.isfunction(member))


def test_both_offer_the_same_names() -> None:
    assert {BLOCKING_NAMES.get(name, name) for name in ASYNC} == set(BLOCKING)


@pytest.mark.parametrize("name", METHODS)
def test_a_method_looks_the_same_from_outside(name: str) -> None:
    twin = getattr(wfadmin.BlockingOperator, BLOCKING_NAMES.get(name, name))
    expected = translated(getattr(wfadmin.Operator, name))
    assert inspect.signature(twin, eval_str=True) == expected


@pytest.mark.parametrize("name", sorted(BLOCKING))
def test_nothing_has_to_be_awaited(name: str) -> None:
    member = BLOCKING[name]
    assert not inspect.iscoroutinefunction(member)
    assert not inspect.isasyncgenfunction(member)
