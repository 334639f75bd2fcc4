"""Receivers of webhooks that die."""

import os
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

from emulator import Emulator
from figures import at_least, exactly, scenario

# How many events a receiver takes between its start and its end.
EVENTS = 20
PROGRAM = Path(__file__).resolve().parents[1] / "receiver.py"


class Receiver:
    """A receiver that can be killed and started again, on the same port."""

    def __init__(self, path):
        self.path = path
        self.port = 0
        self.start()

    def start(self):
        self.process = subprocess.Popen([sys.executable, "-S", PROGRAM, str(self.port), self.path], stdout=subprocess.PIPE)
        self.port = int(self.process.stdout.readline())

    def kill(self):
        self.process.kill()
        self.process.wait()
        self.process.stdout.close()

    def received(self):
        """The ids of the events that have reached it."""
        return Path(self.path).read_text().split()


@scenario("receiver kills", "a receiver is killed and started again while calls are placed and end; retries go on for some minutes")
def receiver_kills(size):
    kills = size(full=200, short=5)
    with tempfile.TemporaryDirectory() as folder:
        receiver = Receiver(os.path.join(folder, "received"))
        # At this speed 5 s each of real time: longer in all than the killing lasts, so that every event has a try after it.
        retries = ",".join(["5m"] * 20)
        with Emulator(
            "--clock", "real", "--speed", "60", "--journal-size", "100000", "--webhook-url", f"http://127.0.0.1:{receiver.port}/hooks",
            "--webhook-events", "*", "--webhook-retries", retries, "--webhook-signature", "standard",
        ) as emulator:
            is_over = threading.Event()
            placing = threading.Thread(target=place, args=(emulator, is_over))
            placing.start()
            for _ in range(kills):
                seen = len(receiver.received())
                until(lambda: len(receiver.received()) >= seen + EVENTS, 60)
                receiver.kill()
                receiver.start()
            is_over.set()
            placing.join()
            unfinished = ("waiting", "under_way", "retrying")
            until(lambda: all(not deliveries(emulator, f"state={state}&limit=1") for state in unfinished), 120)
            told = deliveries(emulator, "limit=100000")
        receiver.kill()
        received = receiver.received()
    confirmed = {delivery["id"] for delivery in told if delivery["state"] == "received"}
    repeated = len(received) - len(set(received))
    return [
        at_least(f"events sent to a receiver that was killed {kills} times", len(told), kills),
        exactly("of these not received", sum(delivery["state"] != "received" for delivery in told), 0),
        exactly("told as received, and unknown to the receiver", len(confirmed - set(received)), 0),
        at_least("received twice, since the answer was lost", repeated, 0),
    ]


def place(emulator, is_over):
    number = 0
    while not is_over.wait(0.01):
        number += 1
        emulator.place(f"+1555{number:07}", scenario="completed")


def deliveries(emulator, query):
    return emulator.admin("GET", f"/webhooks/deliveries?{query}")


def until(is_so, seconds):
    end = time.monotonic() + seconds
    while not is_so():
        if time.monotonic() > end:
            raise RuntimeError(f"nothing came for {seconds} s")
        time.sleep(0.01)
