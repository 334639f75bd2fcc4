"""A long day of tests."""

import json
import threading
import time
from http.client import HTTPConnection
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from emulator import Emulator
from figures import at_least, at_most, exactly, scenario


class Receiver(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    disable_nagle_algorithm = True

    def do_POST(self):
        self.rfile.read(int(self.headers["Content-Length"]))
        # One of a few is refused, so there are retries.
        self.server.count += 1
        self.send_response(503 if self.server.count % 7 == 0 else 204)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_):
        pass


@scenario("soak", "tests in workspaces of their own, one after the other: calls, pages, recordings, an advance with webhooks, waits, a reset")
def soak(size):
    seconds = size(full=150, short=5)
    server = ThreadingHTTPServer(("127.0.0.1", 0), Receiver)
    server.count = 0
    server.handle_error = lambda *_: None
    threading.Thread(target=server.serve_forever, daemon=True).start()
    with Emulator("--clock", "manual", "--max-workspaces", "200",
                  "--webhook-url", f"http://127.0.0.1:{server.server_address[1]}/hooks") as emulator:
        end = time.monotonic() + seconds
        done, failures, samples = [0] * 4, [], []

        def worker(index):
            try:
                connection = HTTPConnection(*emulator.address, timeout=60)
                while time.monotonic() < end:
                    test(connection, f"w{index}-{done[index]}")
                    done[index] += 1
            except Exception as error:
                failures.append(repr(error))

        threads = [threading.Thread(target=worker, args=(index,)) for index in range(len(done))]
        for thread in threads:
            thread.start()
        while any(thread.is_alive() for thread in threads):
            time.sleep(min(1.0, seconds / 20))
            samples.append(emulator.memory())
        for thread in threads:
            thread.join()
        server.shutdown()
        server.server_close()
        figures = [
            exactly("tests that failed", len(failures), 0),
            at_least("tests that passed", sum(done), 4),
            at_most("most memory", max(samples), 300.0, "MiB"),
        ]
        if not size.is_short:
            third = len(samples) // 3
            growth = max(samples[-third:]) - max(samples[third : 2 * third])
            figures.append(at_most("growth from the second third of the time to the last", growth, 10.0, "MiB"))
        if failures:
            raise RuntimeError(failures[0])
        return figures


def test(connection, workspace):
    """What one test of an integration asks for."""

    def ask(method, path, body=None, wanted=200):
        fields = {"Authorization": f"Bearer ws_{workspace}", "Content-Type": "application/json"}
        connection.request(method, path, None if body is None else json.dumps(body), fields)
        response = connection.getresponse()
        answer = response.read()
        if response.status != wanted:
            raise RuntimeError(f"{method} {path}: {response.status} {answer[:200]}")
        return answer

    ids = []
    for number in range(10):
        body = {"campaignId": "cmp_xxx", "toNumber": f"+1555{number:07}", "fromPhoneNumberId": "pn_xxx", "metadata": "x" * 2_000}
        ids.append(json.loads(ask("POST", "/api/v1/calls", body, 201))["data"]["id"])
    ask("POST", f"/__admin/clock/advance?workspace={workspace}", {"by": "10m"})
    for one in ids:
        ask("GET", f"/api/v1/calls/{one}")
    ask("GET", "/api/v1/calls?limit=100")
    ask("GET", "/api/v1/calls/call_xxx/audio")
    ask("POST", f"/__admin/requests/wait?workspace={workspace}", {"method": "POST", "path": "/api/v1/calls", "count": 10})
    ask("GET", f"/__admin/webhooks/deliveries?workspace={workspace}")
    ask("POST", f"/__admin/reset?workspace={workspace}")
