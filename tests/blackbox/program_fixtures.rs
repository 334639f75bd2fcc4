//! The real program with fixtures of the user's own.

#![cfg(unix)]

use std::fs;
use std::path::{Path, PathBuf};

use crate::support::program::{Program, akol_mock, exchange, request};

/// A path at which there is nothing yet.
fn fresh_folder(name: &str) -> PathBuf {
    let folder = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).join(format!("program-{name}"));
    if folder.exists() {
        fs::remove_dir_all(&folder).unwrap();
    }
    folder
}

/// The built-in fixtures in a folder of their own.
fn written_fixtures(name: &str) -> PathBuf {
    let folder = fresh_folder(name);
    let output = akol_mock(&["fixtures", folder.to_str().unwrap()]).output().unwrap();
    assert_eq!(output.status.code(), Some(0), "{}", String::from_utf8_lossy(&output.stderr));
    let said = String::from_utf8(output.stdout).unwrap();
    assert!(said.ends_with(&format!("serve them with: akol-mock --fixtures {}\n", folder.display())), "{said}");
    folder
}

/// The number of the first line that holds a text, from 1.
fn line_of(file: &Path, text: &str) -> usize {
    1 + fs::read_to_string(file).unwrap().lines().position(|line| line.contains(text)).unwrap()
}

fn replace(file: &Path, from: &str, to: &str) {
    let text = fs::read_to_string(file).unwrap();
    assert!(text.contains(from), "{} has no {from:?}", file.display());
    fs::write(file, text.replacen(from, to, 1)).unwrap();
}

#[test]
fn a_broken_fixture_is_named_with_file_and_line_and_2() {
    for (name, file, from, to, part) in [
        ("toml", "scenarios.toml", "ring = \"3s..14s\"", "ring = 3s..14s", "invalid"),
        ("value", "scenarios.toml", "ring = \"3s..14s\"", "ring = \"14s..3s\"", "14s..3s"),
        ("key", "businesses/documentation.toml", "trade = \"salon\"", "trad = \"salon\"", "trad"),
        ("reference", "businesses/documentation.toml", "agent = \"agt_xxx\"", "agent = \"agt_nobody\"", "agt_nobody"),
        ("call", "calls.toml", "campaignId = \"cmp_xxx\"", "campaignId = \"cmp_none\"", "cmp_none"),
    ] {
        let folder = written_fixtures(&format!("broken-{name}"));
        let line = line_of(&folder.join(file), from);
        replace(&folder.join(file), from, to);
        let output = akol_mock(&["--listen", "127.0.0.1:0", "--fixtures", folder.to_str().unwrap()]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {stderr}");
        assert_eq!(output.stdout, b"", "{name}");
        let place = format!("{}:{line}:", folder.join(file).display());
        assert!(stderr.contains(&place) && stderr.contains(part), "{name}: {stderr} should name {place} {part}");
    }
}

#[test]
fn a_folder_with_nothing_in_it_does_not_pass_for_the_built_in_files() {
    let folder = written_fixtures("emptied");
    fs::remove_dir_all(folder.join("dialogues")).unwrap();
    fs::create_dir(folder.join("dialogues")).unwrap();
    let output = akol_mock(&["--listen", "127.0.0.1:0", "--fixtures", folder.to_str().unwrap()]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("dialogues: there is no .toml file in this folder"), "{stderr}");
}

#[test]
fn a_file_of_a_name_that_nothing_reads_is_refused() {
    let folder = written_fixtures("stranger");
    fs::rename(folder.join("scenarios.toml"), folder.join("scenario.toml")).unwrap();
    let output = akol_mock(&["--listen", "127.0.0.1:0", "--fixtures", folder.to_str().unwrap()]).output().unwrap();
    let stderr = String::from_utf8(output.stderr).unwrap();
    assert_eq!(output.status.code(), Some(2), "{stderr}");
    assert!(stderr.contains("scenario.toml: nothing is read from this file"), "{stderr}");
}

#[test]
fn a_stranger_in_the_folder_is_named() {
    for (name, stranger) in
        [("folder", "busineses/a.toml"), ("kind", "businesses/a.yaml"), ("deep", "dialogues/more/a.toml")]
    {
        let folder = written_fixtures(&format!("stranger-{name}"));
        fs::create_dir_all(folder.join(stranger).parent().unwrap()).unwrap();
        fs::write(folder.join(stranger), "").unwrap();
        let output = akol_mock(&["--listen", "127.0.0.1:0", "--fixtures", folder.to_str().unwrap()]).output().unwrap();
        let stderr = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{name}: {stderr}");
        assert!(stderr.contains(": nothing is read from "), "{name}: {stderr}");
    }
}

#[test]
fn what_systems_and_editors_leave_in_a_folder_is_passed_over() {
    let folder = written_fixtures("left-over");
    for part in ["", "businesses", "dialogues"] {
        for name in
            [".DS_Store", "._x.toml", "Thumbs.db", "desktop.ini", "x.toml~", ".x.toml.swp", "x.toml.bak", "#x.toml#"]
        {
            fs::write(folder.join(part).join(name), "[no fixture").unwrap();
        }
        fs::create_dir(folder.join(part).join("__MACOSX")).unwrap();
    }
    let program = Program::start(&["--fixtures", folder.to_str().unwrap()]);
    assert!(program.get("/__admin/businesses").contains("biz_xxx"));
}

#[test]
fn a_folder_that_kubernetes_mounts_is_read_through_its_links() {
    let (written, folder) = (written_fixtures("mounted-from"), fresh_folder("mounted"));
    let behind = folder.join("..2026_05_04_09_00_00.123456789");
    fs::create_dir_all(&folder).unwrap();
    fs::rename(&written, &behind).unwrap();
    std::os::unix::fs::symlink("..2026_05_04_09_00_00.123456789", folder.join("..data")).unwrap();
    for name in ["businesses", "dialogues", "scenarios.toml", "calls.toml"] {
        std::os::unix::fs::symlink(format!("..data/{name}"), folder.join(name)).unwrap();
    }
    let program = Program::start(&["--fixtures", folder.to_str().unwrap()]);
    assert!(program.get("/__admin/businesses").contains("biz_xxx"));
}

/// Everything that can be listed, and some of what hangs on it.
fn everything(program: &Program) -> Vec<String> {
    let mut paths: Vec<String> = ["campaigns", "businesses", "agents", "phone-numbers"]
        .map(|noun| format!("/__admin/{noun}"))
        .into_iter()
        .chain((1..=3).map(|page| format!("/api/v1/calls?limit=100&page={page}")))
        .collect();
    paths.push("/api/v1/calls/call_xxx/transcript".to_owned());
    paths.iter().map(|path| program.get(path)).collect()
}

#[test]
fn fixtures_that_were_written_serve_the_same_bytes_as_the_built_in() {
    let folder = written_fixtures("round-trip");
    let same = ["--start-time", "2026-11-22T12:00:00Z"];
    let built_in = Program::start(&same);
    let written = Program::start(&[&same[..], &["--fixtures", folder.to_str().unwrap()]].concat());
    let (one, other) = (everything(&built_in), everything(&written));
    assert!(one[4].contains("call_") && one[4].len() > 50_000);
    assert_eq!(one, other);
}

#[test]
fn one_changed_file_is_used_and_the_rest_stays_built_in() {
    let folder = written_fixtures("changed");
    replace(&folder.join("businesses/documentation.toml"), "Corner Street Salon", "Mine & Yours");
    let program = Program::start(&["--fixtures", folder.to_str().unwrap()]);
    assert!(program.get("/__admin/businesses").contains("Mine & Yours"));

    let alone = fresh_folder("alone");
    fs::create_dir(&alone).unwrap();
    let scenarios = fs::read_to_string(folder.join("scenarios.toml")).unwrap();
    fs::write(alone.join("scenarios.toml"), scenarios.replace("name = \"busy\"", "name = \"engaged\"")).unwrap();
    let program = Program::start(&["--fixtures", alone.to_str().unwrap()]);
    let change = program.ask("PATCH", "/__admin/campaigns/cmp_xxx", r#"{"scenario": "engaged"}"#);
    assert!(change.contains("engaged"), "{change}");
    assert!(program.get("/api/v1/calls/call_xxx").contains("Alice"));
}

/// The memory that a process holds, in bytes.
#[cfg(target_os = "linux")]
fn resident(pid: u32) -> u64 {
    let status = fs::read_to_string(format!("/proc/{pid}/status")).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse::<u64>().unwrap() * 1024
}

#[cfg(target_os = "linux")]
#[test]
fn day_long_recordings_are_streamed_in_little_memory() {
    use std::io::{Read, Write};
    use std::net::TcpStream;

    use crate::support::contract;
    use crate::support::program::request;

    let folder = written_fixtures("day-long");
    replace(&folder.join("calls.toml"), "2026-04-18T14:23:10.000Z", "2026-04-19T14:21:42.000Z");
    let program = Program::start(&["--fixtures", folder.to_str().unwrap()]);
    program.get("/api/v1/calls/call_xxx");
    let before = resident(program.child.id());
    let read = || {
        let mut stream = TcpStream::connect(program.address).unwrap();
        let request = request("GET", "/api/v1/calls/call_xxx/audio", "");
        stream.write_all(request.as_bytes()).unwrap();
        let mut start = vec![0; 32 << 20];
        stream.read_exact(&mut start).unwrap();
        let head = String::from_utf8_lossy(&start[..1_000]).into_owned();
        contract::check_head_of(request.as_bytes(), &start);
        assert!(head.contains(&format!("content-length: {}\r\n", 44 + 86_400_u32 * 16_000)), "{head}");
        stream
    };
    // Eight clients that each have read 32 MiB and now dawdle, of 1.4 GB each.
    let streams: Vec<TcpStream> = (0..8).map(|_| read()).collect();
    let grown = resident(program.child.id()).saturating_sub(before);
    assert!(grown < 16 << 20, "{grown} bytes more");
    drop(streams);
    assert_eq!(program.stop().code, Some(0));
}

#[test]
fn the_start_says_where_the_parts_of_the_world_come_from_and_what_is_not_there() {
    let line_of = |folder: &Path| {
        let program = Program::start(&["--fixtures", folder.to_str().unwrap()]);
        let request = request("GET", "/api/v1/calls/call_xxx", "");
        let has_example = exchange(program.address, &request).status == 200;
        let said = program.stop().stdout;
        let line = said.lines().find(|line| line.starts_with("fixtures: ")).unwrap_or_else(|| panic!("{said}"));
        assert_eq!(has_example, !line.ends_with("so there is no call_xxx"), "{said}");
        line.replace(folder.to_str().unwrap(), "DIR")
    };
    let folder = written_fixtures("origins");
    assert_eq!(line_of(&folder), "fixtures: businesses, dialogues, scenarios.toml, calls.toml of DIR");
    fs::remove_file(folder.join("calls.toml")).unwrap();
    fs::remove_dir_all(folder.join("dialogues")).unwrap();
    assert_eq!(
        line_of(&folder),
        "fixtures: businesses, scenarios.toml of DIR; built in: dialogues; there is no calls.toml, and the built-in one goes with the \
         built-in businesses, so there is no call_xxx"
    );
    fs::remove_dir_all(folder.join("businesses")).unwrap();
    assert_eq!(line_of(&folder), "fixtures: scenarios.toml of DIR; built in: businesses, dialogues, calls.toml");
    assert!(!Program::start(&[]).stop().stdout.contains("fixtures: "));
}

#[test]
fn the_start_says_where_no_past_calls_are_drawn_and_offers_no_list_of_them() {
    let folder = written_fixtures("no-past");
    for file in fs::read_dir(folder.join("businesses")).unwrap() {
        let path = file.unwrap().path();
        let text = fs::read_to_string(&path).unwrap();
        let without = text.lines().filter(|line| !line.trim_start().starts_with("share"));
        fs::write(&path, without.collect::<Vec<_>>().join("\n")).unwrap();
    }
    let said = |words: &[&str]| {
        let words = [&["--fixtures", folder.to_str().unwrap()], words].concat();
        Program::start(&words).stop().stdout
    };
    let told = said(&["--calls", "50"]);
    let line = "past calls: 0 of --calls 50; none are drawn for a business or campaign whose share is 0\n";
    assert!(told.contains(line) && !told.contains("status=COMPLETED") && told.contains("/__admin/campaigns"), "{told}");
    assert!(!said(&["--calls", "0"]).contains("past calls"));
    let built_in = Program::start(&[]).stop().stdout;
    assert!(!built_in.contains("past calls") && built_in.contains("status=COMPLETED"), "{built_in}");
}
