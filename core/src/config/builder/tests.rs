//! Configurations that are built, and those that are refused.

use super::*;
use crate::client::Authentication;
use crate::config::clients::InvalidClient;
use crate::config::lifetimes::{Lifetime, LifetimeOutOfBounds};
use crate::protocol::{ClientId, InvalidResources, Mount, RegisteredRedirectUri, Scope};
use std::collections::BTreeSet;
use std::time::Duration;

fn builder(issuer: &str) -> ConfigBuilder {
    let resource = ProtectedResource::parse("https://mcp.example/mcp", "user").unwrap();
    ConfigBuilder::new(Issuer::parse(issuer).unwrap()).resource(resource)
}

#[test]
fn rules_are_loosened_on_loopback_only() {
    let loosened = |issuer| builder(issuer).allowances(Allowances::TUTORIAL).build().map(|_| ());
    assert_eq!(loosened("http://127.0.0.1:9000"), Ok(()));
    assert_eq!(loosened("https://localhost"), Ok(()));
    for issuer in ["https://auth.example", "https://127.0.0.1.example"] {
        let refused = ConfigError::AllowancesBeyondLoopback(Issuer::parse(issuer).unwrap());
        assert_eq!(loosened(issuer), Err(refused));
    }
}

#[test]
fn a_refresh_window_of_zero_is_refused() {
    let lifetimes = Lifetimes { refresh_window: Duration::ZERO, ..Lifetimes::default() };
    let refused = builder("https://auth.example").lifetimes(lifetimes).build().unwrap_err();
    let (lifetime, duration) = (Lifetime::RefreshWindow, Duration::ZERO);
    assert_eq!(refused, ConfigError::Lifetime(LifetimeOutOfBounds { lifetime, duration }));
    assert_eq!(refused.to_string(), "the lifetime of the refresh window is 0 s; it must be 120 to 1800 s");
}

#[test]
fn resources_are_there_and_unique() {
    let none = builder("https://auth.example").resources(vec![]).build().unwrap_err();
    assert_eq!(none, ConfigError::Resources(InvalidResources::None));
    let twice = ProtectedResource::parse("https://MCP.example/mcp/", "other").unwrap();
    let twice = builder("https://auth.example").resource(twice).build().unwrap_err();
    assert!(matches!(twice, ConfigError::Resources(InvalidResources::Twice(_))), "{twice}");
}

#[test]
fn pre_registered_clients_are_usable_and_unique() {
    let client = |id: &str, own_scope: &str| ConfiguredClient {
        id: ClientId(id.to_owned()),
        redirect_uris: RegisteredRedirectUri::parse_all(["https://app.example/callback"].into_iter())
            .unwrap(),
        authentication: Authentication::None,
        own_scope: Scope::parse(own_scope).unwrap_or_default(),
    };
    let build = |clients: [ConfiguredClient; 2]| {
        let builder = builder("https://auth.example");
        clients.into_iter().fold(builder, ConfigBuilder::client).build().map(|_| ())
    };
    let sound = || client("sound", "");
    assert_eq!(build([sound(), client("another", "")]), Ok(()));
    let id = |id: &str| ClientId(id.to_owned());
    let without_uri = ConfiguredClient { redirect_uris: BTreeSet::new(), ..client("useless", "") };
    for (refused, expected) in [
        (sound(), InvalidClient::Twice(id("sound"))),
        (client("https://a.example", ""), InvalidClient::Id(id("https://a.example"))),
        (client("dw_client_x", ""), InvalidClient::Id(id("dw_client_x"))),
        (client("", ""), InvalidClient::Id(id(""))),
        (client("robot", "user"), InvalidClient::Unauthenticated(id("robot"))),
        (without_uri, InvalidClient::Useless(id("useless"))),
    ] {
        assert_eq!(build([sound(), refused]), Err(ConfigError::Client(expected)));
    }
}

#[test]
fn endpoints_are_mounted_at_paths_of_their_own() {
    let clash = Paths::default().mount(Mount::Account, "/oauth/token");
    let refused = builder("https://auth.example").paths(clash).build().unwrap_err();
    assert!(matches!(refused, ConfigError::Paths(_)), "{refused}");
}
