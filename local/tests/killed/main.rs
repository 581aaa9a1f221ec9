//! `doorward serve` is killed with SIGKILL and started again on the same port, while clients refresh: no user has to sign in
//! again. A client that lost a response sends the same refresh token again. `DOORWARD_ROUNDS` is the number of kills, and
//! `DOORWARD_SEED` repeats their times.

#![expect(clippy::print_stdout, clippy::unwrap_used, reason = "tests print figures, and stop at an error")]

mod client;
mod http;
mod server;

use client::{Browser, Client, Refreshed};
use server::Running;
use std::env;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::{scope, sleep};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const CLIENTS: usize = 8;

#[test]
fn no_user_signs_in_again_after_kills() {
    let number = |name| env::var(name).ok().map(|text| text.parse::<u64>().unwrap());
    let rounds = number("DOORWARD_ROUNDS").unwrap_or(10);
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_micros() as u64;
    let mut random = number("DOORWARD_SEED").unwrap_or(now);
    println!("DOORWARD_SEED={random}");
    let mut running = Running::start();
    let address = running.address();
    let mut browser = Browser::default();
    let mut clients: Vec<_> = (0..CLIENTS).map(|_| Client::connect(address, &mut browser)).collect();
    let ended = AtomicBool::new(false);
    let (refreshed, lost) = scope(|scope| {
        let ended = &ended;
        let refreshing: Vec<_> =
            clients.iter_mut().map(|client| scope.spawn(move || refresh(client, ended))).collect();
        for _ in 0..rounds {
            random = random.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            sleep(Duration::from_millis(15 + (random >> 33) % 186));
            running.restart();
        }
        ended.store(true, Ordering::Relaxed);
        let counts = refreshing.into_iter().map(|client| client.join().unwrap());
        counts.fold((0, 0), |all, (refreshed, lost)| (all.0 + refreshed, all.1 + lost))
    });
    for client in &mut clients {
        assert_eq!(client.refresh(), Refreshed::Yes);
    }
    println!("{rounds} kills, {refreshed} refreshes of {CLIENTS} clients, {lost} responses lost");
    assert!(refreshed > rounds, "the clients refresh between the kills");
}

/// Refreshes until the end. Returns how many refreshes succeeded, and how many responses were lost. It panics when the server
/// asks for a new sign-in.
fn refresh(client: &mut Client, ended: &AtomicBool) -> (u64, u64) {
    let (mut refreshed, mut lost) = (0, 0);
    while !ended.load(Ordering::Relaxed) {
        match client.refresh() {
            Refreshed::Yes => refreshed += 1,
            Refreshed::ResponseLost => lost += 1,
            Refreshed::NotConnected => sleep(Duration::from_millis(2)),
        }
    }
    (refreshed, lost)
}
