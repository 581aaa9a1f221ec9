//! Why an upstream gave no answer: the innermost cause. It holds nothing of the request.

use crate::connector::NoConnection;
use doorward::gateway::UpstreamFailure;
use std::error::Error;
use std::io;

/// The failure that an error of the HTTP client means.
pub(crate) fn failure(error: &hyper_util::client::legacy::Error) -> UpstreamFailure {
    let mut cause: &(dyn Error + 'static) = error;
    let mut late = false;
    while let Some(inner) = cause.source() {
        cause = inner;
        late |= is_timeout(cause);
    }
    match late {
        true => UpstreamFailure::Late(cause.to_string()),
        false => UpstreamFailure::Unreachable(cause.to_string()),
    }
}

/// The innermost cause of an error, as text.
pub(crate) fn innermost(error: &(dyn Error + 'static)) -> String {
    let mut cause = error;
    while let Some(inner) = cause.source() {
        cause = inner;
    }
    cause.to_string()
}

fn is_timeout(cause: &(dyn Error + 'static)) -> bool {
    let late = cause.downcast_ref().is_some_and(|error| matches!(error, NoConnection::Late));
    let kind = cause.downcast_ref().map(io::Error::kind);
    late || kind == Some(io::ErrorKind::TimedOut)
}
