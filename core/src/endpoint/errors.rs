//! The error catalogue: every rule of this server, with its cause and its cure. `error_uri` leads here (RFC 6749 §4.1.2.1,
//! §5.2).

use crate::language::Language;
use crate::pages;
use crate::server::Server;
use crate::wire::Response;

/// Answers with the catalogue, in English: it is for developers and operators.
pub(super) fn errors(server: &Server) -> Response {
    pages::errors(server.look(Language::english()))
}
