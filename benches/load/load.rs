//! Load by wrk: as many requests as the server takes, over a number of connections.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::process::{Process, pinned};
use crate::request::{PLACING, Request};

/// What wrk sends, as a script of its.
#[derive(Clone, Debug)]
pub struct Script {
    file: PathBuf,
    /// Some of its requests, to ask for by hand: a thousand from all over, where there are more.
    pub sample: Vec<Request>,
}

/// What wrk measured.
#[derive(Clone, Copy, Debug)]
pub struct Load {
    /// How many requests were answered.
    pub requests: u64,
    /// In what time.
    pub took: Duration,
}

impl Load {
    /// Requests in a second.
    pub fn rate(&self) -> f64 {
        self.requests as f64 / self.took.as_secs_f64()
    }
}

/// Says what came of it, in numbers that can be read again.
const DONE: &str = r#"
function done(summary)
  local errors = summary.errors
  local broken = errors.connect + errors.read + errors.write + errors.timeout
  io.write(("measured %d %d %d %d\n"):format(summary.requests, summary.duration, broken, errors.status))
end
"#;

/// How many requests a script gives as a sample.
const SAMPLE: usize = 1_000;

impl Script {
    /// These requests in turn.
    pub fn in_turn(folder: &Path, name: &str, requests: &[Request]) -> Script {
        let mut lua = String::from("local requests = {\n");
        for request in requests {
            // Rust and Lua quote what is printable alike.
            let _ = writeln!(lua, "  {:?},", request.0);
        }
        lua += "}\nlocal position = 0\nfunction request()\n  position = position % #requests + 1\n  return requests[position]\nend\n";
        let step = requests.len().div_ceil(SAMPLE);
        Script::write(folder, name, lua, requests.iter().step_by(step).cloned().collect())
    }

    /// Calls that are placed, each with a new key and to a new number; the first has the number `from`.
    pub fn placing(folder: &Path, name: &str, from: u64) -> Script {
        let (before, rest) = PLACING.split_once("KEY").expect("there is a key");
        let (between, after) = rest.split_once("TO").expect("there is a number");
        let lua = format!(
            "local number = {from}\nfunction request()\n  number = number + 1\n  return {before:?} .. \
             (\"%012x\"):format(number) .. {between:?} .. (\"%07d\"):format(number % 10000000) .. {after:?}\nend\n"
        );
        Script::write(folder, name, lua, vec![Request::place(from)])
    }

    fn write(folder: &Path, name: &str, lua: String, sample: Vec<Request>) -> Script {
        let file = folder.join(format!("{name}.lua"));
        std::fs::write(&file, lua + DONE).expect("a script can be written");
        Script { file, sample }
    }

    /// Runs it against a server, from that core. Any answer but a success ends the whole run.
    pub fn run(&self, server: &Process, core: usize, connections: usize, lasting: Duration) -> Load {
        let mut wrk = pinned(core, "wrk");
        wrk.args(["--threads", "1", "--timeout", "10s", "--connections", &connections.to_string()]);
        wrk.args(["--duration", &format!("{}s", lasting.as_secs().max(1))]);
        wrk.arg("--script").arg(&self.file).arg(format!("http://{}", server.address));
        let output = wrk.output().expect("wrk can be run");
        let text = String::from_utf8_lossy(&output.stdout);
        let line = text.lines().find_map(|line| line.strip_prefix("measured "));
        let line = line.unwrap_or_else(|| panic!("wrk says {text}{}", String::from_utf8_lossy(&output.stderr)));
        let numbers: Vec<u64> = line.split(' ').map(|number| number.parse().expect("wrk counts")).collect();
        let [requests, micros, broken, refused] = numbers[..] else { panic!("wrk says {line}") };
        assert!(broken == 0 && refused == 0, "{}: {broken} broke, {refused} were refused", self.file.display());
        Load { requests, took: Duration::from_micros(micros) }
    }
}
