//! Which path was meant by one that leads nowhere.

use hyper::Method;

use super::{API, CONTROL, REFERENCE, Route};
use crate::suggest::edits;

/// The roots of the tables. Below the first of a table stand the paths that are told of first.
const ROOTS: [(&str, &[Route]); 4] = [("/api/v1", API), ("/api", API), ("/__admin", CONTROL), ("", REFERENCE)];

/// What may have been left out before a path.
const LEFT_OUT: [&str; 4] = ["", "/api/v1", "/api", "/__admin"];

/// How long a path may be that a near one is looked for, in bytes, and how many segments it may have.
const LONGEST: usize = 200;
const SEGMENTS: usize = 8;

/// The path that is fewest edits away from `path`, if one is near enough: one that takes the method where there is such a one, else any.
///
/// Each segment has to be near to its own, as most of a long path may be right where the rest means something else.
pub fn near(method: &Method, path: &str) -> Option<String> {
    near_that(path, |route| route.takes(method)).or_else(|| near_that(path, |_| true)).or_else(|| shortened(path))
}

/// The path of the control API of which `path` leaves out a segment in the middle, or which has that name elsewhere.
fn shortened(path: &str) -> Option<String> {
    const ELSEWHERE: [(&str, &str); 2] = [("/journal", "/requests"), ("/requests/find", "/requests")];
    let rest = path.strip_prefix("/__admin").filter(|rest| rest.len() > 1 && rest.len() <= LONGEST)?;
    let rest = rest.trim_end_matches('/');
    let of_others = ELSEWHERE.iter().find(|(other, _)| *other == rest).map(|(_, meant)| *meant);
    let is_end = |route: &&Route| !route.path.contains(':') && route.path.ends_with(rest);
    let meant = of_others.or_else(|| CONTROL.iter().find(is_end).map(|route| route.path))?;
    Some(format!("/__admin{meant}"))
}

/// The path that is fewest edits away from `path`, which is there but does not take the method, of those that do.
pub fn near_that_takes(method: &Method, path: &str) -> Option<String> {
    near_that(path, |route| route.takes(method)).filter(|near| near != path)
}

fn near_that(path: &str, may_be: impl Fn(&Route) -> bool) -> Option<String> {
    // To compare it takes long, and it is no slip.
    if path.len() > LONGEST || path.matches('/').count() > SEGMENTS {
        return None;
    }
    let given = LEFT_OUT.map(|root| format!("{root}{}", path.trim_end_matches('/')));
    let mut nearest: Option<(usize, String)> = None;
    for (position, given) in given.iter().enumerate() {
        for (root, table) in ROOTS {
            for route in table.iter().filter(|route| may_be(route)) {
                // A root that had to be put in front is a slip as well.
                let found = compare(given, &format!("{root}{}", route.path));
                let found = found.map(|(edits, meant)| (edits + usize::from(position > 0), meant));
                if let Some(found) = found.filter(|(edits, _)| nearest.as_ref().is_none_or(|(least, _)| edits < least))
                {
                    nearest = Some(found);
                }
            }
        }
    }
    nearest.map(|(_, meant)| meant)
}

/// How many edits a path is away from a route's, and what it is then. `None` where a segment is another one.
fn compare(path: &str, route: &str) -> Option<(usize, String)> {
    if path.split('/').count() != route.split('/').count() {
        return None;
    }
    let (mut all, mut meant) = (0, Vec::new());
    for (given, wanted) in path.split('/').zip(route.split('/')) {
        if wanted == ":id" {
            meant.push((!given.is_empty()).then_some(given)?);
        } else if is_version(given) && is_version(wanted) {
            all += usize::from(given != wanted);
            meant.push(wanted);
        } else {
            all += edits(given, wanted)?;
            meant.push(wanted);
        }
    }
    Some((all, meant.join("/")))
}

/// Whether a segment is a version of an API, such as `v2`. Short as they are, one stands for another.
fn is_version(segment: &str) -> bool {
    let digits = segment.strip_prefix(['v', 'V']).unwrap_or_default();
    !digits.is_empty() && digits.bytes().all(|digit| digit.is_ascii_digit())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_in_a_path_is_understood() {
        for (method, given, meant) in [
            (Method::GET, "/__admin/workspace", "/__admin/workspaces"),
            (Method::GET, "/__admin/fault", "/__admin/faults"),
            (Method::POST, "/__admin/webhook/triger", "/__admin/webhooks/trigger"),
            (Method::POST, "/__admin/webhooks/delivery/wait", "/__admin/webhooks/deliveries/wait"),
            (Method::GET, "/__admin/call/call_1/timelines", "/__admin/calls/call_1/timeline"),
            (Method::GET, "/__admin/clock/", "/__admin/clock"),
            (Method::GET, "/_admin/clock", "/__admin/clock"),
            (Method::GET, "/clock", "/__admin/clock"),
            (Method::PUT, "/__admin/setings", "/__admin/settings"),
            (Method::GET, "/calls/call_1/audio", "/api/v1/calls/call_1/audio"),
            (Method::POST, "/v1/calls", "/api/v1/calls"),
            (Method::POST, "/api/v2/calls", "/api/v1/calls"),
            (Method::GET, "/api/call", "/api/calls"),
            (Method::GET, "/Docs", "/docs"),
            (Method::GET, "/__admin/deliveries", "/__admin/webhooks/deliveries"),
            (Method::POST, "/__admin/advance", "/__admin/clock/advance"),
            (Method::GET, "/__admin/journal", "/__admin/requests"),
            (Method::POST, "/__admin/requests/find", "/__admin/requests"),
        ] {
            assert_eq!(near(&method, given).as_deref(), Some(meant), "{given}");
        }
        for stranger in ["/", "", "/favicon.ico", "/__admin", "/api/v1", "/index.html", "/__admin/faults/a/b", "//"] {
            assert_eq!(near(&Method::GET, stranger), None, "{stranger}");
        }
    }

    #[test]
    fn nothing_is_near_to_a_path_that_is_too_long_to_be_a_slip() {
        let of_id = |length| format!("/__admin/call/{}/timelines", "x".repeat(length));
        let frame = of_id(0).len();
        assert!(near(&Method::GET, &of_id(LONGEST - frame)).is_some());
        assert_eq!(near(&Method::GET, &of_id(LONGEST - frame + 1)), None);
        assert_eq!(near(&Method::GET, &of_id(8_000)), None);
        assert_eq!(near(&Method::GET, &"/a".repeat(SEGMENTS + 1)), None);
        let most = super::ROOTS.iter().flat_map(|(root, table)| table.iter().map(move |route| (root, route.path)));
        for (root, path) in most {
            assert!(format!("{root}{path}").matches('/').count() <= SEGMENTS, "{path}");
        }
    }

    #[test]
    fn a_path_that_was_taken_for_an_id_is_told_from_one_that_takes_another_method() {
        let near = |method, path| near_that_takes(&method, path);
        assert_eq!(near(Method::POST, "/__admin/webhooks/triger").as_deref(), Some("/__admin/webhooks/trigger"));
        assert_eq!(near(Method::PUT, "/__admin/webhooks/mischeif").as_deref(), Some("/__admin/webhooks/mischief"));
        for (method, path) in [
            (Method::DELETE, "/api/v1/calls"),
            (Method::POST, "/__admin/workspaces"),
            (Method::POST, "/__admin/faults/reset"),
            (Method::DELETE, "/__admin/webhooks/mischief"),
            (Method::PUT, "/api/v1/calls/call_1"),
        ] {
            assert_eq!(near(method, path), None, "{path}");
        }
    }
}
