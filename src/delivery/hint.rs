//! What may help where a delivery was not received, for people to read: advice beside the reason, never in its place.

use std::borrow::Cow;
use std::net::IpAddr;
use std::path::Path;
use std::sync::OnceLock;

use hyper::Uri;
use hyper::header::HeaderValue;

/// See the module.
pub(super) type Hint = Cow<'static, str>;

/// How much is shown of where a redirect leads, in letters.
const LOCATION_SHOWN: usize = 200;

/// What an answer of that status most likely means, which is none of 2xx.
pub(super) fn of_status(status: u16, location: Option<&HeaderValue>) -> Option<Hint> {
    let hint = match status {
        300..=399 => return Some(of_redirect(location).into()),
        400 | 422 => {
            "the receiver found fault with the delivery; its body is shown by GET /__admin/webhooks/deliveries"
        }
        404 => "is the path of the URL one that the receiver has?",
        405 => "does the receiver take POST at this path?",
        407 => {
            "a proxy in front of the receiver asks for credentials; deliveries go to the URL itself, through no proxy of this side"
        }
        410 => {
            "does the receiver still have this path? A 410 says that it is gone for good; subscribe a URL that is there"
        }
        413 => "does the receiver, or a proxy in front of it, limit bodies to less than this event has?",
        415 => "does the receiver take application/json?",
        429 => "the receiver, or a proxy in front of it, limits how many requests it takes; allow it more in tests",
        502..=504 => "the receiver failed, or a proxy in front of it cannot reach it; their own logs say why",
        500..=599 => "the receiver failed; its own log says why",
        _ => return None,
    };
    Some(hint.into())
}

/// The receiver does not trust what a workspace has sent: each has a secret of its own, unless `--webhook-secret` gives one.
pub(super) fn of_distrust(workspace: &str) -> Hint {
    format!(
        "is the receiver's secret that of GET /__admin/webhooks?workspace={workspace}, and does it take the signature of the body's \
         bytes as they came?"
    )
    .into()
}

fn of_redirect(location: Option<&HeaderValue>) -> String {
    let Some(location) = location else {
        return "redirects are not followed; give the URL that the receiver has".to_owned();
    };
    let location = String::from_utf8_lossy(location.as_bytes());
    // A query may hold a secret, and hints are logged.
    let end = location.find('?').unwrap_or(location.len());
    let shown: String = location[..end].chars().filter(|letter| !letter.is_control()).take(LOCATION_SHOWN).collect();
    format!("redirects are not followed; give the URL that this one leads to: {shown}")
}

/// Nobody listens there.
pub(super) fn of_refused(receiver: &Uri) -> Hint {
    of_refused_at(receiver.host().unwrap_or_default(), is_in_container())
}

fn of_refused_at(host: &str, is_in_container: bool) -> Hint {
    match (is_in_container, is_loopback(host)) {
        (true, true) => format!(
            "is the receiver started? If it is outside this container, where {host} is the container itself, give its service \
             or container name; if it is on the host, host.docker.internal (on Linux with \
             --add-host=host.docker.internal:host-gateway), or host.containers.internal under Podman"
        )
        .into(),
        (true, false) => "is the receiver started, and does it listen at 0.0.0.0 rather than at 127.0.0.1 alone?".into(),
        (false, _) => "is the receiver started, and does it listen at this port?".into(),
    }
}

/// The name is not known.
pub(super) fn of_unknown_name(host: &str) -> Hint {
    of_unknown_name_at(host, is_in_container())
}

fn of_unknown_name_at(host: &str, is_in_container: bool) -> Hint {
    if host == "host.docker.internal" {
        "on Linux, start the container with --add-host=host.docker.internal:host-gateway".into()
    } else if is_in_container {
        "is the receiver's container in the same network as this one, under this name?".into()
    } else {
        "is the name spelt right?".into()
    }
}

/// It gave no answer in time.
pub(super) const OF_SILENCE: Hint = Cow::Borrowed("does the receiver answer before it does its work?");

/// It closed the connection, without TLS.
pub(super) const OF_CLOSED: Hint = Cow::Borrowed("did the receiver fail, or does it speak https:// alone?");

/// What it said over a connection without TLS is not HTTP.
pub(super) const OF_NOT_HTTP: Hint = Cow::Borrowed("is it https:// rather than http://?");

/// Its certificate is for another name.
pub(super) const OF_OTHER_NAME: Hint = Cow::Borrowed("give the URL with a name that the certificate is for");

/// Its certificate is too old or too young.
pub(super) const OF_OTHER_TIME: Hint =
    Cow::Borrowed("certificates are held to the time of this machine, not to the emulator's clock");

fn is_loopback(host: &str) -> bool {
    let bare = host.trim_matches(['[', ']']);
    match bare.parse::<IpAddr>() {
        Ok(address) => address.is_loopback() || address.is_unspecified(),
        Err(_) => bare == "localhost" || bare.ends_with(".localhost"),
    }
}

/// Whether this process runs in a container, as far as it can be seen from inside.
fn is_in_container() -> bool {
    static IS: OnceLock<bool> = OnceLock::new();
    *IS.get_or_init(|| {
        let has = |path| Path::new(path).exists();
        let is_set = |name| std::env::var_os(name).is_some();
        // An image with nothing in it but the program has it as the first process.
        has("/.dockerenv")
            || has("/run/.containerenv")
            || is_set("KUBERNETES_SERVICE_HOST")
            || is_set("container")
            || std::process::id() == 1
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_status_is_explained() {
        let hint = |status| of_status(status, None).unwrap_or_default();
        assert!(of_distrust("alice").contains("GET /__admin/webhooks?workspace=alice"));
        assert!(hint(404).contains("path") && hint(405).contains("POST") && hint(415).contains("application/json"));
        assert!(hint(400) == hint(422) && hint(400).contains("deliveries"));
        assert!(hint(500).contains("log") && hint(302).contains("not followed"));
        assert!(hint(407).contains("proxy") && hint(410).contains("gone") && hint(413).contains("limit bodies"));
        assert!(hint(429).contains("limits how many"));
        assert!(hint(502) == hint(504) && hint(502).contains("cannot reach it") && hint(501) == hint(500));
        assert_eq!((hint(418), hint(600)), (Hint::default(), Hint::default()));
    }

    #[test]
    fn a_redirect_names_where_it_leads_without_the_query() {
        let hint = |location: &[u8]| of_status(307, Some(&HeaderValue::from_bytes(location).unwrap())).unwrap();
        assert!(hint(b"https://a.example/b?token=secret").ends_with("leads to: https://a.example/b"));
        assert!(hint(b"/hooks/").ends_with("leads to: /hooks/"));
        assert!(hint(&[b'a'; 5_000]).len() < 300);
        assert!(hint(b"/\xff\tb").ends_with("/\u{fffd}b"));
    }

    #[test]
    fn localhost_of_a_container_is_the_container() {
        for host in ["localhost", "app.localhost", "127.0.0.1", "127.1.2.3", "[::1]", "0.0.0.0", "[::]"] {
            let hint = of_refused_at(host, true);
            assert!(hint.contains(host) && hint.contains("--add-host=host.docker.internal:host-gateway"), "{hint}");
            assert!(hint.contains("host.containers.internal"), "{hint}");
            assert!(!of_refused_at(host, false).contains("container"));
        }
        assert!(of_refused_at("app", true).contains("0.0.0.0"));
        assert!(of_unknown_name_at("host.docker.internal", true).contains("--add-host"));
        assert!(
            of_unknown_name_at("app", true).contains("network") && of_unknown_name_at("app", false).contains("spelt")
        );
    }
}
