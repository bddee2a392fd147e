"""How numbers are sent: W&B, MLflow, TensorBoard and trackio, by their own libraries.

In: a training folder, and the run in the dashboard if one is named. Out: numbers by step. Project,
server, and offline or not are what each library reads from its own environment variables; the
project of W&B and trackio is passgap if they name none.
"""

from __future__ import annotations

import os
from abc import ABC, abstractmethod
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path
from types import ModuleType

from passgap.data.identity import digest
from passgap.errors import MissingExtraError
from passgap.runs.writing import own

STEP = "passgap/step"


class Tracker(ABC):
    """One run in one dashboard: the one asked for, else the one kept, else one of the folder.

    ``run`` is what is kept to find it again.
    """

    package: str
    run: str

    @abstractmethod
    def __init__(self, folder: Path, run: str, kept: str) -> None: ...

    @abstractmethod
    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        """Add the numbers of one step."""

    @abstractmethod
    def close(self) -> None:
        """Send what waits."""

    @classmethod
    def library(cls) -> ModuleType:
        """The tracker's own library; a MissingExtraError where it is not installed."""
        try:
            return import_module(cls.package)
        except ImportError as error:
            raise MissingExtraError(cls.package.partition(".")[0], "dashboards") from error


class WandbTracker(Tracker):
    """A run of W&B. The steps are a number of their own: the run may be the training's."""

    package = "wandb"

    def __init__(self, folder: Path, run: str, kept: str) -> None:
        project = os.environ.get("WANDB_PROJECT") or "passgap"
        self.run = run or f"passgap-{digest(str(folder))}"
        self._run = self.library().init(
            project=project, id=self.run, name=None if run else folder.name, resume="allow"
        )
        self._run.define_metric(STEP, hidden=True)
        self._run.define_metric("passgap/*", step_metric=STEP)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        self._run.log({STEP: step, **numbers})

    def close(self) -> None:
        self._run.finish()


class MlflowTracker(Tracker):
    """A run of MLflow."""

    package = "mlflow"

    def __init__(self, folder: Path, run: str, kept: str) -> None:
        self._mlflow = self.library()
        known = run or kept or None
        self._mlflow.start_run(run_id=known, run_name=None if known else folder.name)
        self.run = str(self._mlflow.active_run().info.run_id)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        self._mlflow.log_metrics(dict(numbers), step=step)

    def close(self) -> None:
        self._mlflow.end_run()


class TensorboardTracker(Tracker):
    """Event files in a folder: the run that is named, or ``tensorboard`` in the training's."""

    package = "tensorboard.summary"

    def __init__(self, folder: Path, run: str, kept: str) -> None:
        self.run = ""
        self._writer = self.library().Writer(run or str(own(folder, "tensorboard")))

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        for name, value in numbers.items():
            self._writer.add_scalar(name, value, step)

    def close(self) -> None:
        self._writer.close()


class TrackioTracker(Tracker):
    """A run of trackio."""

    package = "trackio"

    def __init__(self, folder: Path, run: str, kept: str) -> None:
        project = os.environ.get("TRACKIO_PROJECT") or "passgap"
        self._trackio = self.library()
        self.run = run or folder.name
        self._trackio.init(project=project, name=self.run, resume="allow", embed=False)

    def log(self, step: int, numbers: Mapping[str, float]) -> None:
        self._trackio.log(dict(numbers), step=step)

    def close(self) -> None:
        self._trackio.finish()


TRACKERS: Mapping[str, type[Tracker]] = {
    "wandb": WandbTracker,
    "mlflow": MlflowTracker,
    "tensorboard": TensorboardTracker,
    "trackio": TrackioTracker,
}
