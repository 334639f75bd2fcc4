//! What is said of fields and parameters that are unknown, however many there are.

use std::borrow::Cow;

use akol_mock_world::error::FieldError;

/// How many are named, lest the answer be many times as long as the request.
const NAMED: usize = 20;

/// Errors that name the first of those `names` and say how many more there are. `whole` is what has them, `kind` what one of them is, and
/// `accepted` what would be right.
pub fn errors(
    mut names: impl Iterator<Item = String>,
    whole: Cow<'static, str>,
    kind: &str,
    accepted: &str,
) -> Vec<FieldError> {
    let named = names.by_ref().take(NAMED);
    let mut errors: Vec<FieldError> =
        named.map(|name| FieldError { field: Cow::Owned(name), message: format!("is unknown, {accepted}") }).collect();
    let more = names.count();
    if more > 0 {
        let plural = if more == 1 { "" } else { "s" };
        errors.push(FieldError { field: whole, message: format!("has {more} more unknown {kind}{plural}") });
    }
    errors
}
