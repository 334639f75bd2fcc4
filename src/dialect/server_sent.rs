//! Server-sent events, as the HTML Standard has them.

use serde::Serialize;

use super::envelope;
use crate::http::body::Body;
use crate::http::response::Reply;

#[derive(Serialize)]
struct Notice<'a> {
    notice: &'a str,
}

/// An event of that type, whose data is JSON in one line.
pub fn event(id: Option<u64>, name: &str, data: &impl Serialize) -> Vec<u8> {
    let id = id.map_or_else(String::new, |id| format!("id: {id}\n"));
    let mut event = format!("{id}event: {name}\ndata: ").into_bytes();
    envelope::write_json(data, &mut event);
    event.extend_from_slice(b"\n\n");
    event
}

/// An event `notice`: something about the stream itself.
pub fn notice(id: Option<u64>, text: &str) -> Vec<u8> {
    event(id, "notice", &Notice { notice: text })
}

/// The reply with what may have been overlooked in the request as notices before its events. One that is no stream stays as it is.
pub fn warned(mut reply: Reply, warnings: &[String]) -> Reply {
    if let Body::Stream(stream) = &mut reply.body {
        stream.prepend(warnings.iter().flat_map(|warning| notice(None, warning)).collect());
    }
    reply
}
