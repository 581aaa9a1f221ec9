//! Argon2id (RFC 9106) for deployments: 19 MiB, two passes, one lane, on a bounded number of threads.

use argon2::password_hash::phc::{Output, PasswordHash as Phc, Salt};
use argon2::{ARGON2ID_IDENT, Algorithm, Argon2, Block, Params, Version};
use async_trait::async_trait;
use doorward::ports::{Entropy, Password, PasswordHash, Passwords};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::thread;
use tokio::sync::{Semaphore, oneshot};

/// Hashes passwords. The number of concurrent hashes is bounded, so many sign-ins cannot use up all memory and CPU.
pub struct Argon2id {
    permits: Arc<Semaphore>,
    memory: Arc<Memory>,
    entropy: Arc<dyn Entropy>,
    /// The size of a thread's stack, in bytes.
    stack: usize,
}

/// Memory blocks for hashing: one set for each concurrent hash. They are reused, because memory that is freed after
/// every hash stays with the process, fragmented, and the process grows many times over.
#[derive(Default)]
struct Memory(Mutex<Vec<Vec<Block>>>);

/// Added to the nice value of a hash: a tenth of the CPU time of other threads, when both want all of it.
#[cfg(target_os = "linux")]
const NICE: i32 = 10;

/// The stack of a thread: what Rust gives to each. Argon2 works on the heap.
const STACK: usize = 2 * 1024 * 1024;

/// Length of a salt in bytes. RFC 9106 §3.1 recommends 128 bits.
const SALT_LENGTH: usize = 16;

impl Argon2id {
    /// At most `at_once` hashes run concurrently, with 19 MiB of memory each. Salts come from `entropy`.
    pub fn new(at_once: usize, entropy: Arc<dyn Entropy>) -> Self {
        Self { permits: Arc::new(Semaphore::new(at_once)), memory: Arc::default(), entropy, stack: STACK }
    }

    /// Runs `work` on a thread of low priority, when a permit is free. If the caller stops waiting, the permit stays
    /// taken until the work is done.
    async fn run<T: Send + 'static>(&self, work: impl FnOnce(&Memory) -> T + Send + 'static) -> T {
        let permit = self.permits.clone().acquire_owned().await.expect("the semaphore is never closed");
        let (memory, (sender, done)) = (self.memory.clone(), oneshot::channel());
        self.start(Box::new(move || {
            let result = work(&memory);
            drop(permit);
            // The caller may have stopped waiting.
            let _ = sender.send(result);
        }));
        done.await.expect("hashing does not panic")
    }

    /// Does the work on a new thread, since a thread cannot take its priority back. A thread costs 0.05 ms, a hash 12 ms.
    ///
    /// Where the system starts no thread (a limit of processes, too little memory), the work is done here: the other requests of
    /// this thread wait meanwhile, and the user signs in.
    fn start(&self, work: Work) {
        // The work goes through a channel, because a thread that does not start drops what it was given.
        let (give, take) = mpsc::channel::<Work>();
        let thread = thread::Builder::new().name("password".into()).stack_size(self.stack);
        let started = thread.spawn(move || {
            lower_priority();
            if let Ok(work) = take.recv() {
                work();
            }
        });
        match started {
            Ok(_) => give.send(work).expect("the thread takes the work"),
            Err(_) => work(),
        }
    }
}

/// A hash to make.
type Work = Box<dyn FnOnce() + Send>;

/// Other requests go first: a hash takes a CPU for some milliseconds, and they take microseconds. Where it is refused,
/// the thread keeps its priority.
#[cfg(target_os = "linux")]
fn lower_priority() {
    // On Linux the nice value belongs to the thread.
    let _ = rustix::process::nice(NICE);
}

/// Elsewhere the priority of a thread is another matter, or belongs to the process.
#[cfg(not(target_os = "linux"))]
fn lower_priority() {}

#[async_trait]
impl Passwords for Argon2id {
    async fn hash(&self, password: &Password) -> PasswordHash {
        let mut salt = [0; SALT_LENGTH];
        self.entropy.fill(&mut salt);
        let password = password.clone();
        self.run(move |memory| hash(memory, &password, salt)).await
    }

    async fn verify(&self, password: &Password, stored: Option<&PasswordHash>) -> bool {
        let password = password.clone();
        match stored.cloned() {
            Some(stored) => self.run(move |memory| matches(memory, &password, &stored)).await,
            // Against user enumeration: an unknown user takes the same work, so the same time.
            None => {
                self.run(move |memory| hash(memory, &password, [0; SALT_LENGTH])).await.as_str().is_empty()
            }
        }
    }
}

impl Memory {
    /// Computes an Argon2id hash, in reused blocks if any are free.
    fn argon2(
        &self,
        params: &Params,
        password: &Password,
        salt: &[u8],
        length: usize,
    ) -> argon2::Result<Output> {
        let argon2 = Argon2::new(Algorithm::Argon2id, Version::V0x13, params.clone());
        let mut blocks = self.0.lock().unwrap_or_else(PoisonError::into_inner).pop().unwrap_or_default();
        blocks.resize(params.block_count(), Block::default());
        let mut hashed = [0; Params::DEFAULT_OUTPUT_LEN * 2];
        let hashed = hashed.get_mut(..length).ok_or(argon2::Error::OutputTooLong)?;
        let done = argon2.hash_password_into_with_memory(password.as_bytes(), salt, hashed, &mut blocks);
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(blocks);
        done.and_then(|()| Output::new(hashed).map_err(|_| argon2::Error::OutputTooLong))
    }
}

fn hash(memory: &Memory, password: &Password, salt: [u8; SALT_LENGTH]) -> PasswordHash {
    let params = Params::default();
    let hashed = memory
        .argon2(&params, password, &salt, Params::DEFAULT_OUTPUT_LEN)
        .expect("argon2's defaults are sound");
    let phc = Phc {
        algorithm: ARGON2ID_IDENT,
        version: Some(Version::V0x13.into()),
        params: (&params).try_into().expect("argon2's defaults can be written down"),
        salt: Some(Salt::new(&salt).expect("a salt of 16 bytes")),
        hash: Some(hashed),
    };
    PasswordHash::new(phc.to_string())
}

/// Verifies a password, with a comparison in constant time. A hash of another algorithm or version never matches.
fn matches(memory: &Memory, password: &Password, stored: &PasswordHash) -> bool {
    let Ok(phc) = Phc::new(stored.as_str()) else { return false };
    let ours = phc.algorithm == ARGON2ID_IDENT && phc.version == Some(Version::V0x13.into());
    let (true, Ok(params), Some(salt), Some(known)) = (ours, Params::try_from(&phc), phc.salt, phc.hash)
    else {
        return false;
    };
    memory.argon2(&params, password, salt.as_ref(), known.len()).is_ok_and(|hashed| hashed == known)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::future::poll_fn;
    use std::task::Poll;

    struct Counting;

    impl Entropy for Counting {
        fn fill(&self, bytes: &mut [u8]) {
            for (at, byte) in bytes.iter_mut().enumerate() {
                *byte = u8::try_from(at).unwrap_or_default();
            }
        }
    }

    #[tokio::test]
    async fn who_does_not_wait_for_the_answer_makes_no_room() {
        let passwords = Argon2id::new(1, Arc::new(Counting));
        let password = Password::new("correct horse");
        let mut impatient = passwords.verify(&password, None);
        let pending = poll_fn(|context| Poll::Ready(impatient.as_mut().poll(context).is_pending())).await;
        drop(impatient);
        assert!(pending && passwords.permits.available_permits() == 0, "its hash is still being made");
        passwords.hash(&password).await;
        assert_eq!(passwords.memory.0.lock().unwrap().len(), 1, "and the next one had to wait for it");
    }

    #[cfg(target_os = "linux")]
    #[tokio::test]
    async fn a_hash_has_a_low_priority_and_no_other_thread_has() {
        let nice = || rustix::process::getpriority_process(None).unwrap();
        let (before, passwords) = (nice(), Argon2id::new(1, Arc::new(Counting)));
        assert_eq!(passwords.run(move |_| nice()).await, (before + NICE).min(19));
        assert_eq!(nice(), before);
        let next = tokio::task::spawn_blocking(nice).await.unwrap();
        assert_eq!(next, before, "the threads of other work keep theirs");
    }

    #[tokio::test]
    async fn a_password_is_verified_where_no_thread_starts() {
        // No system has this much memory for a stack.
        let passwords = Argon2id { stack: usize::MAX / 4, ..Argon2id::new(1, Arc::new(Counting)) };
        let here = thread::current().id();
        assert_eq!(passwords.run(|_| thread::current().id()).await, here, "no thread was started");
        let stored = passwords.hash(&Password::new("correct horse")).await;
        assert!(passwords.verify(&Password::new("correct horse"), Some(&stored)).await);
        assert_eq!(passwords.permits.available_permits(), 1);
    }

    #[tokio::test]
    async fn only_the_right_password_matches() {
        let passwords = Argon2id::new(1, Arc::new(Counting));
        let stored = passwords.hash(&Password::new("correct horse")).await;
        assert!(stored.as_str().starts_with("$argon2id$v=19$m=19456,t=2,p=1$"));
        assert!(passwords.verify(&Password::new("correct horse"), Some(&stored)).await);
        assert!(!passwords.verify(&Password::new("wrong horse"), Some(&stored)).await);
        assert!(!passwords.verify(&Password::new("correct horse"), None).await);
        assert!(!passwords.verify(&Password::new(""), Some(&PasswordHash::new("not a hash"))).await);
    }
}
