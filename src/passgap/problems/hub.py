"""Rows of a data set on the Hugging Face hub, through ``datasets``.

In: an id, config and split. Out: rows. The machine has to reach the hub, or have the data set in
its cache.
"""

from __future__ import annotations

from collections.abc import Iterator

from passgap.errors import MissingExtraError, UsageError

try:
    from datasets import Image, List, load_dataset
except ImportError as error:
    raise MissingExtraError("datasets", "lm") from error


def hub_rows(hub: str, config: str | None, split: str) -> Iterator[dict[str, object]]:
    """The rows of one split; its images as they are stored, with ``bytes`` and ``path``."""
    try:
        found = load_dataset(hub, config, split=split)
        for name, kind in found.features.items():
            if isinstance(kind, Image):
                found = found.cast_column(name, Image(decode=False))
            elif isinstance(getattr(kind, "feature", None), Image):
                found = found.cast_column(name, List(Image(decode=False)))
        yield from found
    except Exception as error:  # offline, unknown, gated: the client raises many kinds
        raise UsageError(
            f"data set {hub!r} cannot be loaded from the hub ({str(error)[:200]}); download it "
            "and put its file under PASSGAP_DATA, or give the file with --mapping"
        ) from error
