//! Starts: after a clean end, and after SIGKILL in the middle of writes.

use crate::Store;
use crate::load::{Callers, Kind};
use crate::server::Server;
use std::time::Duration;

const ROUNDS: usize = 7;

pub(crate) async fn measure(stores: &[Store; 2]) {
    for Store { place, port, population } in stores {
        let mut clean = Vec::new();
        for _ in 0..ROUNDS {
            let server = Server::start(place, *port);
            clean.push(server.took);
            server.stop();
        }
        let server = Server::start(place, *port);
        let mut callers = Callers::connect(server.address, population, 0).await;
        callers.run(Kind::Refresh, |_, time| time < Duration::from_secs(2)).await;
        let log = std::fs::metadata(place.join("doorward.db-wal")).unwrap().len() as f64 / 1e6;
        server.kill();
        let server = Server::start(place, *port);
        println!(
            "{} grants: start {:.1} ms (median of {ROUNDS}), after SIGKILL with {log:.1} MB of log {:.1} ms",
            population.count,
            median(clean),
            server.took.as_secs_f64() * 1e3
        );
    }
}

fn median(mut took: Vec<Duration>) -> f64 {
    took.sort_unstable();
    took[took.len() / 2].as_secs_f64() * 1e3
}
