"""What a sentence of an error says of many things: the first five, and how many more."""

import pytest

from wfadmin.domain.errors import DeploymentInUse


@pytest.mark.parametrize(
    ("many", "message"),
    [
        pytest.param(0, "Still serving: none.", id="none"),
        pytest.param(1, "Still serving: dp_1.", id="one"),
        pytest.param(5, "Still serving: dp_1, dp_2, dp_3, dp_4, dp_5.", id="all five"),
        pytest.param(6, "Still serving: dp_1, dp_2, dp_3, dp_4, dp_5 and 1 more.", id="one more"),
        pytest.param(9, "Still serving: dp_1, dp_2, dp_3, dp_4, dp_5 and 4 more.", id="four more"),
    ],
)
def test_five_things_are_named_and_the_others_are_counted(many: int, message: str) -> None:
    ids = tuple(f"dp_{number}" for number in range(1, many + 1))

    assert DeploymentInUse(ids).message == message
