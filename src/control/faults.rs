//! `GET`, `POST`, `DELETE /__admin/faults`, `DELETE /__admin/faults/:id`: rules of what goes wrong with which requests.

use akol_mock_world::base::probability::Probability;
use akol_mock_world::base::time::Timestamp;
use akol_mock_world::error::Error;
use akol_mock_world::faults::matching::Pattern;
use akol_mock_world::faults::rules::{Effect, Rule};
use akol_mock_world::world::World;
use hyper::StatusCode;
use serde::Serialize;

use crate::dialect::fields::Fields;
use crate::dialect::refusal::Refusal;
use crate::dialect::{envelope, faults, oversight};
use crate::http::request::Request;
use crate::http::response::Reply;

#[derive(Serialize)]
struct RuleView<'a> {
    id: String,
    r#match: &'a Pattern,
    /// `null` where it never ends, as with `left`.
    times: Option<u32>,
    probability: Probability,
    effect: Effect,
    /// How many requests it has struck.
    hits: u32,
    /// How many it still strikes.
    left: Option<u32>,
}

impl RuleView<'_> {
    fn of(rule: &Rule) -> RuleView<'_> {
        let terms = &rule.terms;
        RuleView {
            id: rule.id(),
            r#match: &terms.pattern,
            times: terms.times,
            probability: terms.probability,
            effect: terms.effect,
            hits: rule.hits,
            left: rule.left(),
        }
    }
}

/// How many rules were taken back.
#[derive(Serialize)]
struct Removed {
    deleted: usize,
}

/// The rules in force, in their order. Those that are used up are gone.
pub fn list(world: &World, _: Timestamp, _: &Request) -> Result<Reply, Refusal> {
    let views: Vec<_> = world.faults().rules().iter().map(RuleView::of).collect();
    Ok(envelope::success(StatusCode::OK, &views))
}

/// Adds a rule after all others, and answers with it.
pub fn add(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    let mut fields = Fields::read(request)?;
    let terms = faults::read(&mut fields);
    fields.finish()?;
    // Whatever leaves a rule unread has been noted as wrong.
    let terms = terms.ok_or_else(|| Error::invalid("body", "is no fault rule"))?;
    let warnings = oversight::of_rule(&terms, world.faults().rules());
    let rule = world.faults_mut().add(terms)?;
    Ok(envelope::warned(envelope::success(StatusCode::CREATED, &RuleView::of(rule)), &warnings))
}

/// Takes back all rules.
pub fn clear(world: &mut World, _: &Request) -> Result<Reply, Refusal> {
    Ok(envelope::success(StatusCode::OK, &Removed { deleted: world.faults_mut().clear() }))
}

/// Takes back one rule.
pub fn remove(world: &mut World, request: &Request) -> Result<Reply, Refusal> {
    if !world.faults_mut().remove(request.id()) {
        return Err(Error::not_found("fault rule", request.id()).into());
    }
    Ok(envelope::success(StatusCode::OK, &Removed { deleted: 1 }))
}
