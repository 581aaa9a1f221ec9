//! A client whose registration is gone: its requests with an id that the server does not know (RFC 6749 §4.1.2.1, §5.2).

use super::ask::{Ask, Follow, Seen};
use super::authorization::Request;
use super::authorization_server::Server;
use super::examination::Examination;
use super::made_up::token_request;
use super::protected_resource::Resource;
use super::registration::Registered;
use super::rule::Rule;
use http::{StatusCode, header};
use serde_json::Value;

pub(super) async fn examine(
    exam: &mut Examination,
    server: &Server,
    resource: &Resource,
    clients: &[Registered],
) {
    let Some(known) = clients.first() else { return };
    let verifier = super::random();
    let forgotten = Registered {
        scope: known.scope,
        redirect_uri: known.redirect_uri.clone(),
        client_id: format!("doorward-doctor-{}", super::random()),
        secret: None,
        is_basic: false,
        askers: Vec::new(),
    };
    if let Some(endpoint) = &server.authorization_endpoint {
        let request = Request {
            client: &forgotten,
            redirect_uri: &forgotten.redirect_uri,
            scope: None,
            resource: Some(&resource.resource),
            state: "doorward",
            verifier: Some(&verifier),
            prompt: None,
        };
        let ask = Ask::get(&request.url(endpoint)).with(header::ACCEPT, "text/html").following(Follow::None);
        let seen = exam.ask(&ask).await;
        check(exam, &ask, seen, |seen| seen.status == StatusCode::BAD_REQUEST);
    }
    if let Some(endpoint) = &server.token_endpoint {
        let code = super::random();
        let fields = [
            ("grant_type", "authorization_code"),
            ("code", code.as_str()),
            ("redirect_uri", &forgotten.redirect_uri),
            ("code_verifier", &verifier),
        ];
        let ask = token_request(endpoint, &forgotten, &fields);
        let seen = exam.ask(&ask).await;
        // The server may look at the code first.
        check(exam, &ask, seen, |seen| {
            let object = seen.object().unwrap_or_default();
            let error = object.get("error").and_then(Value::as_str).unwrap_or_default();
            ["invalid_client", "invalid_grant"].contains(&error)
        });
    }
}

fn check(exam: &mut Examination, ask: &Ask, seen: Option<Seen>, tells: impl Fn(&Seen) -> bool) {
    let Some(seen) = seen.filter(|seen| seen.status != StatusCode::TOO_MANY_REQUESTS) else { return };
    if !tells(&seen) {
        exam.found(Rule::ForgottenClient, &format!("{}, an unknown client_id", ask.place()), &seen.outcome());
    }
}
