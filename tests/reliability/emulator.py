"""A server of one's own on a free port: requests to it, and what it uses of the machine."""

import json
import os
import resource
import signal
import socket
import subprocess
import sys
import tempfile
import time
from http.client import HTTPConnection, HTTPException
from pathlib import Path
from urllib.parse import urlsplit

AUTHORIZATION = "Authorization: Bearer any\r\n"
GET = f"GET /api/v1/calls/call_xxx HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZATION}\r\n".encode()
START = "2026-04-20T15:00:00Z"


class Emulator:
    """Runs the program until the `with` block ends."""

    def __init__(self, *options, files=None):
        limit = (lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (files, files))) if files else None
        self.log = tempfile.TemporaryFile()
        self.process = subprocess.Popen(
            [os.environ["AKOL_MOCK"], "--listen", "127.0.0.1:0", "--start-time", START, "--log-format", "off", *options],
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=self.log, preexec_fn=limit,
        )
        line = self.process.stdout.readline().decode()
        if "listening on" not in line:
            self.log.seek(0)
            raise RuntimeError(f"the server does not start: {line}{self.log.read().decode()}")
        self.url = line.split()[-1]
        parts = urlsplit(self.url)
        self.address = (parts.hostname, parts.port)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdout.close()
        self.log.close()

    def send_signal(self, number):
        self.process.send_signal(number)

    def stop(self, number=signal.SIGTERM):
        """Asks it to stop; gives its exit code and the seconds that it took."""
        began = time.monotonic()
        self.send_signal(number)
        code = self.process.wait(30)
        return code, time.monotonic() - began

    def connect(self, timeout=20.0):
        return socket.create_connection(self.address, timeout)

    def ask(self, method, path, body=None, *, token="any", timeout=60.0, headers=()):
        """One request on a connection of its own: the status, and the body as bytes."""
        connection = HTTPConnection(*self.address, timeout=timeout)
        fields = {"Authorization": f"Bearer {token}", "Connection": "close", **dict(headers)}
        if body is not None and not isinstance(body, bytes):
            body = json.dumps(body).encode()
        if body is not None:
            fields["Content-Type"] = "application/json"
        try:
            connection.request(method, path, body, fields)
            response = connection.getresponse()
            return response.status, response.read()
        finally:
            connection.close()

    def admin(self, method, path, body=None, **more):
        """One request to the control API, which has to succeed: its data."""
        status, answer = self.ask(method, f"/__admin{path}", body, **more)
        answer = json.loads(answer)
        if status >= 300:
            raise RuntimeError(f"{method} {path}: {status} {answer}")
        return answer.get("data")

    def place(self, number, *, token="any", scenario=None):
        """Places a call: its id, or `None` where that is refused."""
        headers = [("X-Akol-Scenario", scenario)] if scenario else []
        body = {"campaignId": "cmp_xxx", "toNumber": number, "fromPhoneNumberId": "pn_xxx"}
        status, answer = self.ask("POST", "/api/v1/calls", body, token=token, headers=headers)
        return json.loads(answer)["data"]["id"] if status == 201 else None

    def is_alive(self):
        try:
            return self.process.poll() is None and self.ask("GET", "/__admin/health", timeout=10)[0] == 200
        except (OSError, HTTPException):
            return False

    def memory(self):
        """Resident memory now, in MiB."""
        return self._status("VmRSS")

    def peak(self):
        """The most resident memory that it has had, in MiB."""
        return self._status("VmHWM")

    def connected(self):
        """The ports of the clients whose connections it has not closed."""
        established, close_wait = "01", "08"
        connected = set()
        for line in Path("/proc/net/tcp").read_text().splitlines()[1:]:
            _, local, remote, state, *_ = line.split()
            if int(local.split(":")[1], 16) == self.address[1] and state in (established, close_wait):
                connected.add(int(remote.split(":")[1], 16))
        return connected

    def _status(self, name):
        for line in Path(f"/proc/{self.process.pid}/status").read_text().splitlines():
            if line.startswith(name):
                return int(line.split()[1]) / 1024
        raise RuntimeError(f"the system tells no {name}")


class Probe:
    """A normal client in a process of its own: it asks for a call again and again, on one connection, and takes the time of each answer."""

    def __init__(self, emulator):
        self.process = subprocess.Popen(
            [sys.executable, __file__, *map(str, emulator.address)], stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.process.stdout.readline()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self.process.stdout.close()

    def finish(self):
        """Its answers: how many were right, how many were not, and the 99th percentile of their milliseconds."""
        answer, _ = self.process.communicate(b"\n", 30)
        return json.loads(answer)


def receive(connection):
    """The bytes of one answer whose length its head tells; fewer where the connection ends before."""
    received = b""
    while b"\r\n\r\n" not in received:
        more = connection.recv(65536)
        if not more:
            return received
        received += more
    head, _, body = received.partition(b"\r\n\r\n")
    length = next((int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:")), 0)
    while len(body) < length:
        more = connection.recv(65536)
        if not more:
            break
        body += more
    return head + b"\r\n\r\n" + body


def _probe(host, port):
    import select

    times, wrong = [], 0
    connection = socket.create_connection((host, int(port)), 20)
    print("ready", flush=True)
    # A scenario may be over before it has begun.
    while len(times) < 20 or not select.select([sys.stdin], [], [], 0.002)[0]:
        began = time.perf_counter()
        try:
            connection.sendall(GET)
            is_right = receive(connection).startswith(b"HTTP/1.1 200")
        except OSError:
            is_right = False
        times.append(time.perf_counter() - began)
        if not is_right:
            wrong += 1
            connection.close()
            connection = socket.create_connection((host, int(port)), 20)
    times.sort()
    print(json.dumps({"right": len(times) - wrong, "wrong": wrong, "p99": 1000 * times[int(len(times) * 0.99)] if times else 0.0}))


if __name__ == "__main__":
    _probe(*sys.argv[1:])
