//! The sign-in at the provider fails.

use crate::evidence::{Evidence, look};
use crate::row::{Doctor, Line, Pain, Shown};
use doorward::config::ProviderId;
use doorward::rules;
use doorward::wire::Response;
use harness::github::{GitHub, User};
use harness::person::sent_on;
use harness::provider::{Faults, Provider};
use harness::test_server::{parameter, sound, text, used_by};
use harness::{Client, Person, TestServer};
use serde_json::{Value, json};

const INSIDE: &str = "the provider is behind the server; the doctor sees only the page that its user sees";

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 44,
        symptom: "The provider knows the user, and the server does not let the user in.",
        cause: "No rule of `provider-allow` matches: the address is not verified, or groups are missing in the token.",
        advice: "",
        provoked: "`domain:staff.example`, and an account whose address the provider has not verified",
        seen_in: &[],
        rule: Some(&rules::PROVIDER_NOT_ALLOWED),
        line: Line::Names(&[
            "sign_in_failed",
            "no rule of provider-allow matches",
            "the provider has not verified the email address",
        ]),
        page: Shown::Page(&["this account may not sign in here", "has not verified your email address"]),
        doctor: Doctor::NotVisible(INSIDE),
        provoke: || {
            Box::pin(async {
                let unverified = json!({ "sub": "9", "email": "eve@staff.example", "email_verified": false });
                at_provider("domain:staff.example", &unverified, Faults::default()).await
            })
        },
    },
    Pain {
        number: 45,
        symptom: "After the sign-in at the provider, the page says that its answer cannot be used.",
        cause: "The issuer, the client id or the algorithm in the settings is not that of the provider.",
        advice: "",
        provoked: "an ID token for another client",
        seen_in: &[],
        rule: Some(&rules::PROVIDER_UNUSABLE),
        line: Line::Names(&["its aud is not this server's"]),
        page: Shown::Page(&["cannot use the answer of"]),
        doctor: Doctor::NotVisible(INSIDE),
        provoke: || {
            Box::pin(async {
                let claims = json!({ "aud": "another client" }).as_object().unwrap().clone();
                at_provider("anyone", &json!({ "sub": "7" }), Faults { claims, ..Faults::default() }).await
            })
        },
    },
    Pain {
        number: 46,
        symptom: "The provider sends the browser back with an error.",
        cause: "The client, its redirect URI or a scope is not registered at the provider.",
        advice: "",
        provoked: "the provider answers with `unauthorized_client`",
        seen_in: &[],
        rule: Some(&rules::PROVIDER_REFUSES),
        line: Line::Names(&["unauthorized_client", "no such application"]),
        page: Shown::Page(&[
            "does not accept the request of this server",
            "until the operator of this server has fixed it",
        ]),
        doctor: Doctor::NotVisible(INSIDE),
        provoke: || {
            Box::pin(async {
                let provider = Provider::start().await;
                let (test, mut person, away) = away("anyone", &provider).await;
                let state = parameter(&away, "state").unwrap();
                let query = form_urlencoded::Serializer::new(String::new())
                    .append_pair("error", "unauthorized_client")
                    .append_pair("error_description", "no such application")
                    .append_pair("state", &state)
                    .append_pair("iss", provider.issuer())
                    .finish();
                let back = format!("{}?{query}", doorward::protocol::paths::CALLBACK);
                Evidence::of([person.open(&test, &back).await])
            })
        },
    },
    Pain {
        number: 47,
        symptom: "The sign-in page says that the provider does not answer.",
        cause: "The server does not reach the provider, or the provider has an outage.",
        advice: "",
        provoked: "the provider answers 500",
        seen_in: &[],
        rule: Some(&rules::PROVIDER_AWAY),
        line: Line::Names(&["500"]),
        page: Shown::Page(&["This server cannot answer at the moment"]),
        doctor: Doctor::NotVisible(INSIDE),
        provoke: || {
            Box::pin(async {
                let provider = Provider::start().await;
                provider.set_faults(Faults { status: Some(500), ..Faults::default() });
                let test = TestServer::of(sound().provider(provider.settings("anyone"))).await;
                let client = Client::register(&test).await;
                Evidence::of([look(&test, &client.url()).await])
            })
        },
    },
    Pain {
        number: 48,
        symptom: "The user is signed in, and the page says that this server is not for the account.",
        cause: "No rule of `resource-people` for the MCP server names the user.",
        advice: "",
        provoked: "a resource for alice alone, and bob signs in",
        seen_in: &[],
        rule: Some(&rules::USER_NOT_ALLOWED),
        line: Line::Names(&[
            "person=bob",
            "no rule of resource-people for https://mcp.example/mcp names the user",
        ]),
        page: Shown::Page(&["You may not use this server", "tell the operator of this server"]),
        doctor: Doctor::NotVisible("it depends on the account with which the doctor signs in"),
        provoke: || {
            Box::pin(async {
                let test = TestServer::of(used_by(["user:alice", "anyone"])).await;
                test.introduce("bob", "bob's password").await;
                let client = Client::register(&test).await;
                let mut bob = Person::new("bob", "bob's password");
                Evidence::of([bob.reach_consent(&test, &client.url()).await])
            })
        },
    },
    Pain {
        number: 68,
        symptom: "A member of the organization at GitHub is not let in.",
        cause: "The organization restricts OAuth apps, or wants a sign-in by SAML first, so GitHub does not let this server see the membership.",
        advice: "Grant the app access in the organization's OAuth app policy: [idp/github.md](idp/github.md).",
        provoked: "`org:acme`, and GitHub answers 403 for the membership",
        seen_in: &[],
        rule: Some(&rules::PROVIDER_NOT_ALLOWED),
        line: Line::Names(&[
            "sign_in_failed",
            "GitHub does not let this server see the membership in the organization acme",
            "OAuth App access restrictions",
        ]),
        page: Shown::Page(&["does not let this server see whether you belong to the organization"]),
        doctor: Doctor::NotVisible(INSIDE),
        provoke: || {
            Box::pin(async {
                let github = GitHub::start().await;
                let told = "the `acme` organization has enabled OAuth App access restrictions";
                let test = TestServer::of(sound().provider(github.settings("org:acme"))).await;
                let client = Client::register(&test).await;
                let mut person = Person::new("", "");
                let away = link(&person.open(&test, &client.url()).await, github.url());
                let back = github.sign_in(&away, &User::new(7, "octocat", "octocat@acme.example"));
                let membership = "/api/v3/user/memberships/orgs/acme";
                github.answer_with(membership, 403, json!({ "message": told }), &[]);
                Evidence::of([person.open(&test, back.strip_prefix("https://auth.example").unwrap()).await])
            })
        },
    },
    Pain {
        number: 69,
        symptom: "After the sign-in at one of several providers, the page says that the answer does not come from there.",
        cause: "The redirect URI of one provider is registered at another, or its `iss` is not the `url` in `trust`. Or it is a mix-up attack.",
        advice: "",
        provoked: "the code and the state of the second provider come back at the redirect URI of the first",
        seen_in: &[],
        rule: Some(&rules::PROVIDER_MIX_UP),
        line: Line::Names(&["the state is of", "came back at the redirect URI of"]),
        page: Shown::Page(&["The answer does not come from"]),
        doctor: Doctor::NotVisible(INSIDE),
        provoke: || {
            Box::pin(async {
                let (first, second) = (Provider::start().await, Provider::start().await);
                let other = second.settings("anyone").with_id(ProviderId::parse("b").unwrap());
                let config = sound().provider(first.settings("anyone")).provider(other);
                let test = TestServer::of(config).await;
                let client = Client::register(&test).await;
                let mut person = Person::new("", "");
                let page = person.open(&test, &client.url()).await;
                let left = person.submit(&test, &page, second.issuer()).await;
                let back = second.sign_in(sent_on(&left), &json!({ "sub": "7" }));
                let back = back.strip_prefix("https://auth.example").unwrap().replace("/b?", "?");
                Evidence::of([person.open(&test, &back).await])
            })
        },
    },
];

/// The URL of the first link on the page to the provider.
fn link(page: &Response, begins: &str) -> String {
    let text = text(page);
    let rest = text.split_once(&format!("href=\"{begins}")).unwrap_or_else(|| panic!("{text}")).1;
    let end = rest.split('"').next().unwrap();
    format!("{begins}{end}").replace("&#38;", "&").replace("&amp;", "&")
}

/// A browser that is sent to the provider.
async fn away(allow: &str, provider: &Provider) -> (TestServer, Person, String) {
    let test = TestServer::of(sound().provider(provider.settings(allow))).await;
    let client = Client::register(&test).await;
    let mut person = Person::new("", "");
    let page = person.open(&test, &client.url()).await;
    (test, person, link(&page, provider.issuer()))
}

/// A user with these claims comes back from a provider with these faults.
async fn at_provider(allow: &str, claims: &Value, faults: Faults) -> Evidence {
    let provider = Provider::start().await;
    let (test, mut person, away) = away(allow, &provider).await;
    let back = provider.sign_in(&away, claims);
    provider.set_faults(faults);
    Evidence::of([person.open(&test, back.strip_prefix("https://auth.example").unwrap()).await])
}
