"""A workspace of its own for each test, on the one server that `run` has started."""

import json
import os
import re
import urllib.request
from types import SimpleNamespace

import pytest

BASE = os.environ["BASE"]
# No proxy, whatever the machine is set up for.
OPENER = urllib.request.build_opener(urllib.request.ProxyHandler({}))


class Space:
    """A world that the test has for itself."""

    def __init__(self, name):
        self.name = name
        self.api = f"{BASE}/api/v1"
        self.call = f"{self.api}/calls/call_xxx"
        self.audio = f"{self.call}/audio"
        self.token = {"Authorization": f"Bearer ws_{name}"}
        self.body = {"campaignId": "cmp_xxx", "toNumber": "+15005550100", "fromPhoneNumberId": "pn_xxx"}

    def control(self, method, path, body=None):
        """What the control API answers for this workspace."""
        data = None if body is None else json.dumps(body).encode()
        url = f"{BASE}/__admin{path}?workspace={self.name}"
        request = urllib.request.Request(url, data, {"Content-Type": "application/json"}, method=method)
        with OPENER.open(request, timeout=60) as answer:
            return json.load(answer)["data"]

    def advance(self, span):
        return self.control("POST", "/clock/advance", {"by": span})

    def fault(self, fault):
        """Has the next request go wrong in that way."""
        self.control("POST", "/faults", {"times": 1, "effect": {"fault": fault}})

    def requests(self):
        """What the journal has of its requests."""
        return self.control("GET", "/requests")

    def recording(self):
        """The whole recording of `call_xxx` and its tag, by a client that is none of those under test."""
        with OPENER.open(urllib.request.Request(self.audio, headers=self.token), timeout=60) as answer:
            return SimpleNamespace(bytes=answer.read(), tag=answer.headers["ETag"])


@pytest.fixture
def space(request):
    # A name has up to 64 letters, digits, _ or -.
    module = request.module.__name__.removeprefix("test_")
    return Space(re.sub(r"\W+", "-", f"{module}-{request.node.name}").strip("-")[-64:].lstrip("-"))
