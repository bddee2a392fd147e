"""A server that speaks the OpenAI protocol and misbehaves on request; run as a process.

    python server.py FAULT...     prints its port; each fault happens to every third request

Faults: 429, 500, hang, drop (the connection, in mid-answer), fewer (one choice less than asked),
one (``n`` ignored), garbage (no JSON), always-500, refuse (401), refuse-images (400), same
(``seed`` and temperature ignored: every draw of a prompt is equal).
"""

import itertools
import json
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

FAULTS = set(sys.argv[1:])
COUNT = itertools.count()
LOCK = threading.Lock()
SEEN: list[dict] = []


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def log_message(self, *arguments):
        pass

    def do_GET(self):
        if self.path == "/seen":
            self.answer(200, {"requests": SEEN})
        else:
            self.answer(200, {"data": [{"id": "m", "object": "model", "owned_by": "vllm"}]})

    def do_POST(self):
        body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
        with LOCK:
            number = next(COUNT)
            SEEN.append({**body, "key": self.headers.get("Authorization")})
        fault = sorted(FAULTS)[number // 3 % len(FAULTS)] if FAULTS and number % 3 == 0 else ""
        if "always-500" in FAULTS:
            return self.answer(500, {"error": {"message": "broken"}})
        if "refuse" in FAULTS:
            return self.answer(401, {"error": {"message": "wrong key"}})
        if "refuse-images" in FAULTS and "image_url" in json.dumps(body):
            why = "At most 0 image(s) may be provided in one prompt."
            return self.answer(400, {"error": {"message": why}})
        if fault in ("429", "500"):
            return self.answer(int(fault), {"error": {"message": "busy"}}, {"retry-after": "0.05"})
        if fault == "hang":
            time.sleep(1)
            self.close_connection = True
            return None
        if fault == "drop":
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", "5000")
            self.end_headers()
            self.wfile.write(b'{"choices": [')
            self.close_connection = True
            return None
        if fault == "garbage":
            return self.answer(200, b"<html>proxy error</html>")
        n = 1 if "one" in FAULTS else body.get("n", 1)
        n -= fault == "fewer"
        return self.answer(200, self.completion(body, n))

    def completion(self, body, n):
        chat = "messages" in body
        choices = []
        for i in range(n):
            text = "same" if "same" in FAULTS else f"draw {body['seed'] + i}"
            logprobs = {"token_logprobs": [-0.5, -0.25], "tokens": ["a", "b"]}
            if chat:
                steps = [{"token": "a", "logprob": -0.5}, {"token": "b", "logprob": -0.25}]
                logprobs = {"content": [{**s, "bytes": None, "top_logprobs": []} for s in steps]}
            said = {"message": {"role": "assistant", "content": text}} if chat else {"text": text}
            choices.append({"index": i, "finish_reason": "stop", "logprobs": logprobs, **said})
        kind = "chat.completion" if chat else "text_completion"
        usage = {"completion_tokens": 2 * n, "prompt_tokens": 1, "total_tokens": 2 * n + 1}
        return {
            "id": "x",
            "object": kind,
            "created": 0,
            "model": "m",
            "choices": choices,
            "usage": usage,
        }

    def answer(self, status, body, headers=()):
        content = body if isinstance(body, bytes) else json.dumps(body).encode()
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(content)))
        for name, value in dict(headers).items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(content)


class Server(ThreadingHTTPServer):
    def handle_error(self, request, client_address):
        """Clients that hang up are part of the game."""


if __name__ == "__main__":
    server = Server(("127.0.0.1", 0), Handler)
    print(server.server_address[1], flush=True)
    server.serve_forever()
