//! The configuration of test servers: resources, secrets, and the guard of a resource.

use crate::provider::SECRET as PROVIDER_SECRET;
use doorward::config::{Config, ConfigBuilder, ProviderSecret};
use doorward::guard::{Guard, Verify};
use doorward::protocol::{Digest, Issuer, OfferedScope, ProtectedResource, Resource, Scope, ScopeHierarchy};
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
    }
}
