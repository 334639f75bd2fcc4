"""httpx, over HTTP/1.1 and over HTTP/2 by prior knowledge."""

import json
from concurrent.futures import ThreadPoolExecutor

import httpx
import pytest


@pytest.fixture(params=["HTTP/1.1", "HTTP/2"])
def client(request, space):
    is_http2 = request.param == "HTTP/2"
    # Without HTTP/1 it has nothing to negotiate, and begins with HTTP/2. Nothing of the machine's: no proxy, no .netrc.
    with httpx.Client(http1=not is_http2, http2=is_http2, headers=space.token, trust_env=False, timeout=60) as client:
        client.version = request.param
        yield client


def own_address(answer):
    """The client's end of the connection that the answer came over."""
    return answer.extensions["network_stream"].get_extra_info("client_addr")


def test_one_connection_is_used_again(client, space):
    answers = [client.get(space.call), client.get(f"{space.api}/calls/call_nobody"), client.head(space.audio)]
    answers.append(client.post(f"{space.api}/calls", json=space.body))
    answers.append(client.put(f"{space.api}/calls", content=b"x" * 100_000))
    answers.append(client.get(space.call))
    assert [answer.status_code for answer in answers] == [200, 404, 200, 201, 405, 200]
    assert {answer.http_version for answer in answers} == {client.version}
    assert len({own_address(answer) for answer in answers}) == 1


def test_the_host_is_in_the_journal(client, space):
    client.get(space.call)
    [request] = space.requests()
    assert request["headers"]["host"] == httpx.URL(space.api).netloc.decode()
    assert request["answer"]["status"] == 200


def test_many_requests_at_once(client, space):
    def place(number):
        return client.post(f"{space.api}/calls", json=space.body | {"toNumber": f"+1555888{number:04}"})

    with ThreadPoolExecutor(16) as pool:
        answers = list(pool.map(place, range(200)))
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["data"]["id"] for answer in answers}) == 200
    if client.version == "HTTP/2":
        assert len({own_address(answer) for answer in answers}) == 1


def test_head(client, space):
    head, get = client.head(space.audio), client.get(space.audio)
    assert (head.status_code, head.content) == (200, b"")
    for name in ("Content-Length", "Content-Type", "ETag", "Accept-Ranges"):
        assert head.headers[name] == get.headers[name], name


def test_ranges(client, space):
    whole = space.recording()
    assert client.get(space.audio).content == whole.bytes
    part = client.get(space.audio, headers={"Range": "bytes=-10"})
    assert (part.status_code, part.content) == (206, whole.bytes[-10:])
    beyond = client.get(space.audio, headers={"Range": "bytes=99999999-"})
    assert (beyond.status_code, beyond.headers["Content-Range"]) == (416, f"bytes */{len(whole.bytes)}")
    for tag, status in [(whole.tag, 206), ('"other"', 200)]:
        assert client.get(space.audio, headers={"Range": "bytes=0-9", "If-Range": tag}).status_code == status, tag


def test_a_body_without_a_length(client, space):
    text = json.dumps(space.body).encode()
    pieces = (text[at : at + 7] for at in range(0, len(text), 7))
    answer = client.post(f"{space.api}/calls", content=pieces, headers={"Content-Type": "application/json"})
    assert answer.status_code == 201
    assert "content-length" not in space.requests()[0]["headers"]


def test_a_body_that_is_too_long(client, space):
    answer = client.post(f"{space.api}/calls", content=b" " * (2 << 20), headers={"Content-Type": "application/json"})
    assert answer.status_code == 413
    assert client.get(space.call).status_code == 200


def test_who_takes_compressed_answers_gets_right_ones(client, space):
    answer = client.get(space.call, headers={"Accept-Encoding": "gzip"})
    assert "Content-Encoding" not in answer.headers
    assert answer.json()["data"]["id"] == "call_xxx"


@pytest.mark.parametrize(
    "fault", ["EMPTY_RESPONSE", "MALFORMED_RESPONSE_CHUNK", "RANDOM_DATA_THEN_CLOSE", "CONNECTION_RESET_BY_PEER"]
)
def test_each_connection_fault_is_an_error_and_the_next_request_is_none(client, space, fault):
    assert client.get(space.call).status_code == 200
    space.fault(fault)
    with pytest.raises(httpx.TransportError):
        client.get(space.call)
    assert client.get(space.call).status_code == 200
