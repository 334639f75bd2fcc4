//! Who may enter: bearer tokens.

use std::fmt;

use hyper::StatusCode;
use hyper::header::AUTHORIZATION;
use sha2::{Digest, Sha256};
use subtle::{Choice, ConstantTimeEq};

use crate::config::Auth;
use crate::dialect::refusal::Refusal;
use crate::http::request::Request;

const SCHEME: &[u8] = b"bearer";

/// Checks the bearer token of each request.
pub struct Gate {
    mode: Mode,
}

enum Mode {
    Any,
    Off,
    /// The digests of the tokens that are accepted: of one length, so that comparing them tells nothing.
    Strict(Vec<[u8; 32]>),
}

/// Tokens are secrets.
impl fmt::Debug for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Gate")
    }
}

impl Gate {
    /// A gate that lets in who has what `auth` asks for.
    pub fn new(auth: &Auth) -> Gate {
        let mode = match auth {
            Auth::Any => Mode::Any,
            Auth::Off => Mode::Off,
            Auth::Strict(tokens) => Mode::Strict(tokens.iter().map(|token| digest(token)).collect()),
        };
        Gate { mode }
    }

    /// The token that the request is let in with; `None` where it has none and needs none.
    pub fn admit<'a>(&self, request: &'a Request) -> Result<Option<&'a str>, Refusal> {
        let token = bearer_token(request);
        match (token, &self.mode) {
            (Some("revoked"), _) => Err(Refusal::unauthorized("Token has been revoked")),
            (Some("expired"), _) => Err(Refusal::unauthorized("Token has expired")),
            (Some("forbidden"), _) => {
                Err(Refusal::new(StatusCode::FORBIDDEN, "This token is valid, but not allowed to use the Calls API"))
            }
            (_, Mode::Off) | (Some(_), Mode::Any) => Ok(token),
            (Some(given), Mode::Strict(tokens)) if is_among(given, tokens) => Ok(token),
            (Some(_), Mode::Strict(_)) => {
                Err(Refusal::unauthorized("Invalid token: it is none of those that the server accepts"))
            }
            (None, _) => Err(Refusal::unauthorized("No bearer token provided")),
        }
    }
}

/// The token of an `Authorization: Bearer TOKEN` header.
pub fn bearer_token(request: &Request) -> Option<&str> {
    // A header that is text is ASCII, so it can be cut as bytes.
    let text = request.header(AUTHORIZATION)?.as_bytes().trim_ascii();
    let (scheme, token) = text.split_at_checked(SCHEME.len())?;
    let is_bearer = scheme.eq_ignore_ascii_case(SCHEME) && token.first() == Some(&b' ');
    let token = std::str::from_utf8(token.trim_ascii()).ok()?;
    (is_bearer && !token.is_empty()).then_some(token)
}

/// Whether the token is accepted. Takes as long for one that nearly is as for one that is not at all.
fn is_among(token: &str, accepted: &[[u8; 32]]) -> bool {
    let given = digest(token);
    accepted.iter().fold(Choice::from(0), |found, known| found | known.ct_eq(&given)).into()
}

fn digest(token: &str) -> [u8; 32] {
    Sha256::digest(token.as_bytes()).into()
}
