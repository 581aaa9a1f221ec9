//! Conditional writes, for changes that must happen only once.

use crate::item::{Item, text};
use crate::table::KEY;
use crate::{DynamoStore, unanswered};
use aws_sdk_dynamodb::error::SdkError;
use aws_sdk_dynamodb::operation::put_item::PutItemError;
use aws_sdk_dynamodb::operation::update_item::UpdateItemError;
use aws_sdk_dynamodb::operation::update_item::builders::UpdateItemFluentBuilder;
use aws_sdk_dynamodb::types::ReturnValuesOnConditionCheckFailure as OnFailure;
use aws_sdk_dynamodb::types::error::ConditionalCheckFailedException;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::store::StoreError;
use std::error::Error;
use std::fmt::Debug;

/// Id of one conditional write, which the SDK's retries share. If the condition fails and the item has this id, an
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

    pub(crate) fn value(&self) -> aws_sdk_dynamodb::types::AttributeValue {
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
        let put = self
            .client
            .put_item()
            .table_name(&self.table)
            .set_item(Some(item.0))
            .condition_expression(format!("attribute_not_exists({KEY})"))
            .return_values_on_condition_check_failure(OnFailure::AllOld);
        match written(put.send().await.map(|_| Item::default()))? {
            Written::Done(_) => Ok(None),
            Written::Refused(Some(known)) => Ok(Some(known).filter(|known| !attempt.made(known))),
            Written::Refused(None) => {
                Err(StoreError::new("DynamoDB reported a failed condition without the item"))
            }
        }
    }
}

/// Updates an item if its condition holds.
pub(crate) async fn update_once(update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    let answer = update.return_values_on_condition_check_failure(OnFailure::AllOld).send().await;
    written(answer.map(|done| Item(done.attributes.unwrap_or_default())))
}

/// An SDK error that may report a failed condition.
trait Conditional: Error + Send + Sync + 'static {
    fn failed(&self) -> Option<&ConditionalCheckFailedException>;
}

impl Conditional for PutItemError {
    fn failed(&self) -> Option<&ConditionalCheckFailedException> {
        match self {
            Self::ConditionalCheckFailedException(failed) => Some(failed),
            _ => None,
        }
    }
}

impl Conditional for UpdateItemError {
    fn failed(&self) -> Option<&ConditionalCheckFailedException> {
        match self {
            Self::ConditionalCheckFailedException(failed) => Some(failed),
            _ => None,
        }
    }
}

fn written<E, R>(answer: Result<Item, SdkError<E, R>>) -> Result<Written, StoreError>
where
    E: Conditional,
    R: Debug + Send + Sync + 'static,
{
    match answer {
        Ok(done) => Ok(Written::Done(done)),
        Err(error) => match error.as_service_error().and_then(Conditional::failed) {
            Some(failed) => Ok(Written::Refused(failed.item().cloned().map(Item))),
            None => Err(unanswered(error)),
        },
    }
}
