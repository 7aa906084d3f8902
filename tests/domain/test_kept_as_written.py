"""Only what must be changed is changed: the rest is kept, and named, as it was written."""

import pytest

from wfadmin.domain.errors import InvalidPolicy
from wfadmin.domain.policy import parse_stuck
from wfadmin.domain.text import command_line
from wfadmin.domain.urls import normalised_url


def test_of_the_end_of_a_path_only_slashes_are_dropped() -> None:
    assert normalised_url("http://h/aX/X//") == "http://h/aX/X"


def test_of_a_word_only_what_a_shell_could_obey_is_escaped() -> None:
    assert command_line(("TAXI!\n'",)) == r"$'TAXI\041\012\047'"


@pytest.mark.parametrize("rule", ["suspended", "running"])
def test_a_rule_with_an_unreadable_time_names_the_time(rule: str) -> None:
    with pytest.raises(InvalidPolicy) as caught:
        parse_stuck([f"{rule}:older=soon"])

    assert caught.value.argument == "older"
