//! The reader is held to `serde_json`, with the features that this build has.

use proptest::prelude::*;
use serde_json::Value;

use super::*;

fn read(text: &str) -> Json {
    Json::read(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

fn canonical(text: &str) -> String {
    let mut bytes = Vec::new();
    read(text).write_canonical(&mut bytes);
    String::from_utf8(bytes).unwrap()
}

/// Asserts that both readers say the same of a text.
fn assert_same(text: &str) {
    let expected = serde_json::from_str::<Value>(text);
    let found = Json::read(text);
    assert_eq!(found.is_ok(), expected.is_ok(), "{text:?}: {found:?} {expected:?}");
    assert_eq!(depth(text).is_some(), expected.is_ok(), "{text:?}");
    if let (Ok(found), Ok(expected)) = (found, expected) {
        // Numbers past a double's precision are less exact there.
        let again: Value = serde_json::from_str(&found.to_string()).unwrap();
        assert_eq!(again, expected, "{text:?}");
    }
}

#[test]
fn both_readers_have_one_verdict() {
    for text in [
        "",
        " ",
        "null",
        " true\n",
        "false",
        "nul",
        "nulL",
        "tru",
        "truex",
        "NaN",
        "Infinity",
        "'a'",
        "\u{feff}1",
        "0",
        "-0",
        "-",
        "00",
        "01",
        "-01",
        "1.",
        ".5",
        "1.5",
        "1.e1",
        "1e",
        "1e+",
        "1e5",
        "1E-5",
        "+1",
        "0x1",
        "1_0",
        "1e308",
        "1e309",
        "-1e309",
        "1e400",
        "0e400",
        "1e-400",
        "1.7976931348623158e308",
        "1.7976931348623159e308",
        "18446744073709551615",
        "18446744073709551616",
        "-9223372036854775808",
        "-9223372036854775809",
        "1e99999999999999",
        "0e99999999999999999999",
        "1e-99999999999999999999",
        "\"\"",
        "\"a",
        "\"\\",
        "\"\\u12",
        "\"a\nb\"",
        "\"\\x\"",
        "\"\\u00e9\"",
        "\"\\ud83d\\ude00\"",
        "\"\\ud83d\"",
        "\"\\ude00\"",
        "\"\\ud83d\\ud83d\"",
        "\"\\ud83dx\"",
        "\"\\uZZZZ\"",
        "\"é🦀\\/\\b\\f\\n\\r\\t\\\"\\\\\"",
        "[]",
        "[1",
        "[1,",
        "[1,]",
        "[,1]",
        "[1 2]",
        "[1]]",
        "{}",
        "{",
        "{\"a\"",
        "{\"a\":",
        "{\"a\":1",
        "{\"a\":1,",
        "{\"a\":1,}",
        "{1:2}",
        "{a:1}",
        "{\"a\" 1}",
        "{\"a\":1 \"b\":2}",
        "{\"a\":1,\"a\":2}",
        "{}{}",
        "// no",
        "[1, {\"a\": [null, true, \"x\"]}, 2.50]",
    ] {
        assert_same(text);
    }
    assert_same(&"9".repeat(308));
    assert_same(&"9".repeat(310));
    for levels in [1, 126, 127, 128, 2_000] {
        assert_same(&format!("{}{}", "[".repeat(levels), "]".repeat(levels)));
        assert_same(&format!("{}1{}", "{\"a\":".repeat(levels), "}".repeat(levels)));
    }
    assert_eq!(depth("[[], {\"a\": [1]}, []]"), Some(3));
    assert_eq!((depth("1"), depth("[1"), depth("[[],[],[]]")), (Some(0), None, Some(2)));
}

#[test]
fn what_is_wrong_is_named_with_its_place() {
    for text in [
        "",
        "{\n  \"a\": nope\n}",
        "[1,\n2",
        "[1,]",
        "{\"a\":1,}",
        "\"a",
        "{\"a\" 1}",
        "1 2",
        "[\"\\ud83d\"]",
        "\"\\x\"",
    ] {
        let expected = serde_json::from_str::<Value>(text).unwrap_err();
        assert_eq!(Json::read(text).unwrap_err().to_string(), expected.to_string(), "{text:?}");
    }
    let error = Json::read("{\"x\": 1e400}").unwrap_err();
    assert_eq!((error.reason(), error.to_string().contains("at line 1 column ")), ("number out of range", true));
}

#[test]
fn a_number_is_the_same_however_it_is_written() {
    for same in [
        &["0", "-0", "0.0", "-0.00", "0e5", "0E-9", "-0e0"][..],
        &["1", "1.0", "1e0", "10e-1", "0.1e1", "1.000E+0", "1000e-3"],
        &["-25", "-25.0", "-2.5e1", "-250e-1"],
        &["1.5", "15e-1", "0.15e1", "1.50"],
        &["100", "1e2", "1E2", "10e1", "100.0"],
        &["18446744073709551616", "18446744073709551616.0", "1844674407370955161.6e1"],
        &["0.1", "1e-1", "0.10", "0.01e1"],
    ] {
        for one in same {
            for other in same {
                assert_eq!(read(one), read(other), "{one} {other}");
                assert_eq!(canonical(one), canonical(other), "{one} {other}");
            }
        }
    }
    let different = [
        "18446744073709551616",
        "18446744073709551617",
        "18446744073709551616.5",
        "0.1",
        "0.10000000000000000001",
        "1",
        "-1",
        "10",
        "1e-1000",
        "1e-1001",
        "9007199254740993",
        "9007199254740992",
    ];
    for (position, one) in different.iter().enumerate() {
        for other in &different[position + 1..] {
            assert_ne!(read(one), read(other), "{one} {other}");
            assert_ne!(canonical(one), canonical(other), "{one} {other}");
        }
    }
}

#[test]
fn a_whole_number_and_a_decimal_are_read_from_any_writing() {
    let number = |text: &str| Number::read(text).unwrap();
    for (text, whole, decimal) in [
        ("7", Some(7), "7"),
        ("1e1", Some(10), "10"),
        ("18446744073709551615.0", Some(u64::MAX), "18446744073709551615"),
        ("18446744073709551616", None, "18446744073709551616"),
        ("-1", None, "-1"),
        ("-0", Some(0), "0"),
        ("5e-1", None, "0.5"),
        ("-12.50", None, "-12.5"),
        ("1e-3", None, "0.001"),
        ("1e-99", None, "1e-99"),
    ] {
        assert_eq!((number(text).as_u64(), number(text).decimal()), (whole, decimal.to_owned()), "{text}");
    }
    for text in ["", "1 ", " 1", "1x", "x", "1e400", "01"] {
        assert!(Number::read(text).is_none(), "{text:?}");
    }
}

#[test]
fn it_is_written_as_it_was_and_digested_in_one_form() {
    let json = read(" { \"b\" : [ 1.0, 1e2 ], \"a\":\"\\u00e9\\n\", \"a\": 18446744073709551616 } ");
    assert_eq!(json.to_string(), r#"{"a":18446744073709551616,"b":[1.0,1e2]}"#);
    assert_eq!(serde_json::from_str::<Json>(&json.to_string()).unwrap(), json);
    assert_eq!(canonical(r#"{"b": 2.50, "a": "\u00e9\u0000"}"#), "{\"a\":\"é\\u0000\",\"b\":25e-1}");
    assert_eq!(
        Json::from(&serde_json::json!({"b": [1, 2.5, "x", null, true]})),
        read(r#"{"b": [1, 2.5, "x", null, true]}"#)
    );
}

fn texts() -> impl Strategy<Value = String> {
    let leaf = prop_oneof![
        Just("null".to_owned()),
        Just("true".to_owned()),
        "-?(0|[1-9][0-9]{0,21})(\\.[0-9]{1,4})?([eE][+-]?[0-9]{1,3})?",
        any::<String>().prop_map(|text| Value::from(text).to_string()),
        "\"(\\\\u[0-9a-fA-F]{4}|\\\\[nrtbf/]|[a-z])*\"",
    ];
    leaf.prop_recursive(4, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(|items| format!("[{}]", items.join(" , "))),
            prop::collection::vec(("[ab]", inner), 0..4).prop_map(|fields| {
                let fields: Vec<String> = fields.iter().map(|(name, value)| format!("\"{name}\": {value}")).collect();
                format!("{{{}}}", fields.join(","))
            }),
        ]
    })
}

proptest! {
    #[test]
    fn both_readers_have_one_verdict_on_any_text(text in texts()) {
        assert_same(&text);
    }

    #[test]
    fn and_on_broken_ones(text in texts(), cut in any::<prop::sample::Index>(), stray in "[\\[\\]{}\",:0-9eE.\\\\u-]") {
        let mut letters: Vec<char> = text.chars().collect();
        let at = cut.index(letters.len());
        letters.splice(at..=at, stray.chars());
        assert_same(&letters.iter().collect::<String>());
        letters.truncate(at);
        assert_same(&letters.iter().collect::<String>());
    }
}
