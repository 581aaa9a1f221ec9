//! The way back: which answers of the upstream reach the client, and which headers.

use super::exchange::{Answered, Content, Sent};
use super::{Gateway, headers, refusal};
use crate::guard::is_plain;
use crate::wire::{Events, correlation, is_json, is_of_type};
use http::{HeaderMap, HeaderValue, Method, StatusCode, Uri, header, response};
use std::sync::atomic::Ordering;

/// The most characters of what an upstream sent, in a line of the log.
const MAX_SHOWN: usize = 200;

/// The longest session id of an upstream, in bytes.
const MAX_SESSION: usize = 1024;

impl Gateway {
    /// Judges the head of the upstream's answer.
    pub fn answer(&self, sent: &Sent, answer: &response::Parts) -> Answered {
        match answer.status {
            StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN | StatusCode::PROXY_AUTHENTICATION_REQUIRED => {
                Answered::Instead(refusal::refused(sent, challenge(answer)))
            }
            StatusCode::MISDIRECTED_REQUEST => {
                let reason =
                    format!("the upstream does not accept the Host {}; set upstream-host", self.host);
                Answered::Instead(refusal::unusable(sent, reason))
            }
            // 101 would turn the client's own connection into another protocol (RFC 9110 §15.2.2).
            status if status.is_informational() => {
                let reason = format!("the upstream answered {} to a request of HTTP", status.as_u16());
                Answered::Instead(refusal::unusable(sent, reason))
            }
            status if status.is_redirection() => self.redirected(sent, answer),
            _ if has_no_stream(sent, answer) => Answered::Instead(refusal::not_allowed("POST, DELETE")),
            _ if takes_no_messages(sent, answer) => {
                let reason = format!("{}; the URL is wrong, or the upstream speaks HTTP+SSE", unfit(answer));
                Answered::Instead(refusal::takes_no_messages(sent, reason))
            }
            _ => self.passed(sent, answer),
        }
    }

    /// A redirect that only adds or removes the slash at the end is followed, and remembered. No other is.
    fn redirected(&self, sent: &Sent, answer: &response::Parts) -> Answered {
        let location = answer.headers.get(header::LOCATION).and_then(|value| value.to_str().ok());
        let keeps_method =
            [StatusCode::TEMPORARY_REDIRECT, StatusCode::PERMANENT_REDIRECT].contains(&answer.status);
        let is_first = sent.uri == self.uri;
        let other = if is_first { self.other_slash.as_ref() } else { Some(&self.uri) };
        let leads_there = other.zip(location).is_some_and(|(other, location)| self.leads_to(location, other));
        if keeps_method && leads_there && !sent.is_to_endpoint {
            self.is_redirected.store(is_first, Ordering::Relaxed);
            return Answered::Again;
        }
        let reason = format!(
            "the upstream redirects with {} to {:?}; set upstream to that URL if it is the server's",
            answer.status.as_u16(),
            shown(location.and_then(|location| location.split('?').next()))
        );
        Answered::Instead(refusal::unusable(sent, reason))
    }

    /// Whether a `Location` means this URI of the upstream.
    fn leads_to(&self, location: &str, uri: &Uri) -> bool {
        let Ok(location) = location.parse::<Uri>() else { return false };
        location.authority().is_none_or(|host| self.is_own_host(host.as_str()))
            && location.path_and_query() == uri.path_and_query()
    }

    fn passed(&self, sent: &Sent, answer: &response::Parts) -> Answered {
        if let Some(name) = headers::of_both_ends(&answer.headers) {
            let reason = format!("the Connection header of the upstream names {:?}", shown(Some(&name)));
            return Answered::Instead(refusal::unusable(sent, reason));
        }
        let Some(content) = content(sent, answer) else {
            return Answered::Instead(refusal::unusable(sent, unfit(answer)));
        };
        let mut kept = headers::of_answer(&answer.headers, answer.status == StatusCode::METHOD_NOT_ALLOWED);
        if let Err(reason) = self.bind_session(sent, &mut kept) {
            return Answered::Instead(refusal::unusable(sent, reason));
        }
        kept.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        correlation::put_among(&mut kept, &sent.correlation);
        match content {
            Content::Document { .. } => {}
            Content::Nothing => {
                for name in [header::CONTENT_TYPE, header::CONTENT_LENGTH, header::CONTENT_ENCODING] {
                    kept.remove(name);
                }
            }
            Content::Events { .. } => {
                // Comments are inserted, so the length is not known.
                kept.remove(header::CONTENT_LENGTH);
                kept.insert(headers::ACCEL_BUFFERING, HeaderValue::from_static("no"));
                kept.entry(header::CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
            }
        }
        let mut head = http::Response::new(());
        *head.status_mut() = answer.status;
        *head.headers_mut() = kept;
        if has_no_server(sent, answer) {
            let reason = format!("{}; the URL is wrong, or the upstream speaks HTTP+SSE", unfit(answer));
            head.extensions_mut().insert(Events(vec![refusal::no_server(sent, reason)]));
        }
        Answered::Pass(Box::new(head), content)
    }

    /// Puts the MAC of this user around the session id of an answer.
    fn bind_session(&self, sent: &Sent, headers: &mut HeaderMap) -> Result<(), String> {
        let mut given = headers.get_all(headers::SESSION_ID).iter();
        let Some(id) = given.next() else { return Ok(()) };
        // MCP 2025-11-25, Transports, Session Management: visible ASCII.
        let is_sound =
            |id: &&[u8]| (1..=MAX_SESSION).contains(&id.len()) && id.iter().all(u8::is_ascii_graphic);
        let id = Some(id.as_bytes()).filter(is_sound).filter(|_| given.next().is_none());
        let id = id.and_then(|id| str::from_utf8(id).ok());
        let why = "the upstream gave a session id that is empty, longer than 1024 bytes, not visible ASCII, or given twice";
        let id = id.ok_or(why)?;
        let bound = self.sessions.bind(self.owner(&sent.access), id);
        headers.insert(headers::SESSION_ID, HeaderValue::try_from(bound).expect("visible ASCII"));
        Ok(())
    }
}

/// The content of an answer whose type may pass. HTML may not: a browser would show it as a page of this server. Of several
/// types a browser takes the last (Fetch, "extract a MIME type"), so there must be one.
fn content(sent: &Sent, answer: &response::Parts) -> Option<Content> {
    let (status, headers) = (answer.status, &answer.headers);
    let mut types = headers.get_all(header::CONTENT_TYPE).iter();
    let has_several =
        types.next().is_some_and(|first| first.as_bytes().contains(&b',')) || types.next().is_some();
    if is_events(headers) && !has_several {
        let may_name_endpoint = sent.method == Method::GET && !sent.has_session;
        // An endpoint that is compressed, or in another character set, could not be judged. The request asked for no
        // compression, and event streams are in UTF-8.
        if may_name_endpoint && !is_plain(headers) {
            return None;
        }
        return Some(Content::Events { until: sent.ends_at(), may_name_endpoint });
    }
    let is_text = is_of_type(headers, "text/plain") && (status.is_client_error() || status.is_server_error());
    if (is_json(headers) || is_text) && !has_several {
        return Some(Content::Document { until: sent.ends_at() });
    }
    let length = headers.get(header::CONTENT_LENGTH).map(HeaderValue::as_bytes);
    let is_empty = length == Some(b"0") || status == StatusCode::NO_CONTENT;
    // The answer to a notification, to DELETE and to a message of HTTP+SSE has no content that a client reads. Servers send
    // texts such as "Accepted".
    let is_unread = status == StatusCode::ACCEPTED
        || (sent.method == Method::DELETE || sent.is_to_endpoint) && status.is_success();
    let is_untyped_error = !headers.contains_key(header::CONTENT_TYPE) && !status.is_success();
    (is_empty || is_unread || is_untyped_error).then_some(Content::Nothing)
}

/// Whether the upstream has no stream for GET: it answers with anything else, or refuses in a type that may not pass, as
/// web frameworks do with a page. Clients take 405 for that, and go on without a stream (MCP 2025-11-25, Transports,
/// Listening for Messages from the Server).
fn has_no_stream(sent: &Sent, answer: &response::Parts) -> bool {
    let refuses = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&answer.status);
    let is_stream = answer.status.is_success() && is_events(&answer.headers);
    sent.method == Method::GET
        && (answer.status.is_success() && !is_stream || refuses && content(sent, answer).is_none())
}

/// Whether the upstream takes no messages at its URL, and says so in a type that may not pass, as web frameworks do with
/// a page. A server of HTTP+SSE does: clients take 405 for that, and ask for the stream (MCP 2025-11-25, Transports,
/// Backward Compatibility).
fn takes_no_messages(sent: &Sent, answer: &response::Parts) -> bool {
    let refuses = [StatusCode::NOT_FOUND, StatusCode::METHOD_NOT_ALLOWED].contains(&answer.status);
    let is_probe = sent.method == Method::POST && !sent.has_session && !sent.is_to_endpoint;
    is_probe && refuses && content(sent, answer).is_none()
}

/// Whether an answer that passes says that no MCP server is at this URL: 404 to a message without a session. JSON may be a
/// server's answer to a method that it does not know, except to `initialize`.
fn has_no_server(sent: &Sent, answer: &response::Parts) -> bool {
    let is_probe = sent.method == Method::POST && !sent.has_session && !sent.is_to_endpoint;
    is_probe && answer.status == StatusCode::NOT_FOUND && (sent.is_initialize || !is_json(&answer.headers))
}

/// What is wrong with an answer that is not one of MCP.
fn unfit(answer: &response::Parts) -> String {
    let given = answer.headers.get(header::CONTENT_TYPE);
    let given = given.map_or("no Content-Type".to_owned(), |value| shown(value.to_str().ok()));
    format!("the upstream answered {} with {given:?}", answer.status.as_u16())
}

/// What the upstream sent, for the operator's log: at most 200 characters.
fn shown(sent: Option<&str>) -> String {
    sent.unwrap_or("unreadable").chars().take(MAX_SHOWN).collect()
}

fn is_events(headers: &HeaderMap) -> bool {
    is_of_type(headers, "text/event-stream")
}

/// The reason of a refusal of the gateway's credentials, for the operator's log.
fn challenge(answer: &response::Parts) -> String {
    let challenge = answer.headers.get(header::WWW_AUTHENTICATE).map(|value| shown(value.to_str().ok()));
    let challenge =
        challenge.map(|challenge| format!(" and the challenge {challenge:?}")).unwrap_or_default();
    format!(
        "the upstream refused the gateway with {}{challenge}; see upstream-header",
        answer.status.as_u16()
    )
}
