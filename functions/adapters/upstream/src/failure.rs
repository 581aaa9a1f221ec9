//! Why an upstream gave no answer.

use crate::connector::NoConnection;
use std::error::Error;
use std::io;

/// Why an upstream gave no answer. The reason is the innermost cause. It holds nothing of the request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// Refused connection, unknown host name, forbidden address, bad certificate, or no HTTP: 502 (RFC 9110 §15.6.3).
    #[error("the upstream cannot be reached: {0}")]
    Unreachable(String),
    /// No connection, or no head of an answer, within its time limit: 504 (RFC 9110 §15.6.5).
    #[error("the upstream does not answer in time: {0}")]
    Late(String),
    /// Too much is in flight: 503 (RFC 9110 §15.6.4).
    #[error("too much is in flight")]
    Busy,
}

impl From<hyper_util::client::legacy::Error> for Failure {
    fn from(error: hyper_util::client::legacy::Error) -> Self {
        let mut cause: &(dyn Error + 'static) = &error;
        let mut late = false;
        while let Some(inner) = cause.source() {
            cause = inner;
            late |= is_timeout(cause);
        }
        if late { Self::Late(cause.to_string()) } else { Self::Unreachable(cause.to_string()) }
    }
}

fn is_timeout(cause: &(dyn Error + 'static)) -> bool {
    let late = cause.downcast_ref().is_some_and(|error| matches!(error, NoConnection::Late));
    let kind = cause.downcast_ref().map(io::Error::kind);
    late || kind == Some(io::ErrorKind::TimedOut)
}
