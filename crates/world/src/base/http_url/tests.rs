//! What URLs become, and which are none.

use super::{MAX_LENGTH, NotAnHttpUrl, parse, without_user_info};

fn read(text: &str) -> Result<String, &'static str> {
    parse(text).map(String::from).map_err(|NotAnHttpUrl(why)| why)
}

/// Holds that each text is written as the other after parsing, and that this one stays as it is.
#[track_caller]
fn becomes(pairs: &[(&str, &str)]) {
    for (text, written) in pairs {
        assert_eq!(read(text).as_deref(), Ok(*written), "{text:?}");
        assert_eq!(read(written).as_deref(), Ok(*written), "{text:?} twice");
    }
}

#[track_caller]
fn refused(texts: &[&str], why: &str) {
    for text in texts {
        let message = read(text).expect_err(text);
        assert!(message.contains(why), "{text:?}: {message}");
    }
}

#[test]
fn what_is_in_order_stays_as_it_is() {
    for text in [
        "http://localhost:3000/hooks",
        "https://example.com/hooks?team=1",
        "http://127.0.0.1:9/",
        "http://[::1]:8080/",
        "http://web_app:81/",
        "http://host.docker.internal/",
        "https://localhost./",
        "http://1and1.example/",
        "http://example.com/@user",
        "http://a:1/",
        "http://a:65535/",
        "http://a/%41%2f%c3%b6?%7e=+&a=%2B",
        "http://a/b;c=d,e!$&'()*+~:@",
        "http://a//b///",
        "http://a/?a=[1]&b=|^`{}/?",
    ] {
        assert_eq!(read(text).as_deref(), Ok(text));
    }
}

#[test]
fn what_is_not_ascii_is_encoded() {
    becomes(&[
        ("http://127.0.0.1:9/h\u{f6}rer?n=\u{e9}", "http://127.0.0.1:9/h%C3%B6rer?n=%C3%A9"),
        ("http://a/\u{1f4de}/%F0?\u{4f60}=%zz", "http://a/%F0%9F%93%9E/%F0?%E4%BD%A0=%zz"),
        ("http://a/a b\"<>`{}?a b\"<>'", "http://a/a%20b%22%3C%3E%60%7B%7D?a%20b%22%3C%3E%27"),
        ("https://b\u{fc}cher.example/", "https://xn--bcher-kva.example/"),
        ("https://\u{4f8b}\u{3048}.\u{30c6}\u{30b9}\u{30c8}/", "https://xn--r8jz45g.xn--zckzah/"),
        ("https://\u{ff45}xample\u{3002}com/", "https://example.com/"),
        ("https://b%C3%BCcher.example/", "https://xn--bcher-kva.example/"),
        ("http://fa\u{df}.example/", "http://xn--fa-hia.example/"),
    ]);
    refused(&["http://\u{ad}/", "http://xn--a.example/", "http://a\u{0}b/"], "");
}

#[test]
fn what_may_be_written_in_several_ways_is_written_in_one() {
    becomes(&[
        ("http://example.com", "http://example.com/"),
        ("http://example.com?a", "http://example.com/?a"),
        ("HTTPS://EXAMPLE.com:443/A", "https://example.com/A"),
        ("http://example.com:80/", "http://example.com/"),
        ("http://example.com:080/", "http://example.com/"),
        ("http://example.com:/", "http://example.com/"),
        ("http://example.com:443/", "http://example.com:443/"),
        ("http://a/b/../c/./d/%2e%2E/e", "http://a/c/e"),
        ("http://a/../..", "http://a/"),
        ("http://a\\b\\c?d\\e", "http://a/b/c?d\\e"),
        (" \n http://a/b \t", "http://a/b"),
        ("ht\ntp://a/b\t\r\nc", "http://a/bc"),
        ("http://a%41/", "http://aa/"),
        ("http://[0:0:0:0:0:0:0:1]/", "http://[::1]/"),
        ("http://[FD00::1]:80/", "http://[fd00::1]/"),
        ("http://[::ffff:10.0.0.1]/", "http://[::ffff:a00:1]/"),
        ("http://127.1/", "http://127.0.0.1/"),
        ("http://0x7f.1/", "http://127.0.0.1/"),
        ("http://2130706433/", "http://127.0.0.1/"),
        ("http://0177.0.0.1/", "http://127.0.0.1/"),
        ("http://127.0.0.1./", "http://127.0.0.1/"),
        ("http://0x/", "http://0.0.0.0/"),
    ]);
}

#[test]
fn what_is_no_http_url_is_refused() {
    let scheme = "must start with http:// or https://";
    refused(&["", " ", "example.com", "localhost:3000", "/hooks", "*", "//a/b", "ftp://a/", "ws://a/"], scheme);
    refused(&["mailto:a@b", "javascript:alert(1)", "file:///etc/passwd"], scheme);
    // The standard would take these for what follows two slashes.
    refused(&["http:/example.com", "http:example.com", "http:\\\\example.com/", "http:/\\example.com"], scheme);
}

#[test]
fn a_host_is_a_name_or_an_address() {
    refused(&["http://", "https://", "http:///hooks", "http://\t/hooks", "http://?a", "http://:80/"], "it has no host");
    let name = "its host must be a name";
    refused(&["http://.example.com/", "http://a..b/", "http://a*b/", "http://exa mple.com/", "http://a,b/"], name);
    refused(&["http://a<b/", "http://a%00b/", "http://a%2fb/", "http://a|b/"], name);
    refused(
        &["http://1.2.3.256/", "http://1.2.3.4.5/", "http://0x100000000/", "http://256.256.256.256.256/"],
        "no IPv4 address",
    );
    refused(
        &["http://[fe80::1%25eth0]/", "http://[fe80::1%eth0]/", "http://[::g]/", "http://[::1/", "http://[]/"],
        "no IPv6 address",
    );
    refused(&[&format!("http://{}.example/", "a".repeat(64))], name);
    assert!(read(&format!("http://{}.example/", "a".repeat(63))).is_ok());
}

#[test]
fn a_port_is_a_number_from_1_to_65535() {
    let why = "its port must be";
    refused(&["http://a:0/", "http://a:65536/", "http://a:b/", "http://a:-1/", "http://[::1]:99999/"], why);
}

#[test]
fn what_would_not_be_sent_is_refused() {
    refused(&["http://example.com/#top", "http://example.com#top", "http://a/#"], "a fragment is never sent");
    refused(
        &["http://user@a/", "http://user:pass@a/", "http://@a/", "http://:@a/", "http://a@b@c/"],
        "a user name or password",
    );
}

#[test]
fn a_url_has_a_length_that_servers_take() {
    let of_length = |length: usize| format!("http://a/{}", "b".repeat(length - "http://a/".len()));
    assert!(read(&of_length(MAX_LENGTH)).is_ok());
    refused(&[&of_length(MAX_LENGTH + 1)], "8,000 bytes");
    // It counts as it is sent.
    refused(&[&format!("http://a/{}", "\u{f6}".repeat(MAX_LENGTH / 4))], "8,000 bytes");
}

#[test]
fn whatever_is_taken_can_be_sent() {
    for byte in 0..=0x2_ff_u32 {
        let letter = char::from_u32(byte).unwrap();
        for text in [format!("http://a/b{letter}c"), format!("http://a/b?c{letter}d"), format!("http://a{letter}b/")] {
            let Ok(url) = parse(&text) else { continue };
            let sent: hyper::Uri = url.as_str().parse().unwrap_or_else(|error| panic!("{text:?}: {error}"));
            assert_eq!(sent, *url.as_str(), "{text:?}");
            assert!(url.as_str().bytes().all(|byte| byte.is_ascii_graphic()), "{text:?}");
        }
    }
}

#[test]
fn a_password_is_not_repeated() {
    for (text, shown) in [
        ("http://anna:hunter2@example.com/a@b", "http://…@example.com/a@b"),
        ("http://anna:hunter2@a@example.com?a@b", "http://…@example.com?a@b"),
        ("http:anna:hunter2@example.com/", "…@example.com/"),
        ("http://example.com/a@b", "http://example.com/a@b"),
    ] {
        assert_eq!(without_user_info(text), shown);
    }
}
