"""How a variant is put in the place of its module, and which tests are asked about it."""

from importlib.util import module_from_spec
from pathlib import Path

from tests.mutation.declared import _Finder, _stages, modules


def test_every_module_of_the_two_rooms_is_tried() -> None:
    found = dict(modules())

    assert found["wfadmin.domain.plan"].name == "plan.py"
    assert found["wfadmin.operations.recover"].name == "recover.py"
    assert {name.split(".")[1] for name in found} == {"domain", "operations"}


def test_the_variant_is_loaded_in_place_of_its_module_and_of_no_other() -> None:
    name = "wfadmin.domain.plan"
    path = dict(modules())[name]
    finder = _Finder(name, path, "PLAN_LIFETIME = 7")

    spec = finder.find_spec(name)

    assert spec is not None
    assert spec.loader is not None
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    assert (module.PLAN_LIFETIME, module.__file__) == (7, str(path))
    assert finder.find_spec("wfadmin.domain.policy") is None


def test_the_tests_that_name_a_module_go_first_and_the_rooms_further_out_last() -> None:
    near, *rooms = _stages("wfadmin.domain.plan")

    assert str(Path("tests/domain/test_plan.py")) in near
    assert rooms == [["tests/domain"], ["tests/operations"]]


def test_a_module_of_the_outer_room_is_tried_on_its_own_tests() -> None:
    assert list(_stages("wfadmin.operations.recover"))[-1] == ["tests/operations"]
    assert ["tests/domain"] not in _stages("wfadmin.operations.recover")
