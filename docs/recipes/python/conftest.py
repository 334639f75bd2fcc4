"""One server for the whole run, and a workspace of its own for each test."""

import os
import re
import subprocess
import threading
from datetime import datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
import requests


class Akol:
    """What an app has anyway: a client that knows where Akol is, and its token there."""

    def __init__(self, url, token):
        self.url = url
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {token}"

    def get(self, path):
        return self.session.get(self.url + path)

    def post(self, path, body, headers=None):
        return self.session.post(self.url + path, json=body, headers=headers)


class World:
    """One workspace: `akol` is for the app, the rest for the test."""

    def __init__(self, server, name):
        self.akol = Akol(f"{server}/api/v1", f"ws_{name}")
        self.admin = f"{server}/__admin"
        self.name = name

    def control(self, method, path, body=None):
        """Asks the control API about this workspace alone."""
        answer = requests.request(method, self.admin + path, params={"workspace": self.name}, json=body)
        assert answer.ok, answer.text
        return answer.json()["data"]

    def advance(self, seconds):
        """Lets time pass: returns when all that falls due has happened. To an app, this is its `sleep`."""
        return self.control("POST", "/clock/advance", {"by": f"{seconds}s"})

    def now(self):
        return datetime.fromisoformat(self.control("GET", "/clock")["now"])

    def placements(self):
        """The journal of all tries to place a call, oldest first."""
        return self.control("GET", "/requests?method=POST&path=/api/v1/calls")


@pytest.fixture(scope="session")
def server():
    program = os.environ.get("AKOL_MOCK", "akol-mock")
    options = "--listen 127.0.0.1:0 --clock manual --start-time 2026-05-04T09:00:00Z --calls 0 --log-format off"
    # What the shell sets up for other servers is not for this one.
    environment = {name: value for name, value in os.environ.items() if not name.startswith("AKOL_MOCK_")}
    with subprocess.Popen([program, *options.split()], stdout=subprocess.PIPE, text=True, env=environment) as process:
        first_line = process.stdout.readline()
        assert first_line.startswith("akol-mock listening on "), "it does not start; its message is on stderr"
        yield first_line.split()[-1]
        process.terminate()


@pytest.fixture
def world(server, request):
    # A workspace's name has at most 64 letters; the end of a test's id is what tells it from the others.
    world = World(server, re.sub(r"[^A-Za-z0-9_-]", "_", request.node.nodeid)[-64:])
    yield world
    requests.delete(f"{world.admin}/workspaces/{world.name}")


@pytest.fixture
def serve():
    """Serves `receive(signature, body) -> status` on a free port until the test ends, and gives the URL."""
    servers = []

    def start(receive):
        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                self.send_response(receive(self.headers["X-Webhook-Signature"], body))
                self.end_headers()

            def log_message(self, *_):
                pass

        server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=server.serve_forever, args=[0.01], daemon=True).start()
        servers.append(server)
        return f"http://127.0.0.1:{server.server_port}/webhooks"

    yield start
    for server in servers:
        server.shutdown()
        server.server_close()
