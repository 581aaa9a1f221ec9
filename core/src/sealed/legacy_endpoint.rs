//! Where a client of HTTP+SSE posts its messages (MCP 2024-11-05, Transports, HTTP with SSE): the client carries the
//! upstream's path and query, encrypted, so that no other user, client or resource can use them.

use crate::ports::Entropy;
use crate::protocol::Digest;
use crate::sealed::keyring::{Carried, Derivation, Kind, Purpose, Ring};
use crate::sealed::seal::Sealed;
use crate::sealed::upstream_session::SessionOwner;
use serde::{Deserialize, Serialize};

/// The endpoint that an upstream gave to one client of one user. The path often holds a session id, which is a secret of
/// this user.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct LegacyEndpoint {
    owner: Digest,
    path: String,
}

impl Kind for LegacyEndpoint {
    const PURPOSE: Purpose = Purpose::UpstreamSessions;
    const PREFIX: &'static str = "dwe_";
    const VERSION: u8 = 1;
    const DERIVATION: Derivation = Derivation::Own;
}

impl Carried for LegacyEndpoint {}
impl Sealed for LegacyEndpoint {}

impl Ring<LegacyEndpoint> {
    /// The value for the client.
    pub fn issue(&self, owner: SessionOwner<'_>, path: &str, entropy: &dyn Entropy) -> String {
        self.seal(&LegacyEndpoint { owner: owner.digest(), path: path.to_owned() }, entropy)
    }

    /// The upstream's path and query. `None` if this owner did not get `text`.
    pub fn path(&self, owner: SessionOwner<'_>, text: &str) -> Option<String> {
        let endpoint = self.open(text).filter(|endpoint| endpoint.owner == owner.digest())?;
        Some(endpoint.path)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::{ClientId, PersonId, Resource, Subject};
    use crate::sealed::{Keys, RootSecret};
    use proptest::prelude::*;

    struct Same;

    impl Entropy for Same {
        fn fill(&self, bytes: &mut [u8]) {
            bytes.fill(5);
        }
    }

    fn ring(newest: u8, older: &[u8]) -> Ring<LegacyEndpoint> {
        let older: Vec<_> = older.iter().map(|byte| RootSecret::new([*byte; 32])).collect();
        Keys::derive(&RootSecret::new([newest; 32]), &older).legacy_endpoints
    }

    fn parts(resource: &str, person: &str, client: &str) -> (Resource, Subject, ClientId) {
        let person = PersonId::parse(person).unwrap();
        (Resource::parse(resource).unwrap(), Subject::Person(person), ClientId(client.to_owned()))
    }

    fn owner((resource, subject, client): &(Resource, Subject, ClientId)) -> SessionOwner<'_> {
        SessionOwner { resource, subject, client }
    }

    const MCP: &str = "https://a.example/mcp";
    const PATH: &str = "/messages/?session_id=1868a90c";

    #[test]
    fn an_endpoint_belongs_to_one_user_client_and_resource() {
        let (keys, alice) = (ring(1, &[]), parts(MCP, "alice", "app"));
        let issued = keys.issue(owner(&alice), PATH, &Same);
        assert!(issued.starts_with("dwe_") && !issued.contains("1868a90c"), "{issued}");
        assert_eq!(keys.path(owner(&alice), &issued).as_deref(), Some(PATH));
        for other in [
            parts(MCP, "bob", "app"),
            parts(MCP, "alice", "app2"),
            parts("https://a.example/x", "alice", "app"),
        ] {
            assert_eq!(keys.path(owner(&other), &issued), None, "{other:?}");
        }
        for edited in [PATH.to_owned(), issued.replace("dwe_", "dws_"), format!("{issued}A"), String::new()] {
            assert_eq!(keys.path(owner(&alice), &edited), None, "{edited}");
        }
    }

    #[test]
    fn an_endpoint_goes_on_after_a_key_rotation() {
        let alice = parts(MCP, "alice", "app");
        let issued = ring(1, &[]).issue(owner(&alice), PATH, &Same);
        assert_eq!(ring(2, &[1]).path(owner(&alice), &issued).as_deref(), Some(PATH));
        assert_eq!(ring(2, &[]).path(owner(&alice), &issued), None);
    }

    proptest! {
        #[test]
        fn every_path_of_4_kib_comes_back(path in "/[!-~]{0,60}", length in 0..4096_usize) {
            let (keys, alice) = (ring(1, &[]), parts(MCP, "alice", "app"));
            let path = format!("{path}{}", "x".repeat(length.saturating_sub(path.len())));
            let issued = keys.issue(owner(&alice), &path, &Same);
            prop_assert_eq!(keys.path(owner(&alice), &issued), Some(path));
        }
    }
}
