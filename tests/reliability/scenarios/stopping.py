"""The end of the server, while it is busy."""

import json
import signal
import socket
import threading
import time

from emulator import AUTHORIZATION, GET, Emulator, receive
from figures import at_most, exactly, scenario

# Docker kills after 10 s.
STOPPED = 8.0


@scenario("stop under load", "SIGTERM while clients send one request after the other, pipelined and not, or have only just connected")
def stop_under_load(size):
    rounds = size(full=20, short=2)
    cut = unanswered = wrong_codes = 0
    longest = 0.0
    for _ in range(rounds):
        with Emulator("--clock", "manual") as emulator:
            clients = [Client(emulator, pipelined) for pipelined in (1, 10) for _ in range(10)]
            time.sleep(0.2)
            # What has reached the socket when the signal comes: the process stands still meanwhile.
            emulator.send_signal(signal.SIGSTOP)
            time.sleep(0.05)
            late = [emulator.connect() for _ in range(20)]
            for connection in late:
                connection.sendall(GET)
            time.sleep(0.05)
            emulator.send_signal(signal.SIGTERM)
            emulator.send_signal(signal.SIGCONT)
            began = time.monotonic()
            wrong_codes += emulator.process.wait(30) != 0
            longest = max(longest, time.monotonic() - began)
            for client in clients:
                client.thread.join()
                cut += client.cut
            unanswered += sum(not is_whole(connection) for connection in late)
    return [
        exactly(f"answers cut off, in {rounds} stops with 20 busy clients", cut, 0),
        exactly(f"requests on {20 * rounds} connections in the accept queue without an answer", unanswered, 0),
        exactly("exit codes other than 0", wrong_codes, 0),
        at_most("longest stop", longest, STOPPED, "s", is_speed=True),
    ]


class Client:
    """Sends requests until the server announces that it closes."""

    def __init__(self, emulator, pipelined):
        self.connection = emulator.connect()
        self.pipelined = pipelined
        self.cut = 0
        self.thread = threading.Thread(target=self.run, daemon=True)
        self.thread.start()

    def run(self):
        try:
            while True:
                self.connection.sendall(GET * self.pipelined)
                if self.read():
                    return
        except OSError:
            return

    def read(self):
        """Reads as many answers as were asked for; says whether the connection has ended. An answer that is not whole was cut."""
        received = b""
        answers = 0
        while answers < self.pipelined:
            more = self.connection.recv(1 << 16)
            if not more:
                self.cut += bool(received)
                return True
            received += more
            received, whole = without_answers(received)
            answers += whole
        return False


def without_answers(received):
    """What is left once all whole answers have been taken off, and how many these were."""
    whole = 0
    while b"\r\n\r\n" in received:
        head, _, body = received.partition(b"\r\n\r\n")
        length = next(int(line.split(b":")[1]) for line in head.lower().split(b"\r\n") if line.startswith(b"content-length:"))
        if len(body) < length:
            break
        received = body[length:]
        whole += 1
    return received, whole


def is_whole(connection):
    try:
        return receive(connection).startswith(b"HTTP/1.1 200")
    except OSError:
        return False
    finally:
        connection.close()


@scenario("stop with work under way", "SIGTERM while a wait, an advance with a receiver that hangs, a slow body and a stream are under way")
def stop_with_work(size):
    del size
    with socket.create_server(("127.0.0.1", 0)) as hanging:
        url = f"http://127.0.0.1:{hanging.getsockname()[1]}/hooks"
        with Emulator("--clock", "manual", "--webhook-url", url) as emulator:
            emulator.place("+15005550105")
            answers = {}
            threads = []

            def ask(name, method, path, body, length=None):
                data = body if isinstance(body, bytes) else json.dumps(body).encode()
                head = f"{method} {path} HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZATION}Content-Type: application/json\r\n"
                connection = emulator.connect(30)
                connection.sendall(f"{head}Content-Length: {length or len(data)}\r\n\r\n".encode() + data)

                def read():
                    with connection:
                        try:
                            answers[name] = int(receive(connection).split(b" ", 2)[1])
                        except (OSError, IndexError):
                            answers[name] = 0

                threads.append(threading.Thread(target=read))
                threads[-1].start()

            ask("wait", "POST", "/__admin/requests/wait", {"path": "/api/v1/calls/never", "timeout": "60s"})
            ask("advance", "POST", "/__admin/clock/advance", {"by": "1h"})
            ask("slow body", "POST", "/api/v1/calls", b'{"campaignId"', 1000)
            hanging.accept()
            stream = emulator.connect(30)
            stream.sendall(b"GET /__admin/events HTTP/1.1\r\nHost: localhost\r\n\r\n")
            stream.recv(1 << 16)
            time.sleep(0.2)
            code, took = emulator.stop()
            for thread in threads:
                thread.join()
            stream.close()
    return [
        exactly("exit code", code, 0),
        at_most("time to stop", took, STOPPED, "s"),
        exactly("of a wait, an advance and a slow body without an answer", sum(status == 0 for status in answers.values()), 0),
    ]
