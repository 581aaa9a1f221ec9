//! The running programs of one upstream: one for each session, or for each user and client.

use super::child::{Belongings, Child};
use super::connection::Report;
use super::program::Program;
use super::requests::Era;
use super::server_end::Programs;
use super::uses::Use;
use doorward::gateway::UpstreamFailure;
use doorward::guard::Access;
use doorward::protocol::{ClientId, Subject};
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;

/// The most programs of one user.
const OF_USER: usize = 2;
/// After this time without a request or a stream, a program ends if its user needs another one: clients often go away
/// without ending their session.
const REPLACEABLE: Duration = Duration::from_secs(30);

/// The user and the client of a program. No other user and no other client reach it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct Owner {
    subject: Subject,
    client: ClientId,
}

impl Owner {
    pub(super) fn of(access: &Access) -> Self {
        Self { subject: access.subject.clone(), client: access.client.clone() }
    }
}

/// How a request finds its program.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Key {
    /// By the id of its session.
    Session(String),
    /// By its user and client.
    Stateless(Owner),
}

/// The running programs of one upstream.
pub(super) struct Children {
    program: Program,
    programs: Programs,
    table: Arc<Mutex<Table>>,
    report: Report,
    errors: Report,
}

type Table = HashMap<Key, (Owner, Arc<Child>)>;

/// A program that a request uses.
pub(super) struct Found {
    pub(super) child: Arc<Child>,
    pub(super) in_use: Use,
}

impl Children {
    pub(super) fn new(program: Program, programs: Programs, report: Report, errors: Report) -> Self {
        Self { program, programs, table: Arc::default(), report, errors }
    }

    fn table(&self) -> MutexGuard<'_, Table> {
        self.table.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The program of a session of this owner.
    pub(super) fn session(&self, id: &str, owner: &Owner) -> Option<Found> {
        let table = self.table();
        let (owner_of, child) = table.get(&Key::Session(id.to_owned()))?;
        found(child).filter(|_| owner_of == owner)
    }

    /// Takes a session from the table, and ends its program.
    pub(super) fn end(&self, id: &str) {
        if let Some((_, child)) = self.table().remove(&Key::Session(id.to_owned())) {
            child.stop();
        }
    }

    /// Starts the program of a new session.
    pub(super) fn start(&self, id: &str, owner: &Owner) -> Result<Found, UpstreamFailure> {
        self.start_in(&mut self.table(), Key::Session(id.to_owned()), owner, Era::Session)
    }

    /// The program of this owner without a session. It is started if it does not run.
    pub(super) fn stateless(&self, owner: &Owner) -> Result<Found, UpstreamFailure> {
        let key = Key::Stateless(owner.clone());
        let mut table = self.table();
        match table.get(&key).and_then(|(_, child)| found(child)) {
            Some(found) => Ok(found),
            None => self.start_in(&mut table, key, owner, Era::Stateless),
        }
    }

    fn start_in(
        &self,
        table: &mut Table,
        key: Key,
        owner: &Owner,
        era: Era,
    ) -> Result<Found, UpstreamFailure> {
        make_room(table, owner)?;
        let (place, server) = self.programs.place()?;
        let person = owner.subject.person().map(ToString::to_string);
        let process = self.program.start(person.as_deref()).map_err(|error| {
            UpstreamFailure::Unreachable(format!("{} cannot be started: {error}", self.program.name()))
        })?;
        let (child, lines) = Child::new(era, self.report.clone());
        table.insert(key.clone(), (owner.clone(), child.clone()));
        let of = Belongings {
            place,
            server,
            remove: remover(Arc::downgrade(&self.table), key, Arc::downgrade(&child)),
            report: self.report.clone(),
            errors: self.errors.clone(),
        };
        let found = found(&child).ok_or(UpstreamFailure::Busy("the program is ending"))?;
        tokio::spawn(child.live(process, lines, of));
        Ok(found)
    }
}

fn found(child: &Arc<Child>) -> Option<Found> {
    child.uses.begin().map(|in_use| Found { child: child.clone(), in_use })
}

/// Makes room for one more program of a user: that which was not used for the longest time ends.
fn make_room(table: &mut Table, owner: &Owner) -> Result<(), UpstreamFailure> {
    let of_user = table.iter().filter(|(_, (other, _))| other.subject == owner.subject);
    if of_user.clone().count() < OF_USER {
        return Ok(());
    }
    let idle = of_user.filter_map(|(key, (_, child))| Some((child.uses.idle_for()?, key)));
    let longest = idle.max_by_key(|(time, _)| *time).filter(|(time, _)| *time >= REPLACEABLE);
    let key = longest.map(|(_, key)| key.clone());
    let key = key.ok_or(UpstreamFailure::Busy("2 programs of this user are running and in use"))?;
    if let Some((_, child)) = table.remove(&key) {
        child.stop();
    }
    Ok(())
}

/// Takes a program that has ended from the table, unless another one has its key by now.
fn remover(table: Weak<Mutex<Table>>, key: Key, child: Weak<Child>) -> Box<dyn FnOnce() + Send> {
    Box::new(move || {
        let Some(table) = table.upgrade() else { return };
        let mut table = table.lock().unwrap_or_else(PoisonError::into_inner);
        if table.get(&key).is_some_and(|(_, known)| std::ptr::eq(Arc::as_ptr(known), child.as_ptr())) {
            table.remove(&key);
        }
    })
}
