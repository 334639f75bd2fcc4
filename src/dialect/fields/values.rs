//! Fields that are no strings: numbers, booleans, objects; and durations, which are strings with limits. A field that is missing or
//! `null` is `None`; what is wrong is noted, and `None` too.

use std::fmt::Display;
use std::ops::RangeInclusive;

use akol_mock_world::base::json::Json;
use akol_mock_world::base::span::{NotASpan, Span};

use super::{Fields, shown};

impl Fields {
    /// Any JSON.
    pub fn value(&self, name: &str) -> Option<&Json> {
        self.object.get(name).filter(|value| !value.is_null())
    }

    /// A whole number of the range.
    pub fn number(&mut self, name: &'static str, range: RangeInclusive<u64>) -> Option<u64> {
        match whole_number(self.value(name)?) {
            Some(number) if range.contains(&number) => Some(number),
            _ => self.refuse(name, format!("a whole number from {} to {}", range.start(), range.end())),
        }
    }

    /// A number from 0 to `most`, which is given in the unit of the last of so many decimals; so is what comes back, rounded to it.
    pub fn decimal(&mut self, name: &'static str, decimals: u32, most: u32) -> Option<u32> {
        let (unit, most) = (f64::from(10_u32.pow(decimals)), f64::from(most));
        match self.value(name)?.as_number().map(|number| number.as_f64() * unit) {
            Some(number) if (0.0..=most).contains(&number) => Some(number.round() as u32),
            _ => self.refuse(name, format!("a number from 0 to {}", most / unit)),
        }
    }

    /// `true` or `false`.
    pub fn boolean(&mut self, name: &'static str) -> Option<bool> {
        match self.value(name)?.as_bool() {
            Some(answer) => Some(answer),
            None => self.refuse(name, "true or false"),
        }
    }

    /// A duration of the range.
    pub fn duration(&mut self, name: &'static str, range: RangeInclusive<Span>) -> Option<Span> {
        match self.value(name)?.as_str().map(str::parse) {
            Some(Ok(span)) if range.contains(&span) => Some(span),
            _ => self.refuse(name, format!("{NotASpan}, from {} to {}", range.start(), range.end())),
        }
    }

    /// An object, read by `read`. What is wrong in it is noted here, under the name of the field and a dot.
    pub fn object<T>(&mut self, name: &'static str, read: impl FnOnce(&mut Fields) -> T) -> Option<T> {
        let Json::Object(object) = self.value(name)? else { return self.refuse(name, "an object") };
        let mut inner = Fields::of(object.clone().into(), format!("{}{name}.", self.place));
        let found = read(&mut inner);
        self.errors.append(&mut inner.errors);
        Some(found)
    }

    /// Notes what a field is, or that it is missing, and what it must be.
    pub fn refuse<T>(&mut self, name: &'static str, expected: impl Display) -> Option<T> {
        let given = self.object.get(name).map_or_else(|| "missing".to_owned(), shown);
        self.note(name, format!("is {given}, must be {expected}"))
    }
}

/// The whole number that a value is, however it is written: JSON knows no difference between `2` and `2.0`.
pub fn whole_number(value: &Json) -> Option<u64> {
    value.as_number()?.as_u64()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn fields(object: Value) -> Fields {
        let Json::Object(object) = Json::from(&object) else { panic!("no object: {object}") };
        Fields::of(object.into(), String::new())
    }

    /// What reading a field brings, and what is said to be wrong.
    fn read<T>(given: Value, read: impl Fn(&mut Fields) -> Option<T>) -> Result<Option<T>, String> {
        let mut fields = fields(json!({"x": given}));
        let found = read(&mut fields);
        fields.finish().map(|()| found).map_err(|error| error.to_string().replace("Validation failed: x ", ""))
    }

    #[test]
    fn a_whole_number_lies_within_its_range() {
        let number = |given| read(given, |fields| fields.number("x", 1..=9));
        assert_eq!((number(json!(9)), number(Value::Null)), (Ok(Some(9)), Ok(None)));
        assert_eq!((number(json!(9.0)), number(json!(0.1e1))), (Ok(Some(9)), Ok(Some(1))));
        for (given, is) in [
            (json!(0), "0"),
            (json!(10), "10"),
            (json!(-1), "-1"),
            (json!(1.5), "1.5"),
            (json!(-1.0), "-1.0"),
            (json!(1e300), "1e+300"),
            (json!(9.5e-1), "0.95"),
            (json!("1"), "\"1\""),
            (json!(true), "true"),
            (json!([1]), "an array"),
        ] {
            assert_eq!(number(given), Err(format!("is {is}, must be a whole number from 1 to 9")));
        }
    }

    #[test]
    fn a_decimal_comes_in_its_smallest_unit() {
        let decimal = |given| read(given, |fields| fields.decimal("x", 3, 3_000));
        for (given, expected) in [(json!(0), 0), (json!(3), 3_000), (json!(0.4), 400), (json!(1.2345), 1_235)] {
            assert_eq!(decimal(given), Ok(Some(expected)));
        }
        for given in [json!(-0.1), json!(3.0001), json!(1e300), json!("1")] {
            assert_eq!(decimal(given.clone()), Err(format!("is {given}, must be a number from 0 to 3")));
        }
    }

    #[test]
    fn a_boolean_is_no_text() {
        let boolean = |given| read(given, |fields| fields.boolean("x"));
        assert_eq!(boolean(json!(false)), Ok(Some(false)));
        assert_eq!(boolean(json!("true")), Err("is \"true\", must be true or false".to_owned()));
    }

    #[test]
    fn a_duration_lies_within_its_range() {
        let duration = |given| read(given, |fields| fields.duration("x", Span::from_millis(1)..=Span::from_secs(120)));
        assert_eq!(duration(json!("PT2M")), Ok(Some(Span::from_secs(120))));
        for given in [json!("3m"), json!("0s"), json!("soon"), json!("1us"), json!(2)] {
            let limits = format!("is {given}, must be {NotASpan}, from 1ms to 2m");
            assert_eq!(duration(given), Err(limits));
        }
    }

    #[test]
    fn what_is_wrong_within_an_object_is_named_by_its_place() {
        let mut fields = fields(json!({"a": {"b": {"c": "x", "d": 1}, "e": 5}, "f": []}));
        let found = fields.object("a", |a| {
            a.object("b", |b| {
                b.only(&["c"]);
                b.number("c", 0..=1)
            });
            a.number("e", 0..=9)
        });
        assert_eq!(found, Some(Some(5)));
        assert_eq!(fields.object("f", |_| ()), None);
        assert_eq!(fields.object("g", |_| ()), None);
        let error = fields.finish().unwrap_err().to_string();
        for part in ["a.b.d is unknown, must be c", "a.b.c is \"x\", must be", "f is an array, must be an object"] {
            assert!(error.contains(part), "{error}");
        }
    }
}
