//! What may have been overlooked in a request that is right in form: a pattern that no request can match, a filter that nothing has.
//! Each is a sentence for `warnings`.

use akol_mock_world::base::json::Json;
use akol_mock_world::base::probability::Probability;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::faults::matching::{MethodName, Pattern, can_match};
use akol_mock_world::faults::rules::{Effect, Rule, Terms};
use akol_mock_world::webhooks::Event;
use akol_mock_world::world::World;

use crate::suggest::nearest;

/// The routes of Akol's API, as a pattern meets them; the table of routes is held to them.
pub const ROUTES: [(&str, &str); 6] = [
    ("GET", "/api/v1/calls"),
    ("POST", "/api/v1/calls"),
    ("GET", "/api/v1/calls/:id"),
    ("GET", "/api/v1/calls/:id/audio"),
    ("GET", "/api/v1/calls/:id/transcript"),
    ("POST", "/api/v1/calls/:id/end"),
];

/// The fields of the bodies that Akol's API takes.
const BODY_FIELDS: [&str; 3] = ["campaignId", "toNumber", "fromPhoneNumberId"];

/// The statuses below 400 that answers of Akol's API have.
const SUCCESSES: [u16; 4] = [200, 201, 206, 304];

/// What may be wrong with a pattern of requests.
pub fn of_pattern(pattern: &Pattern) -> Vec<String> {
    let Pattern { method, path, status, body } = pattern;
    let mut found = Vec::new();
    let path = path.as_ref().map_or("**", |path| path.as_str());
    let methods: Vec<&str> =
        ROUTES.iter().filter(|(_, template)| can_match(path, template)).map(|(method, _)| *method).collect();
    if methods.is_empty() {
        found.push(of_path(path));
    }
    if let Some(segment) = path.split('/').find(|segment| segment.starts_with([':', '{', '<'])) {
        found.push(format!("{segment:?} in the path stands for itself; * stands for anything within a segment"));
    }
    if let Some(method) = method {
        found.extend(of_method(method, &methods));
        let is_without_body = ["GET", "HEAD"].contains(&method.as_str());
        if body.is_some() && is_without_body {
            found.push(format!("No body of a {} is read, so none matches", method.as_str()));
        }
    }
    found.extend(body.as_ref().and_then(of_body));
    if let Some(status) = status.filter(|status| *status < 400 && !SUCCESSES.contains(status)) {
        found.push(format!("Akol's API answers nothing with {status}, so no request matches"));
    }
    found
}

/// That no request that is carried out has such a body, where that is a slip.
fn of_body(body: &Json) -> Option<String> {
    let Json::Object(object) = body else {
        return Some("Bodies of Akol's API are JSON objects, so only requests that are refused match".to_owned());
    };
    let slip = |name: &String| {
        let near = nearest(name, BODY_FIELDS).filter(|near| near != name)?;
        Some(format!("No body of Akol's API has a field {name:?}; did you mean {near:?}?"))
    };
    object.keys().find_map(slip)
}

/// That no route has such a path, and what may have been meant.
fn of_path(path: &str) -> String {
    let problem = format!("No route of Akol's API has a path like {path:?}");
    if path.starts_with("/__admin") {
        return format!("{problem}; requests to the control API are not among those that are matched");
    }
    let (bare, query) = path.split_once('?').map_or((path, None), |(bare, query)| (bare, Some(query)));
    let bare = bare.trim_end_matches('/');
    // Behind a version that is none: /api/v2/calls, /v1/calls.
    let behind_version =
        bare.strip_prefix("/api").unwrap_or(bare).get(1..).and_then(|rest| rest.find('/').map(|at| &rest[at..]));
    let candidates = [
        Some(bare.to_owned()),
        Some(format!("/api/v1{bare}")),
        Some(format!("/api{bare}")),
        behind_version.map(|rest| format!("/api/v1{rest}")),
    ];
    let is_path = |path: &String| ROUTES.iter().any(|(_, template)| can_match(path, template));
    let meant = candidates.into_iter().flatten().find(is_path).or_else(|| {
        let known: Vec<String> = ROUTES.iter().map(|(_, template)| template.replace(":id", "*")).collect();
        let with_root = if bare.starts_with("/api") { bare.to_owned() } else { format!("/api/v1{bare}") };
        nearest(&with_root, known.iter().map(String::as_str)).map(str::to_owned)
    });
    match (meant, query) {
        (Some(meant), Some(query)) => format!("{problem}; did you mean \"{meant}?{query}\"?"),
        (Some(meant), None) => format!("{problem}; did you mean {meant:?}?"),
        (None, _) => format!("{problem}; they begin with /api/v1/calls"),
    }
}

/// That no route takes the method, of those that take `methods`.
fn of_method(method: &MethodName, methods: &[&str]) -> Option<String> {
    let is_taken = methods.contains(&method.as_str()) || (method.as_str() == "HEAD" && methods.contains(&"GET"));
    if is_taken || methods.is_empty() {
        return None;
    }
    let mut taken: Vec<&str> =
        methods.iter().flat_map(|one| if *one == "GET" { &["GET", "HEAD"][..] } else { &["POST"] }).copied().collect();
    taken.sort_unstable();
    taken.dedup();
    let known = ["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"];
    let near = nearest(method.as_str(), known).filter(|near| *near != method.as_str());
    let meant = near.map_or_else(String::new, |near| format!("; did you mean {near}?"));
    Some(format!(
        "No route with that path takes {}, so only requests that are refused with 405 match; they take {}{meant}",
        method.as_str(),
        taken.join(", ")
    ))
}

/// What may be wrong with a fault rule, beside its pattern; `before` are the rules that come before it.
pub fn of_rule(terms: &Terms, before: &[Rule]) -> Vec<String> {
    let mut found = of_pattern(&terms.pattern);
    if terms.probability == Probability::default() {
        found.push("The probability is 0, so the rule strikes nothing".to_owned());
    }
    let decides = |rule: &&Rule| {
        let Terms { pattern, times, probability, effect } = &rule.terms;
        let is_wider = **pattern == Pattern::default() || *pattern == terms.pattern;
        let is_latency = matches!(effect, Effect::Latency { .. });
        is_wider && times.is_none() && *probability == Probability::ALWAYS && !is_latency
    };
    if let Some(rule) = before.iter().find(decides) {
        let id = rule.id();
        found.push(format!(
            "Rule {id} comes first and decides all these requests, so this one strikes none; DELETE /__admin/faults/{id} takes it back"
        ));
    }
    found
}

/// What may be wrong with a filter of deliveries.
pub fn of_deliveries(world: &World, event: Option<Event>, call_id: Option<&str>) -> Vec<String> {
    let mut found = Vec::new();
    if let Some(id) = call_id.filter(|id| world.find_call(id).is_err()) {
        found.push(format!("There is no call {id:?} in this workspace"));
    }
    let outbox = world.outbox();
    if let Some(event) = event {
        let has_subscriptions = outbox.subscriptions().len() > 0;
        let is_there = || outbox.deliveries().any(|delivery| delivery.event == event);
        if has_subscriptions && !outbox.wants(event) && !is_there() {
            found.push(format!("No webhook is subscribed to {event}, so none is sent; see GET /__admin/webhooks"));
        } else if !has_subscriptions && !outbox.keeps(event) && !is_there() {
            found.push(format!(
                "{event} is none of the events that are kept while no webhook is subscribed (--webhook-events), so none comes but by POST \
                 /__admin/webhooks/trigger"
            ));
        }
    }
    found
}

/// What may be wrong with the instant from which on things are shown.
pub fn of_since(since: Option<Timestamp>, now: Timestamp) -> Option<String> {
    since.filter(|since| *since > now).map(|since| format!("since is {since}, and it is only {now}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_path_alone(path: &str) -> Vec<String> {
        of_pattern(&Pattern { path: path.parse().ok(), ..Pattern::default() })
    }

    #[test]
    fn a_path_that_no_route_has_is_answered_with_what_was_meant() {
        for (given, meant) in [
            ("/calls", "/api/v1/calls"),
            ("/calls/*", "/api/v1/calls/*"),
            ("/v1/calls", "/api/v1/calls"),
            ("/api/v2/calls", "/api/v1/calls"),
            ("/api/v1/calls/", "/api/v1/calls"),
            ("/api/v1/call", "/api/v1/calls"),
            ("/api/v1/calls/*/recording", ""),
            ("/api/v1/calls/*/ends", "/api/v1/calls/*/end"),
            ("/calls?page=2", "/api/v1/calls?page=2"),
            ("/nothing/like/it", ""),
        ] {
            let found = of_path_alone(given);
            assert_eq!(found.len(), 1, "{given}: {found:?}");
            let expected = if meant.is_empty() { "; ".to_owned() } else { format!("; did you mean {meant:?}?") };
            assert!(found[0].starts_with(&format!("No route of Akol's API has a path like {given:?}")), "{found:?}");
            assert!(found[0].contains(&expected), "{found:?}");
        }
        assert!(of_path_alone("/__admin/clock")[0].contains("control API"));
        for fine in ["/api/v1/calls", "/api/calls/*", "**", "/api/**/end", "/api/v1/calls?page=*"] {
            assert_eq!(of_path_alone(fine), [""; 0], "{fine}");
        }
        for literal in ["/api/v1/calls/:id", "/api/v1/calls/{id}/end"] {
            assert!(of_path_alone(literal)[0].contains("stands for itself"), "{literal}");
        }
    }

    #[test]
    fn what_no_request_can_be_is_named() {
        let of = |method: &str, path: &str| {
            of_pattern(&Pattern { method: method.parse().ok(), path: path.parse().ok(), ..Pattern::default() })
                .join(" ")
        };
        for (method, path) in
            [("GET", "/api/calls"), ("post", "**"), ("head", "/api/calls/*/audio"), ("POST", "/api/calls/*/end")]
        {
            assert_eq!(of(method, path), "", "{method} {path}");
        }
        assert!(
            of("PSOT", "/api/calls").contains("they take GET, HEAD, POST; did you mean POST?"),
            "{}",
            of("PSOT", "/api/calls")
        );
        assert!(of("GET", "/api/calls/*/end").ends_with("they take POST"), "{}", of("GET", "/api/calls/*/end"));
        let body = Json::read("{}").ok();
        assert!(
            of_pattern(&Pattern { method: "GET".parse().ok(), body, ..Pattern::default() })[0]
                .contains("No body of a GET")
        );
        let of_body = |body: &str| of_pattern(&Pattern { body: Json::read(body).ok(), ..Pattern::default() }).join(" ");
        let told = "No body of Akol's API has a field \"campaignID\"; did you mean \"campaignId\"?";
        assert_eq!(of_body(r#"{"campaignID": "cmp_xxx"}"#), told);
        assert!(of_body(r#""campaignId""#).contains("are JSON objects"));
        for fine in ["{}", r#"{"campaignId": 1, "toNumber": null}"#, r#"{"metadata": {"campaignID": 1}}"#] {
            assert_eq!(of_body(fine), "", "{fine}");
        }
        for (status, is_odd) in [(200, false), (204, true), (302, true), (404, false), (599, false)] {
            let found = of_pattern(&Pattern { status: Some(status), ..Pattern::default() });
            assert_eq!(found.is_empty(), !is_odd, "{status}: {found:?}");
        }
    }
}
