"""Servers and receivers for as long as a test runs."""

import pytest
from emulator import Emulator, Receiver


@pytest.fixture
def emulator():
    """Starts the program with these options."""
    started = []

    def start(*options):
        started.append(Emulator(*options))
        return started[-1]

    yield start
    for one in started:
        one.stop()


@pytest.fixture
def receiver():
    receiver = Receiver()
    yield receiver
    receiver.stop()
