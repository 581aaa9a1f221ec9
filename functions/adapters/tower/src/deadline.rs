//! The deadline of a request.

use doorward::ports::Deadline;
use http::Extensions;
use std::time::Duration;

/// How long a request may take: 25 seconds. Many callers and proxies give up after 30.
const ANSWER: Duration = Duration::from_secs(25);

/// Gives a request a deadline, unless the application has set one.
pub(crate) fn set(extensions: &mut Extensions) {
    if extensions.get::<Deadline>().is_none() {
        extensions.insert(doorward_signing::deadline_in(ANSWER));
    }
}
