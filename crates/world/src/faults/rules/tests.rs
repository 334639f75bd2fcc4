//! Rules and the requests that they strike.

use serde_json::json;

use super::*;
use crate::base::json::Json;
use crate::base::span::Span;
use crate::faults::latency::Sigma;
use crate::faults::matching::Sketch;

const UNAVAILABLE: Effect = Effect::Status { status: 503, retry_after: Some(7), execute: false };
const RESET: Effect = Effect::Connection { fault: ConnectionFault::ConnectionResetByPeer, execute: true };

fn latency(millis: u64) -> Effect {
    Effect::Latency { latency: Latency::Fixed(Span::from_millis(millis)) }
}

fn always(effect: Effect) -> Terms {
    Terms { pattern: Arc::default(), times: None, probability: Probability::ALWAYS, effect }
}

fn sometimes(millionths: u32, effect: Effect) -> Terms {
    Terms { probability: Probability::from_millionths(millionths), ..always(effect) }
}

fn faults(rules: impl IntoIterator<Item = Terms>) -> Faults {
    let mut faults = Faults::default();
    for terms in rules {
        faults.add(terms).unwrap();
    }
    faults
}

fn matched(faults: &Faults, body: &str) -> Matched {
    faults.patterns().matched_by(&Sketch::new("POST", "/api/v1/calls", "", body.as_bytes()))
}

/// What goes wrong with a request for each body, in order.
fn troubles_of(faults: &mut Faults, bodies: &[&str]) -> Vec<Trouble> {
    let mut troubles_of = |body: &str| {
        let matched = matched(faults, body);
        faults.trouble_for(&matched, Seed::new(42))
    };
    bodies.iter().map(|body| troubles_of(body)).collect()
}

#[test]
fn without_rules_there_is_no_trouble() {
    assert_eq!(troubles_of(&mut Faults::default(), &[""]), [Trouble::NONE]);
}

#[test]
fn the_first_rule_that_strikes_decides_and_latencies_before_it_add_up() {
    let mut faults = faults([latency(200), latency(300), UNAVAILABLE, latency(1), RESET].map(always));
    let trouble = troubles_of(&mut faults, &[""]).remove(0);
    assert_eq!(trouble.status, Some((503, Some(7))));
    assert_eq!((trouble.delay, trouble.breakage, trouble.execute), (Duration::from_millis(500), None, false));
    assert_eq!(trouble.rules, ["flt_1", "flt_2", "flt_3"]);
    assert_eq!(faults.rules().iter().map(|rule| rule.hits).collect::<Vec<_>>(), [1, 1, 1, 0, 0]);
}

#[test]
fn a_broken_connection_says_how_and_whether_the_request_is_carried_out() {
    for execute in [true, false] {
        let fault = ConnectionFault::EmptyResponse;
        let trouble = troubles_of(&mut faults([always(Effect::Connection { fault, execute })]), &[""]).remove(0);
        assert_eq!((trouble.breakage, trouble.status, trouble.execute), (Some(fault), None, execute));
    }
}

#[test]
fn only_requests_that_match_are_struck() {
    let pattern = Pattern { body: Some(Json::from(&json!({"toNumber": "+1"}))), ..Pattern::default() };
    let mut faults = faults([Terms { pattern: pattern.into(), ..always(UNAVAILABLE) }]);
    let struck = troubles_of(&mut faults, &[r#"{"toNumber": "+2"}"#, r#"{"toNumber": "+1"}"#, ""]);
    assert_eq!(struck.iter().map(|trouble| trouble.rules.len()).collect::<Vec<_>>(), [0, 1, 0]);
}

#[test]
fn a_rule_that_is_used_up_is_gone_and_the_next_one_strikes() {
    let twice = Terms { times: Some(2), ..always(UNAVAILABLE) };
    let mut faults = faults([twice, always(RESET)]);
    let rules = |troubles: Vec<Trouble>| troubles.into_iter().flat_map(|trouble| trouble.rules).collect::<Vec<_>>();
    assert_eq!(rules(troubles_of(&mut faults, &[""])), ["flt_1"]);
    assert_eq!((faults.rules()[0].hits, faults.rules()[0].left()), (1, Some(1)));
    assert_eq!(rules(troubles_of(&mut faults, &["", ""])), ["flt_1", "flt_2"]);
    assert_eq!(faults.rules().len(), 1);
    assert_eq!(faults.rules()[0].left(), None);
}

#[test]
fn times_counts_only_what_is_struck() {
    let mut faults = faults([Terms { times: Some(3), ..sometimes(200_000, UNAVAILABLE) }]);
    let struck = troubles_of(&mut faults, &[""; 200]).iter().filter(|trouble| **trouble != Trouble::NONE).count();
    assert_eq!((struck, faults.rules().len()), (3, 0));
}

#[test]
fn chance_strikes_about_as_often_as_it_should() {
    let struck = |millionths| {
        let mut faults = faults([sometimes(millionths, UNAVAILABLE)]);
        troubles_of(&mut faults, &[""; 5_000]).iter().filter(|trouble| **trouble != Trouble::NONE).count()
    };
    assert_eq!((struck(0), struck(Probability::MOST)), (0, 5_000));
    assert!((1_350..1_650).contains(&struck(300_000)), "{}", struck(300_000));
}

#[test]
fn chance_does_not_hang_on_the_order_in_which_different_requests_come() {
    let wide = Latency::LogNormal { median: Span::from_millis(80), sigma: Sigma::from_thousandths(400) };
    let rules = || faults([always(Effect::Latency { latency: wide }), sometimes(500_000, UNAVAILABLE)]);
    let bodies: Vec<String> = (0..50).flat_map(|n| [n, n]).map(|n: u32| n.to_string()).collect();
    let forwards: Vec<&str> = bodies.iter().map(String::as_str).collect();
    // The same requests, the last first, and each one's second twin long after its first.
    let backwards: Vec<&str> = forwards.iter().rev().step_by(2).chain(forwards.iter().step_by(2)).copied().collect();
    let by_body = |order: &[&str]| {
        let mut found: Vec<_> =
            order.iter().copied().map(str::to_owned).zip(troubles_of(&mut rules(), order)).collect();
        // A stable sort: twins stay in their order.
        found.sort_by(|(one, _), (other, _)| one.cmp(other));
        found
    };
    assert_eq!(by_body(&forwards), by_body(&backwards));
    let draws = by_body(&forwards);
    assert!(draws.chunks(2).any(|twins| twins[0].1.status != twins[1].1.status), "twins draw each for itself");
}

#[test]
fn rules_are_numbered_on_and_taken_back_by_their_ids() {
    let mut faults = faults([UNAVAILABLE, RESET, UNAVAILABLE].map(always));
    assert!(faults.remove("flt_2"));
    assert!(!faults.remove("flt_2") && !faults.remove("2"));
    assert_eq!(faults.rules().iter().map(Rule::id).collect::<Vec<_>>(), ["flt_1", "flt_3"]);
    assert_eq!(faults.clear(), 2);
    assert_eq!(faults.add(always(RESET)).unwrap().id(), "flt_4");
}

#[test]
fn there_may_be_no_more_than_a_thousand_rules() {
    let mut faults = faults((0..Faults::MOST).map(|_| always(RESET)));
    assert!(faults.add(always(RESET)).unwrap_err().to_string().contains("1000 fault rules"));
    faults.remove("flt_500");
    assert_eq!(faults.add(always(RESET)).unwrap().id(), "flt_1001");
}

#[test]
fn effects_are_written_as_they_are_read() {
    assert_eq!(json!(UNAVAILABLE), json!({"status": 503, "retryAfter": 7, "execute": false}));
    assert_eq!(json!(RESET), json!({"fault": "CONNECTION_RESET_BY_PEER", "execute": true}));
    assert_eq!(json!(latency(2_000)), json!({"latency": "2s"}));
    assert_eq!(json!(Probability::from_millionths(250_000)), json!(0.25));
}

/// A rule for requests with that in their bodies.
fn matching(body: &serde_json::Value) -> Terms {
    let pattern = Pattern { body: Some(body.into()), ..Pattern::default() };
    Terms { pattern: pattern.into(), ..always(RESET) }
}

#[test]
fn the_patterns_of_all_rules_take_no_more_than_they_may() {
    let half = matching(&json!("x".repeat(Faults::MOST_BYTES / 2 - r#"{"body":""}"#.len())));
    assert_eq!(half.pattern.written_bytes(), Faults::MOST_BYTES / 2);
    let mut faults = faults([half.clone(), half.clone()]);
    let refused = faults.add(matching(&json!(1))).unwrap_err();
    assert!(refused.to_string().contains("match has 10 bytes, of at most 65536"), "{refused}");
    // A rule for all requests has a pattern, too: of two braces.
    assert!(faults.add(always(RESET)).is_err());
    assert!(Faults::restore(faults.record()).is_ok());
    let mut more = faults.record();
    more.rules.push(crate::snapshot::RuleRecord { number: more.made, ..more.rules[0].clone() });
    more.rules[1].number = crate::snapshot::Count::of(1_u32);
    assert!(Faults::restore(more).is_err());
    faults.remove("flt_1");
    faults.add(matching(&json!(1))).unwrap();
}

#[test]
fn rules_forget_for_what_they_have_drawn_when_all_together_have_for_too_much() {
    let mut faults = faults([sometimes(1, RESET), sometimes(1, RESET)]);
    let drawn = |faults: &Faults| faults.rules().iter().map(|rule| rule.drawn.len()).collect::<Vec<_>>();
    let mut count = 0;
    let mut draw = |faults: &mut Faults, requests: usize| {
        for _ in 0..requests {
            count += 1;
            troubles_of(faults, &[&count.to_string()]);
        }
    };
    draw(&mut faults, MOST_DRAWN / 2);
    assert_eq!(drawn(&faults), [MOST_DRAWN / 2; 2]);
    let record = faults.record();
    assert!(Faults::restore(record.clone()).is_ok());
    draw(&mut faults, 1);
    assert_eq!(drawn(&faults), [1, 1]);
    // No document has more than can have come about.
    draw(&mut faults, MOST_DRAWN / 2 - 1);
    let mut more = record;
    for rule in &mut more.rules {
        rule.drawn.extend(faults.record().rules[0].drawn.clone());
        rule.drawn.extend(
            (0..MOST_DRAWN as u64)
                .map(|number| (crate::snapshot::Hex(number.to_be_bytes()), crate::snapshot::Count::of(1_u32))),
        );
    }
    assert!(Faults::restore(more).is_err());
}
