"""The vllm engine: vLLM's offline ``LLM``, one block per call, so a crash loses only one block.

In: a block and its prompts. Out: completions with ids and log-probabilities under the settings used
(``logprobs_mode="processed_logprobs"``). Every request has our seed: vLLM's own default gives two
processes the same samples. Draw ``i`` of a request uses its seed + ``i``, so the seeds of a
problem's draws are consecutive over blocks and top-ups.

A prompt with images goes through vLLM's own chat, which puts them where the model expects them.

Not covered: bitwise equal redraws (they depend on what else is in the batch), scoring with images,
and scoring under settings other than temperature 1 without truncation, which vLLM applies only to
drawn tokens.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from passgap.data.completions import Block, Completion
from passgap.data.identity import digest
from passgap.data.images import refuse_images
from passgap.data.policies import Policy, Prompt, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.base import Capabilities, Engine
from passgap.engines.encoding import encode
from passgap.errors import MissingExtraError, UsageError, WorkError
from passgap.plain import Json

try:
    import vllm
    from vllm.platforms import current_platform
except ImportError as error:
    raise MissingExtraError("vllm", "vllm") from error

OURS = ("model", "seed", "logprobs_mode", "generation_config", "revision", "max_logprobs")


class VllmEngine(Engine):
    """Samples a policy with a ``vllm.LLM`` that has processed log-probabilities; see ``load``."""

    name = "vllm"
    capabilities = Capabilities(
        logprobs=True, token_ids=True, seeds="requests", scores=True, images=True
    )

    def __init__(self, llm: vllm.LLM, sampling: SamplingParams) -> None:
        self._llm, self._sampling = llm, sampling
        self._tokenizer = llm.get_tokenizer()

    @classmethod
    def load(
        cls, policy: Policy, problems: ProblemSet, sampling: SamplingParams, **arguments: Json
    ) -> VllmEngine:
        """Start vLLM on the policy; ``arguments`` are ``vllm.LLM``'s own."""
        defaults: dict[str, Json] = {"enable_prefix_caching": True, "disable_log_stats": True}
        if current_platform.is_cpu():  # a seeded prompt split in two stops vllm 0.32 on a CPU
            defaults["enable_chunked_prefill"] = False
        llm = vllm.LLM(
            model=policy.path,
            revision=policy.revision,
            seed=int(digest([policy.path, "engine"])[:7], 16),
            logprobs_mode="processed_logprobs",
            **defaults | arguments,
        )
        return cls(llm, sampling)

    def describe(self) -> Mapping[str, object]:
        """What is sent with every request."""
        return {"name": self.name, "effective": self._settings()}

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw a block: one request per problem, with ``n`` draws and its own seed."""
        params = [
            vllm.SamplingParams(n=block.size, seed=block.draw_seed(i), **self._settings())
            for i in block.problem_ids
        ]
        answers = self._answers(prompts, params)
        return [
            self._completion(problem_id, block.first_draw + choice.index, choice)
            for problem_id, answer in zip(block.problem_ids, answers, strict=True)
            for choice in answer.outputs
        ]

    def _answers(
        self, prompts: Sequence[Prompt], params: Sequence[vllm.SamplingParams]
    ) -> list[vllm.RequestOutput]:
        """One answer for each prompt, in their order: texts as ids, images through the chat."""
        pairs = list(zip(prompts, params, strict=True))
        plain = [(prompt, how) for prompt, how in pairs if not prompt.images]
        shown = [(prompt, how) for prompt, how in pairs if prompt.images]
        requests = [{"prompt_token_ids": encode(self._tokenizer, prompt)} for prompt, _ in plain]
        texts = iter(
            self._llm.generate(requests, [how for _, how in plain], use_tqdm=False) if plain else ()
        )
        chats = iter(
            self._llm.chat(
                [prompt.chat() for prompt, _ in shown], [how for _, how in shown], use_tqdm=False
            )
            if shown
            else ()
        )
        return [next(chats if prompt.images else texts) for prompt in prompts]

    def score(self, pairs: Sequence[tuple[Prompt, Sequence[int]]]) -> list[float]:
        """Teacher forcing at temperature 1 without truncation; other settings are refused."""
        asked = self._sampling
        images = [prompt.images for prompt, _ in pairs]
        refuse_images(images, "scoring with vllm", "use --engine transformers")
        if (asked.temperature, asked.top_p, asked.top_k) != (1.0, 1.0, 0):
            raise UsageError(
                f"vllm scores at temperature 1 without top-p and top-k; these completions have "
                f"temperature={asked.temperature}, top_p={asked.top_p}, top_k={asked.top_k}; use "
                "--engine transformers"
            )
        rows = [(encode(self._tokenizer, prompt), list(ids)) for prompt, ids in pairs]
        answers = self._llm.generate(
            [{"prompt_token_ids": prompt + ids} for prompt, ids in rows],
            vllm.SamplingParams(max_tokens=1, temperature=0.0, prompt_logprobs=0),
            use_tqdm=False,
        )
        return [
            sum(
                float(step[token].logprob)
                for token, step in zip(ids, answer.prompt_logprobs[len(prompt) :], strict=True)
            )
            for (prompt, ids), answer in zip(rows, answers, strict=True)
        ]

    def _settings(self) -> dict[str, object]:
        asked = self._sampling
        return {
            "temperature": asked.temperature,
            "top_p": asked.top_p,
            "top_k": asked.top_k or -1,
            "min_p": 0.0,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "repetition_penalty": 1.0,
            "max_tokens": asked.max_tokens,
            "stop": list(asked.stop),
            "logprobs": 0,
        }

    def _completion(self, problem_id: str, draw: int, choice: vllm.CompletionOutput) -> Completion:
        if choice.finish_reason not in ("stop", "length"):
            raise WorkError(
                f"vllm ended a completion with {choice.finish_reason!r}, so its batch is not "
                "saved; run the same command again"
            )
        ids = tuple(int(i) for i in choice.token_ids)
        steps = zip(ids, choice.logprobs, strict=True)
        return Completion(
            problem_id=problem_id,
            draw=draw,
            text=choice.text,
            token_ids=ids,
            finish_reason=choice.finish_reason,
            logprob=sum(float(step[token].logprob) for token, step in steps),
        )


def check(arguments: Mapping[str, object]) -> None:
    """Refuse arguments that passgap sets itself."""
    secret = [name for name in arguments if name.endswith(("token", "api_key", "password"))]
    if secret:
        raise UsageError(
            f"engine argument {secret[0]!r} would be stored with the run; leave it out and set an "
            "environment variable (for the hub: export HF_TOKEN=...)"
        )
    taken = sorted(set(arguments) & set(OURS))
    if taken:
        raise UsageError(
            f"engine argument {taken[0]!r} is set by passgap (the log-probabilities and the "
            "independence of samples depend on it); leave it out"
        )
