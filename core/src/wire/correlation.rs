//! Correlation ids, which connect a response with its log lines. Error pages show the id. Every response that has an
//! event carries it in the header `Doorward-Correlation`.

use crate::ports::{Entropy, draw};
use crate::wire::event::Events;
use crate::wire::message::Response;
use http::{HeaderName, HeaderValue};

const HEADER: HeaderName = HeaderName::from_static("doorward-correlation");

/// Draws a correlation id: 10 hexadecimal digits, which a user can read out and an operator can find in the log.
pub fn id(entropy: &dyn Entropy) -> String {
    let bytes: [u8; 5] = draw(entropy);
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Sets the correlation id of a response, for example the id that its page shows.
pub(crate) fn put(id: &str, response: &mut Response) {
    response.headers_mut().insert(HEADER, HeaderValue::try_from(id).expect("hexadecimal"));
}

/// Sets the correlation id of all events of a response: the response's id, or a new one. Without events, it does
/// nothing.
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
