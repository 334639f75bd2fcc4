//! `GET /calls/:id/audio`: the recording of a call that has ended.

use akol_mock_world::base::time::Timestamp;
use akol_mock_world::content::recording::Format;
use akol_mock_world::world::World;

use crate::dialect::refusal::Refusal;
use crate::http::conditional::Entity;
use crate::http::request::Request;
use crate::http::response::Reply;

/// Answers with the recording or the parts of it that are asked for, made as they are sent.
pub fn audio(world: &World, _: Timestamp, request: &Request) -> Result<Reply, Refusal> {
    let recording = world.recording(request.id())?;
    let entity = Entity {
        content_type: match recording.format() {
            Format::Wav => "audio/wav",
            Format::Mp3 => "audio/mp3",
        },
        etag: format!("\"{:016x}\"", recording.fingerprint()),
        length: recording.byte_len(),
        read: |range| recording.clone().read(range),
    };
    Ok(entity.reply(request)?)
}
