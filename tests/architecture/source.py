"""What the architecture tests look at: the modules of wfadmin, as they are installed."""

import importlib
import pkgutil
from pathlib import Path
from types import ModuleType

import wfadmin

ROOT = Path(__file__).resolve().parents[2]
SOURCE = Path(wfadmin.__file__).parent


def module_names() -> list[str]:
    """Name every module of wfadmin, the front door first."""
    found = pkgutil.walk_packages([str(SOURCE)], prefix="wfadmin.")
    return ["wfadmin", *sorted(each.name for each in found if not is_program(each.name))]


def is_program(name: str) -> bool:
    """Say whether importing a module would run it."""
    return name.endswith(".__main__")


def import_all() -> list[ModuleType]:
    """Import every module of wfadmin."""
    return [importlib.import_module(name) for name in module_names()]


def file_of(name: str) -> Path:
    """Say where the source of a module lies."""
    path = SOURCE.joinpath(*name.split(".")[1:])
    return path / "__init__.py" if path.is_dir() else path.with_suffix(".py")
