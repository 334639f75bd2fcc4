//! The layer that a TOML file gives: keys at the top level, named as the options are.

use std::ops::Range;

use toml::Spanned;
use toml::de::{DeInteger, DeTable, DeValue};

use super::layers::{Given, Layer, Origin, pieces, refuse};
use super::options::{self, Read};
use super::refusal::{Refusal, Wrong, did_you_mean};
use super::tips::Tip;
use crate::suggest::nearest;

/// What the file gives.
pub(super) fn layer(path: &str, text: &str) -> Result<Layer, Refusal> {
    let line = |span: Range<usize>| text[..span.start].matches('\n').count() + 1;
    let table = DeTable::parse(text).map_err(|error| {
        let place = error.span().map_or_else(String::new, |span| format!(", line {}", line(span)));
        Refusal::new(format!("file {path}{place}, is not TOML: {}", error.message()))
    })?;
    let mut entries: Vec<_> = table.get_ref().iter().collect();
    entries.sort_by_key(|(key, _)| key.span().start);

    let mut layer = Layer::new();
    for (key, value) in entries {
        let path = path.to_owned();
        let line = line(key.span());
        let Some(option) = options::TABLE.iter().find(|option| option.name == key.get_ref()) else {
            return Err(unknown_key(&path, line, key.get_ref(), value.get_ref()));
        };
        let origin = Origin::File { path, line };
        let texts = texts(value.get_ref(), &option.read).map_err(|wrong| refuse(option, &origin, wrong))?;
        layer.insert(option.name, Given { texts, origin });
    }
    Ok(layer)
}

fn unknown_key(path: &str, line: usize, key: &str, value: &DeValue<'_>) -> Refusal {
    let hint = match Tip::of(key, scalar(value).ok().as_deref()) {
        Some(tip) => format!("; write {}", tip.in_file()),
        None => did_you_mean(nearest(key, options::TABLE.iter().map(|option| option.name))),
    };
    Refusal::new(format!(
        "file {path}, line {line}: there is no option {key:?}; keys stand at the top level and are named as in \
         \"akol-mock --help\", without the dashes{hint}"
    ))
}

/// The texts that a value stands for. Only options that take several take an array.
fn texts(value: &DeValue<'_>, read: &Read) -> Result<Vec<String>, Wrong> {
    match (value, read) {
        (DeValue::Array(_), Read::One(_)) => Err(Wrong::kind("an array")),
        (DeValue::Array(items), Read::Commas(_) | Read::Many(_)) => {
            items.iter().map(Spanned::get_ref).map(scalar).collect()
        }
        (value, Read::Commas(_)) => Ok(pieces(&scalar(value)?)),
        (value, Read::One(_) | Read::Many(_)) => Ok(vec![scalar(value)?]),
    }
}

/// The text that one value stands for: `200` and `"200"` are the same, as they are on the command line.
fn scalar(value: &DeValue<'_>) -> Result<String, Wrong> {
    match value {
        DeValue::String(text) => Ok(text.to_string()),
        DeValue::Integer(number) => Ok(decimal(number)),
        DeValue::Float(number) => Ok(number.as_str().to_owned()),
        DeValue::Boolean(truth) => Ok(truth.to_string()),
        DeValue::Datetime(instant) => Ok(instant.to_string()),
        DeValue::Array(_) => Err(Wrong::kind("an array in an array")),
        DeValue::Table(_) => Err(Wrong::kind("a table")),
    }
}

/// The number in decimal, which is how the command line writes numbers; as it stands where it is too large for any
/// option.
fn decimal(number: &DeInteger<'_>) -> String {
    i128::from_str_radix(number.as_str(), number.radix())
        .map_or_else(|_| number.to_string(), |number| number.to_string())
}
