//! The servers that run beside a health check: processes of the same program that listen in the same network.
//!
//! Linux tells in `/proc` who they are and where they listen. So nothing has to be written down for it: an image from scratch has no folder
//! to write to, and a file may outlive its server.

use std::fmt;
use std::net::SocketAddr;

/// A server that runs.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Running {
    /// Its process.
    pub(super) process: i32,
    /// Where it listens.
    pub(super) address: SocketAddr,
}

impl fmt::Display for Running {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "http://{} (process {})", super::reachable(self.address), self.process)
    }
}

/// All of them, in the order of their addresses. None where the system does not tell.
pub(super) fn servers() -> Vec<Running> {
    let mut servers = listening();
    servers.sort_by_key(|server| server.address);
    servers
}

#[cfg(target_os = "linux")]
fn listening() -> Vec<Running> {
    // What a process may not be asked, as it is somebody else's or has just ended, is no error: then it is none of those meant.
    let Some(program) = procfs::process::Process::myself().ok().and_then(|own| program_of(&own)) else {
        return Vec::new();
    };
    let processes = procfs::process::all_processes().into_iter().flatten().flatten();
    let alike = processes.filter(|process| program_of(process).as_ref() == Some(&program));
    let sockets: Vec<(i32, u64)> = alike.flat_map(|process| sockets_of(&process)).collect();
    let table = [procfs::net::tcp(), procfs::net::tcp6()].into_iter().flatten().flatten();
    let listens = table.filter(|entry| entry.state == procfs::net::TcpState::Listen);
    listens
        .filter_map(|entry| {
            let (process, _) = *sockets.iter().find(|(_, socket)| *socket == entry.inode)?;
            Some(Running { process, address: entry.local_address })
        })
        .collect()
}

/// The path of the program that a process runs.
#[cfg(target_os = "linux")]
fn program_of(process: &procfs::process::Process) -> Option<String> {
    /// What follows the path of a program that has been replaced since, by a new build for example.
    const REPLACED: &str = " (deleted)";
    let path = process.exe().ok()?.into_os_string().into_string().ok()?;
    Some(path.strip_suffix(REPLACED).unwrap_or(&path).to_owned())
}

/// The sockets that a process has open, by their numbers in the kernel.
#[cfg(target_os = "linux")]
fn sockets_of(process: &procfs::process::Process) -> Vec<(i32, u64)> {
    let open = process.fd().into_iter().flatten().flatten();
    open.filter_map(|descriptor| match descriptor.target {
        procfs::process::FDTarget::Socket(socket) => Some((process.pid(), socket)),
        _ => None,
    })
    .collect()
}

#[cfg(not(target_os = "linux"))]
fn listening() -> Vec<Running> {
    Vec::new()
}
