//! `GET /calls`: the calls that match all filters, newest first, a page at a time.

use akol_mock_world::base::time::{DateBound, Timestamp};
use akol_mock_world::calls::facet::{Facet, Filter};
use akol_mock_world::world::World;

use crate::dialect::envelope::{self, Pagination};
use crate::dialect::parameters::Parameters;
use crate::dialect::refusal::Refusal;
use crate::dialect::written;
use crate::http::request::Request;
use crate::http::response::Reply;

/// The largest page number: the largest whole number that every JSON reader takes exactly.
const MAX_PAGE: u64 = (1 << 53) - 1;
const DEFAULT_LIMIT: u64 = 20;
const MAX_LIMIT: u64 = 100;

/// Answers with one page.
pub fn list(world: &World, now: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    let mut parameters = Parameters::read(request.query())?;
    let page = parameters.number("page", 1..=MAX_PAGE, 1);
    let limit = parameters.number("limit", 1..=MAX_LIMIT, DEFAULT_LIMIT);
    let filter = filter(world, &mut parameters);
    parameters.finish()?;

    let first = (page - 1).saturating_mul(limit);
    let (total, calls) = world.list(&filter, first..first.saturating_add(limit));
    let items = calls.into_iter().map(|call| written::in_list(call, world, now));
    Ok(envelope::page_of(items, &Pagination::new(page, limit, total)))
}

fn filter(world: &World, parameters: &mut Parameters<'_>) -> Filter {
    let directory = &world.fixtures().directory;
    let mut filter = Filter::default();
    filter.facets.extend(parameters.get("direction").map(Facet::Direction));
    filter.facets.extend(parameters.get("status").map(Facet::Status));
    filter.facets.extend(parameters.get("outcome").map(Facet::Outcome));
    filter.facets.extend(parameters.get("sentiment").map(Facet::Sentiment));
    // An id that nothing has is no mistake in the request: no call matches it.
    let mut by_id = |name, find: &dyn Fn(&str) -> Option<Facet>| {
        if let Some(found) = parameters.id(name).map(find) {
            filter.facets.extend(found);
            filter.is_unmatchable |= found.is_none();
        }
    };
    by_id("businessId", &|id| directory.find_business(id).map(Facet::Business));
    by_id("campaignId", &|id| directory.find_campaign(id).map(Facet::Campaign));
    by_id("agentId", &|id| directory.find_agent(id).map(Facet::Agent));
    by_id("phoneNumberId", &|id| directory.find_number(id).map(Facet::Number));

    filter.from = parameters.get("startDate").map(DateBound::first);
    filter.to = parameters.get("endDate").map(DateBound::last);
    if let (Some(from), Some(to)) = (filter.from, filter.to)
        && from > to
    {
        parameters.note("startDate", "is after endDate, must not be".to_owned());
    }
    filter
}
