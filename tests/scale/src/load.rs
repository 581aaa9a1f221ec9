//! Sixteen connections that refresh and introspect, each as soon as it has its response.

use crate::Store;
use crate::http::Connection;
use crate::population::{Population, RESOURCE};
use crate::server::{SECRET, Server};
use doorward::protocol::paths;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::task::JoinSet;

const CONNECTIONS: u64 = 16;
/// The most grants that a connection uses, so that their access tokens fit into the server's cache of verified tokens.
const MOST: u64 = 250;
const SPAN: Duration = Duration::from_secs(4);
const ROUNDS: usize = 5;

/// How long each request took, the shortest first.
pub(crate) struct Took(Vec<Duration>);

impl Took {
    pub(crate) fn of(mut all: Vec<Duration>) -> Self {
        all.sort_unstable();
        Self(all)
    }

    /// Milliseconds.
    pub(crate) fn at(&self, percent: f64) -> f64 {
        let place = (self.0.len() as f64 * percent / 100.0) as usize;
        self.0[place.min(self.0.len() - 1)].as_secs_f64() * 1e3
    }

    pub(crate) fn count(&self) -> usize {
        self.0.len()
    }

    pub(crate) fn worst(&self) -> f64 {
        self.at(100.0)
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Refresh,
    Introspect,
}

/// The connections to one server, with the newest tokens of their grants.
pub(crate) struct Callers(Vec<Caller>);

struct Caller {
    connection: Connection,
    population: Arc<Population>,
    grants: Vec<Held>,
    next: usize,
}

/// A grant of a caller, by its number, and its newest tokens.
struct Held {
    number: u64,
    refresh: String,
    access: String,
}

impl Callers {
    /// Connects. The grants lie far from each other in the store. Another offset gives other grants.
    pub(crate) async fn connect(address: SocketAddr, population: &Arc<Population>, offset: u64) -> Self {
        let others = population.others();
        let each = (population.count / CONNECTIONS).min(MOST);
        let apart = (others.end - others.start) / (each * CONNECTIONS);
        let mut callers = Vec::new();
        for caller in 0..CONNECTIONS {
            let numbers =
                (0..each).map(|place| others.start + (place * CONNECTIONS + caller) * apart + offset);
            let held =
                |number| Held { number, refresh: population.refresh_token(number), access: String::new() };
            let grants = numbers.map(held).collect();
            let connection = Connection::open(address).await;
            callers.push(Caller { connection, population: population.clone(), grants, next: 0 });
        }
        let mut callers = Self(callers);
        // Each grant is refreshed once, so that it has an access token.
        callers.run(Kind::Refresh, move |made, _| made < each).await;
        callers
    }

    /// Sends requests as long as `goes_on` says, which is asked with the number of requests of the caller and the time.
    pub(crate) async fn run(
        &mut self,
        kind: Kind,
        goes_on: impl Fn(u64, Duration) -> bool + Clone + Send + 'static,
    ) -> Took {
        let (mut running, began) = (JoinSet::new(), Instant::now());
        for mut caller in self.0.drain(..) {
            let goes_on = goes_on.clone();
            running.spawn(async move {
                let mut took = Vec::new();
                while goes_on(took.len() as u64, began.elapsed()) {
                    took.push(caller.request(kind).await);
                }
                (caller, took)
            });
        }
        let (callers, took): (Vec<_>, Vec<_>) = running.join_all().await.into_iter().unzip();
        self.0 = callers;
        Took::of(took.concat())
    }
}

impl Caller {
    async fn request(&mut self, kind: Kind) -> Duration {
        let place = self.next % self.grants.len();
        self.next += 1;
        let held = &mut self.grants[place];
        let (client, began) = (self.population.client.0.as_str(), Instant::now());
        match kind {
            Kind::Refresh => {
                let form = [
                    ("grant_type", "refresh_token"),
                    ("client_id", client),
                    ("refresh_token", &held.refresh),
                ];
                let response = self.connection.post(paths::TOKEN, &form).await;
                let took = began.elapsed();
                (held.refresh, held.access) = (response.text("refresh_token"), response.text("access_token"));
                took
            }
            Kind::Introspect => {
                let form =
                    [("token", held.access.as_str()), ("client_id", RESOURCE), ("client_secret", SECRET)];
                let response = self.connection.post(paths::INTROSPECT, &form).await;
                let took = began.elapsed();
                assert!(response.body.contains("\"active\":true"), "{}", response.body);
                took
            }
        }
    }
}

impl Drop for Caller {
    fn drop(&mut self) {
        for held in &self.grants {
            self.population.note(held.number, held.refresh.clone());
        }
    }
}

/// Measures both servers in turns, and prints the medians of the rounds.
pub(crate) async fn compare(stores: &[Store; 2]) {
    let mut servers = Vec::new();
    for store in stores {
        let server = Server::start(&store.place, store.port);
        let idle = server.memory();
        let callers = Callers::connect(server.address, &store.population, 0).await;
        servers.push((server, callers, idle));
    }
    for (kind, name) in [(Kind::Refresh, "refresh"), (Kind::Introspect, "introspection")] {
        let mut rounds = [const { Vec::new() }; 2];
        for _ in 0..ROUNDS {
            for ((_, callers, _), rounds) in servers.iter_mut().zip(&mut rounds) {
                let took = callers.run(kind, |_, time| time < SPAN).await;
                rounds.push([took.at(50.0), took.at(99.0), took.count() as f64 / SPAN.as_secs_f64()]);
            }
        }
        let [few, many] = rounds.map(medians);
        println!("{name}, 16 connections, median of {ROUNDS} rounds in turns:");
        for (what, few, many) in
            [("p50 ms", few[0], many[0]), ("p99 ms", few[1], many[1]), ("a second", few[2], many[2])]
        {
            println!("    {what}: few grants {few:.2}, many {many:.2}, ratio {:.2}", many / few);
        }
    }
    for ((server, _, idle), store) in servers.iter().zip(stores) {
        let ((own, files), count) = (server.memory(), store.population.count);
        println!(
            "{count} grants: {:.1} + {:.1} MiB resident (own, files) idle, {own:.1} + {files:.1} after load",
            idle.0, idle.1
        );
    }
}

fn medians(mut rounds: Vec<[f64; 3]>) -> [f64; 3] {
    [0, 1, 2].map(|value| {
        rounds.sort_by(|one, other| one[value].total_cmp(&other[value]));
        rounds[rounds.len() / 2][value]
    })
}
