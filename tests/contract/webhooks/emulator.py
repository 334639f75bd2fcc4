"""The program under test, and a receiver for what it sends."""

import http.client
import json
import os
import queue
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import urlsplit

# All that the README's table of events names, in its order.
EVENTS = [
    "call.started",
    "call.transferred",
    "call.voicemail",
    "call.ended",
    "call.completed",
    "call.missed",
    "call.failed",
    "transcript.ready",
    "summary.ready",
]
TRANSFERRED, VOICEMAIL, NO_ANSWER, BUSY = ("+15005550101", "+15005550102", "+15005550104", "+15005550105")


def send(url, method, body=b"", headers=None):
    """The status and the body of the answer to one request."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname, parts.port, timeout=60)
    try:
        connection.request(method, parts.path, body, headers or {})
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


class Emulator:
    """One server, whose clock stands still."""

    def __init__(self, *options):
        program = [os.environ["AKOL_MOCK"], "--listen", "127.0.0.1:0", "--clock", "manual", "--log-format", "off"]
        # The past does not matter here, and takes time to make.
        calls = [] if "--calls" in options else ["--calls", "0"]
        self.process = subprocess.Popen([*program, *calls, *options], stdout=subprocess.PIPE, text=True)
        first_line, second_line = self.process.stdout.readline(), self.process.stdout.readline()
        assert first_line.startswith("akol-mock listening on "), "it does not start; its message is on stderr"
        self.url = first_line.split()[-1]
        # "seed 42, webhook secret whsec_…"
        self.printed_secret = second_line.split()[-1]

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()

    def post(self, path, body):
        return self.ask("POST", path, body)

    def get(self, path):
        return self.ask("GET", path)

    def ask(self, method, path, body=None):
        headers = {"Authorization": "Bearer any", "Content-Type": "application/json"}
        status, answer = send(self.url + path, method, b"" if body is None else json.dumps(body), headers)
        assert 200 <= status < 300, answer
        return json.loads(answer)["data"]

    def place(self, number):
        return self.post("/api/v1/calls", {"campaignId": "cmp_xxx", "toNumber": number, "fromPhoneNumberId": "pn_xxx"})

    def advance(self, length):
        """Returns when all that falls due has happened, and every delivery has been answered."""
        return self.post("/__admin/clock/advance", {"by": length})

    def tell_everything(self):
        """Has calls that come to each of the nine events. They are over within two minutes: no library minds that."""
        for number in [TRANSFERRED, VOICEMAIL, NO_ANSWER, BUSY]:
            self.place(number)
        self.advance("2m")

    def mischief(self, **chances):
        self.ask("PUT", "/__admin/webhooks/mischief", chances)

    def secret(self):
        """The one secret that is listed."""
        [webhook] = self.get("/__admin/webhooks")
        return webhook["secret"]


class Delivery:
    """What has come to a receiver, to the byte."""

    def __init__(self, headers, body):
        self.headers = headers
        self.body = body

    def header(self, name):
        return self.headers[name]

    def json(self):
        return json.loads(self.body)

    def but(self, **changed):
        """Its headers with others in place of some: `webhook_id` stands for `webhook-id`."""
        return self.headers | {name.replace("_", "-"): value for name, value in changed.items()}


class Receiver:
    """Takes in whatever comes to a free port."""

    def __init__(self):
        received = queue.SimpleQueue()

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                # Before the answer: who has waited for that finds it there.
                received.put(Delivery({name.lower(): value for name, value in self.headers.items()}, body))
                self.send_response(204)
                self.end_headers()

            def log_message(self, *_):
                pass

        self.received = received
        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self.url = f"http://127.0.0.1:{self.server.server_port}/hooks"
        threading.Thread(target=self.server.serve_forever, args=[0.01], daemon=True).start()

    def stop(self):
        self.server.shutdown()
        self.server.server_close()

    def next(self):
        """Waits for the next delivery."""
        return self.received.get(timeout=60)

    def deliveries(self):
        """What has come since it was last asked for."""
        return [self.next() for _ in range(self.received.qsize())]
