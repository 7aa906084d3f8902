"""Text in SQL is data, whatever it holds."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.hostile import names
from wfadmin.adapters.restate.sql import (
    INVOCATIONS,
    STATE,
    ids_in,
    is_id,
    literal,
    partition_key,
    query_body,
    select,
)
from wfadmin.domain.keys import WorkflowKey


def unquoted(sql: str) -> str:
    """Read a literal as the engine does: a quote is written twice, and nothing else is special."""
    assert sql[0] == sql[-1] == "'"
    inside = sql[1:-1]
    assert "'" not in inside.replace("''", "")
    return inside.replace("''", "'")


@pytest.mark.parametrize(
    ("text", "sql"),
    [
        ("o-1", "'o-1'"),
        ("o'brien", "'o''brien'"),
        ("\\'", "'\\'''"),
        ("' or 1=1 --", "''' or 1=1 --'"),
        ("%_", "'%_'"),
        ("a\nb", "'a\nb'"),
    ],
)
def test_only_the_quote_is_special(text: str, sql: str) -> None:
    assert literal(text) == sql


@given(names | st.text())
def test_a_literal_means_the_text(text: str) -> None:
    assert unquoted(literal(text)) == text


# As `select partition_key, target_service_key` gave them on 1.6.2 and 1.7.12.
@pytest.mark.parametrize(
    ("key", "expected"),
    [
        ("k1", 6091931909762340275),
        ("é", 1552169896766518066),
        ("lo", 14141830674476304774),
        ("rf", 13114475704035312342),
    ],
)
def test_a_key_lies_where_live_servers_put_it(key: str, expected: int) -> None:
    assert partition_key(key) == expected


@given(names, names)
def test_a_key_is_compared_by_equality_in_all_its_parts(service: str, key: str) -> None:
    where = INVOCATIONS.where(WorkflowKey(service, key), by_hash=True, is_scoped=False)

    assert where == (
        f"partition_key = {partition_key(key)} and target_service_name = {literal(service)}"
        f" and target_service_key = {literal(key)}"
    )


def test_without_the_hash_every_row_is_looked_at() -> None:
    where = STATE.where(WorkflowKey("Cart", "c"), by_hash=False, is_scoped=False)

    assert where == "service_name = 'Cart' and service_key = 'c'"


def test_a_key_in_a_scope_is_another_key() -> None:
    where = STATE.where(WorkflowKey("Cart", "c"), by_hash=False, is_scoped=True)

    assert where == "service_name = 'Cart' and service_key = 'c' and scope is null"


@pytest.mark.parametrize(
    ("ids", "predicate"),
    [
        (["inv_1"], "id in ('inv_1')"),
        (["inv_1", "inv_2"], "id in ('inv_1', 'inv_2')"),
        (["inv_1", "x' or 1=1"], "id in ('inv_1')"),
        (["x'"], "false"),
        ([], "false"),
    ],
)
def test_only_what_can_be_an_id_is_looked_for(ids: list[str], predicate: str) -> None:
    assert ids_in(ids) == predicate


@pytest.mark.parametrize("text", ["", "..", "a/b", "a b", "a?b", "a\n", "é", "x" * 201])
def test_what_would_lead_a_path_elsewhere_is_no_id(text: str) -> None:
    assert not is_id(text)


def test_a_sample_is_a_row_with_a_key() -> None:
    assert STATE.sample == (
        "select partition_key, service_key as sample_key from state"
        " where service_key is not null limit 1"
    )


def test_a_statement_goes_as_json() -> None:
    assert query_body(select("id", "t", "x = 'é\"'")) == (
        b'{"query": "select id from t where x = \'\\u00e9\\"\'"}'
    )
