"""requests, the client that most programs in Python use."""

import json
import socket
import uuid
from urllib.parse import urlsplit

import pytest
import requests


@pytest.fixture
def session(space):
    with requests.Session() as session:
        # Nothing of the machine's: no proxy, no .netrc.
        session.trust_env = False
        session.headers.update(space.token)
        yield session


def connections(session, space):
    """How many connections the session has made."""
    pools = session.get_adapter(space.call).poolmanager.pools
    return sum(pools[key].num_connections for key in pools.keys())


def test_one_connection_is_used_again(session, space):
    answers = [session.get(space.call), session.get(f"{space.api}/calls/call_nobody"), session.head(space.audio)]
    answers.append(session.post(f"{space.api}/calls", json=space.body))
    answers.append(session.put(f"{space.api}/calls", data=b"x" * 100_000))
    answers.append(session.get(space.call))
    assert [answer.status_code for answer in answers] == [200, 404, 200, 201, 405, 200]
    assert connections(session, space) == 1


def test_head(session, space):
    head, get = session.head(space.audio), session.get(space.audio)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges"):
        assert head.headers[name] == get.headers[name], name
    assert int(head.headers["Content-Length"]) == len(get.content)


def test_ranges(session, space):
    whole = space.recording()
    part = session.get(space.audio, headers={"Range": "bytes=10-19"})
    assert (part.status_code, part.content) == (206, whole.bytes[10:20])
    assert part.headers["Content-Range"] == f"bytes 10-19/{len(whole.bytes)}"
    beyond = session.get(space.audio, headers={"Range": f"bytes={len(whole.bytes)}-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.bytes)}")
    assert beyond.json()["success"] is False
    for tag, status in [(whole.tag, 206), ('"other"', 200)]:
        answer = session.get(space.audio, headers={"Range": "bytes=0-9", "If-Range": tag})
        assert answer.status_code == status, tag
    assert session.get(space.audio, headers={"If-None-Match": whole.tag}).status_code == 304


def test_a_recording_is_read_piece_by_piece(session, space):
    with session.get(space.audio, stream=True) as answer:
        assert b"".join(answer.iter_content(10_000)) == space.recording().bytes


def test_a_body_in_chunks(session, space):
    text = json.dumps(space.body).encode()
    pieces = (text[at : at + 7] for at in range(0, len(text), 7))
    answer = session.post(f"{space.api}/calls", data=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    assert space.requests()[0]["headers"]["transfer-encoding"] == "chunked"


def test_who_takes_compressed_answers_gets_right_ones(session, space):
    answer = session.get(space.call, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.json()["data"]["id"] == "call_xxx"
    assert int(answer.headers["Content-Length"]) == len(answer.content)


def test_a_call_that_is_placed_twice_is_placed_once_and_ends(session, space):
    key = {"Idempotency-Key": str(uuid.uuid4())}
    first = session.post(f"{space.api}/calls", json=space.body, headers=key)
    second = session.post(f"{space.api}/calls", json=space.body, headers=key)
    assert (first.status_code, second.status_code) == (201, 201)
    assert first.content == second.content
    assert ("Idempotent-Replayed" in first.headers, second.headers["Idempotent-Replayed"]) == (False, "true")
    assert space.advance("10m")["events"]
    assert session.get(f"{space.api}/calls/{first.json()['data']['id']}").json()["data"]["status"] == "COMPLETED"


def test_retry_after(session, space):
    space.control("PATCH", "/settings", {"rateLimit": 1})
    assert session.get(space.call).status_code == 200
    limited = session.get(space.call)
    assert (limited.status_code, limited.headers["Retry-After"]) == (429, "60")
    space.advance(f"{limited.headers['Retry-After']}s")
    assert session.get(space.call).status_code == 200


def test_requests_in_one_go_are_answered_in_order(space):
    """No library of Python's does that, so a socket does."""
    address = urlsplit(space.api)
    paths = ["call_xxx", "call_nobody", "call_xxx/transcript"] * 20
    head = f"Host: {address.netloc}\r\nAuthorization: {space.token['Authorization']}\r\n"
    sent = [f"GET /api/v1/calls/{path} HTTP/1.1\r\n{head}\r\n" for path in paths]
    sent.append(f"GET /api/v1/nothing HTTP/1.1\r\n{head}Connection: close\r\n\r\n")
    with socket.create_connection((address.hostname, address.port), timeout=60) as connection:
        connection.sendall("".join(sent).encode())
        heard = connection.makefile("rb").read()
    statuses = [int(part[:3]) for part in heard.split(b"HTTP/1.1 ")[1:]]
    assert statuses == [200, 404, 200] * 20 + [404]
    assert len(space.requests()) == 61
