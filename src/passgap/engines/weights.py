"""Which weights a policy has: a hash of a folder's files, or a hub id's revision as a commit."""

from __future__ import annotations

import dataclasses
import hashlib
from pathlib import Path

from passgap.data.policies import POLICY_FILE, Policy
from passgap.errors import MissingExtraError, UsageError

try:
    from huggingface_hub import HfApi
except ImportError as error:
    raise MissingExtraError("huggingface_hub", "lm") from error


def resolve_hub(policy: Policy) -> Policy:
    """Resolve a hub id's revision to a commit, which names the weights from here on."""
    try:
        commit = HfApi().model_info(policy.path, revision=policy.revision).sha
    except Exception as error:  # the hub client raises many kinds: offline, unknown, gated
        raise UsageError(
            f"policy {policy.path!r} is not a folder and cannot be loaded from the hub ({error}); "
            "download it first and give the folder"
        ) from error
    return dataclasses.replace(policy, revision=commit, weights_digest=str(commit)[:16])


def weights_digest(folder: Path) -> str:
    """Identity of a local policy: a hash over its weight, config and tokenizer files."""
    sha = hashlib.sha256()
    names = sorted(p for p in folder.iterdir() if p.suffix in (".safetensors", ".json", ".jinja"))
    files = (path for path in names if path.is_file())  # a pipe would be waited for without end
    for path in (p for p in files if p.name not in ("recipe.json", POLICY_FILE)):
        sha.update(path.name.encode())
        with path.open("rb") as file:
            while chunk := file.read(1 << 20):
                sha.update(chunk)
    return sha.hexdigest()[:16]
