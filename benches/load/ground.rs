//! What all rows share: the options, the worlds that take long to make, and where files go.

use std::cell::RefCell;
use std::collections::HashMap;
use std::path::PathBuf;
use std::process::Command;
use std::rc::Rc;
use std::time::Duration;

use crate::load::{Load, Script};
use crate::options::Options;
use crate::process::{Process, itself, pinned, product, target};
use crate::request::Request;

/// How many connections a client has, unless that is what is measured.
pub const CONNECTIONS: usize = 32;

/// See the module.
pub struct Ground {
    /// What the run is to do.
    pub options: Options,
    /// Where scripts and answers are written.
    pub folder: PathBuf,
    /// Servers that nothing changes, by how many calls they have.
    worlds: RefCell<HashMap<u64, Rc<Process>>>,
}

impl Ground {
    /// A place to measure, with nothing on it.
    pub fn new(options: &Options) -> Ground {
        let folder = target().join("tmp/bench");
        std::fs::create_dir_all(&folder).expect("a folder for scripts");
        Ground { options: options.clone(), folder, worlds: RefCell::default() }
    }

    /// What a goal calls a million; few where the run only shows that everything works.
    pub fn million(&self) -> u64 {
        self.scaled(1_000_000, 20_000)
    }

    /// The first of two sizes, or the second where the run only shows that everything works.
    pub fn scaled(&self, whole: u64, quick: u64) -> u64 {
        if self.options.quick { quick } else { whole }
    }

    /// The product on the server's core, with these options beside those that every row has.
    pub fn product(&self, options: &[&str]) -> Process {
        let mut command = pinned(self.options.cores.0, product());
        command.args(SERVE).args(options);
        Process::start(command)
    }

    /// The product on all cores.
    pub fn product_at_large(&self, options: &[&str]) -> Process {
        let mut command = Command::new(product());
        command.args(SERVE).args(options);
        Process::start(command)
    }

    /// A product whose world has that many calls, shared by all that only look at it.
    pub fn world(&self, calls: u64) -> Rc<Process> {
        let make = || Rc::new(self.product(&["--calls", &calls.to_string()]));
        Rc::clone(self.worlds.borrow_mut().entry(calls).or_insert_with(make))
    }

    /// Bare hyper on the server's core, that answers in turn as `server` answers those requests.
    pub fn bare(&self, server: &Process, requests: &[Request]) -> Process {
        let file = self.folder.join("answers");
        let mut connection = server.connect();
        let mut bytes = Vec::new();
        for answer in requests.iter().map(|request| connection.get(request)) {
            bytes.extend(format!("HTTP/1.1 {} \r\n", answer.status).into_bytes());
            for (name, value) in &answer.headers {
                bytes.extend(format!("{name}: {value}\r\n").into_bytes());
            }
            bytes.extend(b"\r\n");
            bytes.extend(&answer.body);
        }
        std::fs::write(&file, bytes).expect("answers can be written");
        Process::start(self.own("bare", self.options.cores.0, &[&file.to_string_lossy()]))
    }

    /// This program in another role.
    pub fn own(&self, role: &str, core: usize, parameters: &[&str]) -> Command {
        let mut command = pinned(core, itself());
        command.arg(role).args(parameters);
        command
    }

    /// Load for the time of one round.
    pub fn load(&self, server: &Process, script: &Script) -> Load {
        self.load_over(server, script, CONNECTIONS)
    }

    /// The same over that many connections.
    pub fn load_over(&self, server: &Process, script: &Script, connections: usize) -> Load {
        let load = script.run(server, self.options.cores.1, connections, self.options.round);
        assert!(load.requests > 0, "nothing was answered");
        load
    }

    /// Load that is not measured: what is made at first use is made, what is to be cached is cached.
    pub fn warm_up(&self, server: &Process, script: &Script) {
        script.run(server, self.options.cores.1, CONNECTIONS, Duration::from_secs(1));
    }

    /// These requests in turn, as a script.
    pub fn script(&self, name: &str, requests: &[Request]) -> Script {
        Script::in_turn(&self.folder, name, requests)
    }
}

/// What every product is started with: a terminal is not what is measured.
const SERVE: [&str; 4] = ["--listen", "127.0.0.1:0", "--log-format", "off"];

/// The ids of a thousand calls from all over a world.
pub fn ids(server: &Process) -> Vec<String> {
    many_ids(server, 1_000)
}

/// The same of about that many calls, or all that there are.
pub fn many_ids(server: &Process, count: u64) -> Vec<String> {
    const PAGE: u64 = 100;
    let wanted = count.div_ceil(PAGE);
    let mut connection = server.connect();
    let mut ids = Vec::new();
    let pages = connection.get(&Request::get("/calls?limit=100")).json()["pagination"]["totalPages"].as_u64();
    let pages = pages.expect("a list tells how many pages it has");
    for part in 0..wanted.min(pages) {
        let page = 1 + part * pages / wanted.min(pages);
        let listed = connection.get(&Request::get(&format!("/calls?limit=100&page={page}"))).json();
        let listed = listed["data"].as_array().expect("a list has calls").clone();
        ids.extend(listed.iter().map(|call| call["id"].as_str().expect("a call has an id").to_owned()));
    }
    ids
}
