"""What counts as confirmed."""

import pytest

from wfadmin.domain.auditing import FINISHED
from wfadmin.domain.results import CommandResult, Effect


@pytest.mark.parametrize(
    ("effect", "confirmed"),
    [
        (Effect.CONFIRMED, True),
        (Effect.NO_CHANGE, True),
        (Effect.ACCEPTED, False),
        (Effect.UNKNOWN, False),
    ],
)
def test_only_what_was_read_again_or_was_so_already_is_confirmed(
    effect: Effect, *, confirmed: bool
) -> None:
    result = CommandResult("inv_1", "paused", effect=effect)

    assert result.confirmed is confirmed
    assert (effect.value in FINISHED) is confirmed


def test_a_result_has_no_warnings_unless_given() -> None:
    assert CommandResult("inv_1", "paused", effect=Effect.CONFIRMED).warnings == ()
