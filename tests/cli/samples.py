"""The committed samples of what we print; `WFADMIN_WRITE_SAMPLES=1` writes them anew."""

import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

FOLDER = Path(__file__).parent / "samples"


def assert_like_sample(name: str, document: Mapping[str, object] | Sequence[object]) -> None:
    """Compare a document with its sample: the same keys in the same order, the same values."""
    assert_like_text(f"{name}.json", json.dumps(document, indent=2) + "\n")


def assert_like_text(name: str, text: str) -> None:
    """Compare what is printed with its sample."""
    file = FOLDER / name
    if os.environ.get("WFADMIN_WRITE_SAMPLES"):
        file.write_text(text, encoding="utf-8")
    assert text == file.read_text(encoding="utf-8")
