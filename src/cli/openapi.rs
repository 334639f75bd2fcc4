//! `openapi`: prints the OpenAPI document of an API, for tools that work without a server.

use clap::ArgMatches;
use hyper::Uri;

use super::layers::Origin;
use super::refusal::{Refusal, Wrong};
use crate::reference::document::{CALLS, CONTROL, for_server_at};

/// Where the server listens unless it is told otherwise.
const DEFAULT_URL: &str = "http://127.0.0.1:2565";

/// The document that was asked for.
pub(super) fn read(asked: &ArgMatches) -> Result<String, Refusal> {
    let url = asked.get_one::<String>("url").map_or(DEFAULT_URL, String::as_str);
    if !is_server(url) {
        let accepts = "the http or https URL of a server, such as http://127.0.0.1:2565";
        return Err(Refusal::of_value("url", accepts, &Origin::CommandLine, &Wrong::text(url)));
    }
    let document = if asked.get_flag("control") { &CONTROL } else { &CALLS };
    Ok(for_server_at(&document.text(), url) + "\n")
}

fn is_server(url: &str) -> bool {
    let Ok(url) = url.parse::<Uri>() else { return false };
    let has_host = url.host().is_some_and(|host| !host.is_empty());
    matches!(url.scheme_str(), Some("http" | "https")) && has_host && url.query().is_none()
}
