"""A workspace of its own for each test, on a server that runs already and whose clock stands."""

import hashlib
import hmac
import os
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, Self

import httpx
import pytest

from akol_client import AuthenticatedClient


class World:
    """`akol` is the generated client; the rest is for the test, over plain HTTP, straight to the server."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.akol = self.client(f"ws_{name}")

    def client(self, token: str) -> AuthenticatedClient:
        # A status that the document does not have is an exception.
        return AuthenticatedClient(os.environ["AKOL_URL"], token=token, raise_on_unexpected_status=True)

    def control(self, method: str, path: str, body: object = None) -> Any:
        url = f"{os.environ['AKOL_CONTROL']}{path}"
        answer = httpx.request(method, url, params={"workspace": self.name}, json=body)
        assert answer.is_success, answer.text
        return answer.json()["data"]

    def advance(self, by: str) -> None:
        """Lets time pass: returns when all that falls due has happened, webhooks included."""
        self.control("POST", "/clock/advance", {"by": by})


class Receiver:
    """Takes webhooks on a free port: `bodies` are those whose signatures are genuine, in the order in which they came."""

    secret = b""

    def __init__(self) -> None:
        self.bodies: list[bytes] = []
        self.forged = 0
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                expected = hmac.new(receiver.secret, body, hashlib.sha256).hexdigest()
                genuine = hmac.compare_digest(expected, self.headers.get("X-Webhook-Signature", ""))
                if genuine:
                    receiver.bodies.append(body)
                else:
                    receiver.forged += 1
                self.send_response(204 if genuine else 401)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/webhooks"

    def __enter__(self) -> Self:
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()
        return self

    def __exit__(self, *_: object) -> None:
        self.server.shutdown()
        self.server.server_close()


@pytest.fixture
def world(request: pytest.FixtureRequest) -> Iterator[World]:
    world = World(f"python_{request.function.__name__}"[:64])
    yield world
    httpx.delete(f"{os.environ['AKOL_CONTROL']}/workspaces/{world.name}")


@pytest.fixture
def receiver(world: World) -> Iterator[Receiver]:
    """A receiver that is subscribed to all events."""
    with Receiver() as receiver:
        events = ["call.started", "call.transferred", "call.ended", "call.completed", "transcript.ready", "summary.ready"]
        subscription = world.control("POST", "/webhooks", {"url": receiver.url, "events": events})
        receiver.secret = subscription["secret"].encode()
        yield receiver
