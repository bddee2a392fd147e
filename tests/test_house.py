"""The house: imports point down, the light core stays light, names are not shadowed.

Each test looks at the whole source and lists every offender, so that one run shows them all.
"""

import ast
import pkgutil
import re
import subprocess
import sys
from functools import cache
from pathlib import Path

import pytest

import passgap

SOURCE = Path(passgap.__file__).parent
FILES = sorted(SOURCE.rglob("*.py"))
TESTS = [
    path
    for path in sorted(Path(__file__).parent.rglob("*.py"))
    if "written_by" not in path.parts  # other tools' scripts, on their own privates
]
PRIVATE = re.compile(r"(?:.*\.)?_[a-zA-Z]\w*(?<!_)")  # _repr_html_ and the like are protocols
FLOORS = (  # a room imports from the floors below its own; the table in CONTRIBUTING is this one
    ("errors", "plain", "latex", "display", "registry", "servers", "_version"),
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
    ("servers", "errors"),
    ("servers", "plain"),
    ("checks", "stages"),
    ("lab", "runs"),
    ("launch", "evidence"),
    ("logs", "evidence"),
    ("cli", "__init__"),
    ("__main__", "cli"),
}
FORBIDDEN = {("show", "engines"), ("show", "training")}
HEAVY = {
    "torch": {"engines/transformers/", "training", "lab/pretrain.py", "logs/formats/slime.py"},
    "transformers": {"engines/transformers/", "training", "lab/pretrain.py"},
    "trl": {"training"},
    "datasets": {"training", "problems/hub.py"},
    "huggingface_hub": {"engines/weights.py"},
    "vllm": {"engines/vllm.py"},
    "openai": {"servers.py"},
    "ray": {"engines/ray.py"},
    "pyarrow": {"runs", "logs/archives.py"},
    "fsspec": {"runs"},
    "reasoning_gym": {"problems/gym.py", "verifiers/gym.py"},
    "math_verify": {"verifiers/equality.py"},
    "altair": {"show/charts/"},
    "vl_convert": {"show/charts/"},
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


def test_contributing_tells_the_same_story():
    text = (Path(__file__).parents[1] / "CONTRIBUTING.md").read_text()
    rows = re.findall(r"^\| (\d+) \| ([^|]*) \|", text, flags=re.M)
    told = [
        set(re.sub(r"\([^)]*\)", "", rooms).replace(" and ", ", ").strip().split(", "))
        for _, rooms in rows
    ]
    assert told == [{f"`{name}`" for name in floor} for floor in FLOORS]


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


def private_names(path: Path) -> list[str]:
    """Names with an underscore that a file takes from elsewhere: imported, read, or patched."""
    found = []
    for node in ast.walk(ast.parse(path.read_text())):
        names = []
        if isinstance(node, ast.ImportFrom):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.Attribute):
            own = isinstance(node.value, ast.Name) and node.value.id in ("self", "cls")
            names = [] if own else [node.attr]
        elif isinstance(node, ast.Call) and "attr" in ast.unparse(node.func):  # setattr and others
            names = [arg.value for arg in node.args if isinstance(arg, ast.Constant)]
        found += [name for name in names if isinstance(name, str) and PRIVATE.fullmatch(name)]
    return found


def test_tests_call_public_names_only():
    offenders = [f"{path.name}: {name}" for path in TESTS for name in private_names(path)]
    assert offenders == []


def test_a_private_name_in_a_test_is_seen(tmp_path):
    file = tmp_path / "t.py"
    file.write_text(
        "from passgap.a import _b\nc._d\nself._own\nx._repr_html_()\n"
        "monkeypatch.setattr(m, '_e', 1)\nmonkeypatch.setattr('passgap.a._f', 1)\n"
    )
    assert sorted(private_names(file)) == ["_b", "_d", "_e", "passgap.a._f"]
