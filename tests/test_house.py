"""The house: imports point down, the light core stays light, names are not shadowed.

Each test looks at the whole source and lists every offender, so that one run shows them all.
"""

import ast
import pkgutil
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import passgap

SOURCE = Path(passgap.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
FLOORS = (  # a room imports from the floors below its own; the table in CONTRIBUTING is this one
    ("errors", "plain", "latex", "display", "registry", "_version"),
    ("data",),
    ("results",),
    ("stats", "problems", "engines", "verifiers", "runs", "lab"),
    ("stages", "checks"),
    ("analysis", "training"),
    ("evidence", "logs", "launch"),
    ("show",),
    ("demo",),
    ("cli", "__init__", "__main__"),
)
ON_ONE_FLOOR = {  # rooms of one floor that may import each other's, one way
    ("display", "plain"),
    ("registry", "errors"),
    ("checks", "stages"),
    ("launch", "evidence"),
    ("logs", "evidence"),
    ("cli", "__init__"),
    ("__main__", "cli"),
}
FORBIDDEN = {("show", "engines"), ("show", "training")}
HEAVY = {
    "torch": {"engines/transformers/", "training", "lab/pretrain.py"},
    "transformers": {"engines/transformers/", "training", "lab/pretrain.py"},
    "trl": {"training"},
    "datasets": {"training", "problems/hub.py"},
    "huggingface_hub": {"engines/weights.py"},
    "vllm": {"engines/vllm.py"},
    "openai": {"engines/openai.py", "verifiers/judge.py"},
    "ray": {"engines/ray.py"},
    "pyarrow": {"runs", "logs/archives.py"},
    "fsspec": {"runs"},
    "reasoning_gym": {"problems/gym.py", "verifiers/gym.py"},
    "math_verify": {"verifiers/equality.py"},
    "altair": {"show/"},
    "vl_convert": {"show/"},
    "starlette": {"show/viewer/"},
    "uvicorn": {"show/viewer/server.py"},
    "latex2mathml": {"show/viewer/mathml.py"},
    "pygments": {"show/viewer/showing.py"},
    "research": set(),  # no wheel holds it
}


def room(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


@cache
def imported(path: Path) -> frozenset[str]:
    names = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names |= {f"{node.module}.{alias.name}" for alias in node.names}
    return frozenset(names)


def rooms_imported(path: Path) -> set[str]:
    parts = [name.split(".") for name in imported(path) if name.startswith("passgap.")]
    floors = {name for floor in FLOORS for name in floor}
    return {name[1] if name[1] in floors else "__init__" for name in parts}


def test_every_room_is_on_a_floor():
    known = [name for floor in FLOORS for name in floor]
    assert len(known) == len(set(known))
    assert {room(path) for path in FILES} == set(known)


def test_imports_point_down():
    floor = {name: level for level, names in enumerate(FLOORS) for name in names}
    offenders = [
        f"{path.relative_to(SOURCE)} imports {other}"
        for path in FILES
        for other in rooms_imported(path) - {room(path)}
        if ((here := room(path)), other) in FORBIDDEN
        or not (floor[other] < floor[here] or (here, other) in ON_ONE_FLOOR)
    ]
    assert offenders == []


def test_heavy_packages_stay_in_their_adapters():
    offenders = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in FILES
        for name in {name.split(".")[0] for name in imported(path)} & set(HEAVY)
        if not str(path.relative_to(SOURCE)).startswith(tuple(HEAVY[name]))
    ]
    assert offenders == []


def test_stats_needs_numpy_and_scipy_only():
    allowed = {"numpy", "scipy", "passgap", *sys.stdlib_module_names}
    offenders = [
        f"{path.relative_to(SOURCE)} imports {name}"
        for path in FILES
        if room(path) == "stats"
        for name in imported(path)
        if name.split(".")[0] not in allowed
    ]
    assert offenders == []


def modules_after(code: str) -> set[str]:
    code = f"import sys; {code}; print(*sorted({{m for m in sys.modules}}))"
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    loaded = ran.stdout.split()
    return set(loaded) | {name.split(".")[0] for name in loaded}


def test_importing_passgap_loads_nothing_heavy():
    heavy = {"torch", "transformers", "trl", "scipy", "polars", "altair", "pandas", "numpy"}
    assert not heavy & modules_after("import passgap")


def test_analysis_is_pure():
    names = [m.name for m in pkgutil.walk_packages([str(SOURCE / "analysis")], "passgap.analysis.")]
    disk = {"polars", "pyarrow", "passgap.runs", "passgap.verifiers", "passgap.stages"}
    assert not disk & modules_after(f"import {', '.join(names)}")


def test_public_names_are_sorted_and_exist():
    assert passgap.__all__ == sorted(passgap.__all__)
    for name in passgap.__all__:
        assert getattr(passgap, name) is not None
    with pytest.raises(AttributeError, match="no attribute 'nonsense'"):
        passgap.nonsense  # noqa: B018


def test_no_submodule_bears_the_name_of_a_public_function():
    submodules = {module.name for module in pkgutil.iter_modules(passgap.__path__)}
    assert not submodules & set(passgap.__all__)


def test_every_module_says_what_goes_in_and_out():
    silent = [path for path in FILES if not ast.get_docstring(ast.parse(path.read_text()))]
    assert silent == []
