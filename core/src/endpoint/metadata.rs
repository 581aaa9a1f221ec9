//! Discovery documents: authorization server and resource metadata (RFC 8414, RFC 9728), and keys (RFC 7517).

use crate::config::Config;
use crate::protocol::paths::without_slash;
use crate::protocol::{metadata, paths, without_secrets};
use crate::rules;
use crate::server::Server;
use crate::wire::{self, Request, Response};
use serde_json::Value;

/// Answers with the authorization server's metadata (RFC 8414 §3.2; OpenID Connect Discovery 1.0 §4.2).
pub(super) fn authorization_server(server: &Server) -> Response {
    server.published().authorization_server.document(|| {
        let (config, resources) = (&server.config, server.config.resources());
        with_assertions(config, metadata::authorization_server(config.issuer(), resources, config.paths()))
    })
}

fn with_assertions(config: &Config, mut document: Value) -> Value {
    if config.takes_assertions() {
        metadata::announce_assertions(&mut document, !config.identity_issuers().is_empty());
    }
    document
}

/// Answers with a protected resource's metadata (RFC 9728 §3.2). The well-known path itself is for the default
/// resource. Any other resource has its own path after the well-known path.
pub(super) fn protected_resource(server: &Server, request: &Request) -> Response {
    let path = request.uri().path().strip_prefix(paths::PROTECTED_RESOURCE).unwrap_or_default();
    let path = without_slash(path);
    let mut known = server.config.resources().iter().zip(&server.published().resources);
    let found = known.find(|(known, _)| path.is_empty() || without_slash(known.resource.path()) == path);
    match found {
        Some((resource, rendered)) => {
            rendered.document(|| metadata::protected_resource(resource, server.config.issuer()))
        }
        None => rules::NO_RESOURCE_HERE
            .refuse("no protected resource has this path")
            .for_operator(&format!(
                "no protected resource has the path {}; known: {}",
                without_secrets(path),
                server.config.resources().names()
            ))
            .json(server),
    }
}

/// Answers with the public keys (RFC 7517 §5).
pub(super) fn jwks(server: &Server) -> Response {
    wire::document(&metadata::jwks(&server.announced().beside_tokens(server.token_keys.public_keys())))
}

/// Answers with the public keys of identities (RFC 7517 §5).
pub(super) fn identity_jwks(server: &Server) -> Response {
    wire::document(&metadata::jwks(&server.announced().beside_identities(&server.identity_keys)))
}
