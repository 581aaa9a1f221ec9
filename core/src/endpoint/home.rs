//! The page at the issuer's own address, for users who open it in a browser.

use crate::language::Language;
use crate::pages;
use crate::protocol::Mount;
use crate::server::Server;
use crate::wire::{Request, Response};

/// Says what this server is for, and where a user's connections are.
pub(super) fn home(server: &Server, request: &Request) -> Response {
    let look = server.look(Language::of(request.headers()));
    let (account, errors) = (server.path(Mount::Account), server.path(Mount::Errors));
    pages::home(look, server.config.resources(), account, errors)
}
