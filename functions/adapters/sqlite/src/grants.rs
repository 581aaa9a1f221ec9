//! Grants: one row each. Every change is one conditional statement.

use crate::SqliteStore;
use crate::row::{number, optional, optional_number, optional_time, parsed, seconds, time, unreadable};
use async_trait::async_trait;
use doorward::ports::Timestamp;
use doorward::protocol::{
    ClientId, ClientName, DisplayName, EmailAddress, GrantId, Installation, Profile, Resource, Scope, Subject,
};
use doorward::store::{
    Chain, CloseReason, Closed, Excuse, Excused, Grant, Grants, Opened, PAGE_SIZE, Rotated, State, Steps,
    StoreError,
};
use rusqlite::{Connection, OptionalExtension, Row, ToSql};
use std::cmp::Ordering;

const FIND: &str = "SELECT * FROM grants WHERE id = ?1";
const LIST: &str = "SELECT * FROM grants WHERE person = ?1 AND id > ?2 ORDER BY id LIMIT ?3";
const EXCUSE: &str = "
    UPDATE grants SET excused = ?2, excused_at = ?3
    WHERE id = ?1 AND generation = ?2 AND closed_at IS NULL AND doubted_at IS NULL
    AND (excused IS NULL OR excused = ?2 OR excused_at <= ?4)";
const DOUBT: &str =
    "UPDATE grants SET doubted_at = ?2 WHERE id = ?1 AND closed_at IS NULL AND doubted_at IS NULL";
const CLOSE: &str = "UPDATE grants SET closed_at = ?2, why = ?3 WHERE id = ?1 AND closed_at IS NULL";
const EXISTS: &str = "SELECT EXISTS (SELECT 1 FROM grants WHERE id = ?1)";

#[async_trait]
impl Grants for SqliteStore {
    async fn open(&self, grant: Grant) -> Result<Opened, StoreError> {
        self.write(move |connection| {
            if insert(connection, &grant)? {
                return Ok(Opened::New);
            }
            let known = connection.prepare_cached(FIND)?.query_row([grant.id.to_string()], read)?;
            Ok(Opened::Already(Box::new(known)))
        })
        .await
    }

    async fn rotate(&self, id: GrantId, presented: u32, at: Timestamp) -> Result<Rotated, StoreError> {
        self.write(move |connection| {
            let (id, next) = (id.to_string(), presented.saturating_add(1));
            let mut update = connection.prepare_cached(ROTATE[place(next)])?;
            match update.query_row((&id, presented, next, seconds(at)), rotated).optional()? {
                Some(next) => Ok(next),
                None => not_the_head(connection, &id, presented),
            }
        })
        .await
    }

    async fn excuse(&self, id: GrantId, excuse: Excuse, since: Timestamp) -> Result<Excused, StoreError> {
        let values = (id.to_string(), excuse.head, seconds(excuse.at), seconds(since));
        self.write(move |connection| {
            let excused = connection.prepare_cached(EXCUSE)?.execute(values)?;
            Ok(if excused == 1 { Excused::Yes } else { Excused::No })
        })
        .await
    }

    async fn doubt(&self, id: GrantId, at: Timestamp) -> Result<(), StoreError> {
        let values = (id.to_string(), seconds(at));
        self.write(move |connection| connection.prepare_cached(DOUBT)?.execute(values).map(drop)).await
    }

    async fn close(&self, id: GrantId, at: Timestamp, why: CloseReason) -> Result<Closed, StoreError> {
        self.write(move |connection| {
            let id = id.to_string();
            if connection.prepare_cached(CLOSE)?.execute((&id, seconds(at), name(why)))? == 1 {
                return Ok(Closed::Now);
            }
            let known = connection.prepare_cached(EXISTS)?.query_row([&id], |row| row.get(0))?;
            Ok(if known { Closed::Already } else { Closed::Unknown })
        })
        .await
    }

    async fn find(&self, id: GrantId) -> Result<Option<Grant>, StoreError> {
        self.read(|connection| connection.prepare_cached(FIND)?.query_row([id.to_string()], read).optional())
    }

    async fn list_of(&self, subject: &Subject, after: Option<GrantId>) -> Result<Vec<Grant>, StoreError> {
        let after = after.map(|id| id.to_string()).unwrap_or_default();
        self.read(|connection| {
            let mut statement = connection.prepare_cached(LIST)?;
            statement.query_map((subject.to_string(), after, PAGE_SIZE as i64), read)?.collect()
        })
    }
}

/// The columns that hold when a generation became the head. The latest [`Steps::MAX`] generations are kept, each in the
/// column with its number modulo `Steps::MAX`.
const STEPS: [&str; Steps::MAX] =
    ["step_0", "step_1", "step_2", "step_3", "step_4", "step_5", "step_6", "step_7"];

fn place(generation: u32) -> usize {
    generation as usize % Steps::MAX
}

/// The rotation to a generation, for each place of its step.
const ROTATE: [&str; Steps::MAX] = {
    macro_rules! to {
        ($step:literal) => {
            concat!(
                "UPDATE grants SET generation = ?3, ",
                $step,
                " = ?4 WHERE id = ?1 AND generation = ?2 AND closed_at IS NULL RETURNING *"
            )
        };
    }
    [
        to!("step_0"),
        to!("step_1"),
        to!("step_2"),
        to!("step_3"),
        to!("step_4"),
        to!("step_5"),
        to!("step_6"),
        to!("step_7"),
    ]
};

fn rotated(row: &Row<'_>) -> rusqlite::Result<Rotated> {
    Ok(Rotated::Next { grant: Box::new(read(row)?), chain: chain(row)? })
}

/// Why a generation could not be used. This is the same transaction, so the row is as the rotation found it.
fn not_the_head(connection: &Connection, id: &str, presented: u32) -> rusqlite::Result<Rotated> {
    let known = connection.prepare_cached(FIND)?.query_row([id], read).optional()?;
    let Some(grant) = known else { return Ok(Rotated::Unknown) };
    let State::Open(chain) = grant.state.clone() else { return Ok(Rotated::Closed) };
    match presented.cmp(&chain.head) {
        Ordering::Less => Ok(Rotated::Behind { grant: Box::new(grant), chain }),
        Ordering::Greater => Ok(Rotated::Ahead),
        Ordering::Equal => Err(unreadable("generation")),
    }
}

/// Inserts a grant if there is none with its id. Returns whether it did.
fn insert(connection: &Connection, grant: &Grant) -> rusqlite::Result<bool> {
    let mut columns: Vec<(&str, Box<dyn ToSql>)> = vec![
        ("id", Box::new(grant.id.to_string())),
        ("person", Box::new(grant.subject.to_string())),
        ("client", Box::new(grant.client.0.clone())),
        ("claimed_name", Box::new(grant.client_name.as_ref().map(|name| name.as_str().to_owned()))),
        ("installation", Box::new(grant.installation.as_ref().map(ToString::to_string))),
        ("scope", Box::new(grant.scope.to_string())),
        ("resource", Box::new(grant.resource.as_str().to_owned())),
        ("signed_in_at", Box::new(seconds(grant.signed_in_at))),
        ("opened_at", Box::new(seconds(grant.opened_at))),
        ("expires_at", Box::new(seconds(grant.expires_at))),
        ("kept_until", Box::new(seconds(grant.kept_until))),
        ("gone_after", Box::new(seconds(grant.expires_at.max(grant.kept_until)))),
        ("email", Box::new(grant.profile.email.as_ref().map(|email| email.as_str().to_owned()))),
        ("full_name", Box::new(grant.profile.name.as_ref().map(|name| name.as_str().to_owned()))),
        ("issuer", Box::new(grant.issuer.clone())),
    ];
    match &grant.state {
        State::Open(chain) => {
            columns.push(("generation", Box::new(chain.head)));
            columns.push(("excused", Box::new(chain.excused.map(|excused| excused.head))));
            columns.push(("excused_at", Box::new(chain.excused.map(|excused| seconds(excused.at)))));
            columns.push(("doubted_at", Box::new(chain.doubted.map(seconds))));
            for (generation, at) in (0..=chain.head).rev().zip(chain.steps.iter()) {
                columns.push((STEPS[place(generation)], Box::new(seconds(at))));
            }
        }
        State::Closed { at, why } => {
            columns.push(("closed_at", Box::new(seconds(*at))));
            columns.push(("why", Box::new(name(*why))));
        }
    }
    let names: Vec<_> = columns.iter().map(|(name, _)| *name).collect();
    let values: Vec<_> = (1..=columns.len()).map(|place| format!("?{place}")).collect();
    let statement = format!(
        "INSERT INTO grants ({}) VALUES ({}) ON CONFLICT DO NOTHING",
        names.join(", "),
        values.join(", ")
    );
    let values = rusqlite::params_from_iter(columns.iter().map(|(_, value)| value));
    Ok(connection.prepare_cached(&statement)?.execute(values)? == 1)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Grant> {
    let state = match optional_time(row, "closed_at")? {
        Some(at) => State::Closed { at, why: parsed(row, "why", reason)? },
        None => State::Open(chain(row)?),
    };
    Ok(Grant {
        id: parsed(row, "id", GrantId::parse)?,
        client: ClientId(row.get("client")?),
        client_name: optional(row, "claimed_name", ClientName::parse)?,
        installation: optional(row, "installation", Installation::parse)?,
        subject: parsed(row, "person", Subject::parse)?,
        scope: parsed(row, "scope", |scope| Scope::parse(scope).ok())?,
        resource: parsed(row, "resource", |resource| Resource::parse(resource).ok())?,
        signed_in_at: time(row, "signed_in_at")?,
        opened_at: time(row, "opened_at")?,
        expires_at: time(row, "expires_at")?,
        kept_until: time(row, "kept_until")?,
        state,
        profile: Profile {
            email: optional(row, "email", EmailAddress::parse)?,
            name: optional(row, "full_name", DisplayName::parse)?,
        },
        issuer: row.get("issuer")?,
    })
}

fn chain(row: &Row<'_>) -> rusqlite::Result<Chain> {
    let head = number(row, "generation")?;
    let latest = (0..=head).rev().take(Steps::MAX).map(|generation| time(row, STEPS[place(generation)]));
    let steps = Steps::of(latest.collect::<Result<_, _>>()?).ok_or_else(|| unreadable("generation"))?;
    let excused = match optional_number(row, "excused")? {
        Some(head) => Some(Excuse { head, at: time(row, "excused_at")? }),
        None => None,
    };
    Ok(Chain { head, steps, excused, doubted: optional_time(row, "doubted_at")? })
}

/// The names of the reasons in the column `why`.
const REASONS: [(&str, CloseReason); 7] = [
    ("code_replayed", CloseReason::CodeReplayed),
    ("revoked", CloseReason::Revoked),
    ("reuse", CloseReason::Reuse),
    ("signed_out", CloseReason::SignedOut),
    ("unconfirmed", CloseReason::Unconfirmed),
    ("operator", CloseReason::Operator),
    ("person", CloseReason::Person),
];

fn name(why: CloseReason) -> &'static str {
    match why {
        CloseReason::CodeReplayed => REASONS[0].0,
        CloseReason::Revoked => REASONS[1].0,
        CloseReason::Reuse => REASONS[2].0,
        CloseReason::SignedOut => REASONS[3].0,
        CloseReason::Unconfirmed => REASONS[4].0,
        CloseReason::Operator => REASONS[5].0,
        CloseReason::Person => REASONS[6].0,
    }
}

fn reason(text: &str) -> Option<CloseReason> {
    REASONS.iter().find(|(name, _)| *name == text).map(|(_, why)| *why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_is_read_as_it_was_written() {
        for (_, why) in REASONS {
            assert_eq!(reason(name(why)), Some(why));
        }
        assert_eq!(reason("a whim"), None);
    }
}
