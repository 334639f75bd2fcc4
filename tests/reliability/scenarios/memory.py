"""What clients can make the server keep."""

import json
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection, HTTPException

from emulator import Emulator
from figures import at_least, exactly, memory, scenario

BODY = {"campaignId": "cmp_xxx", "toNumber": "+15551234567", "fromPhoneNumberId": "pn_xxx"}
BIG = json.dumps(BODY | {"metadata": "x" * 64_000}).encode()


def repeat(emulator, count, request, threads=4):
    """Sends `request(number)` for each number, on a few connections: how many were answered, with whatever status."""

    def some(first):
        connection = HTTPConnection(*emulator.address, timeout=60)
        answered = 0
        for number in range(first, count, threads):
            method, path, body, headers = request(number)
            try:
                connection.request(method, path, body, {"Content-Type": "application/json", **headers})
                connection.getresponse().read()
                answered += 1
            except (OSError, HTTPException):
                connection.close()
        connection.close()
        return answered

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(some, range(threads)))


def journal(number):
    return "POST", "/api/v1/calls", BIG, {"Authorization": f"Bearer ws_{number % 2_000}"}


def keys(number):
    body = json.dumps(BODY).encode()
    return "POST", "/api/v1/calls", body, {"Authorization": "Bearer any", "Idempotency-Key": f"00000000-0000-4000-8000-{number:012x}"}


def tokens(number):
    return "GET", "/api/v1/calls?limit=1", None, {"Authorization": f"Bearer {number:0>4000}"}


def subscriptions(number):
    body = {"url": f"http://127.0.0.1:9/{number:0>2000}", "events": ["call.ended"], "secret": f"{number:0>256}"}
    return "POST", "/__admin/webhooks", json.dumps(body).encode(), {}


def rules(number):
    body = {"match": {"path": f"/api/v1/{number:0>2000}"}, "effect": {"status": 503}}
    return "POST", "/__admin/faults", json.dumps(body).encode(), {}


def workspaces(number):
    return "POST", f"/__admin/calls?workspace=w{number}", b'{"direction":"inbound","scenario":"completed"}', {}


USES = {
    "bodies of 64 KB in 2,000 workspaces": (journal, 30_000, ()),
    "idempotency keys": (keys, 60_000, ()),
    "tokens of 4,000 characters under a rate limit": (tokens, 30_000, ("--rate-limit", "100")),
    "subscriptions": (subscriptions, 20_000, ()),
    "fault rules": (rules, 20_000, ()),
    "workspaces": (workspaces, 12_000, ()),
}


def measured(emulator, what, figures):
    return [exactly(f"{what}: the server answers afterwards", int(emulator.is_alive()), 1), *figures, memory(emulator)]


@scenario("hostile memory", "as much of each kind of thing as clients can make; a server for each")
def hostile_memory(size):
    figures = []
    for what, (request, full, options) in USES.items():
        count = size(full=full, short=full // 100)
        with Emulator("--clock", "manual", *options) as emulator:
            answered = repeat(emulator, count, request)
            figures += [at_least(f"{what}: answered", answered, count), memory(emulator)]
    return figures


@scenario("unfinished uploads", "states and calls of which nearly all is sent, and not the rest: 30 of 60 MB, 80 of 16 MiB, 600 of 1 MiB")
def uploads(size):
    few = size(full=1, short=10)
    uploads = [
        *[("PUT /__admin/state", 900_000_000, size(full=60_000_000, short=1_000_000))] * (30 // few),
        *[("PUT /__admin/state", 16 << 20, 15 << 20)] * (80 // few),
        *[("POST /api/v1/calls", 1 << 20, 15 << 16)] * (600 // few),
    ]
    with Emulator("--clock", "manual") as emulator:
        connections = []

        def upload(of):
            target, length, sent = of
            connection = emulator.connect(10)
            connections.append(connection)
            try:
                connection.sendall(f"{target} HTTP/1.1\r\nHost: localhost\r\nAuthorization: Bearer any\r\n"
                                   f"Content-Type: application/json\r\nContent-Length: {length}\r\n\r\n".encode())
                block = os.urandom(1 << 16).hex().encode()
                for _ in range(sent // len(block)):
                    connection.sendall(block)
            except OSError:
                pass

        with ThreadPoolExecutor(4) as pool:
            list(pool.map(upload, uploads))
        alive = emulator.is_alive()
        for connection in connections:
            connection.close()
        return [exactly("the server answers meanwhile", int(alive), 1), memory(emulator)]


@scenario("blind watchers", "streams of events that are not read, while calls live")
def watchers(size):
    with Emulator("--clock", "manual") as emulator:
        streams = [emulator.connect() for _ in range(size(full=500, short=20))]
        for stream in streams:
            stream.sendall(b"GET /__admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
        threads = [threading.Thread(target=place_some, args=(emulator, first, size(full=500, short=10))) for first in range(4)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        emulator.ask("POST", "/__admin/clock/advance", {"by": "1h"}, timeout=120)
        alive = emulator.is_alive()
        for stream in streams:
            stream.close()
        return [exactly("the server answers afterwards", int(alive), 1), memory(emulator)]


def place_some(emulator, first, count):
    for number in range(count):
        emulator.place(f"+1555{first}{number:06}")
