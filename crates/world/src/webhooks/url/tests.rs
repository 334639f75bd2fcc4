//! Which URLs webhooks may go to, and which addresses are public.

use super::{WebhookUrl, is_public};
use crate::account::settings::Profile;

fn lenient(text: &str) -> Result<String, String> {
    read(text, Profile::Lenient)
}

fn production(text: &str) -> Result<String, String> {
    read(text, Profile::Production)
}

fn read(text: &str, profile: Profile) -> Result<String, String> {
    WebhookUrl::parse(text, profile).map(|url| url.to_string()).map_err(|refusal| refusal.to_string())
}

/// Holds that `text` is refused, with a message that says `why`.
#[track_caller]
fn refused(read: fn(&str) -> Result<String, String>, text: &str, why: &str) {
    let message = read(text).expect_err(text);
    assert!(message.contains(why), "{text}: {message}");
}

#[test]
fn any_http_or_https_url_will_do_when_lenient() {
    for text in ["http://localhost:3000/hooks", "https://example.com/hooks?team=1", "http://10.0.0.7/", "http://[::1]/"]
    {
        assert_eq!(lenient(text), Ok(text.to_owned()));
    }
    assert_eq!(lenient("HTTPS://EXAMPLE.com/\u{f6}"), Ok("https://example.com/%C3%B6".to_owned()));
}

#[test]
fn what_is_refused_is_named() {
    let why = "\"ftp://example.com/\" cannot receive webhooks: it must start with http://";
    refused(lenient, "ftp://example.com/", why);
    // Read in whichever way it is written, but for a password.
    refused(lenient, "http://anna:hunter2@a/#b", "\"http://…@a/#b\" cannot receive webhooks: a user name or password");
    refused(production, "http://anna:hunter2@a/", "\"http://…@a/\"");
}

#[test]
fn production_takes_public_https_urls() {
    for text in ["https://example.com/", "https://8.8.8.8:8443/", "https://[2606:4700::1111]/", "https://notlocal/"] {
        assert_eq!(production(text), Ok(text.to_owned()));
    }
}

#[test]
fn production_refuses_http() {
    refused(production, "http://example.com/", "https:// only");
}

#[test]
fn production_refuses_private_addresses() {
    for host in [
        "127.0.0.1",
        "10.1.2.3",
        "169.254.169.254",
        "[::1]",
        "[::ffff:10.0.0.1]",
        "[FD00::1]",
        "0.0.0.0",
        "127.1",
        "0x7f000001",
        "2130706433",
    ] {
        refused(production, &format!("https://{host}/"), "public addresses only");
    }
}

#[test]
fn production_refuses_local_names() {
    for host in
        ["localhost", "localhost.", "LOCALHOST", "app.localhost", "printer.local", "db.Internal.", "internal:444"]
    {
        refused(production, &format!("https://{host}/"), "public hosts only");
    }
}

#[test]
fn every_reserved_range_ends_where_the_registry_says() {
    // The first and last address of each range, and the neighbours that are public.
    let ranges: &[(&str, &str, &[&str])] = &[
        ("0.0.0.0", "0.255.255.255", &["1.0.0.0"]),
        ("10.0.0.0", "10.255.255.255", &["9.255.255.255", "11.0.0.0"]),
        ("100.64.0.0", "100.127.255.255", &["100.63.255.255", "100.128.0.0"]),
        ("127.0.0.0", "127.255.255.255", &["126.255.255.255", "128.0.0.0"]),
        ("169.254.0.0", "169.254.255.255", &["169.253.255.255", "169.255.0.0"]),
        ("172.16.0.0", "172.31.255.255", &["172.15.255.255", "172.32.0.0"]),
        ("192.0.0.0", "192.0.0.255", &["191.255.255.255", "192.0.1.0"]),
        ("192.0.2.0", "192.0.2.255", &["192.0.1.255", "192.0.3.0"]),
        ("192.88.99.0", "192.88.99.255", &["192.88.98.255", "192.88.100.0"]),
        ("192.168.0.0", "192.168.255.255", &["192.167.255.255", "192.169.0.0"]),
        ("198.18.0.0", "198.19.255.255", &["198.17.255.255", "198.20.0.0"]),
        ("198.51.100.0", "198.51.100.255", &["198.51.99.255", "198.51.101.0"]),
        ("203.0.113.0", "203.0.113.255", &["203.0.112.255", "203.0.114.0"]),
        ("224.0.0.0", "255.255.255.255", &["223.255.255.255"]),
        // Below 2000::/3: "unspecified", loopback, discard-only, local NAT64.
        ("::", "::1", &[]),
        ("64:ff9b:1::", "64:ff9b:1:ffff:ffff:ffff:ffff:ffff", &[]),
        ("100::", "1fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["2000::"]),
        (
            "2001::",
            "2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["2000:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "2001:200::"],
        ),
        ("2001:db8::", "2001:db8:ffff:ffff:ffff:ffff:ffff:ffff", &["2001:db7:ffff::", "2001:db9::"]),
        (
            "3fff::",
            "3fff:fff:ffff:ffff:ffff:ffff:ffff:ffff",
            &["3ffe:ffff:ffff:ffff:ffff:ffff:ffff:ffff", "3fff:1000::"],
        ),
        // Above it: unassigned, unique local, link-local, site-local, multicast.
        ("4000::", "ffff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &["3fff:ffff:ffff:ffff:ffff:ffff:ffff:ffff"]),
        ("fc00::", "fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("fe80::", "febf:ffff:ffff:ffff:ffff:ffff:ffff:ffff", &[]),
        ("ff00::", "ff02::1", &[]),
    ];
    for (first, last, neighbours) in ranges {
        for address in [first, last] {
            assert!(!is_public(address.parse().unwrap()), "{address} is not public");
        }
        for address in *neighbours {
            assert!(is_public(address.parse().unwrap()), "{address} is public");
        }
    }
}

#[test]
fn an_embedded_ipv4_address_is_judged_as_itself() {
    for (private, public) in [
        ("::ffff:10.0.0.1", "::ffff:8.8.8.8"),
        ("::127.0.0.1", "::8.8.8.8"),
        ("::ffff:0:192.168.0.1", "::ffff:0:8.8.8.8"),
        ("64:ff9b::169.254.169.254", "64:ff9b::8.8.8.8"),
        ("2002:a00:1::1", "2002:808:808::1"),
    ] {
        assert!(!is_public(private.parse().unwrap()), "{private} is not public");
        assert!(is_public(public.parse().unwrap()), "{public} is public");
    }
}
