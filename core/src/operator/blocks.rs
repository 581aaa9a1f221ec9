//! The operator's commands that block clients. A command that blocks no client is refused: its operator would believe that an
//! attacker is out.

use crate::client::Block;
use crate::operator::clients::about;
use crate::operator::command::BlockArgument;
use crate::operator::execute::Operator;
use crate::operator::outcome::{CommandError, Output, done, seen};
use crate::protocol::{ClientId, DocumentUrl};
use crate::sealed::{Kind, PreRegisteredClientId, Registration};
use crate::store::{Blocked, StoreError};
use crate::wire::{Event, EventKind};
use serde_json::json;

impl Operator {
    pub(super) async fn block_client(&self, which: &BlockArgument) -> Result<Output, CommandError> {
        let block = read(which)?;
        if let BlockArgument::ClientId(id) = which {
            self.check_id(id).await?;
        }
        self.change_block(&block, true).await?;
        let mut output = changed(&block, true);
        if matches!(which, BlockArgument::ConfiguredClient(_)) {
            output.answer["known"] = json!(null);
        }
        Ok(output)
    }

    pub(super) async fn unblock_client(&self, which: &BlockArgument) -> Result<Output, CommandError> {
        let block = read(which)?;
        let is_listed = self.stores.blocks().read().await?.iter().any(|listed| *listed == block);
        if !is_listed && !self.is_blocked_in_its_record(&block).await? {
            return Err(CommandError::NotBlocked(block));
        }
        self.change_block(&block, false).await?;
        Ok(changed(&block, false))
    }

    pub(super) async fn list_blocks(&self) -> Result<Output, CommandError> {
        let list = self.stores.blocks().read().await?;
        Ok(seen(json!({ "blocks": list.iter().map(ToString::to_string).collect::<Vec<_>>() })))
    }

    /// Refuses an id that no client can use. The clients of the settings are not known here, so they have a member of their
    /// own.
    async fn check_id(&self, id: &ClientId) -> Result<(), CommandError> {
        if matches!(Block::parse(&id.0), Some(Block::RedirectHost(_) | Block::DocumentHost(_)))
            || DocumentUrl::parse(&id.0).is_ok()
        {
            return Ok(());
        }
        if ![Registration::PREFIX, PreRegisteredClientId::PREFIX]
            .iter()
            .any(|prefix| id.0.starts_with(prefix))
        {
            return Err(CommandError::NoClientId);
        }
        let keys = self.keys.keys().await?;
        let is_signed =
            keys.client_ids.verify(&id.0).is_some() || keys.pre_registered_clients.verify(&id.0).is_some();
        is_signed.then_some(()).ok_or(CommandError::UnsignedClientId)
    }

    /// Every block is on the list, which introspection reads. A pre-registered client has a record too, which says the
    /// same.
    async fn change_block(&self, block: &Block, blocked: bool) -> Result<(), CommandError> {
        if let Block::Client(id) = block
            && id.0.starts_with(PreRegisteredClientId::PREFIX)
            && self.stores.clients().block(id, blocked).await? == Blocked::Unknown
        {
            return Err(CommandError::UnknownClient(id.clone()));
        }
        Ok(self.set_block(block, blocked).await?)
    }

    /// A change that ended halfway has blocked the record alone.
    async fn is_blocked_in_its_record(&self, block: &Block) -> Result<bool, CommandError> {
        let Block::Client(id) = block else { return Ok(false) };
        if !id.0.starts_with(PreRegisteredClientId::PREFIX) {
            return Ok(false);
        }
        let found = self.stores.clients().find(id).await?;
        Ok(found.ok_or_else(|| CommandError::UnknownClient(id.clone()))?.blocked)
    }

    /// A server of this process that has the same stores takes the change into account at once.
    pub(super) async fn set_block(&self, block: &Block, blocked: bool) -> Result<(), StoreError> {
        self.stores.blocks().set(block, blocked).await?;
        self.stores.blocked_clients().forget();
        Ok(())
    }
}

fn read(which: &BlockArgument) -> Result<Block, CommandError> {
    let why = match which {
        BlockArgument::ClientId(_) => return which.block().ok_or(CommandError::NoClientId),
        BlockArgument::ConfiguredClient(_) => {
            "this can be no client id of the server's settings: such an id is printable ASCII, no URL, and does not begin with dw_"
        }
        BlockArgument::RedirectHost(_) | BlockArgument::DocumentHost(_) => {
            "the host must be a host name without a port, such as app.example.com"
        }
    };
    which.block().ok_or_else(|| CommandError::InvalidClient(why.to_owned()))
}

fn changed(block: &Block, blocked: bool) -> Output {
    let kind = if blocked { EventKind::ClientBlocked } else { EventKind::ClientUnblocked };
    let event = match block {
        Block::Client(id) => about(kind, id.clone()),
        host => Event { reason: Some(host.to_string()), ..Event::new(kind) },
    };
    done(json!({ "block": block.to_string(), "blocked": blocked }), event)
}
