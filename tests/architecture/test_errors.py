"""Every error carries its facts in fields, says what to do, and survives a trip by pickle."""

import pickle
import types
import typing
from collections.abc import Iterator
from enum import Enum

import attrs
import pytest

from tests.architecture.source import import_all
from wfadmin.errors import WfadminError

import_all()  # an error may be defined anywhere


def family(kind: type[WfadminError]) -> Iterator[type[WfadminError]]:
    """Give a class and all classes below it."""
    yield kind
    for child in kind.__subclasses__():
        yield from family(child)


EVERY = sorted(set(family(WfadminError)), key=lambda kind: kind.__qualname__)
LEAVES = [kind for kind in EVERY if not kind.__subclasses__()]


def example_of(annotation: object, name: str) -> object:
    """Make a value of a type, one that is not the default."""
    arguments = typing.get_args(annotation)
    origin = typing.get_origin(annotation)
    if origin is tuple:
        given = arguments[:1] if arguments[-1] is ... else arguments
        return tuple(example_of(each, name) for each in given)
    if origin in (typing.Union, types.UnionType):
        chosen = next(each for each in arguments if each is not types.NoneType)
        return example_of(chosen, name)
    if isinstance(annotation, type) and issubclass(annotation, Enum):
        return list(annotation)[-1]
    examples: dict[object, object] = {str: f"the {name}", int: 503, float: 1.5, bool: True}
    return examples[annotation] if annotation in examples else built(annotation)


def built(kind: object) -> object:
    """Make a value of an attrs class from examples of its fields."""
    if not (isinstance(kind, type) and attrs.has(kind)):
        message = f"no example is known for {kind!r}: add one"
        raise TypeError(message)
    attrs.resolve_types(kind)
    fields = [each for each in attrs.fields(kind) if each.init]
    return kind(**{each.alias: example_of(each.type, each.name) for each in fields})


def values_of(error: WfadminError) -> dict[str, object]:
    """Read the fields of an error."""
    return {each.name: getattr(error, each.name) for each in attrs.fields(type(error))}


def an_error(kind: type[WfadminError]) -> WfadminError:
    """Make an error of a class."""
    error = built(kind)
    assert isinstance(error, kind)
    return error


@pytest.mark.parametrize("protocol", range(2, pickle.HIGHEST_PROTOCOL + 1))
@pytest.mark.parametrize("kind", EVERY)
def test_an_error_survives_pickle(kind: type[WfadminError], protocol: int) -> None:
    error = an_error(kind)
    again = pickle.loads(pickle.dumps(error, protocol))  # noqa: S301 - our own bytes
    assert type(again) is kind
    assert values_of(again) == values_of(error)
    assert str(again) == str(error)


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_says_what_happened_why_and_what_to_do(kind: type[WfadminError]) -> None:
    error = an_error(kind)
    assert error.code
    assert error.why
    assert error.fix
    assert error.fix in str(error)


@pytest.mark.parametrize("kind", EVERY)
def test_an_error_is_itself_only(kind: type[WfadminError]) -> None:
    error = an_error(kind)
    assert {error: "seen"}[error] == "seen"
    assert error != an_error(kind)


def test_no_two_kinds_of_error_share_a_code() -> None:
    codes = [kind.code for kind in LEAVES]
    assert sorted(codes) == sorted(set(codes))
