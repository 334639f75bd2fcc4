//! How a date or an instant has to be written. Strict: what is taken here, any reader of ISO-8601 takes.

/// Whether a text is written as a date, or as a date, `T`, hours and minutes, perhaps seconds, perhaps with decimals, and `Z` or an offset.
/// jiff reads more than the documentation promises: other separators, signed years, names of time zones. Whether there is such a day or
/// hour is for jiff to say.
pub(super) fn has_documented_form(text: &str) -> bool {
    let Some((date, time)) = text.split_at_checked("0000-00-00".len()) else { return false };
    is_written_as(date, "0000-00-00") && !date.starts_with("0000") && (time.is_empty() || is_time_with_offset(time))
}

fn is_time_with_offset(text: &str) -> bool {
    let Some(text) = text.strip_prefix('T') else { return false };
    let (time, offset) = match text.strip_suffix('Z') {
        Some(time) => (time, "+00:00"),
        None => text.split_at(text.rfind(['+', '-']).unwrap_or(text.len())),
    };
    let is_offset = match offset.get(1..) {
        Some(offset) => (is_written_as(offset, "00:00") || is_written_as(offset, "0000")) && offset < "24",
        None => false,
    };
    let is_time = match time.split_once('.') {
        Some((time, decimals)) => {
            let is_decimals = (1..=9).contains(&decimals.len()) && decimals.bytes().all(|byte| byte.is_ascii_digit());
            is_written_as(time, "00:00:00") && is_decimals
        }
        None => is_written_as(time, "00:00:00") || is_written_as(time, "00:00"),
    };
    is_offset && is_time
}

/// Whether a text has a digit wherever `form` has a 0, and is as `form` elsewhere.
fn is_written_as(text: &str, form: &str) -> bool {
    let is_in_place = |(given, wanted): (u8, u8)| if wanted == b'0' { given.is_ascii_digit() } else { given == wanted };
    text.len() == form.len() && text.bytes().zip(form.bytes()).all(is_in_place)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_instant_is_written_in_one_of_few_forms() {
        for text in [
            "2026-04-18T14:21Z",
            "2026-04-18T16:21:00+02:00",
            "2026-04-18T16:21+0200",
            "2026-04-18T14:21:00.000000000Z",
        ] {
            assert!(has_documented_form(text), "{text}");
        }
        for time in [
            "T14Z",
            "T1421Z",
            "T14:21",
            "T14:21z",
            "t14:21Z",
            "T14:21:00,5Z",
            "T14:21:00.Z",
            "T14:21.5Z",
            "T14:21:00.0000000000Z",
            "T14:21+02",
            "T14:21+02:00:00",
            "T14:21+24:00",
            "T14:21+2:00",
            "T14:21++200",
            "T14:21 Z",
            "é",
        ] {
            assert!(!has_documented_form(&format!("2026-04-18{time}")), "{time}");
        }
    }
}
