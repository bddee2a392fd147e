"""The ray engine: Ray Data maps blocks over workers, each with its own engine.

In: the missing blocks of a run. Out: their completions, in the order they finish. Ray handles the
loss of a worker or a node: its blocks are computed again elsewhere. Nothing is checkpointed here:
blocks saved in the run are done, the others are missing.

The policy's path has to mean the same weights on every node.
"""

from __future__ import annotations

import dataclasses
import pickle
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

from passgap.data.completions import Block, Completion
from passgap.data.policies import Prompt
from passgap.engines.arguments import refuse_below
from passgap.engines.base import Capabilities, Engine, Work
from passgap.errors import MissingExtraError, WorkError

try:
    import ray
    import ray.data
except ImportError as error:
    raise MissingExtraError("ray", "ray") from error

Loader = Callable[[], Engine]


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
        self._started = not ray.is_initialized()
        if self._started:
            ray.init(address=address, log_to_driver=False, include_dashboard=False)
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
        items = [{"work": pickle.dumps(item)} for item in work]
        drawn = ray.data.from_items(items, override_num_blocks=len(items)).map(
            _Worker,
            fn_constructor_args=(self._loader,),
            compute=ray.data.ActorPoolStrategy(size=min(self._workers, len(items))),
            num_cpus=self._cpus,
            num_gpus=self._gpus,
        )
        try:
            for row in drawn.iter_rows():
                name, completions, self._engine = pickle.loads(row["drawn"])
                yield name, completions
        except ray.exceptions.RayError as error:
            raise WorkError(
                f"ray gave up ({str(error).splitlines()[-1][:300]}); finished samples are kept: "
                "run the same command again when the cluster is back"
            ) from error

    def close(self) -> None:
        """Leave the cluster if it was joined here."""
        if self._started:
            ray.shutdown()


class _Worker:
    """An engine on a worker: from a block to its completions."""

    def __init__(self, loader: Loader) -> None:
        self._engine = loader()

    def __call__(self, row: dict[str, bytes]) -> dict[str, bytes]:
        item: Work = pickle.loads(row["work"])
        completions = self._engine.complete(item.block, item.prompts)
        described = dict(self._engine.describe())
        return {"drawn": pickle.dumps((item.name, completions, described))}


def check(arguments: Mapping[str, object]) -> None:
    """Refuse arguments that cannot work."""
    refuse_below(arguments, 1, "an integer", "workers")
    refuse_below(arguments, 0, "a number", "cpus", "gpus")
