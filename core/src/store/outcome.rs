//! Results that several stores share.

/// The result of adding a record.
#[must_use]
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Added {
    /// The record was added.
    New,
    /// There was a record with this id already. It did not change.
    Already,
}
