"""The comparison is sound: the library, told our numbers, reads the recorded bytes."""

import pytest

from tests.adapters.dapr_grpc.oracle import MESSAGES, encoded, known
from tests.adapters.dapr_grpc.servers import recorded

_OURS = [
    one
    for one in recorded().values()
    if f"{one.method}Request" in MESSAGES and one.answered.code == "OK"
]


@pytest.mark.parametrize("name", [one.name for one in _OURS])
def test_the_numbers_of_the_oracle_are_those_of_the_recorder(name: str) -> None:
    one = recorded()[name]

    kind = f"{one.method}Response"
    assert known(kind, one.answered.data) == encoded(kind, one.told)
