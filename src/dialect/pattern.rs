//! Patterns of requests in JSON: `{"method"?, "path"?, "status"?, "body"?}`.

use super::fields::Fields;
use crate::domain::matching::{NotAMethod, NotAPath, Pattern};

/// The pattern that `fields` hold. Where requests have no answer yet, `status` is none of the fields that are known
/// ([`Fields::only`] says so).
pub fn read(fields: &mut Fields) -> Pattern {
    Pattern {
        method: fields.optional("method", NotAMethod),
        path: fields.optional("path", NotAPath),
        status: fields.number("status", 100..=599).and_then(|status| status.try_into().ok()),
        body: fields.value("body").cloned(),
    }
}
