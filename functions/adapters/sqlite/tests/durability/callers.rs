//! A process with concurrent callers of a store, which refresh grants and write each answer to standard output.

use crate::random::Random;
use crate::state::{NOW, id, open};
use doorward::store::{Grants, Rotated, State};
use doorward_sqlite::SqliteStore;
use std::env;
use std::io::{self, BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, channel};
use std::thread::spawn;
use tokio::task::JoinSet;

const VARIABLE: &str = "DOORWARD_CALLERS";

/// The callers of a process. They choose grants at random, so some meet at one grant.
#[derive(Clone, Copy)]
pub(crate) struct Callers<'a> {
    pub(crate) folder: &'a Path,
    pub(crate) count: usize,
    pub(crate) grants: usize,
    /// After so many refreshes the process ends.
    pub(crate) refreshes: u64,
    pub(crate) seed: u64,
}

/// An answer of the store.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Told {
    pub(crate) grant: usize,
    pub(crate) generation: u32,
    /// Whether the caller got this generation. Otherwise it presented an older one, and was told the head.
    pub(crate) given: bool,
}

impl Told {
    pub(crate) fn line(self) -> String {
        let Self { grant, generation, given } = self;
        format!("{} {grant} {generation}\n", if given { "given" } else { "behind" })
    }

    /// An answer, or nothing if the test framework wrote the line.
    pub(crate) fn read(line: &str) -> Option<Self> {
        let (kind, numbers) = line.trim_end().split_once(' ')?;
        let (grant, generation) = numbers.split_once(' ')?;
        let given = match kind {
            "given" => true,
            "behind" => false,
            _ => return None,
        };
        Some(Self { grant: grant.parse().ok()?, generation: generation.parse().ok()?, given })
    }
}

/// The process, and the answers that a thread reads from it.
pub(crate) struct Running {
    child: Child,
    answers: Receiver<Told>,
}

impl Running {
    /// Kills the process with SIGKILL, either now or when it told another answer. Returns every answer that was told.
    pub(crate) fn kill(mut self, after_an_answer: bool) -> Vec<Told> {
        let mut told: Vec<_> = self.answers.try_iter().collect();
        if after_an_answer {
            told.push(self.answers.recv().expect("the process runs"));
        }
        self.child.kill().unwrap();
        let status = self.child.wait().unwrap();
        assert!(!cfg!(unix) || status.code().is_none(), "it ended by itself: {status}");
        told.extend(self.answers);
        told
    }

    /// Waits for the end of the process.
    #[cfg(all(target_os = "linux", target_env = "gnu", target_pointer_width = "64"))]
    pub(crate) fn wait(mut self) {
        let status = self.child.wait().unwrap();
        assert!(status.success(), "{status}");
    }
}

impl Callers<'_> {
    /// Starts the process. It runs the test with this name, which begins with [`run_if_started`].
    pub(crate) fn start<'e>(
        self,
        test: &str,
        environment: impl IntoIterator<Item = (&'e str, String)>,
    ) -> Running {
        let Self { folder, count, grants, refreshes, seed } = self;
        let mut child = Command::new(env::current_exe().unwrap())
            .args(["--exact", test, "--nocapture"])
            .env(VARIABLE, format!("{count} {grants} {refreshes} {seed} {}", folder.display()))
            .envs(environment)
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let output = BufReader::new(child.stdout.take().unwrap());
        let (sender, answers) = channel();
        spawn(move || {
            for told in output.lines().filter_map(|line| Told::read(&line.unwrap())) {
                sender.send(told).unwrap();
            }
        });
        Running { child, answers }
    }
}

/// In a process that [`Callers::start`] made: calls the store, and ends the process without closing the store. Otherwise it
/// does nothing.
pub(crate) fn run_if_started() {
    let Ok(text) = env::var(VARIABLE) else { return };
    let mut parts = text.splitn(5, ' ');
    let mut next = || parts.next().unwrap();
    let mut number = || next().parse::<u64>().unwrap();
    let (count, grants, refreshes, seed) = (number(), number(), number(), number());
    let folder = PathBuf::from(next());
    let runtime = tokio::runtime::Builder::new_multi_thread().build().unwrap();
    let store = Arc::new(open(&folder).unwrap());
    runtime.block_on(async {
        let heads: Arc<[AtomicU32]> = known_heads(&store, grants as usize).await.into();
        let left = Arc::new(AtomicU64::new(refreshes));
        let callers: JoinSet<_> = (0..count)
            .map(|caller| call(store.clone(), heads.clone(), left.clone(), Random::of(seed + caller)))
            .collect();
        callers.join_all().await;
    });
    exit(0);
}

async fn known_heads(store: &SqliteStore, grants: usize) -> Vec<AtomicU32> {
    let mut heads = Vec::new();
    for number in 0..grants {
        match store.find(id(number)).await.unwrap().unwrap().state {
            State::Open(chain) => heads.push(AtomicU32::new(chain.head)),
            State::Closed { .. } => unreachable!("none is closed"),
        }
    }
    heads
}

/// One caller. It presents the newest generation that a caller was told.
async fn call(store: Arc<SqliteStore>, heads: Arc<[AtomicU32]>, left: Arc<AtomicU64>, mut random: Random) {
    while left.fetch_update(Ordering::Relaxed, Ordering::Relaxed, |left| left.checked_sub(1)).is_ok() {
        let grant = random.below(heads.len());
        let presented = heads[grant].load(Ordering::Relaxed);
        let (generation, given) = match store.rotate(id(grant), presented, NOW).await.unwrap() {
            Rotated::Next { chain, .. } => (chain.head, true),
            Rotated::Behind { chain, .. } => (chain.head, false),
            other => unreachable!("{other:?}"),
        };
        io::stdout().write_all(Told { grant, generation, given }.line().as_bytes()).unwrap();
        heads[grant].fetch_max(generation, Ordering::Relaxed);
    }
}
