//! Columns of a row: writing and reading. A value that cannot be read was not written by this store. It is an error.

use doorward::ports::Timestamp;
use rusqlite::types::Type;
use rusqlite::{Error, Result, Row};

/// A time as the file has it: seconds since 1970.
pub(crate) fn seconds(at: Timestamp) -> i64 {
    i64::try_from(at.0).unwrap_or(i64::MAX)
}

/// The text of a column, parsed by `parse`.
pub(crate) fn parsed<T>(row: &Row<'_>, column: &str, parse: impl FnOnce(&str) -> Option<T>) -> Result<T> {
    optional(row, column, parse)?.ok_or_else(|| unreadable(column))
}

/// Like [`parsed`], but `None` if the column is NULL.
pub(crate) fn optional<T>(
    row: &Row<'_>,
    column: &str,
    parse: impl FnOnce(&str) -> Option<T>,
) -> Result<Option<T>> {
    let text = row.get_ref(column)?.as_str_or_null().map_err(|_| unreadable(column))?;
    text.map(|text| parse(text).ok_or_else(|| unreadable(column))).transpose()
}

/// The number of a column.
pub(crate) fn number<N: TryFrom<i64>>(row: &Row<'_>, column: &str) -> Result<N> {
    optional_number(row, column)?.ok_or_else(|| unreadable(column))
}

/// Like [`number`], but `None` if the column is NULL.
pub(crate) fn optional_number<N: TryFrom<i64>>(row: &Row<'_>, column: &str) -> Result<Option<N>> {
    let number = row.get_ref(column)?.as_i64_or_null().map_err(|_| unreadable(column))?;
    number.map(|number| number.try_into().map_err(|_| unreadable(column))).transpose()
}

/// The time of a column.
pub(crate) fn time(row: &Row<'_>, column: &str) -> Result<Timestamp> {
    number(row, column).map(Timestamp)
}

/// Like [`time`], but `None` if the column is NULL.
pub(crate) fn optional_time(row: &Row<'_>, column: &str) -> Result<Option<Timestamp>> {
    Ok(optional_number(row, column)?.map(Timestamp))
}

/// The error of a value that cannot be read.
pub(crate) fn unreadable(column: &str) -> Error {
    let text = format!("the column {column} of a row is not valid");
    Error::FromSqlConversionFailure(0, Type::Null, text.into())
}
