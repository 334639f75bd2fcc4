//! A request as it goes over the wire.

/// See the module.
#[derive(Clone, Debug)]
pub struct Request(pub String);

impl Request {
    /// A `GET` of that path below Akol's API, with the token that everybody takes.
    pub fn get(path: &str) -> Request {
        Request::get_as("any", path)
    }

    /// The same with a token of one's own.
    pub fn get_as(token: &str, path: &str) -> Request {
        Request::new("GET", &format!("/api/v1{path}"), &[("Authorization", &format!("Bearer {token}"))], "")
    }

    /// The same with one more header.
    pub fn with(&self, name: &str, value: &str) -> Request {
        Request(self.0.replacen("\r\n", &format!("\r\n{name}: {value}\r\n"), 1))
    }

    /// A `GET` of the control API.
    pub fn look(path: &str) -> Request {
        Request::new("GET", &format!("/__admin{path}"), &[], "")
    }

    /// A change by the control API.
    pub fn control(method: &str, path: &str, json: &str) -> Request {
        Request::new(method, &format!("/__admin{path}"), &[("Content-Type", "application/json")], json)
    }

    /// The placing of a call. The key and the number are those with that number, so each is a new call.
    pub fn place(number: u64) -> Request {
        let filled =
            PLACING.replace("KEY", &format!("{number:012x}")).replace("TO", &format!("{:07}", number % 10_000_000));
        Request(filled)
    }

    /// Any request. Where it has a body its length is told.
    pub fn new(method: &str, target: &str, headers: &[(&str, &str)], body: &str) -> Request {
        let mut text = format!("{method} {target} HTTP/1.1\r\nHost: 127.0.0.1\r\n");
        for (name, value) in headers {
            text += &format!("{name}: {value}\r\n");
        }
        if !body.is_empty() {
            text += &format!("Content-Length: {}\r\n", body.len());
        }
        Request(text + "\r\n" + body)
    }
}

/// How a call is placed: `KEY` stands for twelve hexadecimal digits, `TO` for seven decimal ones. The length is that of the filled body.
pub const PLACING: &str = concat!(
    "POST /api/v1/calls HTTP/1.1\r\nHost: 127.0.0.1\r\nAuthorization: Bearer any\r\nContent-Type: application/json\r\n",
    "Idempotency-Key: 7f2c1f8e-3b0a-4a53-9d0c-KEY\r\nContent-Length: 79\r\n\r\n",
    r#"{"campaignId":"cmp_xxx","toNumber":"+1212TO","fromPhoneNumberId":"pn_xxx"}"#,
);
