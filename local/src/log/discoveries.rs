//! What clients ask before they have a token: the MCP server's challenge and metadata. No line of the log has it, because every
//! connection begins so. It is kept in memory for the command `trace`.

use doorward::ports::Timestamp;
use doorward::protocol::paths;
use doorward::wire::UserAgent;
use http::{HeaderValue, Method, StatusCode, header, request::Parts};
use std::collections::VecDeque;
use std::net::IpAddr;

/// The most discoveries that are kept, beside the events: a flood of them pushes out other discoveries, and no event.
const MOST: usize = 256;

/// How far apart two equal requests are at most that are kept as one, in seconds.
const AGAIN: u64 = 10;

/// A step of discovery (MCP 2025-11-25, Authorization, Authorization Server Discovery).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum DiscoveryStep {
    /// A call of the MCP server that got a challenge (401).
    Challenge,
    /// The protected resource metadata (RFC 9728).
    ResourceMetadata,
    /// The authorization server metadata (RFC 8414), also at the path of OpenID Connect Discovery.
    ServerMetadata,
}

/// A request that may be a step of discovery. Only the answer to a call says whether it is.
pub(crate) struct DiscoveryRequest {
    step: DiscoveryStep,
    /// Read when the request is kept: most calls are not.
    user_agent: Option<HeaderValue>,
}

/// Equal requests of one client that follow each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Discovery {
    pub(crate) step: DiscoveryStep,
    pub(crate) status: StatusCode,
    pub(crate) software: Option<UserAgent>,
    pub(crate) address: Option<IpAddr>,
    pub(crate) first: Timestamp,
    pub(crate) last: Timestamp,
    pub(crate) times: u32,
}

/// The discoveries that are kept, in the order of their last request.
#[derive(Default)]
pub(super) struct Discoveries(VecDeque<Discovery>);

impl DiscoveryRequest {
    /// Reads the head of a request. `is_for_mcp` says that the MCP server answers it.
    pub(crate) fn of(head: &Parts, is_for_mcp: bool) -> Option<Self> {
        let step = metadata(head).or(is_for_mcp.then_some(DiscoveryStep::Challenge))?;
        Some(Self { step, user_agent: head.headers.get(header::USER_AGENT).cloned() })
    }

    /// The step that the request was, after an answer with this status. Of calls, only those that were challenged are steps.
    pub(super) fn answered(
        &self,
        status: StatusCode,
        address: Option<IpAddr>,
        now: impl FnOnce() -> Timestamp,
    ) -> Option<Discovery> {
        let step = self.step;
        if step == DiscoveryStep::Challenge && status != StatusCode::UNAUTHORIZED {
            return None;
        }
        let (software, now) = (self.user_agent.as_ref().and_then(UserAgent::read), now());
        Some(Discovery { step, status, software, address, first: now, last: now, times: 1 })
    }
}

/// Clients with an issuer that has a path put it before or behind the well-known part (RFC 8414 §3.1, §5).
fn metadata(head: &Parts) -> Option<DiscoveryStep> {
    let (path, is_read) = (head.uri.path(), [Method::GET, Method::HEAD].contains(&head.method));
    if !is_read || !path.contains("/.well-known/") {
        return None;
    }
    let places = [
        (paths::PROTECTED_RESOURCE, DiscoveryStep::ResourceMetadata),
        (paths::METADATA, DiscoveryStep::ServerMetadata),
        (paths::OPENID, DiscoveryStep::ServerMetadata),
    ];
    places.into_iter().find(|(place, _)| path.contains(place)).map(|(_, step)| step)
}

impl Discoveries {
    /// Keeps a step.
    pub(super) fn keep(&mut self, mut kept: Discovery) {
        if let Some(at) = self.0.iter().rposition(|before| before.is_repeated_by(&kept))
            && let Some(before) = self.0.remove(at)
        {
            kept = Discovery { first: before.first, times: before.times.saturating_add(1), ..kept };
        }
        if self.0.len() == MOST {
            self.0.pop_front();
        }
        self.0.push_back(kept);
    }

    pub(super) fn all(&self) -> Vec<Discovery> {
        self.0.iter().cloned().collect()
    }
}

impl Discovery {
    fn is_repeated_by(&self, next: &Self) -> bool {
        let key = |one: &Self| (one.step, one.status, one.address);
        key(self) == key(next)
            && self.software == next.software
            && next.last.0.saturating_sub(self.last.0) <= AGAIN
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use http::Request;

    fn request(uri: &str, agent: &str, is_for_mcp: bool) -> Option<DiscoveryRequest> {
        let request = Request::get(uri).header("user-agent", agent).body(()).unwrap();
        DiscoveryRequest::of(&request.into_parts().0, is_for_mcp)
    }

    fn address(last: u8) -> Option<IpAddr> {
        Some(IpAddr::from([192, 0, 2, last]))
    }

    #[test]
    fn metadata_and_challenges_are_steps_of_discovery() {
        for (uri, is_for_mcp, step) in [
            ("/.well-known/oauth-protected-resource/mcp", true, Some(DiscoveryStep::ResourceMetadata)),
            ("/.well-known/oauth-authorization-server", false, Some(DiscoveryStep::ServerMetadata)),
            ("/tenant/.well-known/openid-configuration", false, Some(DiscoveryStep::ServerMetadata)),
            ("/mcp", true, Some(DiscoveryStep::Challenge)),
            ("/oauth/token", false, None),
            ("/.well-known/security.txt", false, None),
        ] {
            assert_eq!(request(uri, "node", is_for_mcp).map(|request| request.step), step, "{uri}");
        }
    }

    fn challenged(agent: &str, from: u8, second: u64) -> Discovery {
        let call = request("/mcp", agent, true).unwrap();
        call.answered(StatusCode::UNAUTHORIZED, address(from), || Timestamp(second)).unwrap()
    }

    #[test]
    fn a_call_that_is_answered_is_no_discovery() {
        let call = request("/mcp", "node", true).unwrap();
        for status in [StatusCode::OK, StatusCode::FORBIDDEN] {
            assert_eq!(call.answered(status, None, || unreachable!("the clock is not read")), None);
        }
        let challenged = call.answered(StatusCode::UNAUTHORIZED, None, || Timestamp(0)).unwrap();
        assert_eq!(challenged.software.unwrap().as_str(), "Node.js");
    }

    #[test]
    fn equal_requests_that_follow_each_other_are_one_entry() {
        let mut all = Discoveries::default();
        for (second, agent, from) in
            [(0, "node", 1), (5, "curl/8", 1), (10, "node", 1), (11, "node", 2), (21, "node", 1)]
        {
            all.keep(challenged(agent, from, second));
        }
        let kept: Vec<_> =
            all.all().iter().map(|one| (one.first.0, one.last.0, one.times, one.address)).collect();
        assert_eq!(
            kept,
            [(5, 5, 1, address(1)), (0, 10, 2, address(1)), (11, 11, 1, address(2)), (21, 21, 1, address(1))]
        );
    }

    #[test]
    fn a_flood_of_discoveries_takes_bounded_memory() {
        let mut all = Discoveries::default();
        for second in 0..1000 {
            all.keep(challenged(&format!("agent-{second}"), 1, second));
        }
        let all = all.all();
        assert_eq!((all.len(), all[0].first), (MOST, Timestamp(744)));
    }
}
