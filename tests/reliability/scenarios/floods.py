"""Floods of HTTP/2 frames, and requests that cost the server much."""

import json
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPException

import http2
from emulator import GET, Emulator, Probe, receive
from figures import at_least, exactly, memory, normal_client, scenario


def rapid_reset(stream):
    return http2.get(stream) + http2.reset(stream)


def empty_settings(_):
    return http2.settings()


def pings(_):
    return http2.frame(http2.PING, 0, 0, b"12345678")


def window_updates(_):
    return http2.frame(http2.WINDOW_UPDATE, 0, 0, (1).to_bytes(4, "big"))


FLOODS = {"requests that are reset at once": rapid_reset, "settings": empty_settings, "pings": pings, "window updates": window_updates}


@scenario("HTTP/2 floods", "four clients that send frames as fast as they can, of each kind in turn, and one head without an end")
def http2_floods(size):
    frames = size(full=100_000, short=5_000)
    figures = []
    with Emulator("--clock", "manual") as emulator, Probe(emulator) as probe:
        for make in FLOODS.values():
            with ThreadPoolExecutor(4) as pool:
                list(pool.map(lambda _: flood(emulator, make, frames // 4), range(4)))
        endless_head(emulator, size(full=2_000, short=200))
        without_window(emulator, size(full=200, short=20))
        client = probe.finish()
        figures.append(exactly("the server answers afterwards", int(emulator.is_alive()), 1))
        return [*figures, *normal_client(client), memory(emulator)]


def flood(emulator, make, count):
    """Sends so many frames; a server that has had enough may close the connection."""
    with emulator.connect() as connection:
        connection.sendall(http2.PREFACE + http2.settings())
        drain = threading.Thread(target=swallow, args=(connection,), daemon=True)
        drain.start()
        try:
            for first in range(0, count, 100):
                connection.sendall(b"".join(make(2 * number + 1) for number in range(first, first + 100)))
        except OSError:
            pass
        connection.close()


def endless_head(emulator, frames):
    """A head in ever more continuations."""
    with emulator.connect() as connection:
        first = http2.frame(http2.HEADERS, http2.END_STREAM, 1, http2.headers("/api/v1/calls"))
        more = http2.frame(http2.CONTINUATION, 0, 1, (b"\x00\x01a" + b"\x7e" + b"b" * 126) * 100)
        try:
            connection.sendall(http2.PREFACE + http2.settings() + first)
            for _ in range(frames):
                connection.sendall(more)
        except OSError:
            pass


def without_window(emulator, requests):
    """Asks for many answers, and opens no window for them."""
    with emulator.connect() as connection:
        connection.sendall(http2.PREFACE + http2.settings(_4=0))
        try:
            for number in range(requests):
                connection.sendall(http2.get(2 * number + 1, "/api/v1/calls?limit=100"))
        except OSError:
            pass
        time.sleep(1)


def swallow(connection):
    try:
        while connection.recv(1 << 16):
            pass
    except OSError:
        pass


@scenario("heavy requests", "patterns of many stars over long paths, a thousand fault rules, two hundred waiting clients, long bodies, whole states and journals, all at once")
def heavy_requests(size):
    with Emulator("--clock", "manual", "--calls", str(size(full=50_000, short=1_000))) as emulator:
        with emulator.connect() as connection:
            for _ in range(size(full=1_000, short=100)):
                connection.sendall(GET.replace(b"call_xxx", b"a" * 5_000 + b"b"))
                receive(connection)
        waiters = [emulator.connect() for _ in range(200)]
        for number, waiter in enumerate(waiters):
            workspace, path = (b"default", "/never") if number % 2 else (b"awaited", "**a*a*b*N")
            wait = json.dumps({"path": path, "timeout": "60s"}).encode()
            waiter.sendall(b"POST /__admin/requests/wait?workspace=%s HTTP/1.1\r\nHost: localhost\r\n"
                           b"Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % (workspace, len(wait)) + wait)
        rounds = size(full=10, short=1)
        done = []

        def repeat(expected, method, path, body=None, token="any"):
            for _ in range(rounds):
                try:
                    status, _ = emulator.ask(method, path, body, token=token, timeout=120)
                    done.append(status == expected)
                except (OSError, HTTPException):
                    done.append(False)

        for _ in range(size(full=1_000, short=100)):
            emulator.admin("POST", "/faults?workspace=struck", {"match": {"path": "**a*a*b*N"}, "effect": {"status": 503}})
        long_path = "/api/v1/calls/" + "a" * 7_900
        heavy = [
            (200, "POST", "/__admin/requests/count", {"path": "*a" * 400}),
            (200, "GET", "/__admin/state"),
            (200, "GET", "/__admin/requests?limit=1000"),
            *[(404, "GET", long_path, None, "ws_struck")] * 4,
            *[(404, "GET", long_path, None, "ws_awaited")] * 4,
            *[(422, "POST", "/api/v1/calls", {"note": [1] * 300_000}, "ws_long")] * 4,
        ]
        with Probe(emulator) as probe:
            with ThreadPoolExecutor(len(heavy)) as pool:
                list(pool.map(lambda request: repeat(*request), heavy))
            client = probe.finish()
        for waiter in waiters:
            waiter.close()
        return [at_least("heavy requests that were answered", sum(done), len(heavy) * rounds), *normal_client(client), memory(emulator)]
