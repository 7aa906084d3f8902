"""The document of the operator API is the one that is served."""

from tests.docs import openapi


def test_the_document_in_the_docs_is_the_one_that_is_served() -> None:
    told = openapi.FILE.read_text(encoding="ascii")

    assert told == openapi.document(), "write it anew: python -m tests.docs.openapi"
