"""A name becomes an adapter, and an adapter an operator."""

from datetime import timedelta
from importlib.metadata import EntryPoint, EntryPoints

import attrs
import pytest

import wfadmin
from wfadmin import bootstrap
from wfadmin.adapters.audit_memory import MemoryAuditLog
from wfadmin.adapters.memory import MemoryEngine, World
from wfadmin.domain.finding import Thresholds
from wfadmin.domain.policy import Paused, RecoveryPolicy
from wfadmin.errors import UnknownAdapter, UsageError
from wfadmin.ports import EngineSettings


def made_elsewhere(settings: EngineSettings) -> tuple[str, EngineSettings]:
    return ("made elsewhere", settings)


def install(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    point = EntryPoint(name, f"{__name__}:made_elsewhere", "wfadmin.adapters")
    monkeypatch.setattr(EntryPoint, "load", lambda _self: made_elsewhere)

    def installed(**wanted: str) -> EntryPoints:
        return EntryPoints([point]).select(**wanted)

    monkeypatch.setattr(bootstrap, "entry_points", installed)


def test_a_built_in_adapter_is_found_by_its_name() -> None:
    assert isinstance(wfadmin.connect("memory").engine, MemoryEngine)


def test_an_installed_adapter_is_found_by_its_name(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "agency")

    operator = wfadmin.connect(
        "agency", admin_url="http://agency:1", grpc_url="agency:2", timeout=2
    )

    settings = EngineSettings(
        admin_url="http://agency:1", grpc_url="agency:2", timeout=timedelta(seconds=2)
    )
    assert operator.engine == ("made elsewhere", settings)


def test_an_installed_adapter_never_takes_the_place_of_a_built_in_one(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    install(monkeypatch, "memory")

    assert isinstance(wfadmin.connect("memory").engine, MemoryEngine)


def test_the_names_of_all_adapters_are_told(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "agency")

    assert wfadmin.adapter_names() == ("agency", "dapr", "memory", "restate")


def test_an_unknown_name_is_refused_with_the_known_ones_and_how_to_install() -> None:
    with pytest.raises(UnknownAdapter) as caught:
        wfadmin.connect("dapper")

    assert caught.value.message == "engine is not usable: no adapter is named dapper."
    expected = "Use one of: dapr, memory, restate. Or install it with: pip install wfadmin-dapper"
    assert caught.value.fix == expected


def test_an_operator_api_is_no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    install(monkeypatch, "operator-api")

    with pytest.raises(UsageError) as caught:
        wfadmin.connect("operator-api", admin_url="http://127.0.0.1:8080")

    assert caught.value.problem == "an operator API is none: use wfadmin.RemoteOperator"


def test_a_hostile_name_becomes_no_install_line() -> None:
    with pytest.raises(UnknownAdapter) as caught:
        wfadmin.connect("x; rm -r \x1b[2J")

    assert caught.value.message == "engine is not usable: no adapter is named x; rm -r ?[2J."
    assert caught.value.fix == "Use one of: dapr, memory, restate."


@pytest.mark.parametrize("timeout", [0, -1, float("inf"), float("nan"), True])
def test_a_timeout_that_is_no_time_is_refused(timeout: float) -> None:
    with pytest.raises(UsageError, match="timeout is not usable"):
        wfadmin.connect("memory", timeout=timeout)


@pytest.mark.parametrize("name", ["admin_url", "ingress_url", "grpc_url"])
def test_an_engine_that_is_made_already_takes_no_settings(name: str) -> None:
    with pytest.raises(UsageError, match="it is made already"):
        wfadmin.connect(World().engine, **{name: "http://engine:9070"})  # type: ignore[arg-type]


def test_no_address_is_in_what_is_printed_of_the_settings() -> None:
    urls = dict.fromkeys(("admin_url", "ingress_url", "grpc_url"), "u:hunter2@engine:1")
    assert "hunter2" not in repr(EngineSettings(**urls))  # type: ignore[arg-type]


def test_the_host_brings_its_own_ports_and_rules() -> None:
    world, audit = World(), MemoryAuditLog()
    policy, thresholds = RecoveryPolicy((Paused(),)), Thresholds(backing_off_attempts=3)

    operator = wfadmin.connect(
        world.engine,
        clock=world.clock,
        audit=audit,
        actor="ada",
        policy=policy,
        thresholds=thresholds,
        timeout=3,
    )

    host = attrs.asdict(operator.host, recurse=False)
    expected = {
        "clock": world.clock,
        "audit": audit,
        "actor": "ada",
        "policy": policy,
        "thresholds": thresholds,
        "timeout": timedelta(seconds=3),
        "guard": None,
    }
    assert {name: host[name] for name in expected} == expected


def test_the_front_door_names_what_it_does_not_have() -> None:
    with pytest.raises(AttributeError, match="module 'wfadmin' has no attribute 'repair'"):
        wfadmin.repair  # type: ignore[attr-defined]  # noqa: B018 - the access is the test


def test_the_front_door_lists_what_it_has() -> None:
    assert dir(wfadmin) == sorted(wfadmin.__all__)
