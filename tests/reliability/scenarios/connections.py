"""Many connections, and clients that do not do their part."""

import select
import signal
import socket
import time

from emulator import AUTHORIZATION, GET, Emulator, Probe, receive
from figures import at_most, exactly, memory, normal_client, scenario

# Seconds that a client may take to send a head, or to read anything at all; and how much later the server notices.
LIMIT = 30
NOTICE = 12


@scenario("idle", "connections that have had an answer and say nothing, then ask once more")
def idle(size):
    count = size(full=10_000, short=1_000)
    with Emulator("--clock", "manual") as emulator:
        before = emulator.memory()
        connections = [emulator.connect() for _ in range(count)]
        for connection in connections:
            connection.sendall(GET)
        answered = sum(is_answered(connection) for connection in connections)
        held = emulator.memory() - before
        with Probe(emulator) as probe:
            for connection in connections:
                connection.sendall(GET)
            answered += sum(is_answered(connection) for connection in connections)
            client = probe.finish()
        for connection in connections:
            connection.close()
        return [
            exactly(f"answers, of two to each of {count:,}", answered, 2 * count),
            at_most("memory for each", 1024 * held / count, 32.0, "KiB"),
            *normal_client(client),
            memory(emulator),
        ]


@scenario("slow heads", "clients that send a byte of their head each second", waits=True)
def slow_heads(size):
    count = size(full=1_000, short=100)
    seconds = size(full=LIMIT + NOTICE, short=3)
    with Emulator("--clock", "manual") as emulator, Probe(emulator) as probe:
        connections = [emulator.connect() for _ in range(count)]
        head = (b"GET /api/v1/calls HTTP/1.1\r\nHost: localhost\r\nX-Slow: " + b"a" * seconds)[:seconds]
        open_ones = set(connections)
        for byte in head:
            for connection in list(open_ones):
                try:
                    connection.sendall(bytes([byte]))
                except OSError:
                    open_ones.discard(connection)
            time.sleep(1)
        open_ones = {connection for connection in open_ones if not has_ended(connection)}
        client = probe.finish()
        figures = [] if size.is_short else [exactly(f"of {count:,} still connected after {seconds} s", len(open_ones), 0)]
        for connection in connections:
            connection.close()
        return [*figures, *normal_client(client), memory(emulator)]


@scenario("non-readers", "clients that ask for large answers and read nothing", waits=True)
def non_readers(size):
    count = size(full=40, short=4)
    with Emulator("--clock", "manual", "--calls", str(size(full=100_000, short=2_000))) as emulator, Probe(emulator) as probe:
        connections = []
        for number in range(count):
            connection = socket.socket()
            connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            connection.connect(emulator.address)
            path = "/__admin/state" if number % 2 else "/api/v1/calls?limit=100"
            connection.sendall(f"GET {path} HTTP/1.1\r\nHost: localhost\r\n{AUTHORIZATION}\r\n".encode() * (1 if number % 2 else 100))
            connections.append(connection)
        figures = []
        if not size.is_short:
            time.sleep(LIMIT + NOTICE + 10)
            ports = {connection.getsockname()[1] for connection in connections}
            figures = [at_most(f"of {count} still connected after {LIMIT + NOTICE + 10} s", len(ports & emulator.connected()), 0)]
        client = probe.finish()
        for connection in connections:
            connection.close()
        return [*figures, *normal_client(client), memory(emulator)]


@scenario("pause", "the whole process stands still (Ctrl-Z, a paused container), then goes on", waits=True)
def pause(size):
    seconds = size(full=45, short=1)
    with Emulator("--clock", "manual") as emulator:
        connections = [emulator.connect() for _ in range(20)]
        for connection in connections:
            connection.sendall(GET)
            receive(connection)
        emulator.send_signal(signal.SIGSTOP)
        for connection in connections[:10]:
            connection.sendall(GET)
        time.sleep(seconds)
        emulator.send_signal(signal.SIGCONT)
        for connection in connections[10:]:
            connection.sendall(GET)
        answered = sum(is_answered(connection) for connection in connections)
        return [exactly(f"of 20 connections that are answered after {seconds} s", answered, 20)]


def is_answered(connection):
    try:
        return receive(connection).startswith(b"HTTP/1.1 200")
    except OSError:
        return False


def has_ended(connection):
    """Whether the other side has closed it."""
    while select.select([connection], [], [], 0)[0]:
        try:
            if not connection.recv(65536):
                return True
        except OSError:
            return True
    return False
