//! Operations of DynamoDB on the items of one table (Amazon DynamoDB API Reference), as JSON.

use crate::item::{AttributeValue, Item};
use crate::table::KEY;
use serde_json::{Map, Value, json};

/// An operation, and the members of its request.
#[derive(Clone, Debug)]
pub(crate) struct Operation {
    pub(crate) name: &'static str,
    pub(crate) request: Value,
}

impl Operation {
    /// An operation on a table.
    pub(crate) fn new(name: &'static str, table: &str) -> Self {
        Self { name, request: json!({ "TableName": table }) }
    }

    /// The operation on the item with this key.
    pub(crate) fn of_key(name: &'static str, table: &str, key: AttributeValue) -> Self {
        Self::new(name, table).with("Key", Map::from_iter([(KEY.to_owned(), key)]))
    }

    /// Puts an item.
    pub(crate) fn put(table: &str, item: Item) -> Self {
        Self::new("PutItem", table).with("Item", Value::Object(item.0))
    }

    /// Sets a member.
    pub(crate) fn with(mut self, member: &str, value: impl Into<Value>) -> Self {
        self.request[member] = value.into();
        self
    }

    /// What a condition or an update means by a name that starts with a colon.
    pub(crate) fn value(mut self, name: &str, value: AttributeValue) -> Self {
        self.request["ExpressionAttributeValues"][name] = value;
        self
    }

    /// The condition of a write.
    pub(crate) fn condition(self, expression: impl Into<Value>) -> Self {
        self.with("ConditionExpression", expression)
    }

    /// What an update changes.
    pub(crate) fn update(self, expression: impl Into<Value>) -> Self {
        self.with("UpdateExpression", expression)
    }

    /// An update returns the item as it is after it.
    pub(crate) fn returning_new(self) -> Self {
        self.with("ReturnValues", "ALL_NEW")
    }
}
