"""The algorithms of a verl job: what each changes in verl's configuration.

In: an algorithm's name. Out: overrides that match its paper, by verl 0.9.1's names. Advantages are
per group of completions of one prompt, except PPO's (a learned critic) and REINFORCE++'s (the whole
batch). What `passgap train` offers too has the same settings there (`training.algorithms`).

Not covered: DAPO's dynamic sampling and its penalty for overlong completions.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType

ACTOR = "actor_rollout_ref.actor"
GROUP = "seq-mean-token-mean"  # the mean over completions of the mean over their tokens
SPREAD = "algorithm.norm_adv_by_std_in_grpo"
Setting = str | float | bool


@dataclass(frozen=True, kw_only=True)
class Algorithm:
    """One way to train.

    Parameters
    ----------
    about
        A line with its source.
    estimator, aggregate
        How verl computes advantages, and takes the mean of the loss over tokens.
    clip
        How far below and above 1 an importance ratio may be.
    more
        Further settings of verl.
    kl_in_reward
        The KL term, where one is asked for, is part of the reward and not of the loss.
    critic
        A value network is trained, too, from the same weights.
    greedy
        A greedy completion of each prompt is drawn and rewarded as well; only verl's older trainer
        does it.
    """

    about: str
    estimator: str = "grpo"
    aggregate: str = GROUP
    clip: tuple[float, float] = (0.2, 0.2)
    more: Mapping[str, Setting] = field(default_factory=dict)
    kl_in_reward: bool = False
    critic: bool = False
    greedy: bool = False

    def settings(self, beta: float) -> dict[str, Setting]:
        """verl's settings, with a KL term of weight ``beta`` (0: none)."""
        low, high = self.clip
        in_reward = self.kl_in_reward and beta > 0
        kl: dict[str, Setting] = (
            {"algorithm.kl_ctrl.kl_coef": beta}
            if in_reward
            else {f"{ACTOR}.kl_loss_coef": beta, f"{ACTOR}.kl_loss_type": "low_var_kl"}
        )
        return {
            "algorithm.adv_estimator": self.estimator,
            "algorithm.use_kl_in_reward": in_reward,
            f"{ACTOR}.use_kl_loss": beta > 0 and not in_reward,
            **kl,
            f"{ACTOR}.loss_agg_mode": self.aggregate,
            f"{ACTOR}.clip_ratio_low": low,
            f"{ACTOR}.clip_ratio_high": high,
            **self.more,
            **({"trainer.use_v1": False} if self.greedy else {}),
        }


ALGORITHMS: Mapping[str, Algorithm] = MappingProxyType(
    {
        "grpo": Algorithm(about="GRPO (arXiv 2402.03300)", more={SPREAD: True}),
        "dr_grpo": Algorithm(
            about="GRPO without its division by length and spread (arXiv 2503.20783)",
            aggregate="seq-mean-token-sum-norm",
            more={SPREAD: False},
        ),
        "dapo": Algorithm(
            about="DAPO's token-mean loss and higher upper clip (arXiv 2503.14476)",
            aggregate="token-mean",
            clip=(0.2, 0.28),
            more={SPREAD: True},
        ),
        "gspo": Algorithm(
            about="GRPO with one importance ratio per completion (arXiv 2507.18071)",
            clip=(3e-4, 4e-4),
            more={SPREAD: True, f"{ACTOR}.policy_loss.loss_mode": "gspo"},
        ),
        "cispo": Algorithm(
            about="clipped importance weights, every token keeps its gradient (arXiv 2506.13585)",
            aggregate="token-mean",
            clip=(1.0, 4.0),  # weights from 0 to 5
            more={SPREAD: True, f"{ACTOR}.policy_loss.loss_mode": "cispo"},
        ),
        "rloo": Algorithm(
            about="REINFORCE with the mean of the others as baseline (arXiv 2402.14740)",
            estimator="rloo",
            aggregate="seq-mean-token-sum",
        ),
        "ppo": Algorithm(
            about="PPO with a critic, discount and lambda 1 (arXiv 1707.06347)",
            estimator="gae",
            aggregate="token-mean",
            more={"algorithm.gamma": 1.0, "algorithm.lam": 1.0},
            kl_in_reward=True,
            critic=True,
        ),
        "remax": Algorithm(
            about="REINFORCE with the greedy completion's reward as baseline (arXiv 2310.10505)",
            estimator="remax",
            aggregate="seq-mean-token-sum",
            kl_in_reward=True,
            greedy=True,
        ),
        "reinforce_plus_plus": Algorithm(
            about="REINFORCE++: advantages normalised over the batch (arXiv 2501.03262)",
            estimator="reinforce_plus_plus",
            aggregate="token-mean",
            more={"algorithm.gamma": 1.0},
            kl_in_reward=True,
        ),
    }
)
