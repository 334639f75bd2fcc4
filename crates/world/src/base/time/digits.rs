//! The digits of an instant. An answer may hold millions of instants, so they are put down one by one and not by a formatter of calendars.

use super::Timestamp;

/// An instant as it is printed.
pub(super) type Digits = [u8; FORM.len()];

const FORM: &[u8; 24] = b"0000-00-00T00:00:00.000Z";
const MILLIS_PER_DAY: u64 = 24 * 60 * 60 * 1_000;

/// How an instant is printed; `None` where it is none of those that are accepted, and so may not fit.
pub(super) fn of(instant: Timestamp) -> Option<Digits> {
    if !(Timestamp::MIN..=Timestamp::MAX).contains(&instant) {
        return None;
    }
    let millis = instant.as_millis().unsigned_abs();
    let (days, time) = ((millis / MILLIS_PER_DAY) as u32, (millis % MILLIS_PER_DAY) as u32);
    let (year, month, day) = date(days);
    let mut digits = *FORM;
    put(&mut digits[0..4], year);
    put(&mut digits[5..7], month);
    put(&mut digits[8..10], day);
    put(&mut digits[11..13], time / 3_600_000);
    put(&mut digits[14..16], time / 60_000 % 60);
    put(&mut digits[17..19], time / 1_000 % 60);
    put(&mut digits[20..23], time % 1_000);
    Some(digits)
}

fn put(place: &mut [u8], number: u32) {
    let mut rest = number;
    for digit in place.iter_mut().rev() {
        *digit = b'0' + (rest % 10) as u8;
        rest /= 10;
    }
}

/// Year, month and day, so many days after 1970-01-01. Years are counted from March on, so that a leap day is the last of its year: then
/// the months before any month have a number of days that a line through them gives (after Howard Hinnant's `civil_from_days`).
const fn date(days: u32) -> (u32, u32, u32) {
    const DAYS_PER_ERA: u32 = 146_097;
    /// From 0000-03-01 to 1970-01-01.
    const BEFORE_1970: u32 = 719_468;
    let days = days + BEFORE_1970;
    let (era, day) = (days / DAYS_PER_ERA, days % DAYS_PER_ERA);
    let year = (day - day / 1_460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let is_past_december = month >= 10;
    let month = if is_past_december { month - 9 } else { month + 3 };
    (era * 400 + year + is_past_december as u32, month, day)
}

#[cfg(test)]
mod tests {
    use jiff::fmt::temporal::DateTimePrinter;
    use proptest::prelude::*;

    use super::*;

    fn as_jiff_prints(instant: Timestamp) -> String {
        const PRINTER: DateTimePrinter = DateTimePrinter::new().precision(Some(3));
        PRINTER.timestamp_to_string(&jiff::Timestamp::from_millisecond(instant.as_millis()).unwrap())
    }

    #[test]
    fn every_day_is_printed_as_jiff_prints_it() {
        for day in (0..=Timestamp::MAX.as_millis()).step_by(MILLIS_PER_DAY as usize) {
            let instant = Timestamp::from_millis(day);
            assert_eq!(String::from_utf8_lossy(&of(instant).unwrap()), as_jiff_prints(instant));
        }
    }

    #[test]
    fn what_is_not_accepted_is_left_to_others() {
        for instant in [Timestamp::from_millis(-1), Timestamp::from_millis(Timestamp::MAX.as_millis() + 1)] {
            assert_eq!(of(instant), None);
        }
    }

    proptest! {
        #[test]
        fn every_instant_is_printed_as_jiff_prints_it(millis in 0..=Timestamp::MAX.as_millis()) {
            let instant = Timestamp::from_millis(millis);
            prop_assert_eq!(String::from_utf8_lossy(&of(instant).unwrap()).into_owned(), as_jiff_prints(instant));
        }
    }
}
