//! How time and memory grow with calls, connections and workspaces, as plots for the documentation.

use std::path::Path;

use crate::ground::{CONNECTIONS, Ground};
use crate::load::Script;
use crate::plot::{Panel, Plot, Series};
use crate::process::Process;
use crate::request::Request;
use crate::rows::{reading, workspaces};

type Points = Vec<(f64, f64)>;

/// Measures, and writes one file a quantity: into `docs`, or beside the scripts where it is only to be seen that it works.
pub fn draw(ground: &Ground) {
    let folder = if ground.options.quick { ground.folder.as_path() } else { Path::new("docs") };
    for (name, plot) in
        [("calls", calls(ground)), ("connections", connections(ground)), ("workspaces", of_workspaces(ground))]
    {
        let file = folder.join(format!("growth-{name}.svg"));
        std::fs::write(&file, plot.to_svg()).expect("a plot can be written");
        println!("written to {}", file.display());
    }
}

/// Sizes from one power of ten to another, two for each.
fn sizes(ground: &Ground, from: u32, to: u32) -> Vec<u64> {
    let to = if ground.options.quick { from + 1 } else { to };
    let powers = (from..to).flat_map(|power| [10_u64.pow(power), 3 * 10_u64.pow(power)]);
    powers.chain([10_u64.pow(to)]).collect()
}

fn calls(ground: &Ground) -> Plot {
    let (mut get, mut list, mut place, mut memory) = (Points::new(), Points::new(), Points::new(), Points::new());
    for size in sizes(ground, 3, 6) {
        let server = ground.product(&["--calls", &size.to_string()]);
        server.get(&Request::get("/calls/call_xxx"));
        memory.push((size as f64, mebibytes(&server)));
        get.push((size as f64, cost(ground, &server, &reading::script(ground, &server), CONNECTIONS)));
        let usual = ground.script("list", &[Request::get("/calls?status=COMPLETED&limit=20")]);
        list.push((size as f64, cost(ground, &server, &usual, CONNECTIONS)));
        // Each its own keys: the same again would only be given the first answers again.
        ground.warm_up(&server, &Script::placing(&ground.folder, "place-warm", 0));
        let placing = Script::placing(&ground.folder, "place", 10_000_000);
        place.push((size as f64, measured(ground, &server, &placing, CONNECTIONS)));
        eprintln!("{size} calls");
    }
    let time = [("GET /calls/:id", get), ("GET /calls?status=…&limit=20", list), ("POST /calls", place)];
    plot("calls", &time, memory)
}

fn connections(ground: &Ground) -> Plot {
    let (mut time, mut memory) = (Points::new(), Points::new());
    for size in sizes(ground, 0, 4) {
        let server = ground.product(&["--calls", "1000"]);
        let script = reading::script(ground, &server);
        time.push((size as f64, cost(ground, &server, &script, size as usize)));
        // What connections took is kept for the next: looked at after they are gone, it is still there.
        memory.push((size as f64, mebibytes(&server)));
        eprintln!("{size} connections");
    }
    plot("connections", &[("GET /calls/:id", time)], memory)
}

fn of_workspaces(ground: &Ground) -> Plot {
    let (mut time, mut memory) = (Points::new(), Points::new());
    for size in sizes(ground, 0, 4) {
        let server = ground.product(&[]);
        let script = workspaces::script(ground, &server, size);
        memory.push((size as f64, mebibytes(&server)));
        time.push((size as f64, cost(ground, &server, &script, CONNECTIONS)));
        eprintln!("{size} workspaces");
    }
    plot("workspaces", &[("GET /calls/call_xxx, a workspace after the other", time)], memory)
}

/// Processor time for a request, in microseconds, after a warm-up.
fn cost(ground: &Ground, server: &Process, script: &Script, connections: usize) -> f64 {
    ground.warm_up(server, script);
    measured(ground, server, script, connections)
}

fn measured(ground: &Ground, server: &Process, script: &Script, connections: usize) -> f64 {
    let before = server.cpu();
    let load = ground.load_over(server, script, connections);
    server.cpu().saturating_sub(before).as_secs_f64() * 1e6 / load.requests as f64
}

fn mebibytes(server: &Process) -> f64 {
    server.resident() as f64 / 1_048_576.0
}

fn plot(of: &str, time: &[(&str, Points)], memory: Points) -> Plot {
    let series = |(name, points): &(&str, Points)| Series { name: (*name).to_owned(), points: points.clone() };
    let time = Panel {
        title: "processor time a request, µs".to_owned(),
        is_logarithmic: false,
        series: time.iter().map(series).collect(),
    };
    let memory = Panel {
        title: "resident memory, MiB".to_owned(),
        is_logarithmic: true,
        series: vec![Series { name: "akol-mock".to_owned(), points: memory }],
    };
    Plot { of: of.to_owned(), panels: vec![time, memory] }
}
