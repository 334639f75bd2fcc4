//! Makes the OpenAPI documents that the program serves: each is one JSON text, merged from the files of a folder.

use std::error::Error;
use std::path::{Path, PathBuf};
use std::{env, fs};

use serde_json::{Map, Value};

const FOLDER: &str = "openapi";
const DOCUMENTS: [&str; 2] = ["calls", "control"];

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={FOLDER}");
    for name in DOCUMENTS {
        let mut document = Map::new();
        for part in parts(&Path::new(FOLDER).join(name))? {
            let broken = |problem: &dyn std::fmt::Display| format!("{}: {problem}", part.display());
            let text = fs::read_to_string(&part)?;
            let part = serde_saphyr::from_str(&text).map_err(|error| broken(&error))?;
            merge(&mut document, part).map_err(|twice| broken(&format!("{twice} stands in another file, too")))?;
        }
        let info = document.get_mut("info").and_then(Value::as_object_mut).ok_or("a document needs an info")?;
        info.insert("version".to_owned(), env!("CARGO_PKG_VERSION").into());
        let made = PathBuf::from(env::var("OUT_DIR")?).join(format!("{name}.json"));
        fs::write(made, serde_json::to_string_pretty(&document)?)?;
    }
    Ok(())
}

/// The files of a document, in the order of their names.
fn parts(folder: &Path) -> Result<Vec<PathBuf>, Box<dyn Error>> {
    let mut parts = Vec::new();
    for entry in fs::read_dir(folder)? {
        parts.push(entry?.path());
    }
    parts.sort();
    Ok(parts)
}

/// Adds what `part` has to `whole`. Objects are merged; whatever else stands in both is an error, which names it.
fn merge(whole: &mut Map<String, Value>, part: Map<String, Value>) -> Result<(), String> {
    for (key, value) in part {
        match (whole.get_mut(&key), value) {
            (None, value) => {
                whole.insert(key, value);
            }
            (Some(Value::Object(inner)), Value::Object(value)) => {
                merge(inner, value).map_err(|place| format!("{key}.{place}"))?;
            }
            (Some(_), _) => return Err(key),
        }
    }
    Ok(())
}
