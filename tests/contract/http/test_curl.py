"""curl, over HTTP/1.0, 1.1 and 2."""

import json
import subprocess
from types import SimpleNamespace

import pytest

HTTP1, HTTP2 = "--http1.1", "--http2-prior-knowledge"
# What curl says behind each answer.
TOLD = ("http_code", "http_version", "num_connects", "local_port", "size_upload")
MARK = "\n--told--"
# The codes that curl ends with.
EMPTY_REPLY, UNSUPPORTED, RECEIVING, STREAM = {52}, {1}, {56}, {92}
# Which one a connection that breaks beneath HTTP/2 comes to depends on what curl is doing just then: it is a broken frame, no answer, or
# what cannot be sent or received.
CONNECTION = {16, 52, 55, 56}

# curl 7.88 breaks off at the second request over HTTP/2 by prior knowledge: https://github.com/curl/curl/issues/10634
VERSION = subprocess.run(["curl", "-q", "--version"], capture_output=True, text=True, check=True).stdout.split()[1]
AGAIN = pytest.mark.skipif(VERSION.startswith("7.88."), reason="curl 7.88 cannot (its issue 10634)")


def curl(space, *words, stdin=None, codes=frozenset({0})):
    """Runs curl, and gives one thing for each answer: body, what curl tells, and what it has said of the connection."""
    told = MARK + " ".join(f"%{{{name}}}" for name in TOLD) + "\n"
    # -q: whatever the user's own file says.
    command = ["curl", "-q", "-sS", "-v", "--max-time", "60", "-w", told, *space_headers(space), *words]
    done = subprocess.run(command, input=stdin, capture_output=True, timeout=90)
    said = done.stderr.decode(errors="replace")
    assert done.returncode in codes, said
    answers = []
    parts = done.stdout.split(MARK.encode())
    for position, part in enumerate(parts[1:]):
        values, _, _ = part.partition(b"\n")
        body = parts[position].split(b"\n", 1)[1] if position else parts[position]
        told = dict(zip(TOLD, values.decode().split()))
        answers.append(SimpleNamespace(body=body, status=int(told["http_code"]), said=said, **told))
    return answers


def space_headers(space):
    return [word for name, value in space.token.items() for word in ("-H", f"{name}: {value}")]


def one(space, *words, **more):
    [answer] = curl(space, *words, **more)
    return answer


def placing(space):
    return ["-H", "Content-Type: application/json", "--data", json.dumps(space.body), f"{space.api}/calls"]


@pytest.mark.parametrize("version", [HTTP1, pytest.param(HTTP2, marks=AGAIN)])
def test_one_connection_is_used_again(space, version):
    first, second, third = curl(space, version, space.call, f"{space.api}/calls/call_nobody", space.call)
    assert [first.status, second.status, third.status] == [200, 404, 200]
    assert [first.num_connects, second.num_connects, third.num_connects] == ["1", "0", "0"]
    assert first.local_port == second.local_port == third.local_port
    # Its words have changed from version to version.
    assert "e-using existing" in first.said
    assert first.body == third.body
    assert {first.http_version, third.http_version} == ({"2"} if version == HTTP2 else {"1.1"})


def test_http_1_0_is_answered_and_its_connection_closed(space):
    first, second = curl(space, "--http1.0", space.call, space.call)
    assert [first.status, second.status] == [200, 200]
    assert [first.num_connects, second.num_connects] == ["1", "1"], "in HTTP/1.0 a connection is for one request"
    assert json.loads(first.body)["data"]["id"] == "call_xxx"


def test_an_offer_to_change_to_http2_is_not_taken_up(space):
    answer = one(space, "--http2", space.call)
    assert "Upgrade: h2c" in answer.said, "curl has to have offered it"
    assert (answer.status, answer.http_version) == (200, "1.1")
    assert one(space, "--http2", *placing(space)).status == 201


@pytest.mark.parametrize("version", [HTTP1, HTTP2])
def test_head(space, version):
    head = one(space, version, "--head", space.audio)
    assert head.status == 200
    lines = head.body.decode().lower()
    assert f"content-length: {len(space.recording().bytes)}" in lines
    assert one(space, version, "--head", f"{space.api}/calls/call_nobody").status == 404


@pytest.mark.parametrize("version", [HTTP1, HTTP2])
def test_ranges(space, version):
    whole = space.recording()
    part = one(space, version, "--range", "10-19", space.audio)
    assert (part.status, part.body) == (206, whole.bytes[10:20])
    end = one(space, version, "--range", "-5", space.audio)
    assert (end.status, end.body) == (206, whole.bytes[-5:])
    parts = one(space, version, "--range", "0-1,4-5", space.audio)
    assert parts.status == 206 and "multipart/byteranges" in parts.said
    beyond = one(space, version, "--range", "99999999-", space.audio)
    assert beyond.status == 416 and json.loads(beyond.body)["success"] is False
    same = one(space, version, "--range", "0-9", "-H", f"If-Range: {whole.tag}", space.audio)
    assert (same.status, same.body) == (206, whole.bytes[:10])
    other = one(space, version, "--range", "0-9", "-H", 'If-Range: "other"', space.audio)
    assert (other.status, other.body) == (200, whole.bytes)
    known = one(space, version, "-H", f"If-None-Match: {whole.tag}", space.audio)
    assert (known.status, known.body) == (304, b"")


def test_a_download_that_broke_off_is_gone_on_with(space, tmp_path):
    whole = space.recording().bytes
    begun = tmp_path / "call.wav"
    begun.write_bytes(whole[:1000])
    answer = one(space, "--continue-at", "-", "--output", str(begun), space.audio)
    assert answer.status == 206
    assert begun.read_bytes() == whole


def test_a_body_that_is_announced_is_waited_for(space):
    answer = one(space, HTTP1, "-H", "Expect: 100-continue", "--expect100-timeout", "50", *placing(space))
    assert answer.status == 201
    assert "HTTP/1.1 100 Continue" in answer.said


def test_a_body_that_is_too_long_is_not_even_sent(space):
    # 2 MiB: curl announces such a body by itself.
    too_long = ["-H", "Content-Type: application/json", "--data-binary", "@-", f"{space.api}/calls"]
    answer = one(space, HTTP1, "--expect100-timeout", "50", *too_long, stdin=b" " * (2 << 20))
    assert (answer.status, answer.size_upload) == (413, "0")
    assert "1048576 bytes" in json.loads(answer.body)["error"]


@pytest.mark.parametrize("version", [HTTP1, HTTP2])
def test_a_body_without_a_length(space, version):
    words = ["-H", "Content-Type: application/json", "-X", "POST", "--upload-file", "-", f"{space.api}/calls"]
    answer = one(space, version, *words, stdin=json.dumps(space.body).encode())
    assert answer.status == 201
    [request] = space.requests()
    assert "content-length" not in request["headers"]
    assert request["headers"].get("transfer-encoding") == ("chunked" if version == HTTP1 else None)


@pytest.mark.parametrize("version", [HTTP1, HTTP2])
def test_who_takes_compressed_answers_gets_right_ones(space, version):
    plain = one(space, version, space.call)
    compressed = one(space, version, "--compressed", space.call)
    assert compressed.body == plain.body
    asked = [request["headers"].get("accept-encoding", "") for request in space.requests()]
    assert sorted("gzip" in encodings for encodings in asked) == [False, True]


@pytest.mark.parametrize(
    ("fault", "version", "codes"),
    [
        ("EMPTY_RESPONSE", HTTP1, EMPTY_REPLY),
        ("MALFORMED_RESPONSE_CHUNK", HTTP1, RECEIVING),
        # To curl, what does not begin as HTTP/1 does is HTTP/0.9.
        ("RANDOM_DATA_THEN_CLOSE", HTTP1, UNSUPPORTED),
        ("CONNECTION_RESET_BY_PEER", HTTP1, RECEIVING),
        ("EMPTY_RESPONSE", HTTP2, STREAM),
        ("MALFORMED_RESPONSE_CHUNK", HTTP2, STREAM),
        ("RANDOM_DATA_THEN_CLOSE", HTTP2, CONNECTION),
        ("CONNECTION_RESET_BY_PEER", HTTP2, CONNECTION),
    ],
)
def test_each_connection_fault_is_an_error_of_its_own(space, fault, version, codes):
    space.fault(fault)
    curl(space, version, space.call, codes=codes)
    assert space.requests()[0]["answer"]["broken"] == fault
    assert one(space, version, space.call).status == 200
