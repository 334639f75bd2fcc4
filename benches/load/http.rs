//! HTTP as far as is needed to ask a server something, one request after the other on a connection.

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};

use crate::request::Request;

/// An answer as it came.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status.
    pub status: u16,
    /// The headers, in order.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: Vec<u8>,
}

impl Answer {
    /// Reads one. Bodies are expected to tell their length.
    pub fn read(from: &mut impl BufRead) -> std::io::Result<Answer> {
        let mut line = String::new();
        let mut next = |from: &mut dyn BufRead| -> std::io::Result<String> {
            line.clear();
            if from.read_line(&mut line)? == 0 {
                return Err(std::io::ErrorKind::UnexpectedEof.into());
            }
            Ok(line.trim_end().to_owned())
        };
        let first = next(from)?;
        let status = first.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or(0);
        let mut headers = Vec::new();
        loop {
            let header = next(from)?;
            let Some((name, value)) = header.split_once(": ") else { break };
            headers.push((name.to_owned(), value.to_owned()));
        }
        let length = headers.iter().find(|(name, _)| name.eq_ignore_ascii_case("content-length"));
        let mut body = vec![0; length.map_or(0, |(_, length)| length.parse().expect("a length is a number"))];
        from.read_exact(&mut body)?;
        Ok(Answer { status, headers, body })
    }

    /// Whether it is what was wanted.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status)
    }

    /// A header's value; empty where there is none.
    pub fn header(&self, name: &str) -> &str {
        let found = self.headers.iter().find(|(other, _)| other.eq_ignore_ascii_case(name));
        found.map_or("", |(_, value)| value)
    }

    /// The body as text.
    pub fn text(&self) -> String {
        String::from_utf8_lossy(&self.body).into_owned()
    }

    /// The body as JSON.
    pub fn json(&self) -> serde_json::Value {
        serde_json::from_slice(&self.body).expect("the answer is JSON")
    }
}

/// A connection that is kept.
pub struct Connection(BufReader<TcpStream>);

impl Connection {
    /// Connects.
    pub fn to(address: SocketAddr) -> std::io::Result<Connection> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        Ok(Connection(BufReader::with_capacity(1 << 16, stream)))
    }

    /// Asks, and takes whatever comes.
    pub fn ask(&mut self, request: &Request) -> std::io::Result<Answer> {
        self.0.get_mut().write_all(request.0.as_bytes())?;
        Answer::read(&mut self.0)
    }

    /// Asks what has to succeed.
    pub fn get(&mut self, request: &Request) -> Answer {
        let answer = self.ask(request).unwrap_or_else(|error| panic!("{}\n{error}", request.0));
        assert!(answer.is_success(), "{}\nwas answered {}: {}", request.0, answer.status, answer.text());
        answer
    }
}
