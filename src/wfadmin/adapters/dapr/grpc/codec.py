"""
Protocol buffers on the wire: bytes to fields by number, and back.

Why not `google.protobuf`: it keeps a known field of the wrong wire type as an unknown one, and so
reads it as absent. An answer whose `exists` is garbled would say that there is no such instance.
Besides it costs 75 ms and 14 MiB at import (grpcio itself: 75 ms and 20 MiB), has no types, and
its major version is one that the host's own packages want to choose. What we read are five small
messages, and the tests compare every byte of this with that library.

Laws:

- A field that nobody asks for is ignored, whatever its number and type.
- A field that is asked for has the wire type that was asked for, or the bytes are wrong.
- Nothing is read beyond the end of the bytes, and nothing is nested but where it is asked for.
"""

from collections.abc import Mapping
from typing import Final

import attrs

__all__ = ["Fields", "WrongBytesError", "fields_of", "flag", "number", "text", "wrapped"]

_VARINT: Final = 0
_FIXED_64: Final = 1
_BYTES: Final = 2
_FIXED_32: Final = 5
_FIXED_SIZES = {_FIXED_64: 8, _FIXED_32: 4}

_LONGEST_VARINT = 10
_WRAPS_64 = 1 << 64
_WRAPS_32 = 1 << 32
_LARGEST_NUMBER = (1 << 29) - 1
_HIGHEST_BIT = 0x80
_LOW_BITS = 0x7F

# Of a type that we never ask for nothing is kept.
_Value = int | bytes | None


class WrongBytesError(ValueError):
    """What is wrong with the bytes, as a sentence without the full stop."""


# --- reading -------------------------------------------------------------------------------------


@attrs.frozen
class Fields:
    """
    The fields of one message, by their numbers; of a repeated one the last value holds.

    Every method raises `WrongBytesError` where the field has another type.
    """

    _values: Mapping[int, list[_Value]]

    @property
    def numbers(self) -> tuple[int, ...]:
        """The numbers of the fields, in the order of their last values."""
        return tuple(self._values)

    def unsigned(self, field: int) -> int:
        """A whole number; 0 where it is not there."""
        value = self._values.get(field, [0])[-1]
        if not isinstance(value, int):
            raise WrongBytesError(f"field {field} is no number")
        return value

    def int64(self, field: int) -> int:
        """A number of 64 bits with its sign; 0 where it is not there."""
        return _signed(self.unsigned(field), _WRAPS_64)

    def int32(self, field: int) -> int:
        """A number of 32 bits with its sign; 0 where it is not there."""
        return _signed(self.unsigned(field) % _WRAPS_32, _WRAPS_32)

    def flag(self, field: int) -> bool:
        """A truth value; False where it is not there."""
        return self.unsigned(field) != 0

    def texts(self, field: int) -> tuple[str, ...]:
        """All values of a repeated text."""
        return tuple(_text(field, value) for value in self.parts(field))

    def text(self, field: int) -> str:
        """A text; empty where it is not there."""
        return self.text_or_none(field) or ""

    def text_or_none(self, field: int) -> str | None:
        """A text; None where it is not there."""
        found = self.texts(field)
        return found[-1] if found else None

    def parts(self, field: int) -> tuple[bytes, ...]:
        """The bytes of all values of a repeated message."""
        values = self._values.get(field, ())
        found = tuple(value for value in values if isinstance(value, bytes))
        if len(found) != len(values):
            raise WrongBytesError(f"field {field} holds no bytes")
        return found

    def inner(self, field: int) -> "Fields | None":
        """A message; None where it is not there. One that stands there in parts is merged."""
        found = self.parts(field)
        return fields_of(b"".join(found)) if found else None

    def wrapped_text(self, field: int) -> str | None:
        """A text in a message of its own; None where it is not there."""
        wrapper = self.inner(field)
        return None if wrapper is None else wrapper.text(1)


def fields_of(data: bytes) -> Fields:
    """
    The fields of a message.

    Raises:
        WrongBytesError: The bytes end too early, or are no message.
    """
    values: dict[int, list[_Value]] = {}
    at = 0
    while at < len(data):
        tag, at = _varint(data, at)
        field, kind = tag >> 3, tag & 7
        if not 0 < field <= _LARGEST_NUMBER:
            raise WrongBytesError(f"there is no field {field}")
        value, at = _value(data, at, kind)
        # The place of a field is that of its last value: of a choice the last one holds.
        of_field = values.pop(field, [])
        of_field.append(value)
        values[field] = of_field
    return Fields(values)


def _value(data: bytes, at: int, kind: int) -> tuple[_Value, int]:
    if kind == _VARINT:
        return _varint(data, at)
    if kind == _BYTES:
        size, at = _varint(data, at)
    elif kind in _FIXED_SIZES:
        size = _FIXED_SIZES[kind]
    else:
        raise WrongBytesError(f"there is no wire type {kind}")
    end = at + size
    if end > len(data):
        raise WrongBytesError("it ends in the middle")
    return data[at:end] if kind == _BYTES else None, end


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place, byte in enumerate(data[at : at + _LONGEST_VARINT]):
        value |= (byte & _LOW_BITS) << (7 * place)
        if not byte & _HIGHEST_BIT:
            return value % _WRAPS_64, at + place + 1
    raise WrongBytesError("it ends in the middle of a number, or a number has no end")


def _signed(value: int, wraps: int) -> int:
    return value - wraps if value >= wraps // 2 else value


def _text(field: int, value: bytes) -> str:
    try:
        return value.decode()
    except UnicodeDecodeError:
        raise WrongBytesError(f"field {field} is not UTF-8") from None


# --- writing -------------------------------------------------------------------------------------


def number(field: int, value: int) -> bytes:
    """A whole number that is not negative."""
    return _digits(field << 3 | _VARINT) + _digits(value)


def flag(field: int, *, value: bool) -> bytes:
    """A truth value; False is not written."""
    return number(field, 1) if value else b""


def text(field: int, value: str) -> bytes:
    """
    A text; an empty one is not written.

    Raises:
        UnicodeEncodeError: It is not valid Unicode.
    """
    return _sized(field, value.encode()) if value else b""


def wrapped(field: int, value: str) -> bytes:
    """A text in a message of its own, also an empty one."""
    return _sized(field, text(1, value))


def _sized(field: int, value: bytes) -> bytes:
    return _digits(field << 3 | _BYTES) + _digits(len(value)) + value


def _digits(value: int) -> bytes:
    digits = bytearray()
    while value > _LOW_BITS:
        digits.append(value & _LOW_BITS | _HIGHEST_BIT)
        value >>= 7
    return bytes((*digits, value))
