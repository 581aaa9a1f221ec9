//! The configuration of test servers: resources, secrets, and the guard of a resource.

use crate::provider::SECRET as PROVIDER_SECRET;
use doorward::config::{Config, ConfigBuilder, ProviderSecret};
use doorward::guard::{Guard, Verify};
use doorward::protocol::{
    Digest, Issuer, OfferedScope, ProtectedResource, Resource, Scope, ScopeHierarchy, UserRules,
};
use doorward::sealed::RootSecret;
use doorward::server::Server;
use std::collections::BTreeMap;

/// The configuration of the usual test server.
pub fn sound() -> ConfigBuilder {
    config("https://auth.example", "https://mcp.example/mcp")
}

/// A configuration with this issuer and this resource.
pub fn config(issuer: &str, resource: &str) -> ConfigBuilder {
    Config::builder(Issuer::parse(issuer).expect("an issuer"))
        .resource(offer(resource, &["user", "files"]))
        .resource(offer("https://other.example", &["other"]))
}

/// The configuration of the usual test server, with rules of which users may use its two resources.
pub fn used_by(rules: [&str; 2]) -> ConfigBuilder {
    let urls = ["https://mcp.example/mcp", "https://other.example"];
    let [mcp, other] = [offer(urls[0], &["user", "files"]), offer(urls[1], &["other"])];
    let with = |resource, rules: &str| {
        let users = UserRules::parse(rules).expect("rules");
        ProtectedResource { users, ..resource }
    };
    sound().resources(vec![with(mcp, rules[0]), with(other, rules[1])])
}

/// The client secret of test servers at the provider.
pub fn provider_secret() -> ProviderSecret {
    ProviderSecret::new(PROVIDER_SECRET)
}

/// The root secret of one repeated byte.
pub fn root(byte: u8) -> RootSecret {
    RootSecret::new([byte; 32])
}

/// A guard of one of the server's resources.
pub fn guard(server: &Server, resource: usize) -> Guard {
    let resource = server.config.resources().iter().nth(resource).expect("a resource").clone();
    let verify =
        Verify::of(&server.config, server.token_keys.public_keys().to_vec(), server.stores.grants().clone());
    Guard::new(resource, server.config.issuer().clone(), verify, server.clock.clone())
}

/// The secret with which a resource server authenticates at the introspection endpoint.
pub fn secret_of(url: &str) -> String {
    format!("secret of {url}")
}

fn offer(url: &str, scopes: &[&str]) -> ProtectedResource {
    let scopes = scopes.iter().map(|name| {
        let scope = Scope::parse(name).expect("a scope");
        OfferedScope { scope, description: Some(format!("use {name}")) }
    });
    let resource = Resource::parse(url).expect("a resource");
    let secret = Some(Digest::of(secret_of(url)));
    let (name, tools) = (resource.authority().to_owned(), BTreeMap::new());
    let implied = ScopeHierarchy::default();
    ProtectedResource {
        name,
        scopes: scopes.collect(),
        tools,
        implied,
        resource,
        secret,
        id: None,
        origins: Vec::new(),
        users: UserRules::default(),
    }
}
