"""The house: imports point down, the light core stays light, names are not shadowed."""

import ast
import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path

import pytest

import passgap

SOURCE = Path(passgap.__file__).parent
LAYERS = {
    **dict.fromkeys(("errors", "types", "display", "latex", "plain", "_version"), 0),
    **dict.fromkeys(("whole_numbers",), 0),
    **dict.fromkeys(("unscored",), 2),
    **dict.fromkeys(("stats", "problems", "engines", "verifiers", "store"), 1),
    **dict.fromkeys(
        ("sampling", "scoring", "verifying", "counts", "checks", "golds", "luck", "marks"), 2
    ),
    **dict.fromkeys(("exporters", "importers"), 2),
    **dict.fromkeys(("analysis", "training", "lab"), 3),
    **dict.fromkeys(("workflows", "reporting", "viewing"), 4),
    **dict.fromkeys(("__init__", "__main__", "cli"), 5),
}
MAY_IMPORT_EACH_OTHER = {0, 2, 5}
ALSO = {
    ("workflows", "reporting"),  # docs/decisions/0005
    ("viewing", "reporting"),  # docs/decisions/0022
    ("viewing", "workflows"),
}
FORBIDDEN = {
    (here, other) for here in ("reporting", "viewing") for other in ("engines", "training")
}
HEAVY = {
    "torch": {"engines/transformers/", "training", "lab/pretrain.py"},
    "transformers": {"engines/transformers/", "training", "lab/pretrain.py"},
    "trl": {"training"},
    "datasets": {"training", "problems/hub.py"},
    "huggingface_hub": {"engines/weights.py"},
    "vllm": {"engines/vllm.py"},
    "openai": {"engines/openai.py", "verifiers/judge.py"},
    "ray": {"engines/ray.py"},
    "pyarrow": {"store", "importers/archives.py"},
    "fsspec": {"store"},
    "reasoning_gym": {"problems/gym.py", "verifiers/gym.py"},
    "math_verify": {"verifiers/equality.py"},
    "altair": {"reporting"},
    "starlette": {"viewing/"},
    "uvicorn": {"viewing/server.py"},
    "latex2mathml": {"viewing/mathml.py"},
    "pygments": {"viewing/showing.py"},
    "vl_convert": {"reporting"},
}
FILES = sorted(SOURCE.rglob("*.py"))


def part(path: Path) -> str:
    return path.relative_to(SOURCE).parts[0].removesuffix(".py")


def imported(path: Path) -> list[str]:
    names = []
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            names += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}: relative import"
            names.append(node.module or "")
    return names


def own_imports(path: Path) -> set[str]:
    mine = [name.split(".") for name in imported(path) if name.split(".")[0] == "passgap"]
    return {name[1] if len(name) > 1 else "__init__" for name in mine}


def test_every_module_has_a_layer():
    assert {part(path) for path in FILES} - set(LAYERS) == set()


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_imports_point_down(path):
    here = part(path)
    for other in own_imports(path) - {here}:
        allowed = (
            LAYERS[other] < LAYERS[here]
            or (LAYERS[other] == LAYERS[here] and LAYERS[here] in MAY_IMPORT_EACH_OTHER)
            or (here, other) in ALSO
        )
        assert allowed, f"{here} (layer {LAYERS[here]}) imports {other} (layer {LAYERS[other]})"
        assert (here, other) not in FORBIDDEN, f"{here} imports {other}"


@pytest.mark.parametrize("path", FILES, ids=lambda p: str(p.relative_to(SOURCE)))
def test_heavy_packages_stay_in_their_adapters(path):
    relative = str(path.relative_to(SOURCE))
    for name in {name.split(".")[0] for name in imported(path)} & set(HEAVY):
        assert any(relative.startswith(place) for place in HEAVY[name]), f"{name} in {relative}"


def test_stats_needs_numpy_and_scipy_only():
    allowed = {"numpy", "scipy", "passgap", *sys.stdlib_module_names}
    for path in (SOURCE / "stats").rglob("*.py"):
        assert {name.split(".")[0] for name in imported(path)} <= allowed, path
        assert own_imports(path) <= {"stats", "types", "errors"}, path


def test_importing_passgap_loads_nothing_heavy():
    code = "import sys, passgap; print(*sorted({m.split('.')[0] for m in sys.modules}))"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {"torch", "transformers", "trl", "scipy", "polars", "altair", "pandas", "numpy"}
    assert not heavy & set(loaded)


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
    for path in FILES:
        module = ".".join(("passgap", *path.relative_to(SOURCE).with_suffix("").parts))
        text = ast.get_docstring(ast.parse(path.read_text()))
        assert text, f"{module} has no docstring"
        assert importlib.util.find_spec(module.removesuffix(".__init__")) is not None
