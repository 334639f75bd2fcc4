//! `GET`, `PUT /__admin/clock`, `POST /__admin/clock/advance`.

use std::sync::Arc;
use std::time::Duration;

use akol_mock_world::base::json::Json;
use akol_mock_world::base::speed::{NotASpeed, Speed};
use akol_mock_world::base::time::{DateBound, Timestamp};
use akol_mock_world::error::Error;
use hyper::StatusCode;
use jiff::{Span, SpanRelativeTo};
use serde::Serialize;

use super::moments;
use super::scene::{Pending, Scene};
use crate::clock::{Clock, Reading};
use crate::config::ClockMode;
use crate::dialect::envelope;
use crate::dialect::fields::{Fields, shown};
use crate::dialect::refusal::Refusal;
use crate::driver::{self, NotAdvanced, Target};
use crate::engine::Workspace;
use crate::http::request::Request;
use crate::http::response::Reply;

#[derive(Serialize)]
struct ClockView {
    mode: ClockMode,
    now: Timestamp,
    speed: Speed,
}

/// What the clock shows, and how it goes on.
pub fn show(workspace: &Arc<Workspace>, _: &Request) -> Result<Reply, Refusal> {
    Ok(envelope::success(StatusCode::OK, &view(workspace)))
}

/// Changes mode, speed or instant. What is due stays so; what a later instant passes by happens on the way.
pub fn set(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let mut fields = Fields::read(&request)?;
        fields.only(&["mode", "now", "speed"]);
        let mode = fields.optional::<ClockMode>("mode", "real or manual");
        let now = fields.optional::<Moment>("now", EXPECTED_MOMENT).map(|Moment(at)| at);
        let speed = speed(&mut fields);
        fields.finish()?;
        let workspace = &scene.workspace;
        match now {
            None => driver::set_clock(workspace, mode, speed).map_err(|refused| refusal(refused, "now"))?,
            Some(now) => {
                // While the clock still stands there: one that is to stop at that instant must not run on first.
                let then = |clock: &Clock| clock.go_on(mode, speed);
                let advance = driver::advance_and_then(workspace, Target::To(now), then).await;
                advance.map_err(|refused| refusal(refused, "now"))?;
            }
        }
        let view = view(workspace);
        let is_idle = speed.is_some() && view.mode == ClockMode::Manual;
        let warning =
            is_idle.then(|| "speed has no effect while the clock stands; {\"mode\": \"real\"} lets it run".to_owned());
        Ok(envelope::warned(envelope::success(StatusCode::OK, &view), warning.as_slice()))
    })
}

/// Moves the clock forward, and answers with what happened on the way when all of it has, deliveries included.
pub fn advance(scene: Scene, request: Request) -> Pending {
    Box::pin(async move {
        let mut fields = Fields::read(&request)?;
        fields.only(&["by", "to"]);
        let by = fields.optional::<Stretch>("by", EXPECTED_STRETCH);
        let to = fields.optional::<Moment>("to", EXPECTED_MOMENT).map(|Moment(at)| at);
        let given = |name| fields.value(name).is_some();
        let problem = match (given("by"), given("to")) {
            (true, true) => Some("is given together with to; give one of the two"),
            (false, false) => Some("is missing, and so is to; give one of the two"),
            _ => None,
        };
        if let Some(problem) = problem {
            fields.gather::<()>(Err(Error::invalid("by", problem)));
        }
        fields.finish()?;
        let target = match (by, to) {
            (Some(Stretch(by)), _) => Target::By(by),
            (None, Some(to)) => Target::To(to),
            // Not reached: what is missing or wrong has been noted, and `finish` has refused it.
            (None, None) => return Err(Refusal::bad_request("by or to is missing")),
        };
        let advance = driver::advance(&scene.workspace, target).await.map_err(|refused| refusal(refused, "to"))?;
        let warning = match target {
            Target::By(by) if advance.to == Timestamp::MAX && advance.to.since(advance.from) < by => {
                Some(format!("The clock goes no further than {}, so it moved by less than was asked", Timestamp::MAX))
            }
            Target::By(_) | Target::To(_) => None,
        };
        Ok(envelope::warned(moments::of_advance(advance), warning.as_slice()))
    })
}

/// The speed that is given: a number.
fn speed(fields: &mut Fields) -> Option<Speed> {
    fields.parsed("speed", |value| match value {
        Json::Number(number) => {
            number.decimal().parse().map_err(|expected: NotASpeed| format!("is {}, must be {expected}", shown(value)))
        }
        other => Err(format!("is {}, must be {NotASpeed}", shown(other))),
    })
}

fn view(workspace: &Workspace) -> ClockView {
    let Reading { mode, now, speed } = workspace.clock().read();
    ClockView { mode, now, speed }
}

/// The refusal of an advance to the instant that `field` gives.
fn refusal(refused: NotAdvanced, field: &'static str) -> Refusal {
    match refused {
        NotAdvanced::Past { now, to } => {
            Error::invalid(field, format!("is {to}, which has passed: it is {now}, and time goes back only by a reset"))
                .into()
        }
        NotAdvanced::UnderWay | NotAdvanced::Reset => Refusal::new(StatusCode::CONFLICT, refused.to_string()),
    }
}

const EXPECTED_MOMENT: &str =
    "an ISO-8601 instant with Z or an offset, or a date, of the years 1970 to 9998, such as 2026-04-18T14:21:42.000Z";

/// An instant, or a date, which stands for its first instant in UTC.
struct Moment(Timestamp);

impl std::str::FromStr for Moment {
    type Err = ();

    fn from_str(text: &str) -> Result<Moment, ()> {
        match (text.parse(), text.parse()) {
            (Ok(instant), _) => Ok(Moment(instant)),
            // Dates past the last that there is are taken for its end, as bounds.
            (Err(_), Ok(DateBound::Day(first))) if first >= Timestamp::MIN && first == first.day_start() => {
                Ok(Moment(first))
            }
            (Err(_), _) => Err(()),
        }
    }
}

const EXPECTED_STRETCH: &str = "a length of time in weeks, days, hours, minutes, seconds or less, such as 500ms, 2m, 36h, 30d or PT2M, up to 365000d";

/// A length of time. A day is one of 24 hours, as in UTC.
#[derive(Debug, PartialEq, Eq)]
struct Stretch(Duration);

impl std::str::FromStr for Stretch {
    type Err = ();

    fn from_str(text: &str) -> Result<Stretch, ()> {
        const NANOS_PER_MILLI: u32 = 1_000_000;
        /// A thousand years of 365 days.
        const MOST: Duration = Duration::from_secs(1_000 * 365 * 24 * 60 * 60);
        let span: Span = text.parse().map_err(|_| ())?;
        let signed = span.to_duration(SpanRelativeTo::days_are_24_hours()).map_err(|_| ())?;
        let exact = Duration::try_from(signed).map_err(|_| ())?;
        let finer = exact.subsec_nanos() % NANOS_PER_MILLI;
        let to_full = if finer == 0 { 0 } else { NANOS_PER_MILLI - finer };
        Some(exact + Duration::from_nanos(to_full.into())).filter(|span| *span <= MOST).map(Stretch).ok_or(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_date_is_its_first_instant() {
        let moment = |text: &str| text.parse::<Moment>().ok().map(|Moment(at)| at.to_string());
        for (given, meant) in [
            ("2026-05-01", "2026-05-01T00:00:00.000Z"),
            ("2026-05-01T02:00:00+02:00", "2026-05-01T00:00:00.000Z"),
            ("1970-01-01", "1970-01-01T00:00:00.000Z"),
            ("9998-12-31", "9998-12-31T00:00:00.000Z"),
        ] {
            assert_eq!(moment(given).as_deref(), Some(meant), "{given}");
        }
        for text in
            ["", "2026-05-01T00:00:00", "2026-02-30", "1969-12-31", "9999-01-01", "9999-01-01T00:00:00Z", "tomorrow"]
        {
            assert_eq!(moment(text), None, "{text:?}");
        }
    }

    #[test]
    fn lengths_of_time_are_read_as_people_and_iso_write_them() {
        let millis = |text: &str| text.parse::<Stretch>().ok().map(|Stretch(span)| span.as_millis());
        assert_eq!(millis("2m"), Some(120_000));
        assert_eq!(millis("PT2M"), Some(120_000));
        assert_eq!(millis("1h 30m"), Some(5_400_000));
        assert_eq!(millis("30d"), Some(30 * 86_400_000));
        assert_eq!(millis("P1DT1S"), Some(86_401_000));
        assert_eq!(millis("1500us"), Some(2), "rounded up, so that what was waited for has come");
        assert_eq!(millis("0s"), Some(0));
        assert_eq!(millis("364999d 1ms"), Some(364_999 * 86_400_000 + 1));
        assert_eq!(millis("365000d"), Some(365_000 * 86_400_000));
        for text in ["", "2", "-2m", "soon", "1mo", "1y", "P1M", "365000d 1ns", "10000000d", "7304484d 175307616h"] {
            assert_eq!(millis(text), None, "{text:?}");
        }
    }
}
