//! The log of a process that ends.

use super::{Folder, PATIENCE, Running};
use std::collections::HashSet;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread::{JoinHandle, sleep, spawn, yield_now};
use std::time::{Duration, Instant};

/// Requests after which the process is told to end.
const ENOUGH: usize = 500;
/// Requests whose lines are too many for a pipe of one page, and not too many for the queue: lines of 41 to 655 bytes.
#[cfg(target_os = "linux")]
const UNREAD: usize = 100;

/// The correlation ids of the answers to one client, which asks until its connection is closed.
fn ids_of_answers(address: &str) -> impl Iterator<Item = String> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let request = format!("GET /nothing HTTP/1.1\r\nHost: {address}\r\n\r\n");
    std::iter::from_fn(move || {
        stream.write_all(request.as_bytes()).ok()?;
        correlation(&mut reader)
    })
}

/// Reads an answer, if a whole one comes.
fn correlation(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let (mut id, mut length) = (None, 0);
    loop {
        let mut line = String::new();
        if reader.read_line(&mut line).ok()? == 0 {
            return None;
        }
        match line.trim_end().split_once(": ") {
            Some(("doorward-correlation", value)) => id = Some(value.to_owned()),
            Some(("content-length", value)) => length = value.parse().unwrap(),
            Some(_) => {}
            None if line == "\r\n" => break,
            None => assert!(line.starts_with("HTTP/1.1 404"), "{line}"),
        }
    }
    reader.read_exact(&mut vec![0; length]).ok()?;
    id
}

/// Answers of a process that is told to end while clients ask, and its log.
fn ended_under_load(command: Command) -> (Vec<String>, String) {
    static ANSWERED: AtomicUsize = AtomicUsize::new(0);
    let mut server = Running::start(command);
    let log = server.0.stderr.take().unwrap();
    let log = spawn(move || std::io::read_to_string(log).unwrap());
    let address = server.says("authorization server").strip_prefix("http://").unwrap().to_owned();
    let clients: Vec<_> = (0..4)
        .map(|_| {
            let address = address.clone();
            spawn(move || {
                let count = |_: &String| {
                    ANSWERED.fetch_add(1, Ordering::Relaxed);
                };
                ids_of_answers(&address).inspect(count).collect::<Vec<_>>()
            })
        })
        .collect();
    while ANSWERED.load(Ordering::Relaxed) < ENOUGH {
        assert!(!clients.iter().all(JoinHandle::is_finished), "the server does not answer");
        yield_now();
    }
    assert_eq!(server.terminate().code(), Some(0));
    let answers = clients.into_iter().flat_map(|client| client.join().unwrap()).collect();
    (answers, log.join().unwrap())
}

#[test]
fn the_log_of_a_process_that_ended_under_load_has_a_whole_line_for_every_answer() {
    let folder = Folder::new("log");
    let (answers, log) = ended_under_load(folder.doorward(&["serve", "--auth-port", "0", "--mcp-port", "0"]));
    assert!(answers.len() >= ENOUGH && log.ends_with('\n'), "{} answers, {log}", answers.len());
    let events = log.lines().filter(|line| !line.starts_with("doorward: "));
    let ids: HashSet<_> = events
        .map(|line| {
            assert!(line.contains(" info refused code=not_found "), "{line}");
            line.rsplit_once(" correlation=").unwrap().1
        })
        .collect();
    let missing: Vec<_> = answers.iter().filter(|id| !ids.contains(&***id)).collect();
    assert!(missing.is_empty(), "of {} answers, {missing:?} have no line", answers.len());
}

#[cfg(target_os = "linux")]
#[test]
fn a_process_does_not_exit_before_its_log_is_read() {
    let folder = Folder::new("unread");
    let mut server = Running::start(folder.doorward(&["serve", "--auth-port", "0", "--mcp-port", "0"]));
    let address = server.says("authorization server").strip_prefix("http://").unwrap().to_owned();
    rustix::pipe::fcntl_setpipe_size(server.0.stderr.as_ref().unwrap(), 4096).unwrap();
    let ids: Vec<_> = ids_of_answers(&address).take(UNREAD).collect();
    server.signal_end();
    let end = Instant::now() + Duration::from_millis(200);
    while Instant::now() < end {
        assert_eq!(server.0.try_wait().unwrap(), None);
        sleep(Duration::from_millis(1));
    }
    let log = std::io::read_to_string(server.0.stderr.take().unwrap()).unwrap();
    let lines = log.lines().filter(|line| !line.starts_with("doorward: "));
    let logged: Vec<_> = lines.map(|line| line.rsplit_once(" correlation=").unwrap().1).collect();
    assert_eq!((logged.len(), logged == ids), (UNREAD, true));
    assert_eq!(server.ended().code(), Some(0));
}
