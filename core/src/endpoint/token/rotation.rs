//! Refresh token rotation: the use of a genuine refresh token, by the table of [`crate::store::lifecycle`].

use super::issue::{Contents, event, issue};
use crate::config::StaleRefresh;
use crate::endpoint::caller::Caller;
use crate::ports::{CLOCK_SKEW, Timestamp};
use crate::protocol::{GrantedScope, Refusal};
use crate::rules::{self, Rule};
use crate::sealed::RefreshToken;
use crate::server::Server;
use crate::store::{
    Chain, CloseReason, Closed, Excuse, Excused, Grant, RefreshRules, Rotated, Standing, StoreError,
    connections,
};
use crate::wire::{Event, EventKind, Events, Response};
use std::time::Duration;

/// The minimum time between two excuses. A laptop loses an answer by going to sleep less often than once a day.
const EXCUSE_EVERY: Duration = Duration::from_secs(24 * 60 * 60);

/// A validated refresh. Only the store can say whether its token is the head.
pub(super) struct Rotation<'a> {
    pub(super) server: &'a Server,
    pub(super) caller: &'a Caller,
    pub(super) token: RefreshToken,
    pub(super) granted: GrantedScope,
    pub(super) now: Timestamp,
}

impl Rotation<'_> {
    pub(super) async fn run(&self) -> Response {
        match self.server.stores.grants().rotate(self.token.grant, self.token.generation, self.now).await {
            Ok(Rotated::Next { grant, .. } | Rotated::Behind { grant, .. }) if !self.is_within(&grant) => {
                self.known(self.invalid_grant(
                    &rules::REFRESH_NOT_IN_GRANT,
                    "the refresh token is not what its grant allows",
                ))
            }
            Ok(Rotated::Next { grant, chain }) => {
                self.go_on(&grant, &chain, EventKind::Refreshed, None).await
            }
            Ok(Rotated::Behind { grant, chain }) => self.behind(&grant, &chain).await,
            Ok(Rotated::Ahead) => self.invalid_grant(
                &rules::REFRESH_NOT_IN_GRANT,
                "the refresh token is newer than its grant in the store",
            ),
            Ok(Rotated::Closed) => {
                self.known(self.invalid_grant(&rules::GRANT_CLOSED, "the grant is closed"))
            }
            Ok(Rotated::Unknown) => {
                self.invalid_grant(&rules::GRANT_CLOSED, "the grant of the refresh token no longer exists")
            }
            Err(error) => self.unanswered(&error),
        }
    }

    /// Whether the token is of this grant's client and resource, and asks for some of its scope. Every token that this
    /// server gave out is. An attacker who has the key of refresh tokens can make others.
    fn is_within(&self, grant: &Grant) -> bool {
        grant.client == self.caller.id
            && grant.resource == self.token.resource
            && !self.granted.scope.intersection(&grant.scope).is_empty()
    }

    async fn behind(&self, grant: &Grant, chain: &Chain) -> Response {
        match chain.standing(self.token.generation, self.now, self.rules()) {
            Standing::Recent => {
                self.go_on(grant, chain, EventKind::Refreshed, Some(self.repetition(chain))).await
            }
            Standing::Late if self.may_be_late() => self.late(grant, chain).await,
            Standing::Late | Standing::Stale => self.stale(grant, chain).await,
        }
    }

    fn rules(&self) -> RefreshRules {
        let window = self.server.config.lifetimes().refresh_window + CLOCK_SKEW;
        RefreshRules { window, excuse_every: EXCUSE_EVERY }
    }

    /// Whether a late token may be excused. Where a stale token closes its grant (`close`), a late token does too,
    /// because it may come from an attacker. A token of an authenticated client is no use to an attacker, so it may
    /// always be excused.
    fn may_be_late(&self) -> bool {
        self.token.confidential || self.server.config.stale_refresh() == StaleRefresh::Doubt
    }

    /// Excuses a late token. If another late token was excused for the same head, nothing is written.
    async fn late(&self, grant: &Grant, chain: &Chain) -> Response {
        if chain.is_excused() {
            return self.go_on(grant, chain, EventKind::RefreshedLate, Some(self.repetition(chain))).await;
        }
        let (excuse, since) = (Excuse { head: chain.head, at: self.now }, self.now.before(EXCUSE_EVERY));
        match self.server.stores.grants().excuse(grant.id, excuse, since).await {
            Ok(Excused::Yes) => {
                self.go_on(grant, chain, EventKind::RefreshedLate, Some(self.repetition(chain))).await
            }
            Ok(Excused::No) => self.stale(grant, chain).await,
            Err(error) => self.unanswered(&error),
        }
    }

    /// Gives out the head: to the caller that advanced it, and to every caller whose older token still gets it. For
    /// a grant in doubt, the server first checks whether its user has allowed the same client again.
    async fn go_on(&self, grant: &Grant, chain: &Chain, what: EventKind, note: Option<String>) -> Response {
        if self.server.config.excludes(&grant.subject, &grant.resource) {
            return self.excluded(grant);
        }
        if let Some(since) = chain.doubted {
            match connections::is_superseded(&**self.server.stores.grants(), grant, since).await {
                Ok(false) => {}
                Ok(true) => return self.superseded(grant).await,
                Err(error) => return self.unanswered(&error),
            }
        }
        let ends_at = grant.ends_at(self.server.config.lifetimes().idle);
        let scope = self.token.scope.intersection(&grant.scope);
        let head = RefreshToken { scope, ..self.token.at(chain.head, ends_at) };
        let granted = self.granted.scope.intersection(&grant.scope);
        let signed_in_at = Some(grant.signed_in_at);
        let contents = Contents { scope: granted, signed_in_at, refresh_token: Some(&head) };
        match issue(self.server, grant, contents, self.now) {
            Ok(issued) => {
                let notes: Vec<_> = note.into_iter().chain(self.granted.note()).collect();
                let reason = (!notes.is_empty()).then(|| notes.join("; "));
                Event { reason, ..self.event(what, grant) }.beside(issued.response())
            }
            Err(failed) => Refusal::temporarily_unavailable(&failed).json(self.server),
        }
    }

    /// What the log says of a token that was used before, and got the head all the same.
    fn repetition(&self, chain: &Chain) -> String {
        let used = chain.steps.succeeded(chain.head.saturating_sub(self.token.generation));
        let ago = used.map_or_else(String::new, |at| format!(" {} s ago", self.now.0.saturating_sub(at.0)));
        format!(
            "the token was used before{ago}: a lost response, or parallel processes; it got the newest one again"
        )
    }

    /// Refuses a stale token. It comes from a process that missed other refreshes, or from an attacker with a copy:
    /// the server cannot tell which. A token of an authenticated client is useless without the client's secret or
    /// key, so it puts no grant in doubt and closes none.
    async fn stale(&self, grant: &Grant, chain: &Chain) -> Response {
        let done = match self.server.config.stale_refresh() {
            _ if self.token.confidential => Ok(()),
            StaleRefresh::Doubt if chain.doubted.is_some() => Ok(()),
            StaleRefresh::Doubt => self.server.stores.grants().doubt(grant.id, self.now).await,
            StaleRefresh::Close => self.close(grant).await,
        };
        match done {
            Ok(()) => {
                let refused = self.invalid_grant(
                    &rules::REFRESH_TOKEN_REUSED,
                    "the refresh token was already used, and the refresh window has passed",
                );
                let refused = self.known(refused);
                self.event(EventKind::RefreshReused, grant).beside(refused)
            }
            Err(error) => self.unanswered(&error),
        }
    }

    /// Closes a grant in doubt whose user has signed in at the same client again. The new grant replaces it.
    async fn superseded(&self, grant: &Grant) -> Response {
        match self.close(grant).await {
            Ok(()) => {
                let refused = self.invalid_grant(
                    &rules::GRANT_SUPERSEDED,
                    "the grant was in doubt, and its user has signed in again",
                );
                let refused = self.known(refused);
                self.event(EventKind::Superseded, grant).beside(refused)
            }
            Err(error) => self.unanswered(&error),
        }
    }

    /// Refuses a user who may no longer use the resource. The grant stays open, for the case that the user may again.
    fn excluded(&self, grant: &Grant) -> Response {
        let mut refused =
            self.known(self.invalid_grant(
                &rules::GRANT_USER_NOT_ALLOWED,
                "the user may not use the resource of the grant",
            ));
        Events::complete(&mut refused, |event| event.person = grant.subject.person().cloned());
        refused
    }

    async fn close(&self, grant: &Grant) -> Result<(), StoreError> {
        match self.server.stores.grants().close(grant.id, self.now, CloseReason::Reuse).await? {
            Closed::Now | Closed::Already | Closed::Unknown => Ok(()),
        }
    }

    /// Refuses with `invalid_grant`, whatever the cause: it is the only error on which clients start a new sign-in.
    fn invalid_grant(&self, rule: &'static Rule, why: &str) -> Response {
        rule.refuse(why).json(self.server)
    }

    /// Adds the client and the grant to the event of a refusal.
    fn known(&self, mut refused: Response) -> Response {
        Events::complete(&mut refused, |event| {
            event.client = Some(self.caller.id.clone());
            event.grant = Some(self.token.grant);
        });
        refused
    }

    fn unanswered(&self, error: &StoreError) -> Response {
        Refusal::temporarily_unavailable(error).json(self.server)
    }

    fn event(&self, what: EventKind, grant: &Grant) -> Event {
        Event { person: grant.subject.person().cloned(), ..event(what, self.caller, grant.id) }
    }
}
