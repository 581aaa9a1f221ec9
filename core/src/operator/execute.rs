//! The execution of operator commands: their dependencies, and the dispatch of each command.

use crate::client::{Authentication, PublishedKeys};
use crate::operator::command::{Command, GrantArgument};
use crate::operator::outcome::{CommandError, Output};
use crate::ports::{Clock, Deadline, Entropy, Passwords};
use crate::sealed::Keys;
use crate::store::{Change, StoreError, Stores};
use crate::wire::EventKind;
use async_trait::async_trait;
use std::sync::Arc;

/// The dependencies of the operator's commands.
pub struct Operator {
    /// The store that commands read and change.
    pub stores: Stores,
    /// The password hasher.
    pub passwords: Arc<dyn Passwords>,
    /// The clock.
    pub clock: Arc<dyn Clock>,
    /// The source of randomness.
    pub entropy: Arc<dyn Entropy>,
    /// The source of the keys that commands need.
    pub keys: Arc<dyn OperatorKeys>,
}

/// Provides the keys for client ids, for client secrets, and for the counters of wrong passwords.
#[async_trait]
pub trait OperatorKeys: Send + Sync {
    /// The current keys.
    ///
    /// # Errors
    /// [`StoreError`] when the keys cannot be read.
    async fn keys(&self) -> Result<Keys, StoreError>;
}

impl Operator {
    /// Executes a command. A command that closes all grants of a user stops before `deadline`; its answer then has
    /// `repeat_now`.
    ///
    /// # Errors
    /// [`CommandError`] if the command failed. On a store error the change may have been applied; retry.
    pub async fn execute(&self, command: Command, deadline: &Deadline) -> Result<Output, CommandError> {
        match command {
            Command::AddPerson { name, password, email } => self.add(name, password, email).await,
            Command::ListPeople { after } => self.list(after).await,
            Command::SetPassword { name, password } => self.set_password(name, password).await,
            Command::SetEmail { name, email } => self.set_email(name, email).await,
            Command::DisablePerson { name } => {
                self.end(name, Change::Disable, EventKind::PersonDisabled, deadline).await
            }
            Command::EnablePerson { name } => self.enable(name).await,
            Command::UnlockPerson { name } => self.unlock(name).await,
            Command::SignOut { name } => {
                self.end(name, Change::SignOut, EventKind::SignedOut, deadline).await
            }
            Command::ListGrants { person, after } => {
                self.grants(&person, after.map(|GrantArgument(grant)| grant)).await
            }
            Command::RevokeGrant { grant: GrantArgument(grant) } => self.revoke(grant).await,
            Command::RevokeGrants { person } => self.revoke_all(person, deadline).await,
            Command::AddClient {
                client_name,
                redirect_uris,
                own_scope,
                token_endpoint_auth_method,
                jwks,
                jwks_uri,
            } => {
                let keys = PublishedKeys::parse(jwks.as_ref(), jwks_uri.as_deref())?;
                let authentication = Authentication::by(token_endpoint_auth_method, keys)?;
                self.add_client(client_name, &redirect_uris, own_scope, authentication).await
            }
            Command::ListClients { after } => self.list_clients(after).await,
            Command::RemoveClient { client_id } => self.remove_client(client_id).await,
            Command::BlockClient(which) => self.block_client(&which).await,
            Command::UnblockClient(which) => self.unblock_client(&which).await,
            Command::ListBlocks {} => self.list_blocks().await,
        }
    }
}
