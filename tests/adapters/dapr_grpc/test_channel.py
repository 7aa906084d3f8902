"""Where the gRPC API is, and that nothing is imported or opened before it is asked."""

import subprocess
import sys

import pytest

from tests.adapters.dapr_grpc.servers import client_of
from wfadmin.adapters.dapr.grpc.channel import _target, grpc_place
from wfadmin.domain.errors import InvalidEngineUrl, MissingDependency


@pytest.mark.parametrize(
    ("url", "target", "shown"),
    [
        ("127.0.0.1:50001", "127.0.0.1:50001", "http://127.0.0.1:50001"),
        ("http://Dapr.example:50001/", "dapr.example:50001", "http://dapr.example:50001"),
        ("https://dapr.example", "dapr.example:443", "https://dapr.example"),
        ("dapr.example", "dapr.example:80", "http://dapr.example"),
        ("[::1]:50001", "[::1]:50001", "http://[::1]:50001"),
        ("unix:///run/dapr.sock", "unix:/run/dapr.sock", "unix:///run/dapr.sock"),
    ],
)
def test_an_address_is_a_host_with_a_port_a_url_or_a_socket(
    url: str,
    target: str,
    shown: str,
) -> None:
    place = grpc_place(url)

    assert (_target(place), place.shown) == (target, shown)


@pytest.mark.parametrize(
    ("url", "problem"),
    [
        (None, "it is NoneType, not text"),
        ("", "it names no host"),
        ("127.0.0.1:50001/v1.0", "it has a path, and gRPC has none"),
        ("dns:///dapr.example:50001", "it does not start with http:// or https://"),
        (
            "me:secret@dapr.example:50001",
            (
                "it holds a user name or password, which are never sent: use --token-env or"
                " --token-file"
            ),
        ),
        ("127.0.0.1:many", "its host or port cannot be read"),
    ],
)
def test_what_is_no_address_is_refused(url: object, problem: str) -> None:
    with pytest.raises(InvalidEngineUrl) as raised:
        grpc_place(url)

    assert (raised.value.argument, raised.value.problem) == ("gRPC URL", problem)


def test_nothing_is_imported_before_the_first_call() -> None:
    program = (
        "import sys; from datetime import timedelta;"
        "import wfadmin.adapters.dapr.grpc.history, wfadmin.adapters.dapr.grpc.listing;"
        "from wfadmin.adapters.dapr.grpc.channel import grpc_place;"
        "from wfadmin.adapters.dapr.grpc.client import GrpcClient;"
        "GrpcClient(grpc_place('127.0.0.1:1'), timedelta(seconds=1));"
        "print([one for one in ('grpc', 'google.protobuf') if one in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )

    assert done.stdout == "[]\n"


@pytest.mark.asyncio
async def test_without_grpcio_a_call_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "grpc", None)
    client = client_of("127.0.0.1:1")

    with pytest.raises(MissingDependency) as raised:
        await client.read("GetInstance", b"", bytes)

    assert raised.value.extra == "dapr-grpc"
    assert raised.value.fix == "Install it with: pip install 'wfadmin[dapr-grpc]'"
    await client.aclose()
