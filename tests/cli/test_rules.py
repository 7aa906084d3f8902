"""What the configuration files say about repairs: united, bounded, and strict."""

from pathlib import Path

import pytest

from tests.cli.lab import LAB, Lab, install
from wfadmin.cli import main
from wfadmin.cli.config import Source, Wanted
from wfadmin.cli.rules import Rules, rules
from wfadmin.domain.errors import InvalidConfig
from wfadmin.domain.policy import BackingOff, Paused, Protection, RecoveryPolicy

URL = "http://prod:9070"


def source(tmp_path: Path, *, here: str = "", home: str = "") -> Source:
    folder, own = tmp_path / "here", tmp_path / "own" / "wfadmin"
    folder.mkdir(parents=True, exist_ok=True)
    own.mkdir(parents=True, exist_ok=True)
    for place, text in ((folder, here), (own, home)):
        if text:
            (place / "wfadmin.toml").write_text(text)
    return Source({"XDG_CONFIG_HOME": str(tmp_path / "own")}, folder)


def test_without_files_nothing_is_stuck_or_protected(tmp_path: Path) -> None:
    assert rules(Wanted(), source(tmp_path)) == Rules()
    assert rules(Wanted(), Source({}, tmp_path)) == Rules()


def test_protections_of_both_files_are_united(tmp_path: Path) -> None:
    found = rules(
        Wanted(admin_url=URL),
        source(
            tmp_path,
            here="protected_services = ['A', 'B']",
            home=(
                "protected_services = ['B']\nprotected_urls = ['http://x:1']\n"
                f"[contexts.prod]\nadmin_url = '{URL}/'\nprotected_services = ['C']\n"
                "[contexts.other]\nadmin_url = 'http://other'\nprotected_services = ['D']\n"
                "[contexts.odd]\nadmin_url = 'unix:///x'\nprotected_services = ['E']\n"
                f"[contexts.mem]\nengine = 'memory'\nadmin_url = '{URL}'\nstuck = ['paused']\n"
            ),
        ),
    )
    assert found == Rules(RecoveryPolicy(), Protection(("http://x:1",), ("A", "B", "C")))


def test_the_rules_of_a_context_are_closer_than_those_of_the_file(tmp_path: Path) -> None:
    text = f"stuck = ['paused']\n[contexts.prod]\nadmin_url = '{URL}'\n"
    more = "stuck = ['backing_off:attempts=5']\n"
    found = rules(Wanted(admin_url=URL), source(tmp_path, home=text + more))
    assert found.policy == RecoveryPolicy((BackingOff(5),))
    found = rules(Wanted(admin_url=URL), source(tmp_path, home=text))
    assert found.policy == RecoveryPolicy((Paused(),))


def test_a_file_that_is_the_users_own_is_read_once(tmp_path: Path) -> None:
    own = source(tmp_path, home="stuck = ['paused']")
    there = Source(own.environment, tmp_path / "own" / "wfadmin")
    assert rules(Wanted(), there).policy == RecoveryPolicy((Paused(),))


@pytest.mark.parametrize("head", ["", "[contexts.prod]\n"])
@pytest.mark.parametrize(
    ("line", "told"),
    [
        ("stuck = ['hunter2']", "stuck is not usable: it is none of paused"),
        ("protected_urls = ['hunter2']", "protected_urls is not usable"),
        ("protected_services = ['']", "protected_services is not usable: one of them is empty"),
        ("protected_service = ['A']", "protected_service is not a known key"),
    ],
)
def test_a_misspelt_rule_is_an_error(tmp_path: Path, head: str, line: str, told: str) -> None:
    with pytest.raises(InvalidConfig) as caught:
        rules(Wanted(), source(tmp_path, home=head + line))
    assert told in caught.value.message
    assert "hunter2" not in str(caught.value)


@pytest.mark.parametrize("head", ["", "[contexts.prod]\n"])
def test_a_file_of_the_working_directory_calls_nothing_stuck(tmp_path: Path, head: str) -> None:
    with pytest.raises(InvalidConfig, match="may not widen what may be killed"):
        rules(Wanted(), source(tmp_path, here=f"{head}stuck = ['paused']"))


@pytest.fixture
def lab(monkeypatch: pytest.MonkeyPatch) -> Lab:
    """A failed and a paused run."""
    lab = install(monkeypatch)
    lab.world.workflow("Order").key("o-1").failed("boom")
    lab.world.workflow("Order").key("o-2").paused()
    return lab


def test_what_is_protected_is_not_touched(lab: Lab, capsys: pytest.CaptureFixture[str]) -> None:
    Path("wfadmin.toml").write_text("protected_services = ['Order']")
    assert main(["recover", *LAB, "--yes", "--", "Order", "o-1"]) == 4
    assert "Order is protected." in capsys.readouterr().err
    assert len(lab.world.store.runs) == 2


def test_what_the_file_calls_stuck_is_recovered(
    lab: Lab,
    capsys: pytest.CaptureFixture[str],
) -> None:
    folder = Path.home() / ".config" / "wfadmin"
    folder.mkdir(parents=True)
    (folder / "wfadmin.toml").write_text("stuck = ['paused']")
    assert main(["recover", *LAB, "--yes", "--", "Order", "o-2"]) == 0
    assert "killed: inv_" in capsys.readouterr().out
    assert len(lab.world.store.runs) == 1
