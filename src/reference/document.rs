//! The OpenAPI documents, which the build merges from the files in `openapi/`.

use hyper::header::CACHE_CONTROL;

use super::compressed::Compressed;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;
use crate::http::response::Reply;

/// Describes Akol's Calls API.
pub static CALLS: Compressed = Compressed::new(JSON, include_bytes!(concat!(env!("OUT_DIR"), "/calls.json.gz")));
/// Describes the control API.
pub static CONTROL: Compressed = Compressed::new(JSON, include_bytes!(concat!(env!("OUT_DIR"), "/control.json.gz")));

const JSON: &str = "application/json";

/// How the address of a server begins in a document: at its path, as the documents are read where the server is.
const SERVER: &str = "\"url\": \"/";

/// `GET /openapi.json`.
pub fn calls(request: &Request) -> Result<Reply, Refusal> {
    // Another version of the server, on the same port, has another one.
    Ok(CALLS.reply(request).with(CACHE_CONTROL, "no-cache"))
}

/// `GET /__admin/openapi.json`.
pub fn control(request: &Request) -> Result<Reply, Refusal> {
    Ok(CONTROL.reply(request))
}

/// The document for readers elsewhere, with the whole address of each server, which begins with `base`.
pub fn for_server_at(document: &str, base: &str) -> String {
    document.replace(SERVER, &format!("\"url\": \"{}/", base.trim_end_matches('/')))
}

#[cfg(test)]
mod tests {
    use serde_json::Value;

    use super::*;

    #[test]
    fn whoever_reads_a_document_elsewhere_finds_the_server() {
        for document in [CALLS.text(), CONTROL.text()] {
            let before: Value = serde_json::from_str(&document).unwrap();
            let after: Value = serde_json::from_str(&for_server_at(&document, "http://mock:1/")).unwrap();
            let servers = |document: &Value| -> Vec<String> {
                let servers = document["servers"].as_array().unwrap().iter();
                servers.map(|server| server["url"].as_str().unwrap().to_owned()).collect()
            };
            let wanted: Vec<String> = servers(&before).iter().map(|path| format!("http://mock:1{path}")).collect();
            assert!(!wanted.is_empty());
            assert_eq!(servers(&after), wanted);
            assert_eq!(document.matches(SERVER).count(), wanted.len(), "nothing else is taken for a server");
        }
    }

    /// The descriptions in `value` that do not end as they should, each with its place.
    fn ungraded(value: &Value, place: &str) -> Vec<String> {
        let Some(object) = value.as_object() else {
            let items = value.as_array().into_iter().flatten().enumerate();
            return items.flat_map(|(at, item)| ungraded(item, &format!("{place}/{at}"))).collect();
        };
        // Links and examples state no facts about the API.
        let inner = object.iter().filter(|(key, _)| !["links", "examples", "example", "value"].contains(&key.as_str()));
        let mut found: Vec<String> =
            inner.flat_map(|(key, value)| ungraded(value, &format!("{place}/{key}"))).collect();
        if let Some(Value::String(text)) = object.get("description") {
            let last = text.trim_end().trim_end_matches('.').rsplit(". ").next().unwrap_or_default();
            let last = last.rsplit('\n').next().unwrap_or_default().to_lowercase();
            let grades = ["documented", "seen", "assumed", "emulator"];
            if !text.trim_end().ends_with('.') || !grades.iter().any(|grade| last.contains(grade)) {
                found.push(format!("{place}: {text}"));
            }
        }
        found
    }

    #[test]
    fn every_description_ends_with_where_it_comes_from() {
        let document: Value = serde_json::from_str(&CALLS.text()).unwrap();
        let mut found = Vec::new();
        for part in ["paths", "webhooks", "components"] {
            found.extend(ungraded(&document[part], part));
        }
        assert!(found.is_empty(), "{}", found.join("\n"));
        assert_eq!(ungraded(&serde_json::json!([{"description": "A call."}]), "x"), ["x/0: A call."]);
    }

    #[test]
    fn a_document_has_the_programs_version() {
        for document in [&CALLS, &CONTROL] {
            let document: Value = serde_json::from_str(&document.text()).unwrap();
            assert_eq!(document["info"]["version"], env!("CARGO_PKG_VERSION"));
        }
    }
}
