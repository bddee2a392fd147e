"""What packages add by entry points: loaded when asked for, and never in the place of ours."""

import sys

import pytest

from passgap.engines import ENGINES, check_engine
from passgap.errors import UsageError
from passgap.launch import LAUNCHERS
from passgap.logs import FORMATS
from passgap.verifiers import VERIFIERS

KINDS = {"engines": ENGINES, "verifiers": VERIFIERS, "logs": FORMATS, "launchers": LAUNCHERS}
PREFIX = {"verifiers": "plugin:"}


@pytest.fixture(params=KINDS)
def kind(request):
    return request.param


def names_of(kind, name):
    return PREFIX.get(kind, "") + name


def test_every_built_in_name_is_found(kind):
    heavy = {"vllm"}  # in an environment of its own
    registry = KINDS[kind]
    assert all(registry[name] is not None for name in registry.built_in if name not in heavy)
    assert list(registry)[: len(registry.built_in)] == list(registry.built_in)


def test_listing_names_loads_nothing(kind, install):
    install({"spy.py": "raise RuntimeError('loaded')"}, {f"passgap.{kind}": {"spy": "spy:it"}})
    registry = KINDS[kind]
    assert names_of(kind, "spy") in registry
    assert names_of(kind, "spy") in list(registry)
    with pytest.raises(UsageError, match=f"allowed: .*{names_of(kind, 'spy')}"):
        registry[names_of(kind, "nope")]
    assert "spy" not in sys.modules


BROKEN = {
    "raises": ("raise RuntimeError('no card')", "RuntimeError: no card"),
    "exits": ("raise SystemExit(3)", "SystemExit: 3"),
    "lacks a package": ("import no_such_package", "No module named 'no_such_package'"),
    "lacks the name": ("", "has no attribute 'it'"),
    "is of another kind": ("it = 3", "is of type int, not "),
}


@pytest.mark.parametrize("how", BROKEN)
def test_a_broken_package_is_named_when_it_is_asked_for(kind, how, install):
    code, says = BROKEN[how]
    install({"broken.py": code}, {f"passgap.{kind}": {"odd": "broken:it"}})
    registry = KINDS[kind]
    assert registry[next(iter(registry.built_in))] is not None
    with pytest.raises(UsageError) as told:
        registry[names_of(kind, "odd")]
    message = str(told.value)
    assert says in message
    assert f"passgap-lab, passgap.{kind}: odd = broken:it" in message
    assert "reinstall passgap-lab" in message


def test_a_built_in_name_cannot_be_taken(kind, install):
    registry = KINDS[kind]
    name = next(iter(registry.built_in))
    ours = registry[name]
    install({"taker.py": "raise RuntimeError('taken')"}, {f"passgap.{kind}": {name: "taker:it"}})
    assert registry[name] is ours or registry[name] == ours
    assert list(registry).count(name) == 1
    assert "taker" not in sys.modules


def test_two_packages_of_one_name_are_refused(kind, install):
    for package in ("lab-a", "lab-b"):
        install({}, {f"passgap.{kind}": {"same": "nowhere:it"}}, package)
    name = names_of(kind, "same")
    with pytest.raises(
        UsageError, match=f"'{name}' is added by lab-a and lab-b; uninstall all but"
    ):
        KINDS[kind][name]


def test_an_added_engine_says_which_arguments_it_takes(install):
    code = (
        "from passgap.engines import Arguments, FakeEngine\n"
        "class Plain(FakeEngine): pass\n"
        "class Fast(FakeEngine): arguments = Arguments(speed=float)\n"
    )
    install({"mine.py": code}, {"passgap.engines": {"plain": "mine:Plain", "fast": "mine:Fast"}})
    with pytest.raises(UsageError, match="'speed' is unknown to plain; allowed: none"):
        check_engine("plain", {"speed": "2"})
    assert check_engine("plain", {}) == {}
    assert check_engine("fast", {"speed": "2"}) == {"speed": 2.0}
    with pytest.raises(UsageError, match="speed='quick' is not a valid value"):
        check_engine("fast", {"speed": "quick"})
