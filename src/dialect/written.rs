//! Calls as the bytes of an answer, of which those that are over are written once.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::calls::call::Call;
use akol_mock_world::content::cache::Form;
use akol_mock_world::error::Error;
use akol_mock_world::world::World;
use bytes::Bytes;

use super::call_view::CallView;
use super::envelope;

/// Most calls are shorter, in bytes.
const USUAL_LENGTH: usize = 4096;

/// The whole answer that shows a call as it is at `now`.
pub fn whole(call: &Call, world: &World, now: Timestamp) -> Bytes {
    world.call_cache().written(call, Form::Whole, || envelope::wrap(&CallView::of(call, world, now), USUAL_LENGTH))
}

/// The same of the call with that id. What is at hand is taken without a look at the call, which would have to come from far in a large world.
pub fn whole_of(id: &str, world: &World, now: Timestamp) -> Result<Bytes, Error> {
    let at_hand = id.parse().ok().and_then(|id| world.call_cache().at_hand(id, Form::Whole));
    at_hand.map_or_else(|| Ok(whole(world.find_call(id)?, world, now)), Ok)
}

/// A call as an item of a list, with a comma behind it: without its transcript where the world is set so.
pub fn in_list(call: &Call, world: &World, now: Timestamp) -> Bytes {
    let call_cache = world.call_cache();
    match world.settings().list_transcripts {
        true => call_cache.written(call, Form::Item, || envelope::item(&CallView::of(call, world, now), USUAL_LENGTH)),
        false => call_cache.written(call, Form::Brief, || envelope::item(&CallView::brief(call, world), USUAL_LENGTH)),
    }
}
