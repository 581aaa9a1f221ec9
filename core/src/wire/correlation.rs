//! The id under which an answer and everything that is written down about it are found: an error page shows it, every
//! answer of which there is something to tell carries it in a header.

use crate::ports::{Entropy, draw};
use crate::wire::event::Events;
use crate::wire::message::Response;
use http::{HeaderName, HeaderValue};

const HEADER: HeaderName = HeaderName::from_static("doorward-correlation");

/// An id that a person can read out and an operator can look up.
pub fn id(entropy: &dyn Entropy) -> String {
    let bytes: [u8; 5] = draw(entropy);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Gives an answer the id that its page shows.
pub(crate) fn put(id: &str, response: &mut Response) {
    response.headers_mut().insert(HEADER, HeaderValue::try_from(id).expect("hexadecimal"));
}

/// Puts the answer's id, or a new one, to all of its events.
pub(crate) fn mark(response: &mut Response, entropy: &dyn Entropy) {
    if response.extensions().get::<Events>().is_none() {
        return;
    }
    let known = response.headers().get(HEADER).and_then(|value| value.to_str().ok()).map(str::to_owned);
    let id = known.unwrap_or_else(|| {
        let id = id(entropy);
        put(&id, response);
        id
    });
    Events::complete(response, |event| event.correlation = Some(id.clone()));
}
