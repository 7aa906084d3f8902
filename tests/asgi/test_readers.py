"""What somebody is told who may only read, and what they are not."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from wfadmin.asgi.readers import for_reader

URL = "http://deployer:s3cret@orders:9080/?token=qu3ry&v=n3utral"


@pytest.mark.parametrize(
    ("told", "seen"),
    [
        ({"errorMessage": "boom\n at pay.py"}, {"errorMessage": "boom"}),
        ({"errorMessage": "boom password=x1"}, {"errorMessage": "boom password=***"}),
        ({"errorMessage": None}, {"errorMessage": None}),
        ({"serviceUrl": URL}, {"serviceUrl": "http://orders:9080/?..."}),
        ({"serviceUrl": "http://orders:9080/"}, {"serviceUrl": "http://orders:9080/"}),
        ({"serviceUrl": "arn:aws:lambda:x"}, {"serviceUrl": "arn:aws:lambda:x"}),
        (
            {"remedies": [f"wfadmin redeploy -- '{URL}'"]},
            {"remedies": ["wfadmin redeploy -- 'http://orders:9080/?...'"]},
        ),
        ({"why": 'It begins: {"failure": "card 4111"}.'}, {"why": ""}),
        ({"error": "It failed. It says: card 4111."}, {"error": "It failed."}),
        (
            {"details": {"excerpt": "card 4111", "where": "x"}},
            {"details": {"excerpt": "", "where": "x"}},
        ),
        (
            {"findings": [{"samples": [{"detail": "pwd=x1"}]}]},
            {"findings": [{"samples": [{"detail": "pwd=***"}]}]},
        ),
        ({"serviceKey": "token=7", "id": "token=8"}, {"serviceKey": "token=7", "id": "token=8"}),
        (
            {"name": "secret=1", "invocationIds": ["token=1"]},
            {"name": "secret=1", "invocationIds": ["token=1"]},
        ),
        ({"count": 3, "none": None, "yes": True}, {"count": 3, "none": None, "yes": True}),
    ],
)
def test_a_reader_sees(told: dict[str, object], seen: dict[str, object]) -> None:
    before = json.dumps(told)
    assert for_reader(told) == seen
    assert json.dumps(told) == before


_VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
    max_leaves=20,
)


@given(st.dictionaries(st.sampled_from(["why", "error", "serviceUrl", "x"]), _VALUES))
def test_the_shape_stays_and_a_second_look_changes_nothing(told: dict[str, object]) -> None:
    def shape(value: object) -> object:
        if isinstance(value, dict):
            return {name: shape(one) for name, one in value.items()}
        return [shape(one) for one in value] if isinstance(value, list) else type(value)

    seen = for_reader(told)
    assert shape(seen) == shape(told)
    assert for_reader(seen) == seen
