//! HTTP as far as is needed to ask a server something, one request after the other on a connection.

use std::io::{BufRead, BufReader, Read, Write};
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
    /// Reads one, whose body tells its length or comes in chunks. It is put into `body`, in the place of what is there.
    fn read(from: &mut impl BufRead, mut body: Vec<u8>) -> std::io::Result<Answer> {
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
        let value = |wanted: &str| {
            headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(wanted)).map(|(_, value)| value.as_str())
        };
        body.clear();
        let length = value("content-length").map_or(0, |length| length.parse().expect("a length is a number"));
        read_more(from, length, &mut body)?;
        if value("transfer-encoding") == Some("chunked") {
            while let length @ 1.. = u64::from_str_radix(&next(from)?, 16).expect("a chunk has a length") {
                read_more(from, length, &mut body)?;
                next(from)?;
            }
            next(from)?;
        }
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

fn read_more(from: &mut impl BufRead, length: u64, body: &mut Vec<u8>) -> std::io::Result<()> {
    let read = from.take(length).read_to_end(body)?;
    if read as u64 == length { Ok(()) } else { Err(std::io::ErrorKind::UnexpectedEof.into()) }
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
        self.ask_into(request, Vec::new())
    }

    /// Asks what has to succeed.
    pub fn get(&mut self, request: &Request) -> Answer {
        self.get_into(request, Vec::new())
    }

    fn ask_into(&mut self, request: &Request, room: Vec<u8>) -> std::io::Result<Answer> {
        self.0.get_mut().write_all(request.0.as_bytes())?;
        Answer::read(&mut self.0, room)
    }

    /// The same, with room for the body that has been made already: making it can take longer than a server takes.
    pub fn get_into(&mut self, request: &Request, room: Vec<u8>) -> Answer {
        let answer = self.ask_into(request, room).unwrap_or_else(|error| panic!("{}\n{error}", request.0));
        assert!(answer.is_success(), "{}\nwas answered {}: {}", request.0, answer.status, answer.text());
        answer
    }
}
