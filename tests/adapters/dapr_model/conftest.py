"""Where the stories of this folder play: each at both places."""

import pytest

from tests.adapters.dapr_model.places import InMemory, Make, OverHttp, Place


@pytest.fixture(params=[OverHttp, InMemory], ids=["over HTTP", "in memory"])
def make(request: pytest.FixtureRequest) -> Make:
    """Make the place where a story plays."""
    made: Make = request.param
    return made


@pytest.fixture
def place(make: Make) -> Place:
    """Where a story plays."""
    return make()
