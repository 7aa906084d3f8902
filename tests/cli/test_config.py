"""Which engine is meant: flags over environment over file, and a token stays with its URL."""

import os
from pathlib import Path

import pytest

from wfadmin.cli.config import MAX_BYTES, Context, Source, Wanted, resolve
from wfadmin.domain.errors import InvalidConfig

PROD = """
current = "prod"
[contexts.prod]
engine = "restate"
admin_url = "https://prod:9070"
ingress_url = "https://prod:8080"
token_env = "WFADMIN_TOKEN_PROD"
timeout = 7
[contexts.test]
admin_url = "http://test:9070"
"""
A_TIMEOUT = "a number of seconds above zero and at most 86400"
ADMIN = {"WFADMIN_ADMIN_URL": "http://env:9070"}


@pytest.fixture
def here(tmp_path: Path) -> Path:
    """A working directory."""
    folder = tmp_path / "here"
    folder.mkdir()
    return folder


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A home with a configuration folder."""
    (tmp_path / "home" / ".config" / "wfadmin").mkdir(parents=True)
    return tmp_path / "home"


def written(folder: Path, text: str) -> Path:
    file = folder / "wfadmin.toml"
    file.write_text(text, encoding="utf-8")
    return file


def of_user(home: Path, text: str) -> Path:
    return written(home / ".config" / "wfadmin", text)


def problem_of(given: Wanted, source: Source) -> str:
    with pytest.raises(InvalidConfig) as caught:
        resolve(given, source)
    return caught.value.message


# --- what wins -----------------------------------------------------------------------------------


def test_without_anything_nothing_is_named(here: Path) -> None:
    assert resolve(Wanted(), Source({}, here)) == Wanted()


def test_the_environment_names_an_engine(here: Path) -> None:
    variables = {
        **ADMIN,
        "WFADMIN_ENGINE": "restate",
        "WFADMIN_INGRESS_URL": "http://env:8080",
        "WFADMIN_GRPC_URL": "env:50001",
    }
    assert resolve(Wanted(timeout=2), Source(variables, here)) == Wanted(
        engine="restate",
        admin_url="http://env:9070",
        ingress_url="http://env:8080",
        grpc_url="env:50001",
        timeout=2,
    )


def test_a_flag_wins_over_the_environment(here: Path) -> None:
    found = resolve(Wanted(admin_url="http://flag:9070"), Source(ADMIN, here))
    assert found.admin_url == "http://flag:9070"


def test_a_variable_that_is_set_to_nothing_is_not_set(here: Path) -> None:
    assert resolve(Wanted(), Source({"WFADMIN_ADMIN_URL": ""}, here)) == Wanted()


def test_the_environment_wins_over_the_current_context(here: Path) -> None:
    written(here, PROD)
    assert resolve(Wanted(), Source(ADMIN, here)) == Wanted(admin_url="http://env:9070")


def test_the_current_context_is_taken_where_nothing_else_is_named(here: Path) -> None:
    written(here, PROD)
    assert resolve(Wanted(), Source({}, here)) == Wanted(
        engine="restate",
        admin_url="https://prod:9070",
        ingress_url="https://prod:8080",
        token_env="WFADMIN_TOKEN_PROD",  # noqa: S106 - the name of a variable
        timeout=7.0,
    )


def test_a_file_without_a_current_context_names_nothing(here: Path) -> None:
    written(here, '[contexts.prod]\nadmin_url = "https://prod:9070"\n')
    assert resolve(Wanted(), Source({}, here)) == Wanted()


def test_a_context_flag_wins_over_the_environment(here: Path) -> None:
    written(here, PROD)
    found = resolve(Wanted(context="test"), Source({**ADMIN, "WFADMIN_CONTEXT": "prod"}, here))
    assert found == Wanted(engine="restate", admin_url="http://test:9070")


def test_the_environment_names_a_context(here: Path) -> None:
    written(here, PROD)
    found = resolve(Wanted(), Source({"WFADMIN_CONTEXT": "test"}, here))
    assert found.admin_url == "http://test:9070"


def test_a_url_flag_leaves_the_context_of_the_environment_and_its_token_out(here: Path) -> None:
    written(here, PROD)
    given = Wanted(admin_url="http://flag:9070")
    assert resolve(given, Source({"WFADMIN_CONTEXT": "prod"}, here)) == given


def test_an_engine_flag_leaves_the_current_context_out(here: Path) -> None:
    written(here, PROD)
    assert resolve(Wanted(engine="memory"), Source({}, here)) == Wanted(engine="memory")


def test_a_grpc_flag_leaves_the_current_context_and_its_token_out(here: Path) -> None:
    written(here, PROD)
    given = Wanted(grpc_url="flag:50001")
    assert resolve(given, Source({}, here)) == given


def test_a_context_may_name_where_the_grpc_api_answers(here: Path) -> None:
    written(here, '[contexts.x]\nengine = "y"\ngrpc_url = "x:50001"\n')
    found = resolve(Wanted(context="x"), Source({}, here))
    assert (found.engine, found.grpc_url) == ("y", "x:50001")


def test_ingress_and_timeout_may_stand_beside_a_context(here: Path) -> None:
    written(here, PROD)
    given = Wanted(context="prod", ingress_url="http://flag:8080", timeout=1)
    found = resolve(given, Source({}, here))
    assert (found.admin_url, found.ingress_url, found.timeout) == (
        "https://prod:9070",
        "http://flag:8080",
        1,
    )


# --- a token belongs to its URL ------------------------------------------------------------------


@pytest.mark.parametrize(
    "beside",
    [
        {"admin_url": "http://other:9070"},
        {"grpc_url": "other:50001"},
        {"engine": "restate"},
        {"token_env": "OTHER"},
        {"token_file": "other"},
    ],
)
def test_nothing_of_a_target_stands_beside_a_context(here: Path, beside: dict[str, str]) -> None:
    written(here, PROD)
    told = problem_of(Wanted(context="prod", **beside), Source({}, here))  # type: ignore[arg-type]
    assert told.startswith("--context is not usable: a context is taken whole")


def test_a_context_and_a_url_of_the_environment_contradict_each_other(here: Path) -> None:
    written(here, PROD)
    told = problem_of(Wanted(), Source({**ADMIN, "WFADMIN_CONTEXT": "prod"}, here))
    assert told.startswith("WFADMIN_CONTEXT is not usable: a context is taken whole")


def test_a_token_flag_does_not_go_to_a_context_of_the_environment(here: Path) -> None:
    written(here, PROD)
    source = Source({"WFADMIN_CONTEXT": "prod"}, here)
    assert problem_of(Wanted(token_env="MINE"), source).startswith("WFADMIN_CONTEXT")  # noqa: S106


def test_a_token_flag_does_not_go_to_the_current_context(here: Path) -> None:
    written(here, PROD)
    told = problem_of(Wanted(token_env="MINE"), Source({}, here))  # noqa: S106
    assert told == (
        "the token source is not usable: a token belongs to its URL: "
        "give --admin-url or --engine too."
    )


def test_a_token_flag_goes_to_the_url_beside_it(here: Path) -> None:
    written(here, PROD)
    given = Wanted(admin_url="http://flag:9070", token_env="MINE")  # noqa: S106
    assert resolve(given, Source({}, here)) == given


# --- which file ----------------------------------------------------------------------------------


def test_the_file_of_the_working_directory_comes_first(here: Path, home: Path) -> None:
    written(here, PROD)
    of_user(home, '[contexts.prod]\nadmin_url = "https://home:9070"\n')
    found = resolve(Wanted(context="prod"), Source({"HOME": str(home)}, here))
    assert found.admin_url == "https://prod:9070"


def test_else_that_of_the_configuration_folder(here: Path, home: Path) -> None:
    of_user(home, PROD)
    found = resolve(Wanted(), Source({"HOME": str(home)}, here))
    assert found.admin_url == "https://prod:9070"


def test_the_configuration_folder_may_be_elsewhere(here: Path, tmp_path: Path) -> None:
    (tmp_path / "wfadmin").mkdir()
    written(tmp_path / "wfadmin", PROD)
    found = resolve(Wanted(), Source({"XDG_CONFIG_HOME": str(tmp_path)}, here))
    assert found.admin_url == "https://prod:9070"


def test_a_relative_configuration_folder_has_no_meaning(here: Path) -> None:
    (here / "wfadmin").mkdir()
    written(here / "wfadmin", PROD)
    assert resolve(Wanted(), Source({"XDG_CONFIG_HOME": "."}, here)) == Wanted()


def test_without_a_file_a_context_is_not_known(here: Path, home: Path) -> None:
    told = problem_of(Wanted(context="prod"), Source({"HOME": str(home)}, here))
    assert told == (
        "context prod is not usable: there is no wfadmin.toml here or in your configuration folder."
    )


def test_a_context_that_the_file_lacks_is_an_error_that_names_the_others(here: Path) -> None:
    file = written(here, PROD)
    told = problem_of(Wanted(context="prdo"), Source({}, here))
    assert f"{file} has no such context (it has: prod, test)" in told


def test_a_current_context_that_is_not_there_is_an_error(here: Path) -> None:
    written(here, 'current = "x"\n')
    assert "has no such context (it has: none)" in problem_of(Wanted(), Source({}, here))


# --- what a file may say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("present = 'x'", "present is not a known key (known: current, stuck, "),
        ("[contexts.prod]\ntokn = 'x'", "contexts.prod.tokn is not a known key"),
        ("[contexts.prod]\ntoken = 'hunter2'", "contexts.prod.token is not a known key"),
        ("current = 1", "current: text is expected, this is a whole number"),
        ("[contexts.prod]\ntimeout = '5'", "contexts.prod.timeout: a number is expected"),
        ("[contexts.prod]\ntimeout = true", "contexts.prod.timeout: a number is expected"),
        ("[contexts.prod]\ntimeout = 0", "contexts.prod.timeout is not usable: it is not a number"),
        ("[contexts.prod]\ntimeout = inf", "contexts.prod.timeout: the number is not finite"),
        ("[contexts.prod]\nadmin_url = ''", "contexts.prod.admin_url is not usable: it is empty"),
        ("[contexts.prod]\ntoken_env = 'a b'", "it is not the name of a variable"),
        (
            "[contexts.prod]\ntoken_env = 'WFADMIN_TOKEN'\ntoken_file = 'f'",
            "contexts.prod.token_file is given too, and one token source is enough",
        ),
        ("contexts = 3", "contexts: a table is expected, this is a whole number"),
        ("x = [", "it is no TOML (at end of document)"),
        ("x = hunter2", "it is no TOML (at line 1, column 5)"),
        ("a = " + "[" * 5000, "it is nested too deeply"),
        ("#" * (MAX_BYTES + 1), f"it is larger than {MAX_BYTES} bytes"),
    ],
)
def test_a_file_that_cannot_be_used_says_where(here: Path, text: str, problem: str) -> None:
    file = written(here, text)
    told = problem_of(Wanted(), Source({}, here))
    assert told.startswith(str(file))
    assert problem in told
    assert "hunter2" not in told


def test_a_file_that_is_not_utf_8_is_an_error(here: Path) -> None:
    (here / "wfadmin.toml").write_bytes(b"current = '\xff'")
    assert "it is not UTF-8" in problem_of(Wanted(), Source({}, here))


def test_a_folder_of_that_name_is_an_error(here: Path) -> None:
    (here / "wfadmin.toml").mkdir()
    assert "it is not a file" in problem_of(Wanted(), Source({}, here))


def test_a_pipe_of_that_name_is_not_waited_for(here: Path) -> None:
    os.mkfifo(here / "wfadmin.toml")
    assert "it is not a file" in problem_of(Wanted(), Source({}, here))


def test_a_link_to_nowhere_is_an_error(here: Path) -> None:
    (here / "wfadmin.toml").symlink_to(here / "nowhere")
    told = problem_of(Wanted(), Source({}, here))
    assert "it cannot be read (No such file or directory)" in told


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        ("token_env = 'AWS_SECRET_ACCESS_KEY'", "only variables that start with WFADMIN_TOKEN"),
        ("token_file = '/etc/shadow'", "may name no token file"),
    ],
)
def test_a_file_of_the_working_directory_may_not_name_any_token(
    here: Path,
    line: str,
    problem: str,
) -> None:
    written(here, f'current = "test"\n[contexts.test]\n[contexts.evil]\n{line}\n')
    told = problem_of(Wanted(), Source({}, here))
    assert "contexts.evil.token_" in told
    assert problem in told


def test_the_file_of_the_user_may_name_any_token(here: Path, home: Path) -> None:
    file = of_user(home, 'current = "x"\n[contexts.x]\ntoken_file = "secret"\n')
    found = resolve(Wanted(), Source({"HOME": str(home)}, here))
    assert found.token_file == str(file.parent / "secret")


def test_who_works_in_their_configuration_folder_means_their_own_file(home: Path) -> None:
    file = of_user(home, 'current = "x"\n[contexts.x]\ntoken_file = "/run/token"\n')
    found = resolve(Wanted(), Source({"HOME": str(home)}, file.parent))
    assert found.token_file == "/run/token"  # noqa: S105 - a name


def test_a_local_file_beside_one_of_the_user_stays_local(here: Path, home: Path) -> None:
    of_user(home, "")
    written(here, '[contexts.x]\ntoken_file = "/run/token"\n')
    told = problem_of(Wanted(context="x"), Source({"HOME": str(home)}, here))
    assert "may name no token file" in told


# --- what a flag may say -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("given", "told"),
    [
        (Wanted(admin_url=""), "--admin-url is not usable: it is empty."),
        (Wanted(grpc_url=""), "--grpc-url is not usable: it is empty."),
        (Wanted(engine=""), "--engine is not usable: it is empty."),
        (Wanted(context=""), "--context is not usable: it is empty."),
        (
            Wanted(token_env="A", token_file="b"),  # noqa: S106 - names
            "--token-env is not usable: --token-file is given too, and one token source is enough.",
        ),
        (
            Wanted(token_env="sk-hunter2"),  # noqa: S106 - no token
            "--token-env is not usable: it is not the name of a variable.",
        ),
        *(
            (
                Wanted(timeout=timeout),
                f"--timeout is not usable: it is not {A_TIMEOUT}.",
            )
            for timeout in (0.0, -1.0, float("nan"), float("inf"), 1e300)
        ),
    ],
)
def test_an_option_that_cannot_be_used_is_named(here: Path, given: Wanted, told: str) -> None:
    assert problem_of(given, Source({}, here)) == told


def test_urls_and_tokens_are_not_in_what_is_printed_for_debugging() -> None:
    url = "http://u:hunter2@engine"
    assert "hunter2" not in repr(Wanted(admin_url=url, ingress_url=url, grpc_url=url))
    assert "hunter2" not in repr(Context(admin_url=url, ingress_url=url, grpc_url=url))


@pytest.fixture
def ambient(monkeypatch: pytest.MonkeyPatch, here: Path) -> None:
    """A process that works in a folder of its own."""
    monkeypatch.chdir(here)
    monkeypatch.setenv("WFADMIN_ENGINE", "memory")


@pytest.mark.usefixtures("ambient")
def test_the_process_says_where_it_works_and_what_its_variables_are() -> None:
    source = Source.ambient()
    assert (source.variable("WFADMIN_ENGINE"), source.folder.resolve()) == ("memory", Path.cwd())
