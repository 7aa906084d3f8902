"""`wfadmin keys`: a key is shown once, and nothing else shows it."""

import json
import re
from datetime import UTC, datetime
from pathlib import Path

import pytest

from tests.cli.conftest import document
from wfadmin.cli import main

FILE = ("--keys-file", "keys.json")
READ = ("--permission", "system:read")
KEY = re.compile(r"wfa_[0-9a-f]{12}_[0-9a-f]{64}")


def made(capsys: pytest.CaptureFixture[str], name: str, *more: str) -> dict[str, str]:
    assert main(["keys", "new", *FILE, "--name", name, *READ, *more, "-o", "json"]) == 0
    return document(capsys)


def listed(capsys: pytest.CaptureFixture[str]) -> list[dict[str, object]]:
    assert main(["keys", "list", *FILE, "-o", "json"]) == 0
    found: list[dict[str, object]] = document(capsys)["keys"]
    return found


def expire_all() -> None:
    """Make it so that the keys of the file were good until long ago."""
    path = Path("keys.json")
    told = json.loads(path.read_text("utf-8"))
    for one in told["keys"]:
        one["expiresAt"] = "2020-01-01T00:00:00Z"
    path.write_text(json.dumps(told), "utf-8")


def test_a_new_key_is_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    told = made(capsys, "ci")

    assert list(told) == ["id", "name", "key"]
    assert told["name"] == "ci"
    assert KEY.fullmatch(told["key"])
    assert told["key"].split("_")[1] == told["id"]


def test_a_new_key_is_shown_once_with_what_to_do_with_it(
    capsys: pytest.CaptureFixture[str],
) -> None:
    words = ["--permission", "system:operate", "--engine", "prod", "--engine", "dev"]
    assert main(["keys", "new", *FILE, "--name", "ci", *READ, *words, "--expires", "90d"]) == 0
    out, err = capsys.readouterr()
    keys = KEY.findall(out)
    assert (len(keys), err) == (1, "")
    key_id = keys[0][4:16]
    told = re.sub(r"until 20\d\d-\d\d-\d\d \d\d:\d\d:\d\dZ", "until THEN", out)

    assert told.splitlines() == [
        f"Made key {key_id} of ci: system:operate, system:read on dev, prod.",
        "  until THEN",
        "",
        keys[0],
        "",
        "It is shown this once: put it where secrets are kept. Send it with every request, as",
        "  X-Api-Key: KEY                 or",
        "  Authorization: Bearer KEY",
        f"To revoke it: wfadmin keys revoke {key_id} --keys-file keys.json",
    ]


def test_a_key_that_does_not_expire_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["keys", "new", *FILE, "--name", "ci", *READ]) == 0
    out = capsys.readouterr().out
    assert ": system:read on all engines.\n  for ever\n" in out


@pytest.mark.parametrize(("text", "hours"), [("12h", 12), ("90d", 2160), ("4w", 672), ("1h", 1)])
def test_a_length_of_time_is_hours_days_or_weeks(
    capsys: pytest.CaptureFixture[str], text: str, hours: int
) -> None:
    made(capsys, "ci", "--expires", text)
    (one,) = listed(capsys)
    lasts = datetime.fromisoformat(str(one["expiresAt"])) - datetime.fromisoformat(
        str(one["madeAt"])
    )
    assert lasts.total_seconds() == hours * 3600


@pytest.mark.parametrize("text", ["", "0d", "-1d", "90", "d", "1.5d", "90D", "1y", "99999d", "٣d"])
def test_another_length_of_time_exits_2(capsys: pytest.CaptureFixture[str], text: str) -> None:
    words = ["keys", "new", *FILE, "--name", "ci", *READ, f"--expires={text}", "-o", "json"]
    assert main(words) == 2
    assert "it is not of the form 12h, 90d or 4w" in document(capsys)["error"]["message"]
    assert not Path("keys.json").exists()


def test_a_list_tells_everything_but_what_lets_somebody_in(
    capsys: pytest.CaptureFixture[str],
) -> None:
    old = made(capsys, "old", "--expires", "1d")
    expire_all()
    gone, live = made(capsys, "gone"), made(capsys, "live", "--engine", "prod")
    assert main(["keys", "revoke", gone["id"], *FILE]) == 0
    capsys.readouterr()
    found = listed(capsys)

    assert [(one["id"], one["name"], one["status"]) for one in found] == [
        (old["id"], "old", "expired"),
        (gone["id"], "gone", "revoked"),
        (live["id"], "live", "live"),
    ]
    assert [*found[0]] == [
        "id",
        "name",
        "status",
        "permissions",
        "engines",
        "madeAt",
        "expiresAt",
        "revokedAt",
    ]
    assert (found[2]["permissions"], found[2]["engines"]) == (["system:read"], ["prod"])
    assert (found[1]["revokedAt"] is None, found[2]["revokedAt"]) == (False, None)


def test_a_list_for_people_has_a_line_for_each(capsys: pytest.CaptureFixture[str]) -> None:
    one, other = made(capsys, "ada"), made(capsys, "eve")
    assert main(["keys", "revoke", other["id"], *FILE]) == 0
    capsys.readouterr()
    assert main(["keys", "list", *FILE]) == 0
    out = capsys.readouterr().out
    first, second = out.splitlines()[1:]

    assert first == f"{one['id']}  live     -                     ada  system:read on all engines"
    assert second.startswith(f"{other['id']}  revoked  20")
    digests = [told["hash"] for told in json.loads(Path("keys.json").read_text("utf-8"))["keys"]]
    assert not any(
        secret in out for secret in (one["key"][17:], other["key"][17:], str(digests[0]))
    )


def test_a_key_that_is_revoked_is_told(capsys: pytest.CaptureFixture[str]) -> None:
    key = made(capsys, "ada")
    assert main(["keys", "revoke", key["id"], *FILE, "-o", "json"]) == 0
    told = document(capsys)
    assert (told["acknowledged"], told["key"]["id"], told["key"]["status"]) == (
        True,
        key["id"],
        "revoked",
    )
    assert main(["keys", "revoke", key["id"], *FILE]) == 0
    out = capsys.readouterr().out.splitlines()
    day = datetime.now(UTC).strftime("%Y")
    assert out[0].startswith(f"Revoked at {day}-")
    assert out[0].endswith(f": key {key['id']} of ada.")


def test_a_key_that_is_not_there_exits_5(capsys: pytest.CaptureFixture[str]) -> None:
    made(capsys, "ada")
    assert main(["keys", "revoke", "0" * 12, *FILE, "-o", "json"]) == 5
    told = document(capsys)["error"]
    assert told["message"] == f"API key not found: {'0' * 12} in the keys file keys.json."
    assert "keys list" in told["fix"]


@pytest.mark.parametrize("form", ["table", "json"])
def test_a_whole_key_in_the_place_of_its_id_exits_2_and_is_not_repeated(
    capsys: pytest.CaptureFixture[str], form: str
) -> None:
    key = made(capsys, "ada")["key"]
    assert main(["keys", "revoke", key, *FILE, "-o", form]) == 2
    out, err = capsys.readouterr()
    assert "it is a whole key" in out + err
    assert key[17:] not in out + err


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("new", *FILE, "--name", "ci"), "--permission needs a value."),
        (("new", *FILE, *READ), "--name needs a value."),
        (("new", "--name", "ci", *READ), "--keys-file needs a value."),
        (("new", *FILE, "--name", "ci", "--permission", "hunter2"), "--permission takes one of"),
        (("new", *FILE, "--name", " ", *READ), "name is not usable: it is empty"),
        (("new", *FILE, "--name", "ci", *READ, "--engine", ""), "engine is not usable: it is emp"),
        (("new", "--keys-file", "/dev/null", "--name", "ci", *READ), "is not usable: /dev/null: "),
        (("list", "--keys-file", "nowhere"), "nowhere: No such file or directory."),
        (("list",), "--keys-file needs a value."),
        (("revoke", "0" * 12, "--keys-file", "nowhere"), "nowhere: No such file or directory."),
        (("revoke", "hunter2", *FILE), "key id is not usable: it is not 12 hexadecimal digits"),
        (("revoke", *FILE), "ID is missing."),
        (("remove",), "There is no such command of wfadmin keys."),
    ],
)
def test_what_cannot_be_done_exits_2_and_repeats_no_value(
    capsys: pytest.CaptureFixture[str], words: tuple[str, ...], told: str
) -> None:
    assert main(["keys", *words]) == 2
    out, err = capsys.readouterr()
    assert (out, told in err.splitlines()[0]) == ("", True), err
    assert "hunter2" not in err


def test_the_home_of_the_user_may_be_written_as_a_tilde(
    capsys: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    words = ["keys", "new", "--keys-file", "~/mine/keys.json", "--name", "ci", *READ]
    assert main(words) == 0
    assert (tmp_path / "mine" / "keys.json").exists()
    assert "--keys-file '~/mine/keys.json'" in capsys.readouterr().out


def test_a_file_that_was_spoilt_is_told_with_the_field(capsys: pytest.CaptureFixture[str]) -> None:
    made(capsys, "ada")
    path = Path("keys.json")
    path.write_text(path.read_text("utf-8").replace('"permissions"', '"permission"'), "utf-8")
    assert main(["keys", "list", *FILE, "-o", "json"]) == 2
    told = document(capsys)["error"]["message"]
    assert "keys[0].permissions is missing; keys[0].permission is not a known key" in told
