//! Patterns of requests in JSON: `{"method"?, "path"?, "status"?, "body"?}`.

use akol_mock_world::faults::matching::{NotAMethod, NotAPath, Pattern};

use super::fields::Fields;

/// The pattern that `fields` hold. Where requests have no answer yet, `status` is none of the fields that are known
/// ([`Fields::only`] says so).
pub fn read(fields: &mut Fields) -> Pattern {
    let pattern = Pattern {
        method: fields.optional("method", NotAMethod),
        path: fields.optional("path", NotAPath),
        status: fields.number("status", 100..=599).and_then(|status| status.try_into().ok()),
        body: fields.value("body").cloned(),
    };
    check_length(&pattern, fields);
    pattern
}

/// The pattern of a body alone.
pub fn of_body(fields: &mut Fields) -> Pattern {
    let pattern = Pattern { body: fields.value("body").cloned(), ..Pattern::default() };
    check_length(&pattern, fields);
    pattern
}

/// Notes that a pattern is too long. Path and method have limits of their own, so it is the body.
fn check_length(pattern: &Pattern, fields: &mut Fields) {
    let (bytes, most) = (pattern.written_bytes(), Pattern::MOST_BYTES);
    if bytes > most {
        fields
            .note::<()>("body", format!("makes the pattern {bytes} bytes long; it may have {most}, which is the most"));
    }
}
