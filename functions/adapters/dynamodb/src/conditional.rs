//! Conditional writes: what must happen once.

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

/// Marks every attempt at one conditional write, the SDK's own repetitions included: a failed condition that finds it
/// was our own, whose answer was lost.
#[derive(Clone, Debug)]
pub(crate) struct Attempt(String);

/// What came of a conditional write.
pub(crate) enum Written {
    /// The item, where it was asked for.
    Done(Item),
    /// The condition did not hold of the item as it is, if there is one.
    Refused(Option<Item>),
}

impl Attempt {
    /// Where an item says which attempt left it as it is.
    pub(crate) const MARK: &str = "attempt";

    pub(crate) fn value(&self) -> aws_sdk_dynamodb::types::AttributeValue {
        text(&self.0)
    }

    /// Whether it was this attempt that left the item as it is.
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

    /// Puts an item where there is none; nothing, or the item that is there.
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
            Written::Refused(None) => Err(StoreError::new("a failed condition came without its item")),
        }
    }
}

/// Updates an item if its condition holds.
pub(crate) async fn update_once(update: UpdateItemFluentBuilder) -> Result<Written, StoreError> {
    let answer = update.return_values_on_condition_check_failure(OnFailure::AllOld).send().await;
    written(answer.map(|done| Item(done.attributes.unwrap_or_default())))
}

/// An error that can be that of a condition.
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
