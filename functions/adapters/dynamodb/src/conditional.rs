//! Conditional writes, for changes that must happen only once.

use crate::item::{AttributeValue, Item, item, text};
use crate::operation::Operation;
use crate::table::KEY;
use crate::{DynamoStore, unanswered};
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::store::StoreError;
use doorward_aws::Failure;

/// Id of one conditional write, which its retries share. If the condition fails and the item has this id, an
/// earlier attempt succeeded and its response was lost: the failure is no replay.
#[derive(Clone, Debug)]
pub(crate) struct Attempt(String);

/// The result of a conditional write.
pub(crate) enum Written {
    /// The write happened. Holds the new item, if the request asked for it.
    Done(Item),
    /// The condition was false. Holds the existing item, if there is one.
    Refused(Option<Item>),
}

impl Attempt {
    /// The attribute that holds the id of the last conditional write.
    pub(crate) const MARK: &str = "attempt";

    pub(crate) fn value(&self) -> AttributeValue {
        text(&self.0)
    }

    /// Whether this write was the last one to change the item.
    pub(crate) fn made(&self, known: &Item) -> bool {
        known.text(Self::MARK).is_ok_and(|attempt| attempt == self.0)
    }
}

impl DynamoStore {
    pub(crate) fn attempt(&self) -> Attempt {
        let mut random = [0; 12];
        self.entropy.fill(&mut random);
        Attempt(URL_SAFE_NO_PAD.encode(random))
    }

    /// Puts an item if none exists with its key. Returns `None` if it did, else the existing item.
    pub(crate) async fn put_once(&self, item: Item) -> Result<Option<Item>, StoreError> {
        let attempt = self.attempt();
        let item = item.with(Attempt::MARK, attempt.value());
        let put = Operation::put(&self.table, item).condition(format!("attribute_not_exists({KEY})"));
        match self.write_once(put).await? {
            Written::Done(_) => Ok(None),
            Written::Refused(Some(known)) => Ok(Some(known).filter(|known| !attempt.made(known))),
            Written::Refused(None) => {
                Err(StoreError::new("DynamoDB reported a failed condition without the item"))
            }
        }
    }

    /// Writes an item if the condition of the operation holds.
    pub(crate) async fn write_once(&self, operation: Operation) -> Result<Written, StoreError> {
        let operation = operation.with("ReturnValuesOnConditionCheckFailure", "ALL_OLD");
        match self.send(&operation).await? {
            Ok(mut done) => Ok(Written::Done(item(&mut done, "Attributes").unwrap_or_default())),
            Err(Failure::Refused { kind, mut body, .. }) if kind == "ConditionalCheckFailedException" => {
                Ok(Written::Refused(item(&mut body, "Item")))
            }
            Err(failure) => Err(unanswered(operation.name, &failure)),
        }
    }
}
