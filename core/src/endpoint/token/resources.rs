//! The `resource` parameters of a token request (RFC 8707 §2.2).

use crate::protocol::{Parameters, Refusal, Resource};
use crate::rules;
use crate::server::Server;

/// The values of all `resource` parameters. May be empty.
pub(super) fn resources(form: &Parameters) -> Vec<String> {
    form.all("resource").map(str::to_owned).collect()
}

/// Checks that every resource in the request is the `granted` one. A token request may name a subset of the grant's
/// resources (RFC 8707 §2.2), and a grant has exactly one resource.
pub(super) fn all_are(server: &Server, named: &[String], granted: &Resource) -> Result<(), Refusal> {
    let resources = server.config.resources();
    for sent in named {
        let known = resources.meant_by(sent).ok_or_else(|| resources.unknown(sent))?;
        if known.resource != *granted {
            let why = format!(
                "resource is {}, but {granted} was granted; start a new sign-in for it",
                known.resource
            );
            return Err(rules::RESOURCE_NOT_GRANTED.refuse(why));
        }
    }
    Ok(())
}
