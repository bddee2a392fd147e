"""Ray Data maps blocks or shards over workers: the ray engine, and `mapper` for other functions.

In: the missing blocks of a run. Out: their completions, in the order they finish. Ray handles the
loss of a worker or a node: its blocks are computed again elsewhere. Nothing is checkpointed here:
blocks saved in the run are done, the others are missing.

The policy's path has to mean the same weights on every node.
"""

from __future__ import annotations

import dataclasses
import functools
import logging
import pickle
import socket
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from passgap.data.completions import Block, Completion
from passgap.data.policies import Prompt
from passgap.engines.arguments import refuse_below
from passgap.engines.base import Capabilities, Engine, Work
from passgap.errors import MissingExtraError, PassgapError, UsageError, WorkError

try:
    import ray
    import ray.data
except ImportError as error:
    raise MissingExtraError("ray", "ray") from error

Loader = Callable[[], Engine]
REACHED_WITHIN = 10.0  # seconds


class RayEngine(Engine):
    """Any engine, on many workers.

    ``loader`` builds the engine ``inner``, once on every worker; each uses ``cpus`` and ``gpus`` of
    its node. ``address`` is a running cluster (``auto`` finds it); default: a local one.
    """

    name = "ray"

    def __init__(
        self,
        inner: str,
        capabilities: Capabilities,
        loader: Loader,
        *,
        workers: int = 1,
        cpus: float = 1,
        gpus: float = 0,
        address: str | None = None,
    ) -> None:
        self.name = f"ray:{inner}"
        self.capabilities = dataclasses.replace(capabilities, scores=False)
        self._loader, self._workers = loader, workers
        self._cpus, self._gpus = cpus, gpus
        self._started = _joined(address, "--engine-arg address=")
        self._engine: Mapping[str, object] = {}

    def describe(self) -> Mapping[str, object]:
        """Workers, their resources, and the engine's own record."""
        return {
            "name": self.name,
            "workers": self._workers,
            "cpus": self._cpus,
            "gpus": self._gpus,
            "nodes": len([node for node in ray.nodes() if node["Alive"]]),
            "engine": dict(self._engine),
        }

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw one block on one worker."""
        ((_, completions),) = self.complete_all([Work("", block, prompts)])
        return completions

    def complete_all(self, work: Iterable[Work]) -> Iterator[tuple[str, list[Completion]]]:
        """Send one block at a time to every worker."""
        items = list(work)
        made = functools.partial(_Drawing, self._loader)
        workers = min(self._workers, len(items))
        for _, drawn in _applied(made, items, workers, cpus=self._cpus, gpus=self._gpus):
            name, completions, self._engine = drawn
            yield name, completions

    def close(self) -> None:
        """Leave the cluster if it was joined here."""
        if self._started:
            ray.shutdown()


class _Drawing:
    """An engine on a worker: from a block to its completions."""

    def __init__(self, loader: Loader) -> None:
        self._engine = loader()

    def __call__(self, item: Work) -> tuple[str, list[Completion], dict[str, object]]:
        completions = self._engine.complete(item.block, item.prompts)
        return item.name, completions, dict(self._engine.describe())


def _joined(address: str | None, flag: str) -> bool:
    """Join the cluster at this address; False if this process had joined one before."""
    logging.getLogger("ray.data").setLevel(logging.ERROR)  # it reports its progress by logging
    ray.data.DataContext.get_current().enable_progress_bars = False
    if ray.is_initialized():
        return False
    try:
        if address is not None and ":" in address:  # Ray itself waits for minutes
            host, _, port = address.removeprefix("ray://").rpartition(":")
            socket.create_connection((host, int(port)), timeout=REACHED_WITHIN).close()
        ray.init(
            address=address,
            log_to_driver=False,
            include_dashboard=False,
            logging_level=logging.WARNING,
        )
    except (OSError, ValueError, RuntimeError) as error:
        why = str(error).splitlines()[0][:200]
        raise UsageError(
            f"{flag}{address or 'local'}: no cluster can be reached ({why}); "
            "allowed: the address of a running one, auto, local"
        ) from error
    return True


@contextmanager
def mapper(address: str) -> Iterator[Callable[[Callable[[Any], Any], list[Any]], Iterator[Any]]]:
    """Calls a function for many items on the CPUs of a cluster, and gives the results in order.

    ``address`` is that of a running cluster; ``auto`` finds it, ``local`` starts one here. Files
    are read where the function runs, so a run's path has to mean the same on every node.
    """
    started = _joined(address, "--ray ")
    try:
        yield _in_order
    finally:
        if started:
            ray.shutdown()


def _in_order(function: Callable[[Any], Any], items: list[Any]) -> Iterator[Any]:
    workers = max(1, int(ray.cluster_resources().get("CPU", 1)))
    held: dict[int, Any] = {}
    due = 0
    for place, found in _applied(functools.partial(_same, function), items, workers):
        held[place] = found
        while due in held:
            yield held.pop(due)
            due += 1


def _same(function: Callable[[Any], Any]) -> Callable[[Any], Any]:
    return function


def _applied(
    make: Callable[[], Callable[[Any], Any]],
    items: Sequence[Any],
    workers: int,
    *,
    cpus: float = 1,
    gpus: float = 0,
) -> Iterator[tuple[int, Any]]:
    """``make()(item)`` with the item's place, as they finish; ``make`` is called on every worker.

    Raises what the function raised there, if it is an error of passgap.
    """
    if not items:
        return
    rows = [{"place": i, "item": pickle.dumps(item)} for i, item in enumerate(items)]
    applied = ray.data.from_items(rows, override_num_blocks=len(rows)).map(
        _Worker,
        fn_constructor_args=(pickle.dumps(make),),
        compute=ray.data.ActorPoolStrategy(size=min(workers, len(rows))),
        num_cpus=cpus,
        num_gpus=gpus,
    )
    try:
        for row in applied.iter_rows():
            found = pickle.loads(row["found"])
            if isinstance(found, PassgapError):
                raise found
            yield row["place"], found
    except ray.exceptions.RayError as error:
        raise WorkError(
            f"ray gave up ({str(error).splitlines()[-1][:300]}); what is finished is kept: run the "
            "same command again when the cluster is back"
        ) from error


class _Worker:
    """A function on a worker; its items and results are pickled."""

    def __init__(self, make: bytes) -> None:
        self._function = pickle.loads(make)()

    def __call__(self, row: dict[str, Any]) -> dict[str, Any]:
        try:
            found = self._function(pickle.loads(row["item"]))
        except PassgapError as error:
            found = error
        return {"place": row["place"], "found": pickle.dumps(found)}


def check(arguments: Mapping[str, object]) -> None:
    """Refuse arguments that cannot work."""
    refuse_below(arguments, 1, "an integer", "workers")
    refuse_below(arguments, 0, "a number", "cpus", "gpus")
