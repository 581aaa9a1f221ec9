//! One hot path, again and again, for valgrind to count its instructions: `doorward-tests-counts PATH TIMES`.
//!
//! Only the function [`counted`] is counted (`--toggle-collect`): from the request to the response, without a socket. Time and
//! randomness are fixed, and a signature costs nothing, so a count is the same in every run.

mod client;
mod fakes;
mod gateway;
mod paths;

use doorward::server::Server;
use doorward::wire::{Request, Response};
use std::future::Future;
use std::hint::black_box;
use std::pin::pin;
use std::process::ExitCode;
use std::task::{Context, Poll, Waker};

#[expect(clippy::print_stdout, clippy::print_stderr, reason = "a program for a script")]
fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (name, times) = (arguments.next(), arguments.next().and_then(|times| times.parse().ok()));
    match (name.and_then(|name| paths::ALL.iter().find(|path| path.name == name)), times) {
        (Some(path), Some(times)) => {
            (path.run)(times);
            ExitCode::SUCCESS
        }
        (None, None) => {
            paths::ALL.iter().for_each(|path| println!("{}", path.name));
            ExitCode::SUCCESS
        }
        _ => {
            eprintln!("usage: doorward-tests-counts [PATH TIMES]");
            ExitCode::FAILURE
        }
    }
}

/// Answers a request. What is counted begins and ends here.
#[inline(never)]
fn counted(server: &Server, request: Request) -> Response {
    black_box(done(doorward::answer(server.clone(), black_box(request))))
}

/// Runs a future that never has to wait: nothing here does.
fn done<T>(future: impl Future<Output = T>) -> T {
    let mut future = pin!(future);
    loop {
        if let Poll::Ready(done) = future.as_mut().poll(&mut Context::from_waker(Waker::noop())) {
            return done;
        }
    }
}
