"""Requests to a server that speaks the OpenAI protocol, whatever it answers.

In: an address, the name of the variable with the key, a request. Out: what the server said, as
`Said`; or an error. A request has a deadline and a limit on the bytes of its answer (decoded), and
is sent again after a pause on 408, 409, 429, 5xx, a lost connection and an answer without a
completion. No answer is trusted: every field is checked, and the key is removed from all of it.

Not covered: redirects, which would carry the prompts elsewhere, are refused.
"""

from __future__ import annotations

import asyncio
import json
import math
import os
import random
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal
from urllib.parse import urlsplit

from passgap.errors import MissingExtraError, UsageError, WorkError

try:
    import openai
except ImportError as error:
    raise MissingExtraError("openai", "openai") from error

if TYPE_CHECKING:
    from passgap.plain import Json

KEY = "OPENAI_API_KEY"
NO_KEY = "none"
SHORTEST_HIDDEN = 8  # a shorter key may be an ordinary word, which a text may contain
PAUSE, LONGEST_PAUSE = 0.5, 8.0  # seconds before a request is sent again; doubled each time
LONGEST_ASKED = 60.0  # of a pause that the server asks for
AGAIN = (408, 409, 429)
ENCODINGS = ("", "identity", "gzip", "deflate")
TOO_LONG = re.compile(
    r"context.?(length|size|window)|too (long|many tokens)|max_model_len|reduce the length"
    r"|(longer than|exceeds?)\b.{0,80}\b(context|tokens?|length)",
    re.IGNORECASE | re.DOTALL,
)
FILTERED = re.compile(r"content.?(filter|management|policy)", re.IGNORECASE)
ENDINGS = ("stop", "length", "content_filter", "tool_calls", "eos")
Refusal = Literal["prompt_too_long", "filtered", "other"]


@dataclass(frozen=True)
class Said:
    """One choice of an answer; ``steps`` are the log-probabilities of its tokens, if it has them.

    ``reasoning`` is what the server sent apart from the text; ``ending`` the finish reason,
    ``other`` for an unknown one; ``tokens`` 0 where unknown.
    """

    text: str
    reasoning: str = ""
    ending: str = "stop"
    steps: tuple[float, ...] = ()
    tokens: int = 0

    @property
    def whole(self) -> str:
        """All that the model wrote, the reasoning inside ``<think>``."""
        if not self.reasoning:
            return self.text
        return f"<think>{self.reasoning}" + (f"</think>{self.text}" if self.text else "")


class RefusedError(UsageError):
    """The server refuses a request: for what it asks, or, by ``kind``, for its prompt alone."""

    def __init__(self, message: str, status: int, kind: Refusal) -> None:
        self.status, self.kind = status, kind
        super().__init__(message)


class UnreadableError(Exception):
    """An answer without a completion; why, in words."""


def check_server(base_url: object, api_key_env: str | None) -> None:
    """Refuse an address or a key that cannot work, before anything is sent."""
    try:
        url = urlsplit(str(base_url or ""))
        sound = url.scheme in ("http", "https") and url.hostname and url.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise UsageError(
            f"base_url is {base_url!r}; allowed: a URL, such as http://localhost:8000/v1"
        )
    if url.username or url.password:
        raise UsageError(
            "base_url contains a key, which would be stored with the run; put the key in an "
            "environment variable instead (api_key_env=NAME)"
        )
    if "?" in str(base_url) or "#" in str(base_url):
        raise UsageError(
            f"base_url has a query or a fragment after {url.scheme}://{url.netloc}{url.path}; "
            "allowed: an address that ends with its path, such as http://localhost:8000/v1. A key "
            "belongs in an environment variable (api_key_env=NAME)"
        )
    key_in(api_key_env)


def key_in(api_key_env: str | None) -> str:
    """The key; without a name that of OPENAI_API_KEY, if set."""
    name = KEY if api_key_env is None else api_key_env
    key = os.environ.get(name, "").strip()
    if not key and api_key_env is not None:
        raise UsageError(
            f"api_key_env is {name!r}, but no such environment variable is set; set it (export "
            f"{KEY}=...) and give its name, or leave api_key_env out for a server without a key"
        )
    if not (key.isascii() and key.isprintable()):
        raise UsageError(
            f"the environment variable {name} holds characters that no key has; set it again "
            "without quotes and line ends"
        )
    return key or NO_KEY


@dataclass
class Server:
    """A server: at most ``most_bytes`` per answer, ``timeout`` seconds per request."""

    base_url: str
    api_key_env: str | None = None
    timeout: float = 600.0
    retries: int = 8
    most_bytes: int = 64 << 20
    _key: str = field(init=False, repr=False)

    def __post_init__(self) -> None:
        self._key = key_in(self.api_key_env)
        self._client = openai.AsyncOpenAI(
            base_url=self.base_url,
            api_key=self._key,
            timeout=self.timeout,
            max_retries=0,
            http_client=_Bounded(self.timeout, self.most_bytes),
        )

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()

    async def said(self, body: Mapping[str, Json]) -> list[Said]:
        """The choices of an answer to ``body``, at least one; chat if it has ``messages``."""
        for attempt in range(self.retries + 1):
            try:
                return choices(await self._once(body))
            except (openai.APIError, UnreadableError) as error:
                told = self._told(error)
                if isinstance(told, RefusedError) or attempt == self.retries:
                    raise told from None
                await asyncio.sleep(_pause(attempt, error))
        raise AssertionError("a request is sent at least once")

    async def owners(self) -> set[str]:
        """Who made the server's models, as it says; empty where it has no list."""
        try:
            answer = await self._client.models.with_raw_response.list()
            data = self._decoded(answer.content)
        except (openai.NotFoundError, UnreadableError):
            return set()
        except openai.APIStatusError as error:
            raise self._refused(error) from None
        except openai.APIError as error:
            raise UsageError(
                f"no server answers at {self.base_url} ({self._words(error)}); start it, or "
                "correct base_url"
            ) from error
        owned = [one.get("owned_by") for one in _objects(data.get("data"))]
        return {owner for owner in owned if isinstance(owner, str)}

    # -- requests

    async def _once(self, body: Mapping[str, Json]) -> Mapping[str, object]:
        rest: dict[str, Any] = dict(body)
        model, headers = rest.pop("model"), {"Accept-Encoding": "gzip, deflate"}
        if "messages" in rest:
            chat = self._client.chat.completions.with_raw_response
            answer = await chat.create(
                model=model,
                messages=rest.pop("messages"),
                extra_body=rest,
                extra_headers=headers,
            )
            return self._decoded(answer.content)
        plain = await self._client.completions.with_raw_response.create(
            model=model, prompt=rest.pop("prompt"), extra_body=rest, extra_headers=headers
        )
        return self._decoded(plain.content)

    def _decoded(self, content: bytes) -> Mapping[str, object]:
        try:
            data = json.loads(self._without_key(content.decode("utf-8", "replace")))
        except (ValueError, RecursionError):
            raise UnreadableError("an answer that is not JSON") from None
        if not isinstance(data, Mapping):
            raise UnreadableError(f"JSON that is not an object: {_short(data)}")
        return data

    # -- errors

    def _told(self, error: openai.APIError | UnreadableError) -> RefusedError | WorkError:
        kept = "finished samples are kept: run the same command again"
        if isinstance(error, UnreadableError):
            return WorkError(
                f"{self.base_url} answered {self.retries + 1} times without a completion, last "
                f"with {_one_line(str(error))}; {kept} once its log shows why"
            )
        if not isinstance(error, openai.APIStatusError):
            return WorkError(
                f"{self.base_url} cannot be reached ({self._words(error)}); {kept} when the "
                "server is back"
            )
        if error.status_code in AGAIN or error.status_code >= 500:
            return WorkError(
                f"{self.base_url} still answers {error.status_code} after all retries; {kept} "
                f"later, or with a lower concurrency ({self._words(error)})"
            )
        return self._refused(error)

    def _refused(self, error: openai.APIStatusError) -> RefusedError:
        words = self._words(error)
        kind: Refusal = "other"
        if error.status_code in (400, 413, 422):
            kind = "prompt_too_long" if TOO_LONG.search(words) else kind
            kind = "filtered" if FILTERED.search(words) else kind
        if 300 <= error.status_code < 400:
            words = f"a redirect to {error.response.headers.get('location', 'nowhere')[:200]!r}"
        return RefusedError(
            f"{self.base_url} refuses the request with {error.status_code}: {words}",
            error.status_code,
            kind,
        )

    def _words(self, error: openai.APIError) -> str:
        """What an error says in one line, without the key."""
        said = error.message
        if isinstance(error, openai.APIConnectionError) and error.__cause__ is not None:
            said = str(error.__cause__) or type(error.__cause__).__name__
        elif isinstance(error.body, Mapping) and isinstance(error.body.get("message"), str):
            said = error.body["message"]
        return _one_line(self._without_key(said))

    def _without_key(self, text: str) -> str:
        return text.replace(self._key, "[key]") if len(self._key) >= SHORTEST_HIDDEN else text


class _Bounded(openai.DefaultAsyncHttpxClient):
    """Reads every answer whole, within a deadline and a number of decoded bytes."""

    def __init__(self, seconds: float, most_bytes: int) -> None:
        super().__init__(follow_redirects=False)
        self._seconds, self._most_bytes = seconds, most_bytes

    async def send(self, request: Any, **options: Any) -> Any:
        options["stream"] = True
        try:
            async with asyncio.timeout(self._seconds):
                answer = await super().send(request, **options)
                try:
                    return await self._whole(answer, request)
                finally:
                    await answer.aclose()
        except TimeoutError:
            late = f"no whole answer within {self._seconds:g} s"
            raise openai.APIConnectionError(message=late, request=request) from None

    async def _whole(self, answer: Any, request: Any) -> Any:
        if answer.headers.get("content-encoding", "").lower() not in ENCODINGS:
            raise openai.APIConnectionError(  # a few kB of some encodings unpack to gigabytes
                message="an answer in an encoding that was not asked for", request=request
            )
        found = bytearray()
        async for part in answer.aiter_bytes():
            found += part
            if len(found) > self._most_bytes:
                raise openai.APIConnectionError(
                    message=f"an answer of more than {self._most_bytes:,} bytes", request=request
                )
        packed = ("content-encoding", "content-length", "transfer-encoding")
        headers = [(k, v) for k, v in answer.headers.items() if k.lower() not in packed]
        return type(answer)(
            answer.status_code, headers=headers, content=bytes(found), request=request
        )


def _pause(attempt: int, error: Exception) -> float:
    """Seconds before the next attempt: what the server asks for, or twice the last pause."""
    asked = ""
    if isinstance(error, openai.APIStatusError):
        asked = error.response.headers.get("retry-after", "")
    try:
        seconds = float(asked)
    except ValueError:
        seconds = math.nan
    if seconds >= 0:
        return min(seconds, LONGEST_ASKED)
    return min(LONGEST_PAUSE, PAUSE * (1 << attempt)) * random.uniform(0.5, 1)


# -- what was said


def choices(data: Mapping[str, object]) -> list[Said]:
    """The choices of an answer that have a text; UnreadableError where none has."""
    listed = data.get("choices")
    if data.get("error"):
        raise UnreadableError(f"an error: {_short(data['error'])}")
    if not isinstance(listed, list) or not listed:
        raise UnreadableError(f"choices that are {_short(listed)}")
    usage = data.get("usage")
    drawn = usage.get("completion_tokens") if isinstance(usage, dict) else None
    share = drawn // len(listed) if isinstance(drawn, int) and 0 <= drawn < 2**31 else 0
    found = [said for one in _objects(listed) if (said := _choice(one, share)) is not None]
    if not found:
        raise UnreadableError(f"a choice without a text: {_short(listed[0])}")
    return found


def _choice(choice: Mapping[str, object], share: int) -> Said | None:
    message, reasoning = choice.get("message"), ""
    text = choice.get("text")
    if isinstance(message, dict):
        text = _content(message.get("content"))
        apart = (message.get(name) for name in ("reasoning_content", "reasoning"))
        reasoning = next((one for one in apart if isinstance(one, str)), "")
        refusal = message.get("refusal")
        text = refusal if text == "" and isinstance(refusal, str) else text
    if not isinstance(text, str):
        return None
    ending, steps = choice.get("finish_reason") or "stop", _steps(choice.get("logprobs"))
    ending = ending if isinstance(ending, str) and ending in ENDINGS else "other"
    return Said(_valid(text), _valid(reasoning), ending, steps, len(steps) or share)


def _content(content: object) -> str | None:
    """A message's content as text: null is empty, a list of parts is joined; None for another."""
    if content is None or isinstance(content, str):
        return content or ""
    if not isinstance(content, list):
        return None
    parts = [part if isinstance(part, str) else _part(part) for part in content]
    said = [part for part in parts if part is not None]
    return "".join(said) if len(said) == len(parts) else None


def _part(part: object) -> str | None:
    if not isinstance(part, dict):
        return None
    if "thinking" in part:
        inner = _content(part["thinking"])
        return None if inner is None else f"<think>{inner}</think>"
    text = part.get("text", part.get("content"))
    return text if isinstance(text, str) else None


def _steps(logprobs: object) -> tuple[float, ...]:
    """The log-probability of every token, from either of the protocol's two formats."""
    if not isinstance(logprobs, dict):
        return ()
    steps, content = logprobs.get("token_logprobs"), logprobs.get("content")
    if isinstance(content, list):
        steps = [one.get("logprob") if isinstance(one, dict) else None for one in content]
    found = steps if isinstance(steps, list) else []
    sound = [float(one) for one in found if isinstance(one, int | float) and -1e300 < one <= 0]
    return tuple(sound) if len(sound) == len(found) else ()


def _objects(value: object) -> list[Mapping[str, object]]:
    """The JSON objects in a list; none in anything else."""
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _valid(text: str) -> str:
    """The text with a replacement for every lone surrogate, which no file can hold."""
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _short(value: object) -> str:
    return _one_line(json.dumps(value))[:100]


def _one_line(text: str) -> str:
    return " ".join(_valid(text).split())[:300]
