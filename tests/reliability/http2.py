"""Frames of HTTP/2 as bytes: also those that no library would send."""

import struct

PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"
DATA, HEADERS, RST_STREAM, SETTINGS, PING, WINDOW_UPDATE, CONTINUATION = 0, 1, 3, 4, 6, 8, 9
END_STREAM, END_HEADERS = 1, 4
INITIAL_WINDOW_SIZE = 4


def frame(kind, flags, stream, payload=b""):
    return len(payload).to_bytes(3, "big") + bytes([kind, flags]) + struct.pack(">I", stream) + payload


def settings(**values):
    return frame(SETTINGS, 0, 0, b"".join(struct.pack(">HI", int(name[1:]), value) for name, value in values.items()))


def headers(path, method="GET"):
    """A request's head in HPACK, each field a literal that is not indexed."""
    fields = [(":method", method), (":scheme", "http"), (":authority", "localhost"), (":path", path), ("authorization", "Bearer any")]
    return b"".join(b"\x00" + _text(name) + _text(value) for name, value in fields)


def get(stream, path="/api/v1/calls/call_xxx"):
    return frame(HEADERS, END_HEADERS | END_STREAM, stream, headers(path))


def reset(stream):
    return frame(RST_STREAM, 0, stream, struct.pack(">I", 8))


def _text(text):
    data = text.encode()
    assert len(data) < 127, "longer ones take more than one byte of length"
    return bytes([len(data)]) + data
