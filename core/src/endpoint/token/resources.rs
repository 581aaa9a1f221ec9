//! The `resource` parameters of a token request (RFC 8707 §2.2).

use crate::protocol::{Parameters, Resource};
use crate::server::Server;

/// The values of all `resource` parameters. May be empty.
pub(super) fn resources(form: &Parameters) -> Vec<String> {
    form.all("resource").map(str::to_owned).collect()
}

/// Whether every resource in the request is the `granted` one. A token request may name a subset of the grant's
/// resources (RFC 8707 §2.2), and a grant has exactly one resource.
pub(super) fn all_are(server: &Server, named: &[String], granted: &Resource) -> bool {
    let is_it = |sent: &String| {
        server.config.resources().meant_by(sent).is_some_and(|known| known.resource == *granted)
    };
    named.iter().all(is_it)
}
