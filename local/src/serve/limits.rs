//! The limits of the listeners, from their settings.

use super::listener::Limits;
use crate::Failure;
use doorward_settings::{
    ANSWER, BODY, CONNECTION_IDLE, CONNECTIONS, DRAIN, HEAD, UPSTREAM, UPSTREAM_COMMAND, Values, number,
    seconds,
};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The numbers of connections that are allowed. One quarter is kept free of streams, so four is the least.
const COUNTS: RangeInclusive<u64> = 4..=100_000;

/// How long a message to a gateway may take to arrive, by default. It may have 4 MiB.
const MESSAGE: Duration = Duration::from_secs(30);

/// Reads the limits of a listener of the authorization server, and of one of the MCP server, which has time limits of its own
/// for answers.
pub(super) fn read(values: &Values) -> Result<(Limits, Limits), Failure> {
    let limits = of_both(values)?;
    let is_default = values.one(&BODY).is_none()
        && [UPSTREAM, UPSTREAM_COMMAND].iter().any(|setting| !values.all(setting).is_empty());
    let body = if is_default { MESSAGE } else { limits.body };
    Ok((limits, Limits { answer: None, body, ..limits }))
}

fn of_both(values: &Values) -> Result<Limits, Failure> {
    let default = Limits::default();
    Ok(Limits {
        connections: connections(values)?,
        head: seconds(values, &HEAD)?.unwrap_or(default.head),
        body: seconds(values, &BODY)?.unwrap_or(default.body),
        answer: seconds(values, &ANSWER)?.or(default.answer),
        idle: seconds(values, &CONNECTION_IDLE)?.unwrap_or(default.idle),
    })
}

/// The most connections of a listener. So many requests can be in flight.
pub(super) fn connections(values: &Values) -> Result<usize, Failure> {
    let connections = number(values, &CONNECTIONS, COUNTS)?.and_then(|count| count.try_into().ok());
    Ok(connections.unwrap_or(Limits::default().connections))
}

/// How long running requests have after the signal that ends the process.
///
/// # Errors
/// [`Failure`] when the value is no number of seconds, or out of bounds.
pub fn drain(values: &Values) -> Result<Duration, Failure> {
    Ok(seconds(values, &DRAIN)?.unwrap_or(Duration::from_secs(10)))
}
