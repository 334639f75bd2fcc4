//! Makes the OpenAPI documents that the program serves, each one JSON text that is merged from the files of a folder, and compresses them and the
//! files of the page that shows them.

use std::error::Error;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::{env, fs};

use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Map, Value};

const FOLDER: &str = "openapi";
const DOCUMENTS: [&str; 2] = ["calls", "control"];

/// The files of the page.
const PAGE: [&str; 3] = [
    "src/reference/page.html",
    "src/reference/page.js",
    "src/reference/vendor/scalar-api-reference-1.72.1/standalone.js",
];

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
        compress(&format!("{name}.json"), serde_json::to_string_pretty(&document)?.as_bytes())?;
    }
    for file in PAGE {
        println!("cargo::rerun-if-changed={file}");
        let name = file.rsplit('/').next().unwrap_or(file);
        compress(name, &fs::read(file)?)?;
    }
    Ok(())
}

/// Writes `bytes` in gzip's format, with no time in it: the same bytes make the same file.
fn compress(name: &str, bytes: &[u8]) -> Result<(), Box<dyn Error>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(bytes)?;
    let made = PathBuf::from(env::var("OUT_DIR")?).join(format!("{name}.gz"));
    Ok(fs::write(made, encoder.finish()?)?)
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
