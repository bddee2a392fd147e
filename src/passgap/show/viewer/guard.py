"""Who may ask, and what a browser may do with the answer: in front of every page.

In: a request. Out: the app's answer with strict headers, or a refusal. A request has to name a
host that this server has (a page elsewhere that rebinds its name to 127.0.0.1 does not), hold the
token where one is needed, and, to change anything, come from a page of this server and carry the
form key that only its pages hold.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from http.cookies import CookieError, SimpleCookie
from urllib.parse import parse_qsl, urlencode

from starlette.datastructures import Headers
from starlette.responses import PlainTextResponse, RedirectResponse, Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

POLICY = (
    "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self' data:; "
    "connect-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'"
)
HEADERS = {
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
    "x-frame-options": "DENY",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "cross-origin-resource-policy": "same-origin",
    "cache-control": "no-store",
}
READING = ("GET", "HEAD")
MOST_BYTES = 10_000
PORT = re.compile(r":\d{1,5}\Z")
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Access:
    """Who is let in.

    ``port`` is part of the name of the cookie, since a browser sends cookies to all ports.
    ``hosts`` are the names in the Host header that are answered, at any port (a tunnel may have
    another); None answers any, which needs a token. ``token`` is what the first URL has to carry,
    None where only this machine can ask; ``form_key`` what a form of this server's pages carries.
    """

    port: int
    hosts: frozenset[str] | None
    token: str | None = None
    form_key: str = field(default_factory=lambda: secrets.token_urlsafe(24))

    @classmethod
    def of(cls, host: str, port: int) -> Access:
        """Loopback is let in by host name alone; any other address by a random token."""
        if host in ("127.0.0.1", "localhost", "::1"):
            return cls(port, frozenset(LOOPBACK))
        return cls(port, None, secrets.token_urlsafe(24))

    @property
    def cookie(self) -> str:
        return f"passgap_view_{self.port}"


class Guard:
    """The middleware: refuse, or pass on and put the headers on the answer."""

    def __init__(self, app: ASGIApp, access: Access) -> None:
        self.app, self.access = app, access

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return

        async def send_guarded(message: Message) -> None:
            if message["type"] == "http.response.start":
                message = {**message, "headers": _with(message["headers"])}
            await send(message)

        refusal = self._refusal(scope)
        await (refusal or self.app)(scope, receive, send_guarded)

    # The order matters. The host comes first: a page elsewhere that points its own name at
    # 127.0.0.1 passes as same-origin in the browser, and only the name gives it away. Then the
    # token, so that without it not even the existing addresses are revealed. What a form may change
    # comes last; its body is read whole, so its length is bounded before.
    def _refusal(self, scope: Scope) -> Response | None:
        headers = Headers(scope=scope)
        name = PORT.sub("", headers.get("host", ""))
        if self.access.hosts is not None and name not in self.access.hosts:
            return _refused(421, "this server does not answer to that host name")
        if self.access.token is not None:
            query = parse_qsl(scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if any(name == "token" for name, _ in query) or not self._has_cookie(headers):
                return self._entrance(scope, query)
        if scope["method"] in READING:
            return None
        if scope["method"] != "POST":
            return _refused(405, "allowed: GET, HEAD, POST")
        if not _same_origin(headers):
            return _refused(403, "changes are accepted only from a page of this server")
        length = headers.get("content-length", "")
        if not length.isdigit() or int(length) > MOST_BYTES:
            return _refused(413, f"allowed: at most {MOST_BYTES} bytes")
        return None

    def _has_cookie(self, headers: Headers) -> bool:
        try:
            found = SimpleCookie(headers.get("cookie", "")).get(self.access.cookie)
        except CookieError:
            return False
        return found is not None and _equal(found.value, self.access.token or "")

    def _entrance(self, scope: Scope, query: list[tuple[str, str]]) -> Response:
        """With the token in the URL: keep it as a cookie and take it out of the URL."""
        given = dict(query).get("token", "")
        if scope["method"] not in READING or not _equal(given, self.access.token or ""):
            return _refused(401, "open the URL that passgap view printed: it contains a token")
        rest = urlencode([(name, value) for name, value in query if name != "token"])
        path = "/" + scope["path"].lstrip("/")
        answer = RedirectResponse(f"{path}?{rest}" if rest else path, status_code=303)
        answer.set_cookie(self.access.cookie, given, httponly=True, samesite="strict")
        return answer


def may_change(access: Access, form: Mapping[str, str]) -> bool:
    """Whether a form carries the key that only this process's pages hold."""
    return _equal(form.get("form_key", ""), access.form_key)


def _same_origin(headers: Headers) -> bool:
    """By what the browser says of the page that sends the form; nothing said is a no."""
    site, origin = headers.get("sec-fetch-site"), headers.get("origin")
    if site is not None and site != "same-origin":
        return False
    if origin is not None:
        return origin in {f"{scheme}://{headers.get('host')}" for scheme in ("http", "https")}
    return site == "same-origin"


def _with(headers: list[tuple[bytes, bytes]]) -> list[tuple[bytes, bytes]]:
    """The strict headers, where the answer has none of that name itself."""
    present = {name.lower() for name, _ in headers}
    added = [(name.encode(), value.encode()) for name, value in HEADERS.items()]
    return [*headers, *(pair for pair in added if pair[0] not in present)]


def _equal(given: str, wanted: str) -> bool:
    return bool(wanted) and secrets.compare_digest(given.encode(), wanted.encode())


def _refused(status: int, why: str) -> Response:
    return PlainTextResponse(f"{why}\n", status_code=status)
