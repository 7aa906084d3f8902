"""What is told of a mutation run: each change by itself, and whether anything is unexplained."""

import ast
import json
from pathlib import Path

import pytest

from tests.mutation import check
from tests.mutation.check import Reason, Rule, compare, is_wording, rules_in
from tests.mutation.mutants import Change, Fate, Mutant, change_between, mutants_in
from tests.mutation.variants import variants_of

_MUTATED = """
def x_most__mutmut_orig(many):
    return max(many, 1)

def x_most__mutmut_1(many):
    return max(many, 2)

class Box:
    def xǁBoxǁfits__mutmut_orig(self, one):
        return one < self.size

    def xǁBoxǁfits__mutmut_1(self, one):
        return one <= self.size
"""


def survivor(was: str = "1", now: str = "2", fate: Fate = Fate.SURVIVED) -> Mutant:
    """Give a mutant of domain.box that nothing noticed."""
    return Mutant("wfadmin.domain.box.x", "wfadmin.domain.box", "Box.fits", fate, Change(was, now))


@pytest.mark.parametrize(
    ("was", "now", "change"),
    [
        pytest.param("x = f(1, b)", "x = f(1, None)", ("b", "None"), id="an argument"),
        pytest.param("x = f(a, b)", "x = f(c, d)", ("f(a, b)", "f(c, d)"), id="two at once"),
        pytest.param("x = f(1, b)", "x = f(b)", ("f(1, b)", "f(b)"), id="one that is gone"),
        pytest.param("x = a + f(b < 1)", "x = a + f(b <= 1)", ("b < 1", "b <= 1"), id="a sign"),
        pytest.param("x = f'{a}{b + 1}'", "x = f'{a}{b + 2}'", None, id="a part of a text"),
        pytest.param("x += 1", "x = 1", ("x += 1", "x = 1"), id="a statement"),
        pytest.param(
            "match a:\n case 1 if b: c()\n case 2: d()",
            "match a:\n case 2: d()",
            ("case 1 if b", ""),
            id="a case",
        ),
    ],
)
def test_only_what_differs_is_told(was: str, now: str, change: tuple[str, str] | None) -> None:
    expected = ("f'{a}{b + 1}'", "f'{a}{b + 2}'") if change is None else change

    assert change_between(ast.parse(was), ast.parse(now)) == Change(*expected)


def test_the_mutants_of_a_run_are_read_with_what_became_of_them(tmp_path: Path) -> None:
    file = tmp_path / "src" / "box.py"
    file.parent.mkdir()
    file.write_text(_MUTATED, encoding="utf-8")
    codes = {"wfadmin.box.x_most__mutmut_1": 1, "wfadmin.box.xǁBoxǁfits__mutmut_1": 0}
    meta = json.dumps({"exit_code_by_key": codes})
    file.with_suffix(".py.meta").write_text(meta, encoding="utf-8")
    declared = json.dumps({"wfadmin.box": [["_SIZE", "7", "8", 0]]})
    (tmp_path / "declared.json").write_text(declared, encoding="utf-8")

    assert [(one.function, one.fate, one.change) for one in mutants_in(tmp_path)] == [
        ("most", Fate.KILLED, Change("1", "2")),
        ("Box.fits", Fate.SURVIVED, Change("one < self.size", "one <= self.size")),
        ("_SIZE", Fate.SURVIVED, Change("7", "8")),
    ]


def test_a_survivor_that_no_rule_accepts_is_unexplained() -> None:
    one, other = survivor(), survivor("a", "b")
    rule = Rule("equivalent", "It is the same.", "domain.box", "Box.*", "1", "2")

    verdict = compare([one, other], [rule])

    assert verdict.unexplained == (other,)
    assert verdict.accepted == {Reason.EQUIVALENT: 1}


@pytest.mark.parametrize(
    ("now", "expected"), [("f(a)", True), ("f(b=1)", False), ("f(a, b=2)", False)]
)
def test_a_rule_may_say_what_is_missing(now: str, *, expected: bool) -> None:
    rule = Rule("equivalent", "It is the default.", without=", b=1")

    assert rule.accepts(survivor("f(a, b=1)", now)) is expected


@pytest.mark.parametrize(("now", "expected"), [("b, a", True), ("", False), ("a, c", False)])
def test_a_rule_may_say_that_the_order_does_not_matter(now: str, *, expected: bool) -> None:
    rule = Rule("equivalent", "They exclude each other.", order=True)

    assert rule.accepts(survivor("a, b", now)) is expected


def test_a_rule_accepts_no_more_than_it_says() -> None:
    rule = Rule("equivalent", "It is the same.", times=1)

    assert compare([survivor(), survivor()], [rule]).unexplained == (survivor(),)


@pytest.mark.parametrize(
    "rule",
    [
        Rule("equivalent", "Elsewhere.", "domain.other"),
        Rule("equivalent", "Elsewhere.", function="Box.holds"),
        Rule("equivalent", "Another change.", was="1", now="3"),
        Rule("equivalent", "No sentence.", wording=True),
    ],
)
def test_a_rule_for_something_else_accepts_nothing_and_is_named(rule: Rule) -> None:
    verdict = compare([survivor()], [rule])

    assert (verdict.unexplained, verdict.unused) == ((survivor(),), (rule,))


@pytest.mark.parametrize("fate", [Fate.NO_TESTS, Fate.NOT_RUN, Fate.BROKEN])
def test_what_no_test_has_judged_is_never_accepted(fate: Fate) -> None:
    one = survivor(fate=fate)

    assert compare([one], [Rule("equivalent", "Any.")]).unexplained == (one,)


@pytest.mark.parametrize("fate", [Fate.KILLED, Fate.TYPES, Fate.TIMED_OUT])
def test_what_was_noticed_needs_no_rule(fate: Fate) -> None:
    verdict = compare([survivor(fate=fate)], [])

    assert (verdict.unexplained, verdict.fates[fate]) == ((), 1)


@pytest.mark.parametrize(
    ("was", "now", "expected"),
    [
        ("'Look at it'", "'XXLook at itXX'", True),
        ("'Look at it'", "'LOOK AT IT'", True),
        ("f'{one} waits for it'", "f'{one} waitsXX for itXX'", True),
        ("f'{one + two} is it'", "f'{one - two} is it'", False),
        ("'paused'", "'PAUSED'", False),
        ("'Look at it'", "None", False),
        ("', '", "'XX, XX'", False),
        ("f(a, b)", "F(A, B)", False),
    ],
)
def test_only_the_words_of_a_sentence_are_wording(was: str, now: str, *, expected: bool) -> None:
    assert is_wording(Change(was, now)) is expected


def test_every_rule_of_the_list_gives_a_reason_that_is_known() -> None:
    rules = rules_in(check.ACCEPTED.read_text(encoding="utf-8"))

    assert rules
    assert [one for one in rules if len(one.why.split()) < 4] == []


def test_a_run_that_left_nothing_is_a_failure(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert check.main([], tmp_path) == 1
    assert "0 mutants" in capsys.readouterr().out


def test_an_unexplained_survivor_is_a_failure_and_is_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    rows = {"wfadmin.domain.box": [["_SIZE", "7", "8", 0]]}
    (tmp_path / "declared.json").write_text(json.dumps(rows), encoding="utf-8")

    assert check.main([], tmp_path) == 1
    assert "wfadmin.domain.box._SIZE (survived)\n    7\n => 8" in capsys.readouterr().out


def test_a_run_in_which_all_was_noticed_is_a_success(tmp_path: Path) -> None:
    rows = {"wfadmin.domain.box": [["_SIZE", "7", "8", 1]]}
    (tmp_path / "declared.json").write_text(json.dumps(rows), encoding="utf-8")

    assert check.main([], tmp_path) == 0


def test_only_what_is_named_is_looked_at(tmp_path: Path) -> None:
    rows = {"wfadmin.a": [["_SIZE", "7", "8", 1]], "wfadmin.b": [["_SIZE", "7", "8", 0]]}
    (tmp_path / "declared.json").write_text(json.dumps(rows), encoding="utf-8")

    assert check.main(["wfadmin.a.*"], tmp_path) == 0
    assert check.main(["wfadmin.b.*"], tmp_path) == 1


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        pytest.param("_ORDER = (a, b)", [("a", ""), ("b", ""), ("a, b", "b, a")], id="a table"),
        pytest.param("_BY = {a: 1}", [("a: 1", ""), ("1", "2")], id="a mapping"),
        pytest.param("__all__ = ['a']", [], id="public names are no behaviour"),
        pytest.param("def f(): return 1", [], id="a plain function is for mutmut"),
        pytest.param("class A:\n x: int = 1", [("1", "2")], id="a default"),
        pytest.param("class A:\n x = 'word'", [], id="a public word is tested where it is written"),
        pytest.param(
            "class A:\n @property\n def x(self): return self.y is None",
            [("self.y is None", "self.y is not None")],
            id="a property",
        ),
    ],
)
def test_what_is_declared_has_variants(source: str, expected: list[tuple[str, str]]) -> None:
    assert [(one.change.was, one.change.now) for one in variants_of(source)] == expected


def test_a_variant_is_the_source_with_one_change() -> None:
    first, second = variants_of("_A = 1\n_B = 2\n")

    assert (first.where, first.source) == ("_A", "_A = 2\n_B = 2")
    assert (second.where, second.source) == ("_B", "_A = 1\n_B = 3")
