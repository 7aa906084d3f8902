"""
The OpenAPI document of the operator API in docs/openapi.json, made from what serves it.

Run it to write the document anew: python -m tests.docs.openapi
"""

import json
from pathlib import Path

from wfadmin.asgi.openapi import openapi_document

FILE = Path(__file__).resolve().parents[2] / "docs" / "openapi.json"


def document() -> str:
    """What the app serves that is made with an authenticator and nothing else."""
    return json.dumps(openapi_document(), indent=2) + "\n"


if __name__ == "__main__":
    FILE.write_text(document(), encoding="ascii")
