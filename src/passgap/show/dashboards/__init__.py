"""The numbers of a watched run in the dashboard where people look already.

In: `Watching` and the held-out rows. Out: the same names in W&B, MLflow, TensorBoard and trackio,
written by their own libraries. ``numbers`` says what is sent, ``trackers`` how, and ``sending``
keeps what was sent, so that nothing is sent twice.
"""

from passgap.show.dashboards.numbers import NAMES, numbers
from passgap.show.dashboards.sending import Sender, settled
from passgap.show.dashboards.trackers import TRACKERS

__all__ = ["NAMES", "TRACKERS", "Sender", "numbers", "settled"]
