//! Latencies in JSON: `"2s"`, or `{"median": "80ms", "sigma": 0.4}`.

use akol_mock_world::base::json::Json;
use akol_mock_world::base::span::NotASpan;
use akol_mock_world::faults::latency::{Latency, Sigma};

use super::fields::Fields;

/// The latency in the field `name`. `None` where it is missing, `null` or wrong; what is wrong is noted.
pub fn read(fields: &mut Fields, name: &'static str) -> Option<Latency> {
    let (least, most) = (Latency::LEAST, Latency::MOST);
    match fields.value(name)? {
        Json::String(_) => fields.duration(name, least..=most).map(Latency::Fixed),
        Json::Object(_) => fields.object(name, log_normal)?,
        _ => fields.refuse(
            name,
            format!(
                "a duration from {least} to {most} such as \"2s\", or one that varies such as \
                 {{\"median\": \"80ms\", \"sigma\": 0.4}}"
            ),
        ),
    }
}

fn log_normal(fields: &mut Fields) -> Option<Latency> {
    fields.only(&["median", "sigma"]);
    let median = match fields.value("median") {
        Some(_) => fields.duration("median", Latency::LEAST..=Latency::MOST),
        None => fields.refuse("median", NotASpan),
    };
    let sigma = match fields.value("sigma") {
        Some(_) => fields.decimal("sigma", Sigma::DECIMALS, Sigma::MOST),
        None => fields.refuse("sigma", "a number from 0 to 3; 0.4 is a moderate spread"),
    };
    Some(Latency::LogNormal { median: median?, sigma: Sigma::from_thousandths(sigma?) })
}
