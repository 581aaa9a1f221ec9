//! Reader of numbers: those of any setting, and those of gateways.

use crate::error::{InvalidSetting, Reason};
use crate::names::{CALLS_PER_MINUTE, KEEP_ALIVE, LISTEN, UPSTREAM_SECONDS};
use crate::setting::{Setting, Values};
use std::ops::RangeInclusive;
use std::time::Duration;

/// The numbers of seconds that most settings allow.
const SECONDS: RangeInclusive<u64> = 1..=3600;
/// The silences before a comment that are allowed, in seconds. Zero is no comment.
const KEEP_ALIVE_SECONDS: RangeInclusive<u64> = 0..=3600;
/// The numbers of calls a minute that are allowed. Zero is no limit.
const CALLS: RangeInclusive<u64> = 0..=1_000_000;

/// The numbers of gateways, where they are set.
#[derive(Clone, Copy, Debug)]
pub struct GatewayNumbers {
    /// How long an upstream may take until its answer begins.
    pub first_byte: Option<Duration>,
    /// After how long a silence an event stream gets a comment. Zero: never.
    pub keep_alive: Option<Duration>,
    /// How long a stream of `subscriptions/listen` is open on Lambda.
    pub listen: Option<Duration>,
    /// The most calls a minute of a user with a client. Zero is no limit.
    pub calls_per_minute: Option<u32>,
}

impl GatewayNumbers {
    /// Reads the numbers.
    ///
    /// # Errors
    /// [`InvalidSetting`] when a value is no number, or out of bounds.
    pub fn read(values: &Values) -> Result<Self, InvalidSetting> {
        Ok(Self {
            first_byte: seconds(values, &UPSTREAM_SECONDS)?,
            keep_alive: number(values, &KEEP_ALIVE, KEEP_ALIVE_SECONDS)?.map(Duration::from_secs),
            listen: seconds(values, &LISTEN)?,
            calls_per_minute: number(values, &CALLS_PER_MINUTE, CALLS)?
                .and_then(|calls| calls.try_into().ok()),
        })
    }
}

/// Reads a number of seconds, from 1 to 3600.
///
/// # Errors
/// [`InvalidSetting`] when the value is no number, or out of bounds.
pub fn seconds(values: &Values, setting: &Setting) -> Result<Option<Duration>, InvalidSetting> {
    Ok(number(values, setting, SECONDS)?.map(Duration::from_secs))
}

/// Reads a number within bounds.
///
/// # Errors
/// [`InvalidSetting`] when the value is no number, or out of bounds.
pub fn number(
    values: &Values,
    setting: &Setting,
    allowed: RangeInclusive<u64>,
) -> Result<Option<u64>, InvalidSetting> {
    let Some(text) = values.one(setting) else { return Ok(None) };
    let number = text.parse().ok().filter(|number| allowed.contains(number));
    let refused = || {
        let (least, most) = allowed.into_inner();
        InvalidSetting::of(setting, Reason::Number { least, most, sent: text.to_owned() })
    };
    number.map(Some).ok_or_else(refused)
}
