//! Campaigns that are paused, resumed and changed.

use crate::calls::call::Status;
use crate::content::recording::Format;
use crate::directory::campaigns::CampaignChange;
use crate::directory::{CampaignStatus, RecordingSetting};
use crate::error::Error;
use crate::world::testing::*;
use crate::world::{Inbound, Placement, World};

#[test]
fn a_paused_campaign_takes_no_calls_until_it_is_resumed() {
    let mut world = World::for_tests(1);
    world.set_status(CAMPAIGN, CampaignStatus::Paused).unwrap();
    assert_eq!(world.try_call(SOMEBODY, None), Err(Error::CampaignPaused { id: CAMPAIGN.to_owned() }));
    world.set_status(CAMPAIGN, CampaignStatus::Running).unwrap();
    assert!(world.try_call(SOMEBODY, None).is_ok());
}

#[test]
fn calls_that_were_placed_before_a_pause_go_on() {
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    world.set_status(CAMPAIGN, CampaignStatus::Paused).unwrap();
    world.let_end(slot);
    assert_eq!(world.call(slot).status, Status::Completed);
}

#[test]
fn only_a_running_campaign_takes_calls() {
    for (campaign, number, status) in [
        ("cmp_fernwood_spring", "pn_fernwood_spring", CampaignStatus::Draft),
        ("cmp_fernwood_winback", "pn_fernwood_winback", CampaignStatus::Failed),
        ("cmp_isarblick_trade_fairs", "pn_isarblick_trade_fairs", CampaignStatus::Scheduled),
    ] {
        let to = SOMEBODY.parse().unwrap();
        let placement = Placement { campaign_id: campaign, number_id: number, to, scenario: None };
        let refused = World::for_tests(1).place(&placement);
        assert_eq!(refused, Err(Error::CampaignNotRunning { id: campaign.to_owned(), status }));
    }
}

#[test]
fn a_campaign_moves_between_running_and_paused_only() {
    for (position, campaign) in fixtures().directory.campaigns.iter().enumerate() {
        for to in CampaignStatus::ALL.iter().copied() {
            let mut world = World::for_tests(1);
            let changed = world.set_status(&campaign.id, to);
            let moves = [CampaignStatus::Running, CampaignStatus::Paused];
            let allowed = to == campaign.status || (moves.contains(&campaign.status) && moves.contains(&to));
            assert_eq!(changed.is_ok(), allowed, "{} from {} to {to}", campaign.id, campaign.status);
            let is_now = world.campaigns[position].status;
            assert_eq!(is_now, if allowed { to } else { campaign.status });
        }
    }
}

#[test]
fn a_change_that_is_wrong_in_one_part_changes_nothing() {
    let mut world = World::for_tests(1);
    let change = CampaignChange {
        status: Some(CampaignStatus::Paused),
        recording: Some(RecordingSetting::Off),
        scenario: Some(Some("vanished".to_owned())),
    };
    assert!(world.change_campaign(CAMPAIGN, change).is_err());
    let slot = world.try_call(SOMEBODY, Some("completed")).expect("the campaign still runs");
    world.let_end(slot);
    let id = world.call(slot).id.to_string();
    assert_eq!(world.recording(&id).expect("it is still recorded").format(), Format::Wav);
}

#[test]
fn a_campaigns_scenario_holds_until_it_is_taken_back() {
    let mut world = World::for_tests(1);
    let set = |world: &mut World, scenario: Option<&str>| {
        let change = CampaignChange { scenario: Some(scenario.map(str::to_owned)), ..CampaignChange::default() };
        world.change_campaign(CAMPAIGN, change).unwrap();
    };
    let mut failed_of_forty = |scenario| {
        set(&mut world, scenario);
        let slots: Vec<_> = (10..50).map(|n| world.try_call(&format!("+121255500{n}"), None).unwrap()).collect();
        slots.into_iter().filter(|slot| world.call(*slot).plan.ends == crate::calls::call::Outcome::Failed).count()
    };
    assert_eq!(failed_of_forty(Some("failed")), 40);
    assert!(failed_of_forty(None) < 10);
}

#[test]
fn a_recording_is_there_once_the_call_has_ended_in_the_campaigns_format() {
    let why = |world: &World, id: &str| match world.recording(id) {
        Err(Error::NoRecording { why, .. }) => why,
        other => panic!("{other:?}"),
    };
    let mut world = World::for_tests(1);
    let slot = world.call_somebody("completed");
    let id = world.call(slot).id.to_string();
    assert_eq!(why(&world, &id), "it has not ended yet");
    world.let_end(slot);
    let seconds = u64::from(world.call(slot).duration_seconds().unwrap());
    assert_eq!(world.recording(&id).unwrap().byte_len(), 44 + 16_000 * seconds);
    for (setting, format) in [(RecordingSetting::Mp3, Some(Format::Mp3)), (RecordingSetting::Off, None)] {
        let change = CampaignChange { recording: Some(setting), ..CampaignChange::default() };
        world.change_campaign(CAMPAIGN, change).unwrap();
        assert_eq!(world.recording(&id).ok().map(|recording| recording.format()), format);
    }
    assert_eq!(why(&world, &id), "its campaign's recording setting is off");
    let unanswered = world.call_somebody("busy");
    world.let_end(unanswered);
    assert_eq!(why(&world, &world.call(unanswered).id.to_string()), "it was never answered");
}

#[test]
fn a_call_comes_in_on_the_line_that_is_asked_for() {
    let mut world = World::for_tests(1);
    let to = "+13035550118".parse().ok();
    let slot = world.receive(&Inbound { to, ..Inbound::default() }).unwrap();
    let directory = &world.fixtures().directory;
    assert_eq!(directory.campaign(world.call(slot).campaign).id, "cmp_bluespruce_dispatch");
    assert_eq!(world.numbers(world.call(slot)).1, to.unwrap());
    let elsewhere = Inbound { to, campaign_id: Some(CAMPAIGN), ..Inbound::default() };
    assert!(matches!(world.receive(&elsewhere), Err(Error::Invalid(fields)) if fields[0].field == "toNumber"));
    let nowhere = Inbound { to: SOMEBODY.parse().ok(), ..Inbound::default() };
    assert_eq!(world.receive(&nowhere), Err(Error::not_found("phone number", SOMEBODY)));
}
