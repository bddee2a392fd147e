"""Writes logs/verl/<step>.jsonl and logs/verl_v0/<step>.jsonl: validations of verl 0.9.1.

3 questions x 4 rollouts at steps 0 and 50 (v1) and 50 (v0), on a CPU: verl's data set, agent loop,
reward manager ("dapo") and trainers run as they are, in Ray; the engine of the policy, which needs
a GPU, is left out, and a script answers for it. Run in an environment of its own: pip install
'verl[verl-core]==0.9.1' torch==2.13.0 cachetools fastapi uvicorn (verl imports these three and does
not ask for them); python verl_dump.py OUT.
"""

import sys
import tempfile
from collections import Counter
from pathlib import Path

import pandas
import ray
import transfer_queue
import verl
from hydra import compose, initialize_config_dir
from omegaconf import OmegaConf
from tokenizers import Tokenizer, decoders, models, pre_tokenizers
from transformers import LlamaConfig, PreTrainedTokenizerFast
from verl.experimental.agent_loop import AgentLoopManager
from verl.experimental.reward_loop import RewardLoopManager
from verl.trainer.ppo.ray_trainer import RayPPOTrainer
from verl.trainer.ppo.utils import Role
from verl.trainer.ppo.v1 import AgentLoopManagerTQ, get_trainer_cls
from verl.workers.rollout.replica import TokenOutput

RIGHT = {0: 1, 50: 3}  # of 4, at a step
TEMPLATE = (
    "{% for m in messages %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}"
)


class Scripted:
    """In place of verl's LLMServerClient: the right answer RIGHT times, and then one more."""

    def __init__(self, tokenizer, right):
        self.tokenizer, self.right, self.asked = tokenizer, right, Counter()

    async def generate(self, request_id, *, prompt_ids, **_):
        question = self.tokenizer.decode(prompt_ids).split("user\n")[1]
        self.asked[question] += 1
        answer = 2 * int(question[0]) + (self.asked[question] > self.right)
        ids = self.tokenizer.encode(f"Answer: {answer}", add_special_tokens=False)
        return TokenOutput(token_ids=[*ids, self.tokenizer.eos_token_id], stop_reason="completed")


def write_inputs(folder):
    """A tokenizer of bytes, a model's config, and the questions."""
    letters = {c: i for i, c in enumerate(pre_tokenizers.ByteLevel.alphabet())}
    tokenizer = Tokenizer(models.BPE(letters, []))
    tokenizer.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    tokenizer.decoder = decoders.ByteLevel()
    fast = PreTrainedTokenizerFast(
        tokenizer_object=tokenizer,
        eos_token="<|im_end|>",
        pad_token="<|pad|>",
        additional_special_tokens=["<|im_start|>"],
        chat_template=TEMPLATE,
    )
    fast.save_pretrained(folder / "model")
    LlamaConfig(architectures=["LlamaForCausalLM"]).save_pretrained(folder / "model")
    system = {"role": "system", "content": "You are helpful."}
    rows = [
        {
            "data_source": "math_dapo",
            "prompt": [system, {"role": "user", "content": f"{i}+{i}?"}],
            "reward_model": {"style": "rule", "ground_truth": str(2 * i)},
            "extra_info": {"index": i},
        }
        for i in (1, 2, 3)
    ]
    pandas.DataFrame(rows).to_parquet(folder / "sums.parquet")
    return fast


def configured(folder, out):
    with initialize_config_dir(str(Path(verl.__file__).parent / "trainer" / "config")):
        overrides = {
            "data.train_files": folder / "sums.parquet",
            "data.val_files": folder / "sums.parquet",
            "data.train_batch_size": 3,
            "data.dataloader_num_workers": 0,
            "data.max_prompt_length": 64,
            "data.max_response_length": 16,
            "data.validation_shuffle": False,
            "actor_rollout_ref.model.path": folder / "model",
            "actor_rollout_ref.rollout.name": "vllm",
            "actor_rollout_ref.rollout.agent.num_workers": 1,
            "actor_rollout_ref.rollout.val_kwargs.n": 4,
            "actor_rollout_ref.rollout.val_kwargs.do_sample": True,
            "reward.reward_manager.name": "dapo",
            "reward.num_workers": 1,
            "transfer_queue.backend.SimpleStorage.num_data_storage_units": 1,
            "trainer.val_only": True,
            "trainer.logger": "[console]",
            "trainer.device": "cpu",
            "trainer.validation_data_dir": out,
        }
        config = compose("ppo_trainer", [f"{key}={value}" for key, value in overrides.items()])
    OmegaConf.resolve(config)
    return config


def write_v1(folder, tokenizer, out):
    config = configured(folder, out / "verl")
    config.transfer_queue.enable = True
    transfer_queue.init(config.transfer_queue)
    rewards = RewardLoopManager(config=config)
    for step, right in RIGHT.items():
        trainer = get_trainer_cls("sync")(config=config)
        trainer.reward_loop_manager, trainer.global_steps = rewards, step
        trainer._init_tokenizer()
        trainer._init_dataloader()
        trainer._init_dump_executor()
        agents = AgentLoopManagerTQ.create(
            config=config,
            llm_client=Scripted(tokenizer, right),
            reward_loop_worker_handles=trainer.get_reward_handles(),
        )
        trainer.fit(agents)  # val_only: it validates, and that is all
    transfer_queue.close()
    return rewards


def write_v0(folder, tokenizer, out, rewards):
    config = configured(folder, out / "verl_v0")
    trainer = RayPPOTrainer(config, tokenizer, {Role.ActorRollout: None}, None)
    trainer.global_steps = 50
    trainer.async_rollout_manager = AgentLoopManager.create(
        config=config,
        llm_client=Scripted(tokenizer, RIGHT[50]),
        reward_loop_worker_handles=rewards.reward_loop_worker_handles,
    )
    trainer._validate()
    trainer._shutdown_dump_executor()


if __name__ == "__main__":
    folder, out = Path(tempfile.mkdtemp()), Path(sys.argv[1]).resolve()
    tokenizer = write_inputs(folder)
    ray.init(num_cpus=8, include_dashboard=False)
    rewards = write_v1(folder, tokenizer, out)
    write_v0(folder, tokenizer, out, rewards)
    ray.shutdown()
