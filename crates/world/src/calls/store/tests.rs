//! The call store and its index against a reference too simple to be wrong: look at every call, sort, cut the page out.

use std::cmp::Reverse;
use std::time::Duration;

use proptest::prelude::*;

use super::*;
use crate::base::time::Timestamp;
use crate::calls::call::{Direction, Outcome, Sentiment, Status};
use crate::calls::facet::Facet;
use crate::calls::plan::{Plan, Script};
use crate::calls::scenario::Answer;
use crate::directory::{CampaignIndex, Directory};
use crate::world::testing::fixtures;

#[derive(Clone, Debug)]
enum Change {
    /// A call of the past or one that rings at once, that many moments from the start; not always the latest.
    Add { id: u16, at: u32, campaign: prop::sample::Index, inbound: bool, ending: Option<Ending> },
    /// A call that rings later.
    Queue { id: u16, at: u32, campaign: prop::sample::Index },
    /// A queued call begins to ring, or a ringing one is answered.
    GoOn { call: prop::sample::Index },
    /// A call that goes on ends.
    End { call: prop::sample::Index, at: u32, ending: Ending },
}

type Ending = (Status, Outcome, Option<Sentiment>);

/// Few moments, so that many calls share one.
const MOMENTS: u32 = 12;

fn ending() -> impl Strategy<Value = Ending> {
    let status = prop::sample::select(vec![Status::Completed, Status::Failed, Status::Voicemail]);
    let sentiment = prop::option::of(prop::sample::select(Sentiment::ALL.to_vec()));
    (status, prop::sample::select(Outcome::ALL.to_vec()), sentiment)
}

fn change() -> impl Strategy<Value = Change> {
    let index = any::<prop::sample::Index>;
    prop_oneof![
        4 => (any::<u16>(), 0..MOMENTS, index(), any::<bool>(), prop::option::of(ending()))
            .prop_map(|(id, at, campaign, inbound, ending)| Change::Add { id, at, campaign, inbound, ending }),
        2 => (any::<u16>(), 0..MOMENTS, index()).prop_map(|(id, at, campaign)| Change::Queue { id, at, campaign }),
        2 => index().prop_map(|call| Change::GoOn { call }),
        2 => (index(), 0..MOMENTS, ending()).prop_map(|(call, at, ending)| Change::End { call, at, ending }),
    ]
}

fn moment(at: u32) -> Timestamp {
    Timestamp::from_millis(1_000_000) + Duration::from_millis(u64::from(at))
}

/// A call with an id of one to four digits, so that the order of texts is not the order of numbers.
fn call(id: u16, at: u32, campaign: prop::sample::Index, directory: &Directory) -> Call {
    let campaign = campaign.index(directory.campaigns.len());
    let id = "0123456789abcdefghijklmnopqrstuvwxyz".char_indices().filter(|(n, _)| id & (1 << (n % 16)) != 0);
    let digits: String = id.map(|(_, digit)| digit).filter(|digit| *digit != '0').take(4).collect();
    Call {
        is_keyed: false,
        id: format!("call_{}", if digits.is_empty() { "z" } else { &digits }).parse().unwrap(),
        campaign: CampaignIndex(campaign as u16),
        number: directory.campaigns[campaign].numbers[0],
        person: "+12125550001".parse().unwrap(),
        direction: Direction::Outbound,
        returning: false,
        plan: Plan {
            ring: Duration::ZERO,
            answer: Answer::Person,
            talk: Duration::ZERO,
            ends: Outcome::Completed,
            script: Script::Silence,
            is_whole: true,
        },
        rings_at: moment(at),
        has_rung: false,
        answered_at: None,
        ended_at: None,
        status: Status::Ringing,
        outcome: None,
        sentiment: None,
    }
}

fn end(call: &mut Call, (status, outcome, sentiment): Ending, at: u32) {
    call.status = status;
    call.outcome = Some(outcome);
    call.sentiment = sentiment;
    if !call.has_rung {
        call.rings_at = moment(at);
    }
}

fn apply(call_store: &mut CallStore, change: Change) {
    let fixtures = fixtures();
    let slots = call_store.len();
    match change {
        Change::Add { id, at, campaign, inbound, ending } => {
            let mut call = call(id, at, campaign, &fixtures.directory);
            call.has_rung = true;
            call.direction = if inbound { Direction::Inbound } else { Direction::Outbound };
            if let Some(ending) = ending {
                end(&mut call, ending, at);
            }
            add(call_store, call);
        }
        Change::Queue { id, at, campaign } => add(call_store, call(id, at, campaign, &fixtures.directory)),
        Change::GoOn { call } if slots > 0 => call_store.change(Slot(call.index(slots) as u32), |call| {
            if !call.has_rung && !call.status.is_final() {
                call.has_rung = true;
            } else if call.status == Status::Ringing {
                call.status = Status::InProgress;
            }
        }),
        Change::End { call, at, ending } if slots > 0 => call_store.change(Slot(call.index(slots) as u32), |call| {
            if !call.status.is_final() {
                end(call, ending, at);
            }
        }),
        Change::GoOn { .. } | Change::End { .. } => {}
    }
}

fn add(call_store: &mut CallStore, call: Call) {
    let is_known = call_store.iter().any(|other| other.id == call.id);
    if !is_known {
        let id = call.id;
        let slot = call_store.add(call);
        assert_eq!(call_store.find(id), Some(slot));
    }
}

/// Whether a list of calls that have `facet` holds this one: the meaning, spelt out.
fn has(call: &Call, facet: Facet, directory: &Directory) -> bool {
    let campaign = directory.campaign(call.campaign);
    match facet {
        Facet::Direction(direction) => call.direction == direction,
        Facet::Status(status) => call.status == status,
        Facet::Outcome(outcome) => call.outcome == Some(outcome),
        Facet::Sentiment(sentiment) => call.sentiment == Some(sentiment),
        Facet::Business(business) => campaign.business == business,
        Facet::Campaign(index) => call.campaign == index,
        Facet::Agent(agent) => campaign.agent == agent,
        Facet::Number(number) => call.number == number,
        Facet::HasRung => call.has_rung,
    }
}

/// The reference: how many calls match, and the ids of those on the page.
fn naive(call_store: &CallStore, filter: &Filter, page: Range<u64>) -> (u64, Vec<CallId>) {
    let directory = &fixtures().directory;
    let within = |call: &Call| match call.started_at() {
        None => filter.from.is_none() && filter.to.is_none(),
        Some(start) => filter.from.is_none_or(|from| from <= start) && filter.to.is_none_or(|to| start <= to),
    };
    let wanted = |call: &&Call| {
        !filter.is_unmatchable && within(call) && filter.facets.iter().all(|facet| has(call, *facet, directory))
    };
    let mut calls: Vec<&Call> = call_store.iter().filter(wanted).collect();
    // Queued calls are newer than all others, and none of them is newer than another: they have no start yet.
    let start = |call: &Call| (call.has_rung || call.status.is_final()).then_some(call.rings_at);
    calls.sort_by_key(|call| (start(call).is_some(), Reverse(start(call)), call.id.to_string()));
    let ids = calls.iter().map(|call| call.id).skip(page.start as usize).take((page.end - page.start) as usize);
    (calls.len() as u64, ids.collect())
}

/// Up to three facets that some call of the directory could have.
fn facets() -> impl Strategy<Value = Vec<Facet>> {
    let fixtures = fixtures();
    let directory = &fixtures.directory;
    let mut all = vec![Facet::HasRung];
    all.extend(Direction::ALL.iter().map(|one| Facet::Direction(*one)));
    all.extend(Status::ALL.iter().map(|one| Facet::Status(*one)));
    all.extend(Outcome::ALL.iter().map(|one| Facet::Outcome(*one)));
    all.extend(Sentiment::ALL.iter().map(|one| Facet::Sentiment(*one)));
    let campaigns = (0..).zip(&directory.campaigns);
    all.extend(campaigns.flat_map(|(position, campaign)| {
        let campaign_index = Facet::Campaign(CampaignIndex(position));
        [
            Facet::Business(campaign.business),
            campaign_index,
            Facet::Agent(campaign.agent),
            Facet::Number(campaign.numbers[0]),
        ]
    }));
    prop::collection::vec(prop::sample::select(all), 0..=3)
}

fn filter() -> impl Strategy<Value = Filter> {
    let bound = || prop::option::of((0..MOMENTS).prop_map(moment));
    (facets(), bound(), bound(), prop::bool::weighted(0.05)).prop_map(|(facets, from, to, is_unmatchable)| Filter {
        facets,
        from,
        to,
        is_unmatchable,
    })
}

fn page() -> impl Strategy<Value = Range<u64>> {
    (0_u64..60, 0_u64..30).prop_map(|(first, size)| first / 3..first / 3 + size)
}

/// What is done with a call store: it is changed, or asked for the page of a list.
#[derive(Clone, Debug)]
enum Action {
    Change(Change),
    /// One of a few filters, so that many are asked for again after calls have changed.
    Ask {
        filter: prop::sample::Index,
        page: Range<u64>,
    },
}

fn action() -> impl Strategy<Value = Action> {
    prop_oneof![
        change().prop_map(Action::Change),
        (any::<prop::sample::Index>(), page()).prop_map(|(filter, page)| Action::Ask { filter, page }),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn a_list_is_what_looking_at_every_call_would_give(
        filters in prop::collection::vec(filter(), 1..8),
        actions in prop::collection::vec(action(), 0..160),
        restored in prop::option::of((0_usize..160, (0..=MOMENTS).prop_map(moment))),
    ) {
        let mut call_store = CallStore::new(fixtures());
        for (position, action) in actions.into_iter().enumerate() {
            if let Some((_, now)) = restored.filter(|(at, _)| *at == position) {
                call_store = CallStore::of(fixtures(), call_store.iter().cloned().collect(), now);
            }
            match action {
                Action::Change(change) => apply(&mut call_store, change),
                Action::Ask { filter, page } => {
                    let filter = filter.get(&filters);
                    prop_assert_eq!(listed(&call_store, filter, page.clone()), naive(&call_store, filter, page.clone()), "{:?} {:?}", filter, page);
                }
            }
        }
        let with = |status: &Status| call_store.iter().filter(|call| call.status == *status).count() as u64;
        prop_assert_eq!(call_store.count_by_status().to_vec(), Status::ALL.iter().map(with).collect::<Vec<_>>());
        for filter in &filters {
            prop_assert_eq!(listed(&call_store, filter, 0..100), naive(&call_store, filter, 0..100), "{:?}", filter);
        }
    }
}

fn listed(call_store: &CallStore, filter: &Filter, page: Range<u64>) -> (u64, Vec<CallId>) {
    let (total, calls) = call_store.list(filter, page);
    (total, calls.iter().map(|call| call.id).collect())
}

#[test]
fn pages_of_a_long_list_join_without_gap_or_overlap() {
    let world = crate::world::World::for_tests(3).with_past(500);
    let everything = Filter::default();
    let (total, all) = world.list(&everything, 0..u64::MAX);
    assert_eq!((total, all.len()), (501, 501));
    let paged: Vec<CallId> =
        (0..6).flat_map(|page| world.list(&everything, page * 100..(page + 1) * 100).1).map(|call| call.id).collect();
    assert_eq!(paged, all.iter().map(|call| call.id).collect::<Vec<_>>());
    assert!(all.windows(2).all(|pair| pair[0].rings_at >= pair[1].rings_at));
    assert!(world.list(&everything, 501..600).1.is_empty());
    assert!(world.list(&everything, u64::MAX - 1..u64::MAX).1.is_empty());
}
