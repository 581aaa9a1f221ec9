//! The limits of the listeners, from their settings.

use super::listener::Limits;
use crate::Failure;
use doorward_settings::{
    ANSWER, BODY, CONNECTION_IDLE, CONNECTIONS, DRAIN, HEAD, InvalidSetting, Reason, Setting, Values,
};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The numbers of connections that are allowed. One quarter is kept free of streams, so four is the least.
const COUNTS: RangeInclusive<u64> = 4..=100_000;
/// The times that are allowed, in seconds.
const SECONDS: RangeInclusive<u64> = 1..=3600;
/// The times of silence that are allowed, in seconds. Zero means that no comment is sent.
pub(super) const KEEP_ALIVE_SECONDS: RangeInclusive<u64> = 0..=3600;

/// Reads the limits.
pub(super) fn read(values: &Values) -> Result<Limits, Failure> {
    let default = Limits::default();
    let connections = number(values, &CONNECTIONS, COUNTS)?.and_then(|count| count.try_into().ok());
    Ok(Limits {
        connections: connections.unwrap_or(default.connections),
        head: seconds(values, &HEAD)?.unwrap_or(default.head),
        body: seconds(values, &BODY)?.unwrap_or(default.body),
        answer: seconds(values, &ANSWER)?.or(default.answer),
        idle: seconds(values, &CONNECTION_IDLE)?.unwrap_or(default.idle),
    })
}

/// How long running requests have after the signal that ends the process.
///
/// # Errors
/// [`Failure`] when the value is no number of seconds, or out of bounds.
pub fn drain(values: &Values) -> Result<Duration, Failure> {
    Ok(seconds(values, &DRAIN)?.unwrap_or(Duration::from_secs(10)))
}

pub(super) fn seconds(values: &Values, setting: &Setting) -> Result<Option<Duration>, Failure> {
    Ok(number(values, setting, SECONDS)?.map(Duration::from_secs))
}

pub(super) fn number(
    values: &Values,
    setting: &Setting,
    allowed: RangeInclusive<u64>,
) -> Result<Option<u64>, Failure> {
    let Some(text) = values.one(setting) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    let refused = || {
        let (least, most) = allowed.into_inner();
        InvalidSetting::of(setting, Reason::Number { least, most, sent: text.to_owned() }).into()
    };
    number.map(Some).ok_or_else(refused)
}
