"""The openai engine: any server that speaks the OpenAI protocol (vLLM, SGLang, llama.cpp, hosted).

In: a block and its prompts. Out: what the server returned, as counted: a server that returns fewer
choices than requested is asked again, one that ignores ``n`` is asked for one at a time. Several
blocks are in flight at once, so that the server is not idle while a block's last request ends.
``passgap.servers`` sends the requests and reads the answers; the key is never stored.

A prompt that the server refuses as too long, or filters, costs its own samples: they have no text,
and their finish reason says why.

Not covered: a server's own prompt template (chat messages are rendered by the server), and whether
it honours seeds: passgap's data checks look for repeated draws instead.
"""

from __future__ import annotations

import asyncio
import math
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import TypedDict, Unpack

from passgap.data.completions import (
    Block,
    Completion,
    FinishReason,
    Refusal,
    cut_at_stop,
)
from passgap.data.policies import Policy, Prompt, SamplingParams
from passgap.data.problems import ProblemSet
from passgap.engines.arguments import refuse_below
from passgap.engines.base import Capabilities, Engine, Work
from passgap.engines.encoding import BOS
from passgap.errors import UsageError
from passgap.plain import Json
from passgap.servers import RefusedError, Said, Server, check_server

SEED_BITS = 31
ROOM, TOKEN_BYTES = 1 << 20, 1024  # of an answer, besides its tokens and for each
LEFT_OUT = ("temperature", "top_p", "max_tokens", "stop", "seed", "n", "logprobs",
            "presence_penalty", "frequency_penalty")  # fmt: skip

NAMED = r"['\"`]{0}['\"`]|\b{0} (?:is|was|must|cannot)|(?:parameters?|fields?):? {0}\b|\b{0}: "


class Options(TypedDict, total=False):
    """What ``--engine-arg`` may set, besides the server's address."""

    concurrency: int
    draws_per_request: int
    timeout: float
    retries: int
    server: str
    logprobs: bool
    api_key_env: str | None
    leave_out: str


def _vllm(top_k: int) -> dict[str, Json]:
    return {"top_k": top_k or -1, "min_p": 0.0, "repetition_penalty": 1.0}


def _llama_cpp(top_k: int) -> dict[str, Json]:
    off = {"min_p": 0.0, "typical_p": 1.0, "repeat_penalty": 1.0, "xtc_probability": 0.0}
    return {"top_k": top_k, "dry_multiplier": 0.0, **off}


DIALECTS: dict[str, Callable[[int], dict[str, Json]]] = {
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
    ``api_key_env`` names the environment variable that holds the key. ``leave_out`` names the
    parameters that are not sent, separated by commas, for a server that refuses them; without
    ``max_tokens``, the limit is sent as ``max_completion_tokens``.
    """

    name = "openai"
    capabilities = Capabilities(
        logprobs=True, token_ids=False, seeds="requests", scores=False, images=True
    )

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
        api_key_env: str | None = None,
        leave_out: str = "",
    ) -> None:
        self._model, self._sampling, self._base_url = model, sampling, base_url
        self._left_out = _names(leave_out)
        self._concurrency = concurrency
        self._most = 1 if "n" in self._left_out else draws_per_request
        self._logprobs = logprobs
        self._loop = asyncio.new_event_loop()
        self._server = Server(
            base_url,
            api_key_env,
            timeout=timeout,
            retries=retries,
            most_bytes=ROOM + self._most * sampling.max_tokens * TOKEN_BYTES,
        )
        self._slots = asyncio.Semaphore(concurrency)
        self._waiting = 0
        self._finish: Counter[str] = Counter()
        self._requests = 0
        try:
            self.server = self._ask_dialect() if server == "auto" else server
            self._check_settings()
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
            "left_out": self._left_out,
            "finish_reasons": dict(self._finish),
        }

    def close(self) -> None:
        """Close the connections."""
        self._loop.run_until_complete(self._server.close())
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
        self._waiting += 1
        try:
            while len(found) < count:
                at = first + len(found)
                seed = block.draw_seed(problem_id, bits=SEED_BITS) + at
                async with self._slots:
                    drawn = await self._request(prompt, count - len(found), seed)
                for one in drawn[: count - len(found)]:
                    draw = block.first_draw + first + len(found)
                    found.append(replace(one, problem_id=problem_id, draw=draw))
                    self._finish[one.finish_reason] += 1
                    self.tell(1, one.token_count)
        finally:
            self._waiting -= 1
        return found

    # -- one request

    async def _request(self, prompt: Prompt, n: int, seed: int) -> list[Completion]:
        """Up to ``n`` draws, not yet assigned to a problem: the server's choices are counted."""
        self._requests += 1
        try:
            said = await self._server.said(self._body(prompt, n, seed))
        except RefusedError as error:
            if error.kind == "other":
                raise UsageError(f"{error}{self._advice(error, prompt)}") from error
            return [Completion("", 0, "", (), error.kind)] * n
        return [self._completion(one) for one in said]

    def _body(self, prompt: Prompt, n: int, seed: int) -> dict[str, Json]:
        body: dict[str, Json] = {"model": self._model}
        if prompt.messages:
            body["messages"] = prompt.chat()
            body["logprobs"] = self._logprobs or None
        else:
            body |= self._text(prompt.text)
            body["logprobs"] = 1 if self._logprobs else None
        body |= {"n": n, "seed": seed, **self._settings()}
        if "max_tokens" in self._left_out:
            body["max_completion_tokens"] = self._sampling.max_tokens
        return {k: v for k, v in body.items() if k not in self._left_out and v is not None}

    def _text(self, text: str) -> dict[str, Json]:
        """A prompt without chat; where it begins with BOS, the server is not to add a second."""
        begins = next((mark for mark in BOS if text.startswith(mark)), "")
        if begins and self.server == "vllm":
            return {"prompt": text, "add_special_tokens": False}
        return {"prompt": text.removeprefix(begins)}

    def _completion(self, said: Said) -> Completion:
        finish: FinishReason | Refusal = "length" if said.ending == "length" else "stop"
        if said.ending == "content_filter":
            finish = "filtered"
        text, steps = said.whole, said.steps
        if "stop" in self._left_out:
            text = cut_at_stop(text, self._sampling.stop)
            finish = "stop" if text != said.whole else finish
        whole = bool(steps) and self._untouched and text == said.whole
        logprob = math.fsum(steps) if whole else float("nan")
        return Completion("", 0, text, (), finish, logprob, said.tokens)

    @property
    def _untouched(self) -> bool:
        """Whether the settings leave the policy's own distribution unchanged."""
        asked = self._sampling
        return (asked.temperature, asked.top_p, asked.top_k) == (1.0, 1.0, 0)

    def _settings(self) -> dict[str, Json]:
        """What is sent with every request."""
        asked = self._sampling
        settings: dict[str, Json] = {
            "temperature": asked.temperature,
            "top_p": asked.top_p,
            "max_tokens": asked.max_tokens,
            "stop": list(asked.stop) or None,
            "presence_penalty": 0.0,
            "frequency_penalty": 0.0,
            **DIALECTS[self.server](asked.top_k),
        }
        return {name: value for name, value in settings.items() if name not in self._left_out}

    def _advice(self, error: RefusedError, prompt: Prompt) -> str:
        """What to type after a refusal that names a parameter, or the system role."""
        said = str(error).partition(": ")[2].lower()
        sent = (*LEFT_OUT, *DIALECTS[self.server](0))
        named = next((name for name in sent if re.search(NAMED.format(name), said)), None)
        if named is not None and named not in self._left_out:
            return f"; to leave it out: --engine-arg leave_out={','.join([*self._left_out, named])}"
        if "system" in said and any(role == "system" for role, _ in prompt.messages):
            return "; the model's chat template may not take a system message: leave out --system"
        if prompt.images:
            return "; the problems have images: serve a model that takes them"
        return ""

    def _check_settings(self) -> None:
        """Refuse a setting that the server would not get."""
        known = (*LEFT_OUT, *DIALECTS[self.server](0))
        for name in self._left_out:
            if name not in known:
                raise UsageError(
                    f"leave_out has {name!r}; allowed for server={self.server}: {', '.join(known)}"
                )
        values = {"temperature": self._sampling.temperature, "top_p": self._sampling.top_p}
        for name, value in values.items():
            if name in self._left_out and value != 1.0:
                raise UsageError(
                    f"{name} is {value:g} and left out (leave_out), so it would not be sent; "
                    f"allowed: --{name.replace('_', '-')} 1, the server's own default"
                )
        if self._sampling.top_k and (self.server == "hosted" or "top_k" in self._left_out):
            raise UsageError(
                f"top_k is {self._sampling.top_k}, which {self._base_url} does not support; "
                "allowed: 0 (off), or --engine-arg server=vllm, sglang or llama.cpp if it is one "
                "of them"
            )

    def _ask_dialect(self) -> str:
        owners = self._loop.run_until_complete(self._server.owners())
        return next((OWNERS[owner] for owner in sorted(owners) if owner in OWNERS), "hosted")


def check(arguments: Mapping[str, object]) -> None:
    """Refuse arguments that cannot work, before anything is sent to a server."""
    key = arguments.get("api_key_env")
    check_server(arguments.get("base_url"), None if key is None else str(key))
    refuse_below(arguments, 1, "an integer", "concurrency", "draws_per_request")
    refuse_below(arguments, 0, "an integer", "retries")
    seconds = arguments.get("timeout", 600.0)
    if not isinstance(seconds, int | float) or not 0 < seconds < math.inf:
        raise UsageError(f"timeout is {seconds}; allowed: a number of seconds > 0")
    if arguments.get("server", "auto") not in ("auto", *DIALECTS):
        raise UsageError(f"server is {arguments['server']!r}; allowed: auto, {', '.join(DIALECTS)}")


def _names(text: str) -> list[str]:
    return sorted({name for name in (one.strip() for one in text.split(",")) if name})
