//! Session ids of MCP servers behind the gateway (MCP 2025-11-25, Transports, Session Management): the client carries
//! the upstream's id together with a MAC, so that no other user, client or resource can use it.

use crate::protocol::{ClientId, Digest, Resource, Subject};
use crate::sealed::keyring::{Kind, Purpose, Ring};
use crate::sealed::seal::Derived;

/// The MAC of an upstream's session id.
pub enum UpstreamSession {}

impl Kind for UpstreamSession {
    const PURPOSE: Purpose = Purpose::UpstreamSessions;
    const PREFIX: &'static str = "dws_";
    const VERSION: u8 = 1;
}

impl Derived for UpstreamSession {}

/// The owner of a session. Not the grant: a step-up makes a new grant, and must not end the session.
#[derive(Clone, Copy, Debug)]
pub struct SessionOwner<'a> {
    /// The resource.
    pub resource: &'a Resource,
    /// The user or client of the token.
    pub subject: &'a Subject,
    /// The client.
    pub client: &'a ClientId,
}

impl SessionOwner<'_> {
    /// What the MAC covers. Each part has its length, so that no two owners give the same text.
    fn covered(&self, id: &str) -> String {
        let parts = [self.resource.as_str(), &self.subject.to_string(), &self.client.0, id];
        parts.iter().map(|part| format!("{}:{part}", part.len())).collect()
    }

    /// A digest of resource, user and client.
    pub(super) fn digest(&self) -> Digest {
        Digest::of(self.covered(""))
    }
}

impl Ring<UpstreamSession> {
    /// The session id for the client.
    pub fn bind(&self, owner: SessionOwner<'_>, id: &str) -> String {
        format!("{}_{id}", self.derive_for(&owner.covered(id)))
    }

    /// The upstream's session id. `None` if this owner did not get `text`.
    pub fn unbind<'a>(&self, owner: SessionOwner<'_>, text: &'a str) -> Option<&'a str> {
        let (mac, id) = text.split_at_checked(UpstreamSession::PREFIX.len() + MAC)?;
        let id = id.strip_prefix('_')?;
        self.belongs(&owner.covered(id), mac).then_some(id)
    }
}

/// The length of a MAC of 16 bytes in base64url.
const MAC: usize = 22;

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::PersonId;
    use crate::sealed::{Keys, RootSecret};
    use proptest::prelude::*;

    fn ring(newest: u8, older: &[u8]) -> Ring<UpstreamSession> {
        let older: Vec<_> = older.iter().map(|byte| RootSecret::new([*byte; 32])).collect();
        Keys::derive(&RootSecret::new([newest; 32]), &older).upstream_sessions
    }

    fn parts(resource: &str, person: &str, client: &str) -> (Resource, Subject, ClientId) {
        let person = PersonId::parse(person).unwrap();
        (Resource::parse(resource).unwrap(), Subject::Person(person), ClientId(client.to_owned()))
    }

    fn owner((resource, subject, client): &(Resource, Subject, ClientId)) -> SessionOwner<'_> {
        SessionOwner { resource, subject, client }
    }

    #[test]
    fn a_session_belongs_to_one_user_client_and_resource() {
        let (mcp, keys) = ("https://a.example/mcp", ring(1, &[]));
        let alice = parts(mcp, "alice", "app");
        let bound = keys.bind(owner(&alice), "1868a90c");
        assert!(bound.starts_with("dws_") && bound.ends_with("_1868a90c"), "{bound}");
        assert_eq!(keys.unbind(owner(&alice), &bound), Some("1868a90c"));
        for other in [
            parts(mcp, "bob", "app"),
            parts(mcp, "alice", "app2"),
            parts("https://a.example/x", "alice", "app"),
        ] {
            assert_eq!(keys.unbind(owner(&other), &bound), None, "{other:?}");
        }
        for edited in [
            bound.replace("1868", "1869"),
            format!("{bound}0"),
            bound.replace("dws_", "dws"),
            "1868a90c".into(),
        ] {
            assert_eq!(keys.unbind(owner(&alice), &edited), None, "{edited}");
        }
    }

    #[test]
    fn a_session_goes_on_after_a_key_rotation() {
        let alice = parts("https://a.example/mcp", "alice", "app");
        let bound = ring(1, &[]).bind(owner(&alice), "x");
        assert_eq!(ring(2, &[1]).unbind(owner(&alice), &bound), Some("x"));
        assert_eq!(ring(2, &[]).unbind(owner(&alice), &bound), None);
    }

    proptest! {
        #[test]
        fn every_id_comes_back_and_no_text_panics(id in "[!-~]{1,60}", text in "(dws_)?\\PC{0,60}") {
            let (keys, alice) = (ring(1, &[]), parts("https://a.example/mcp", "alice", "app"));
            let bound = keys.bind(owner(&alice), &id);
            prop_assert_eq!(keys.unbind(owner(&alice), &bound), Some(id.as_str()));
            prop_assert_eq!(keys.unbind(owner(&alice), &text), None);
        }

        #[test]
        fn no_two_owners_share_a_mac(one in "[a-c:0-9]{1,6}", other in "[a-c:0-9]{1,6}", id in "[a-c:0-9]{1,6}") {
            let (keys, mcp) = (ring(1, &[]), "https://a.example/mcp");
            let client = |client: &str| (Resource::parse(mcp).unwrap(), Subject::Client(ClientId("x".into())), ClientId(client.to_owned()));
            let (one, other) = (client(&one), client(&other));
            let bound = keys.bind(owner(&one), &id);
            prop_assert_eq!(keys.unbind(owner(&other), &bound).is_some(), one == other);
        }
    }
}
