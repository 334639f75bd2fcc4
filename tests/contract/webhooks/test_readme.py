"""The README's programs in Python do what it says of them. They are run as they stand there."""

import os
import re
import runpy
import subprocess
import sys

import pytest
import readme
from emulator import BUSY, TRANSFERRED, send

OTHER = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


def forged(signature):
    """What might stand in the place of a signature."""
    digit = "0" if signature[-1] != "0" else "1"
    wrong = ["", "x", "whsec_", "\u00e9" * 64, "zz" * 32, signature[:-1], signature + "00", signature[:-1] + digit]
    return [*wrong, f"{signature}, {signature}", f"sha256={signature}"]


def genuine(emulator, receiver, *options):
    """A genuine delivery, and the secret."""
    server = emulator("--webhook-url", receiver.url, *options)
    server.place(BUSY)
    server.advance("1m")
    return receiver.next(), server.secret()


def test_its_verify_takes_what_is_genuine_and_nothing_else(emulator, receiver, tmp_path):
    verify = runpy.run_path(str(readme.save(tmp_path, "verify.py")))["verify"]
    delivery, secret = genuine(emulator, receiver)
    signature = delivery.header("x-webhook-signature")
    assert verify(delivery.body, signature, secret) is True
    assert verify(delivery.body, signature, OTHER) is False
    for other in [None, *forged(signature)]:
        assert verify(delivery.body, other, secret) is False, other
    for place in range(len(delivery.body)):
        changed = bytearray(delivery.body)
        changed[place] ^= 1
        assert verify(bytes(changed), signature, secret) is False, place


@pytest.mark.parametrize("which", ["akol", "standard", "both"])
def test_its_verify_takes_all_events_whatever_else_they_are_signed_with(emulator, receiver, tmp_path, which):
    verify = runpy.run_path(str(readme.save(tmp_path, "verify.py")))["verify"]
    server = emulator("--webhook-signature", which, "--webhook-events", "*", "--webhook-url", receiver.url)
    server.tell_everything()
    told = receiver.deliveries()
    assert len({delivery.json()["event"] for delivery in told}) == 9
    assert all(verify(one.body, one.header("x-webhook-signature"), server.secret()) for one in told)
    assert all(("webhook-signature" in one.headers) == (which != "akol") for one in told)


def test_its_verify_takes_a_secret_that_is_no_base64(emulator, receiver, tmp_path):
    verify = runpy.run_path(str(readme.save(tmp_path, "verify.py")))["verify"]
    delivery, _ = genuine(emulator, receiver, "--webhook-secret", "not-a-standard-one")
    assert verify(delivery.body, delivery.header("x-webhook-signature"), "not-a-standard-one")


def test_its_way_by_the_library_gives_the_event_or_none(emulator, receiver, tmp_path):
    event_of = runpy.run_path(str(readme.save(tmp_path, "standard.py")))["event_of"]
    delivery, secret = genuine(emulator, receiver, "--webhook-signature", "standard")
    assert event_of(delivery.body, delivery.headers, secret) == delivery.json()
    assert event_of(delivery.body, delivery.headers, OTHER) is None
    assert event_of(delivery.body + b" ", delivery.headers, secret) is None
    assert event_of(delivery.body, {}, secret) is None
    assert event_of(delivery.body, delivery.but(webhook_id="msg_0"), secret) is None
    assert event_of(delivery.body, delivery.but(webhook_timestamp="yesterday"), secret) is None
    for signature in ["v1", "v1,", "v1,?", "v1,Zg", "v2,Zg==", "\u00e9", "v1,\u00e9"]:
        assert event_of(delivery.body, delivery.but(webhook_signature=signature), secret) is None, signature


class Program:
    """The README's receiver, started as it says."""

    def __init__(self, folder, secret):
        program = readme.save(folder, "verify.py", "receiver.py")
        environment = os.environ | {"WEBHOOK_SECRET": secret, "PORT": "0"}
        self.process = subprocess.Popen([sys.executable, program], stdout=subprocess.PIPE, text=True, env=environment)
        self.first_line = self.line()
        self.url = self.first_line.split()[-1] + "/hooks"

    def line(self):
        """Waits for the next line that it prints."""
        return self.process.stdout.readline().rstrip("\n")

    def stop(self):
        self.process.terminate()
        self.process.wait()
        self.process.stdout.close()


@pytest.fixture
def program(tmp_path):
    started = []

    def start(secret):
        started.append(Program(tmp_path, secret))
        return started[-1]

    yield start
    for one in started:
        one.stop()


def test_its_receiver_prints_what_it_says_of_the_calls_of_the_tour(emulator, program):
    # The secret that the README's command gives it, which is the tour's.
    running = program(re.search(r"WEBHOOK_SECRET=(\S+) python3 receiver.py", readme.TEXT)[1])
    server = emulator("--calls", "200", "--start-time", "2026-04-20T15:00:00Z", "--webhook-url", running.url)
    # That long after its start the tour's own server got the request, on a clock that ran.
    server.advance("64ms")
    server.place(TRANSFERRED)
    server.advance("2m")
    shown = readme.block_after("the call of the tour tells this", "text").splitlines()
    assert running.first_line == shown[0].replace("http://127.0.0.1:8080", running.url.removesuffix("/hooks"))
    assert [running.line() for _ in shown[1:]] == shown[1:]


def test_its_receiver_refuses_with_401_and_goes_on(emulator, receiver, program):
    delivery, secret = genuine(emulator, receiver)
    running = program(secret)
    signature = delivery.header("x-webhook-signature")
    forgeries = [(delivery.body.replace(b"busy", b"bust"), {"X-Webhook-Signature": signature}), (delivery.body, {})]
    forgeries += [(delivery.body, {"X-Webhook-Signature": other.encode()}) for other in forged(signature)]
    for body, headers in forgeries:
        assert send(running.url, "POST", body, headers) == (401, b""), headers
        assert running.line() == "refused: the signature is wrong"
    assert send(running.url, "POST", delivery.body, {"X-Webhook-Signature": signature}) == (204, b"")
    event = delivery.json()
    assert running.line() == f"{event['timestamp']} call.ended {event['data']['callId']} busy"


def test_its_receiver_refuses_what_is_signed_with_another_secret(emulator, program):
    running = program(OTHER)
    server = emulator("--webhook-url", running.url)
    server.place(BUSY)
    server.advance("5s")
    assert running.line() == "refused: the signature is wrong"
    [told] = server.get("/__admin/webhooks/deliveries")
    assert told["attempts"][0]["status"] == 401
