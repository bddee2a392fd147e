"""Rows of a data set on the Hugging Face hub, through ``datasets``.

In: an id, config and split. Out: rows. The machine has to reach the hub, or have the data set in
its cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from passgap.errors import MissingExtraError, UsageError

try:
    from datasets import load_dataset
except ImportError as error:
    raise MissingExtraError("datasets", "lm") from error


def hub_rows(hub: str, config: str | None, split: str) -> Iterator[dict[str, object]]:
    """The rows of one split."""
    try:
        yield from load_dataset(hub, config, split=split)
    except Exception as error:  # offline, unknown, gated: the client raises many kinds
        raise UsageError(
            f"data set {hub!r} cannot be loaded from the hub ({str(error)[:200]}); download it "
            "and put its file under PASSGAP_DATA, or give the file with --mapping"
        ) from error
