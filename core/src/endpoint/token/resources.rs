//! The resources that a token request names (RFC 8707 §2.2).

use crate::protocol::{Parameters, Resource};
use crate::server::Server;

/// The resources that a token request names, if it does.
pub(super) fn resources(form: &Parameters) -> Vec<String> {
    form.all("resource").map(str::to_owned).collect()
}

/// Whether every resource that was named is `granted`: a token request may narrow a grant (RFC 8707 §2.2), and there
/// is one resource to a grant.
pub(super) fn all_are(server: &Server, named: &[String], granted: &Resource) -> bool {
    let is_it = |sent: &String| {
        server.config.resources.meant_by(sent).is_some_and(|known| known.resource == *granted)
    };
    named.iter().all(is_it)
}
