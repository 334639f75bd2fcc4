//! Holds the reasons of refusals to what came.

use super::*;

fn diagnosed(came: &[u8]) -> (u16, String) {
    let found = diagnose(StatusCode::BAD_REQUEST, came);
    (found.status.as_u16(), found.message.into_owned())
}

#[test]
fn what_was_wrong_is_named() {
    let headers = |lines: &str| format!("GET / HTTP/1.1\r\n{lines}\r\n\r\n").into_bytes();
    for (came, status, says) in [
        (b"\x16\x03\x01\x02\x00\x01".to_vec(), 400, "TLS"),
        (b"SSH-2.0-OpenSSH_9.2\r\n".to_vec(), 400, "SSH"),
        (b"PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n".to_vec(), 400, "PROXY protocol"),
        (b"\r\n\r\n\0\r\nQUIT\n\x21\x11".to_vec(), 400, "PROXY protocol"),
        (b"PRI * HTTP/2.0\r\n\r\nXX".to_vec(), 400, "preface"),
        (b"EHLO me\r\n".to_vec(), 400, "SMTP"),
        (b"*1\r\n$4\r\nPING\r\n".to_vec(), 400, "Redis"),
        (b"\r\n\r\nG\xffT / HTTP/1.1\r\n".to_vec(), 400, "\"G\\xffT\", which is no method"),
        (b"PING\r\n".to_vec(), 400, "is \"PING\""),
        (b"GET /calls\r\n".to_vec(), 400, "has no version"),
        (b"GET  HTTP/1.1\r\n".to_vec(), 400, "has \"\", which is no target"),
        (b"GET /a b HTTP/1.1\r\n".to_vec(), 400, "\" \" in its target"),
        (b"GET / HTTP/1.2\r\n".to_vec(), 505, "HTTP/1.2"),
        (b"GET / HTTP/3.0\r\n".to_vec(), 505, "HTTP/3.0"),
        (b"GET / http/1.1\r\n".to_vec(), 400, "\"http/1.1\", which is no version"),
        (headers("A: b\r\n c"), 400, "\" c\" begins with a space"),
        (headers("A b"), 400, "\"A b\" has no colon"),
        (headers("A : b"), 400, "\"A\" has a space before its colon"),
        (headers("A(b: c"), 400, "\"A(b\" is no name"),
        (headers(": c"), 400, "\"\" is no name"),
        (headers("A: b\0c"), 400, "\"\\x00\" in it"),
        (headers("A: b\rc"), 400, "\"\\r\" in it"),
        (headers("Content-Length: -1"), 400, "Content-Length is \"-1\""),
        (headers("Content-Length: +1"), 400, "Content-Length is \"+1\""),
        (headers("Content-Length: 0x1"), 400, "Content-Length is \"0x1\""),
        (headers("Content-Length: 1\r\nContent-Length: 2"), 400, "\"1\" and \"2\" at once"),
        (headers("Content-Length: 18446744073709551616"), 413, "Content-Length is \"18446744073709551616\""),
        (headers("Content-Length: 18446744073709551616\r\nContent-Length: 2"), 400, "and \"2\" at once"),
        (headers("Transfer-Encoding: chunked,"), 400, "ends with a comma"),
        (headers("Transfer-Encoding: gzip"), 501, "\"gzip\""),
        (headers("transfer-encoding: chunked, gzip"), 400, "not at its end"),
        (b"GET / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n".to_vec(), 400, "HTTP/1.0 has no"),
        (b"".to_vec(), 400, "begins with \"\""),
        (headers("A: b"), 400, "neither HTTP/1 nor HTTP/2"),
    ] {
        let (given, message) = diagnosed(&came);
        assert!(given == status && message.contains(says), "{:?}: {given} {message}", came.escape_ascii().to_string());
    }
}

#[test]
fn the_path_is_found_in_what_came() {
    for (came, found) in [
        ("GET /a/b?c HTTP/1.1\r\n", Some("/a/b")),
        ("\r\n GET  /a/b#c d HTTP/1.1\r\n", Some("/a/b")),
        ("GET http://h:1/a?b=://c HTTP/1.1", Some("/a")),
        ("GET http://h HTTP/1.1", None),
        ("GET /a", Some("/a")),
        ("GET", None),
        ("", None),
    ] {
        assert_eq!(path(came.as_bytes()), found, "{came:?}");
    }
    assert_eq!(path(b"GET /a/\xff HTTP/1.1"), Some("/a/"));
}

#[test]
fn a_limit_is_named_whatever_came() {
    for status in [StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, StatusCode::URI_TOO_LONG] {
        assert_eq!(diagnose(status, b"\x16\x03").status, status);
    }
}

#[test]
fn what_is_too_large_may_be_the_body() {
    let status = |came: &str| diagnose(StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE, came.as_bytes()).status.as_u16();
    let large = "Content-Length: 18446744073709551614\r\n";
    assert_eq!(status(&format!("POST / HTTP/1.1\r\n{large}\r\n")), 413);
    assert_eq!(status("POST / HTTP/1.1\r\nContent-Length: 18446744073709551613\r\n\r\n"), 431);
    assert_eq!(status(&format!("POST / HTTP/1.1\r\nA: b\r\n\r\n{large}")), 431, "it is behind the head");
    assert_eq!(status(&format!("POST / HTTP/1.1\r\n{large}{}\r\n", "A: b\r\n".repeat(100))), 431);
}

#[test]
fn only_chunked_is_understood_and_once() {
    let status = |values: &[&str]| {
        transfer_codings(values.iter().map(|value| value.as_bytes())).map_err(|found| found.status.as_u16())
    };
    for right in [&[][..], &["chunked"], &["Chunked"], &[" chunked "]] {
        assert_eq!(status(right), Ok(()), "{right:?}");
    }
    for (values, refused) in [
        (&["gzip"][..], 501),
        (&["gzip, chunked"], 501),
        (&["gzip", "chunked"], 501),
        (&["identity"], 501),
        (&["chunked;a=b"], 501),
        (&["xchunked"], 501),
        (&["\u{b}chunked"], 501),
        (&[""], 501),
        (&["chunked", "chunked"], 400),
        (&["chunked, chunked"], 400),
        (&["chunked, gzip"], 400),
        (&["chunked,"], 400),
        (&["chunked", ""], 400),
        (&["chunked", "identity"], 400),
    ] {
        assert_eq!(status(values), Err(refused), "{values:?}");
    }
}

#[test]
fn much_is_cut() {
    assert_eq!(shown(b"a\"\n"), "\"a\\\"\\n\"");
    assert_eq!(shown(&[b'a'; 61]), format!("\"{}…\"", "a".repeat(60)));
}
