"""The openai engine: any server that speaks the OpenAI protocol (vLLM, SGLang, llama.cpp, hosted).

In: a block and its prompts. Out: what the server returned, as counted: a server that returns fewer
choices than requested is asked again, one that ignores ``n`` is asked for one at a time. Requests
are retried by the client library with backoff and jitter on 429, 5xx, time-outs and lost
connections. Several blocks are in flight at once, so that the server is not idle while a block's
last request ends. The key comes from the environment and is never stored.

Not covered: a server's own prompt template (chat messages are rendered by the server), and whether
it honours seeds: passgap's data checks look for repeated draws instead.
"""

from __future__ import annotations

import asyncio
import os
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, TypedDict, Unpack, cast
from urllib.parse import urlsplit

from passgap.data.completions import Block, Completion, FinishReason
from passgap.data.policies import Policy, Prompt, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.arguments import refuse_below
from passgap.engines.base import Capabilities, Engine, Work
from passgap.errors import MissingExtraError, UsageError, WorkError

try:
    import openai
    from openai.types import CompletionChoice
except ImportError as error:
    raise MissingExtraError("openai", "openai") from error

if TYPE_CHECKING:
    from openai.types import Completion as TextCompletion
    from openai.types.chat import ChatCompletion, ChatCompletionMessageParam
    from openai.types.chat.chat_completion import Choice as ChatChoice

KEY = "OPENAI_API_KEY"
SEED_BITS = 31
EMPTY_ANSWERS = 5


class Sent(TypedDict):
    """The settings in every request."""

    temperature: float
    top_p: float
    max_tokens: int
    stop: list[str] | None
    presence_penalty: float
    frequency_penalty: float
    extra_body: dict[str, float]


class Options(TypedDict, total=False):
    """What ``--engine-arg`` may set, besides the server's address."""

    concurrency: int
    draws_per_request: int
    timeout: float
    retries: int
    server: str
    logprobs: bool
    api_key_env: str


def _vllm(top_k: int) -> dict[str, float]:
    return {"top_k": top_k or -1, "min_p": 0.0, "repetition_penalty": 1.0}


def _llama_cpp(top_k: int) -> dict[str, float]:
    off = {"min_p": 0.0, "typical_p": 1.0, "repeat_penalty": 1.0, "xtc_probability": 0.0}
    return {"top_k": top_k, "dry_multiplier": 0.0, **off}


DIALECTS: dict[str, Callable[[int], dict[str, float]]] = {
    "vllm": _vllm,
    "sglang": _vllm,
    "llama.cpp": _llama_cpp,
    "hosted": lambda top_k: {},
}
OWNERS = {"vllm": "vllm", "sglang": "sglang", "llamacpp": "llama.cpp", "me": "llama.cpp"}


class OpenAIEngine(Engine):
    """Samples a served model over HTTP.

    All settings are sent with every request, and the extra fields of the server's dialect are
    turned off explicitly. ``server`` is ``vllm``, ``sglang``, ``llama.cpp`` or ``hosted`` (no
    fields beyond OpenAI's); ``auto`` asks the server.

    At most ``concurrency`` requests are in flight, each for at most ``draws_per_request`` draws
    (``n``); one that takes ``timeout`` seconds is sent again, up to ``retries`` times. ``logprobs``
    are kept only at temperature 1 without truncation, where all servers define them the same way.
    ``api_key_env`` names the environment variable that holds the key.
    """

    name = "openai"
    capabilities = Capabilities(logprobs=True, token_ids=False, seeds="requests", scores=False)

    def __init__(
        self,
        model: str,
        sampling: SamplingParams,
        *,
        base_url: str,
        concurrency: int = 32,
        draws_per_request: int = 16,
        timeout: float = 600.0,
        retries: int = 8,
        server: str = "auto",
        logprobs: bool = True,
        api_key_env: str = KEY,
    ) -> None:
        self._model, self._sampling, self._base_url = model, sampling, base_url
        self._concurrency, self._most = concurrency, draws_per_request
        self._logprobs = logprobs
        self._loop = asyncio.new_event_loop()
        self._client = openai.AsyncOpenAI(
            base_url=base_url,
            api_key=os.environ.get(api_key_env, "none"),
            timeout=timeout,
            max_retries=retries,
        )
        self._slots = asyncio.Semaphore(concurrency)
        self._waiting = 0
        self._finish: Counter[str] = Counter()
        self._requests = 0
        try:
            self.server = self._ask_dialect() if server == "auto" else server
            self._check_top_k()
        except BaseException:
            self.close()
            raise

    @classmethod
    def load(
        cls,
        policy: Policy,
        problems: ProblemSet,
        sampling: SamplingParams,
        *,
        base_url: str = "",
        model: str | None = None,
        **options: Unpack[Options],
    ) -> OpenAIEngine:
        """The engine of a served policy; the problems do not matter."""
        check({"base_url": base_url, **options})
        return cls(model or policy.path, sampling, base_url=base_url, **options)

    def describe(self) -> Mapping[str, object]:
        """Server, model, what was sent, and how completions ended, but never the key."""
        return {
            "name": self.name,
            "base_url": self._base_url,
            "server": self.server,
            "model": self._model,
            "draws_per_request": self._most,
            "requests": self._requests,
            "effective": self._settings(),
            "finish_reasons": dict(self._finish),
        }

    def close(self) -> None:
        """Close the connections."""
        self._loop.run_until_complete(self._client.close())
        self._loop.close()

    # -- blocks

    def complete(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        """Draw a block."""
        return self._loop.run_until_complete(self._block(block, prompts))

    def complete_all(self, work: Iterable[Work]) -> Iterator[tuple[str, list[Completion]]]:
        """Draw blocks with more requests waiting than fit in flight, as long as there are any."""
        waiting = iter(work)
        running: dict[asyncio.Task[list[Completion]], str] = {}
        try:
            while True:
                while self._waiting < self._concurrency and (item := next(waiting, None)):
                    task = self._loop.create_task(self._block(item.block, item.prompts))
                    running[task] = item.name
                    self._loop.run_until_complete(asyncio.sleep(0))
                if not running:
                    return
                done, _ = self._loop.run_until_complete(
                    asyncio.wait(running, return_when=asyncio.FIRST_COMPLETED)
                )
                for task in done:
                    yield running.pop(task), task.result()
        finally:
            for task in running:
                task.cancel()
            if running:
                gathered = asyncio.gather(*running, return_exceptions=True)
                self._loop.run_until_complete(gathered)

    async def _block(self, block: Block, prompts: Sequence[Prompt]) -> list[Completion]:
        wanted = [
            (problem_id, prompt, first, min(self._most, block.size - first))
            for problem_id, prompt in zip(block.problem_ids, prompts, strict=True)
            for first in range(0, block.size, self._most)
        ]
        try:
            async with asyncio.TaskGroup() as group:
                tasks = [group.create_task(self._draws(block, *one)) for one in wanted]
        except BaseExceptionGroup as failed:
            raise failed.exceptions[0] from failed.exceptions[0].__cause__
        return [completion for task in tasks for completion in task.result()]

    async def _draws(
        self, block: Block, problem_id: str, prompt: Prompt, first: int, count: int
    ) -> list[Completion]:
        """``count`` draws of one problem, requested until they are complete."""
        found: list[Completion] = []
        empty = 0
        self._waiting += 1
        try:
            while len(found) < count:
                at = first + len(found)
                seed = block.draw_seed(problem_id, bits=SEED_BITS) + at
                async with self._slots:
                    drawn = await self._request(prompt, count - len(found), seed)
                empty = 0 if drawn else empty + 1
                if empty == EMPTY_ANSWERS:
                    raise WorkError(
                        f"{self._base_url} answered {EMPTY_ANSWERS} times without a completion; "
                        "check the server's log and run the same command again"
                    )
                for one in drawn[: count - len(found)]:
                    draw = block.first_draw + first + len(found)
                    found.append(replace(one, problem_id=problem_id, draw=draw))
                    self.tell(1, one.token_count)
        finally:
            self._waiting -= 1
        return found

    # -- one request

    async def _request(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Up to ``n`` draws, not yet assigned to a problem: the server's choices are counted."""
        settings, logprobs = self._settings(), self._logprobs
        self._requests += 1
        try:
            if prompt.messages:
                messages = [
                    cast("ChatCompletionMessageParam", {"role": role, "content": text})
                    for role, text in prompt.messages
                ]
                chat = self._client.chat.completions
                answer: ChatCompletion | TextCompletion = await chat.create(
                    messages=messages,
                    model=self._model,
                    n=n,
                    seed=seed,
                    logprobs=logprobs or None,
                    **settings,
                )
            else:
                answer = await self._client.completions.create(
                    prompt=prompt.text,
                    model=self._model,
                    n=n,
                    seed=seed,
                    logprobs=1 if logprobs else None,
                    **settings,
                )
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        except (openai.APIResponseValidationError, ValueError):
            return []  # not JSON: usually a proxy's error page
        except openai.APIError as error:
            raise WorkError(
                f"{self._base_url} cannot be reached ({error}); finished samples are kept: run "
                "the same command again when the server is back"
            ) from error
        choices = getattr(answer, "choices", None) or []
        share = answer.usage.completion_tokens // len(choices) if choices and answer.usage else 0
        return [self._read(choice, share) for choice in choices]

    def _read(self, choice: ChatChoice | CompletionChoice, share: int) -> Completion:
        text = choice.text if isinstance(choice, CompletionChoice) else choice.message.content
        steps = _steps(choice.logprobs)
        self._finish[str(choice.finish_reason)] += 1
        finish: FinishReason = "length" if choice.finish_reason == "length" else "stop"
        logprob = sum(steps) if steps and self._untouched else float("nan")
        tokens = len(steps) if steps else share
        return Completion("", 0, text or "", (), finish, logprob, tokens)

    @property
    def _untouched(self) -> bool:
        """Whether the settings leave the policy's own distribution unchanged."""
        asked = self._sampling
        return (asked.temperature, asked.top_p, asked.top_k) == (1.0, 1.0, 0)

    def _settings(self) -> Sent:
        asked = self._sampling
        return {
            "temperature": asked.temperature,
            "top_p": asked.top_p,
            "max_tokens": asked.max_tokens,
            "stop": list(asked.stop) or None,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            "extra_body": DIALECTS[self.server](asked.top_k),
        }

    def _refused(self, error: openai.APIStatusError) -> Exception:
        if error.status_code == 429 or error.status_code >= 500:
            return WorkError(
                f"{self._base_url} still answers {error.status_code} after all retries; finished "
                "samples are kept: run the same command again later, or with a lower "
                "--engine-arg concurrency"
            )
        return UsageError(
            f"{self._base_url} refuses the request with {error.status_code}: "
            f"{str(error.message)[:300]}"
        )

    def _check_top_k(self) -> None:
        if self.server == "hosted" and self._sampling.top_k:
            raise UsageError(
                f"top_k is {self._sampling.top_k}, which {self._base_url} does not support; "
                "allowed: 0 (off), or --engine-arg server=vllm, sglang or llama.cpp if it is one "
                "of them"
            )

    def _ask_dialect(self) -> str:
        try:
            models = self._loop.run_until_complete(self._client.models.list()).data
        except openai.NotFoundError:
            return "hosted"  # a server without a list of models is not one we know
        except openai.APIStatusError as error:
            raise self._refused(error) from error
        except openai.APIError as error:
            raise UsageError(
                f"no server answers at {self._base_url} ({error}); start it, or correct "
                "--engine-arg base_url"
            ) from error
        owners = {str(model.owned_by) for model in models}
        return next((OWNERS[owner] for owner in owners if owner in OWNERS), "hosted")


def check(arguments: Mapping[str, object]) -> None:
    """Refuse arguments that cannot work, before anything is sent to a server."""
    url = urlsplit(str(arguments.get("base_url", "")))
    if url.scheme not in ("http", "https") or not url.hostname:
        raise UsageError(
            f"base_url is {arguments.get('base_url')!r}; allowed: a URL, such as --engine-arg "
            "base_url=http://localhost:8000/v1"
        )
    if url.username or url.password or "key" in url.query.lower():
        raise UsageError(
            "base_url contains a key, which would be stored with the run; put the key in an "
            "environment variable instead (--engine-arg api_key_env=NAME)"
        )
    refuse_below(arguments, 1, "an integer", "concurrency", "draws_per_request")
    if arguments.get("server", "auto") not in ("auto", *DIALECTS):
        raise UsageError(f"server is {arguments['server']!r}; allowed: auto, {', '.join(DIALECTS)}")


def _steps(logprobs: object) -> list[float]:
    """The log-probability of every token drawn, from either of the protocol's two formats."""
    if logprobs is None:
        return []
    content = getattr(logprobs, "content", None)
    if content is not None:
        return [float(step.logprob) for step in content]
    return [float(value) for value in getattr(logprobs, "token_logprobs", None) or []]
