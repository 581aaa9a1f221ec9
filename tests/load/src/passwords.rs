//! Latency of introspection alone, and while users sign in with passwords: Argon2id takes a CPU for some milliseconds.
//! All processes may use all CPUs. Beside it, the latency of a trivial server in both cases says what the scheduler adds.

use crate::client::{Browser, Client};
use crate::floor::Floor;
use crate::http::Connection;
use crate::operation::{Caller, Operation};
use crate::options::Options;
use crate::process::Folder;
use crate::statistics::{median, quantile};
use crate::subject::Subject;
use crate::{CONNECTIONS, Outcome};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval_at};

/// How many users sign in at once.
const USERS: usize = 4;
/// How long a caller waits between two requests, if it does. All callers together send 1,000 a second.
const PAUSE: Duration = Duration::from_millis(CONNECTIONS as u64);

/// How the callers send: after a pause each, or at once after the response (closed loop).
#[derive(Clone, Copy)]
enum Pace {
    Paused,
    Closed,
}

/// What was measured at one server.
struct Line<'a> {
    server: &'a str,
    pace: Pace,
    alone: Latency,
    beside: Latency,
    /// Sign-ins a second.
    sign_ins: Vec<f64>,
}

/// The quantiles of the rounds, in microseconds.
#[derive(Default)]
struct Latency {
    p50: Vec<f64>,
    p99: Vec<f64>,
}

pub(crate) async fn run(options: &Options, folder: &Folder) -> Outcome<()> {
    crate::say(
        "| server | requests | alone: p50, p99 µs | 4 users sign in: p50, p99 µs | ratio of p99 | sign-ins a second |",
    );
    crate::say("|---|---|---|---|---|---|");
    for (name, program) in options.subjects() {
        let subject = Subject::start(program, options, None, &folder.inner(name)?, None)?;
        let mut callers = subject.callers(Operation::Introspect).await?;
        let exchanges = callers[0].record().await?;
        let floor = Floor::Trivial(&exchanges).start(options, folder, None)?;
        let mut of_floor = Caller::of_floor(floor.address, &exchanges).await?;
        let beside = format!("trivial, beside {name}");
        let mut lines =
            [(name, Pace::Paused), (&beside, Pace::Paused), (name, Pace::Closed), (&beside, Pace::Closed)]
                .map(|(server, pace)| Line::new(server, pace));
        for _ in 0..options.rounds {
            for line in &mut lines {
                let callers = if line.server == name { &mut callers } else { &mut of_floor };
                line.measure(callers, &subject, options.time).await?;
            }
        }
        lines.iter().for_each(|line| crate::say(&line.told()));
    }
    crate::say("\nMedians of the rounds. The ratio of p99 should be at most 2.");
    Ok(())
}

impl<'a> Line<'a> {
    fn new(server: &'a str, pace: Pace) -> Self {
        Self { server, pace, alone: Latency::default(), beside: Latency::default(), sign_ins: Vec::new() }
    }

    async fn measure(&mut self, callers: &mut Vec<Caller>, subject: &Subject, time: Duration) -> Outcome<()> {
        self.alone.add(&latencies(callers, self.pace, time).await?);
        let users = Users::start(subject).await?;
        self.beside.add(&latencies(callers, self.pace, time).await?);
        self.sign_ins.push(users.end().await? as f64 / time.as_secs_f64());
        Ok(())
    }

    fn told(&self) -> String {
        let pace = match self.pace {
            Pace::Paused => "1,000 a second",
            Pace::Closed => "closed loop",
        };
        let (alone, beside, sign_ins) = (self.alone.told(), self.beside.told(), median(&self.sign_ins));
        let ratio = median(&self.beside.p99) / median(&self.alone.p99);
        format!("| {} | {pace} | {alone} | {beside} | {ratio:.1} | {sign_ins:.0} |", self.server)
    }
}

impl Latency {
    fn add(&mut self, latencies: &[f64]) {
        self.p50.push(median(latencies));
        self.p99.push(quantile(latencies, 0.99));
    }

    fn told(&self) -> String {
        format!("{:.0}, {:.0}", median(&self.p50), median(&self.p99))
    }
}

/// Has the callers send for some time, and returns how long each request took, in microseconds.
async fn latencies(callers: &mut Vec<Caller>, pace: Pace, time: Duration) -> Outcome<Vec<f64>> {
    let (began, mut running) = (Instant::now(), JoinSet::new());
    for (number, mut caller) in callers.drain(..).enumerate() {
        let first = began + PAUSE * number as u32 / CONNECTIONS as u32;
        running.spawn(async move {
            let (mut ticks, mut latencies) = (interval_at(first, PAUSE), Vec::new());
            ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
            while began.elapsed() < time {
                if matches!(pace, Pace::Paused) {
                    ticks.tick().await;
                }
                let sent = Instant::now();
                caller.call().await?;
                latencies.push(sent.elapsed().as_secs_f64() * 1e6);
            }
            Outcome::Ok((caller, latencies))
        });
    }
    let mut all = Vec::new();
    for done in running.join_all().await {
        let (caller, latencies) = done?;
        callers.push(caller);
        all.extend(latencies);
    }
    Ok(all)
}

/// Users who sign in with their passwords all the time, each time in a new browser.
struct Users {
    is_over: Arc<AtomicBool>,
    running: JoinSet<Outcome<u64>>,
}

impl Users {
    async fn start(subject: &Subject) -> Outcome<Self> {
        let (is_over, mut running) = (Arc::<AtomicBool>::default(), JoinSet::new());
        for user in 0..USERS {
            let mut connection = Connection::open(subject.process.address).await?;
            let client = subject.client(&mut connection).await?;
            running.spawn(sign_in(connection, client, user, is_over.clone()));
        }
        Ok(Self { is_over, running })
    }

    /// How often they have signed in.
    async fn end(self) -> Outcome<u64> {
        self.is_over.store(true, Ordering::Relaxed);
        self.running.join_all().await.into_iter().sum()
    }
}

async fn sign_in(
    mut connection: Connection,
    client: Client,
    user: usize,
    is_over: Arc<AtomicBool>,
) -> Outcome<u64> {
    let mut count = 0;
    while !is_over.load(Ordering::Relaxed) {
        Browser::sign_in(&mut connection, &client, user).await?;
        count += 1;
    }
    Ok(count)
}
