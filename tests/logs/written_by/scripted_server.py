"""An OpenAI-compatible server with a script: what the logs of whole packages are sampled from.

The r-th time a question is asked, the r-th text of its list is said, and None is a server error.
Use: ``with serve(SAID) as url``, where SAID is ``{"1+1?": ["2", None]}``.
"""

import json
import threading
from collections import Counter
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

GONE = {"error": {"message": "the engine is gone", "type": "server_error"}}


@contextmanager
def serve(said):
    """The server's base URL, while the block lasts."""
    asked = Counter()
    lock = threading.Lock()

    def answer(question, n):
        with lock:
            start = asked[question]
            asked[question] += n
        return [said[question][(start + i) % len(said[question])] for i in range(n)]

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = json.loads(self.rfile.read(int(self.headers["Content-Length"])))
            question = text_of(body["messages"][-1]["content"])
            texts = answer(question, body.get("n") or 1)
            failed = None in texts
            document = GONE if failed else completion(body["model"], texts)
            data, kind = json.dumps(document).encode(), "application/json"
            if body.get("stream") and not failed:
                data, kind = streamed(document), "text/event-stream"
            self.send_response(500 if failed else 200)
            self.send_header("Content-Type", kind)
            self.send_header("Content-Length", str(len(data)))
            self.send_header("x-should-retry", "false")  # openai's client obeys it
            self.end_headers()
            self.wfile.write(data)

        def log_message(self, *_):
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://127.0.0.1:{server.server_port}/v1"
    finally:
        server.shutdown()
        server.server_close()


def text_of(content):
    """A message's text, be it a string or a list of parts."""
    return content if isinstance(content, str) else "".join(part["text"] for part in content)


def completion(model, texts):
    """The answer of ``/v1/chat/completions``, a token a text."""
    return {
        "id": "scripted",
        "object": "chat.completion",
        "created": 0,
        "model": model,
        "choices": [
            {
                "index": i,
                "message": {"role": "assistant", "content": text},
                "finish_reason": "stop",
            }
            for i, text in enumerate(texts)
        ],
        "usage": {
            "prompt_tokens": 4,
            "completion_tokens": len(texts),
            "total_tokens": 4 + len(texts),
        },
    }


def streamed(document):
    """The same answer as one server-sent event."""
    choices = [{**c, "delta": c["message"]} for c in document["choices"]]
    chunk = {**document, "object": "chat.completion.chunk", "choices": choices}
    return f"data: {json.dumps(chunk)}\n\ndata: [DONE]\n\n".encode()
