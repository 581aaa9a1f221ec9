//! Blocked clients. A client that registered itself has no record that an operator could remove, and can register again.
//! So clients are blocked by id, by the host of a redirect URI, or by the host of the metadata document (CIMD).

use crate::client::identity::Client;
use crate::protocol::{ClientId, DocumentUrl, RedirectUri, RegisteredRedirectUri, without_port};
use crate::sealed::Registration;
use std::collections::BTreeSet;
use std::fmt;
use std::net::Ipv6Addr;

/// Which clients are blocked.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Block {
    /// The client with this id.
    Client(ClientId),
    /// Clients with a redirect URI on this host, or on a host below it.
    RedirectHost(String),
    /// Clients whose metadata document is on this host, or on a host below it.
    DocumentHost(String),
}

const REDIRECT_HOST: &str = "redirect-host:";
const DOCUMENT_HOST: &str = "document-host:";

impl Block {
    /// Reads the printed form: a client id, or `redirect-host:` or `document-host:` and a host name without a port. `None`
    /// if it is none of these.
    pub fn parse(text: &str) -> Option<Self> {
        if let Some(host) = text.strip_prefix(REDIRECT_HOST) {
            return host_name(host).map(Self::RedirectHost);
        }
        if let Some(host) = text.strip_prefix(DOCUMENT_HOST) {
            return host_name(host).map(Self::DocumentHost);
        }
        let is_id = !text.is_empty() && text.bytes().all(|byte| (0x20..0x7F).contains(&byte));
        is_id.then(|| Self::Client(ClientId(text.to_owned())))
    }
}

/// A host name or address, as a redirect URI may have it, in lower case and without a dot at the end.
fn host_name(text: &str) -> Option<String> {
    let host = text.trim_end_matches('.').to_ascii_lowercase();
    let uri = RedirectUri::parse(&format!("https://{host}/")).ok()?;
    let is_host = uri.destination() == host && without_port(&host) == host && !host.starts_with('.');
    is_host.then_some(host)
}

impl fmt::Display for Block {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Client(id) => write!(f, "{id}"),
            Self::RedirectHost(host) => write!(f, "{REDIRECT_HOST}{host}"),
            Self::DocumentHost(host) => write!(f, "{DOCUMENT_HOST}{host}"),
        }
    }
}

/// The list of blocked clients.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct BlockList(BTreeSet<Block>);

impl BlockList {
    /// The blocks, in the order of their kinds.
    pub fn iter(&self) -> impl Iterator<Item = &Block> {
        self.0.iter()
    }

    /// Adds a block.
    pub fn insert(&mut self, block: Block) {
        self.0.insert(block);
    }

    /// Removes a block.
    pub fn remove(&mut self, block: &Block) {
        self.0.remove(block);
    }

    /// Whether the client with this id is blocked, as far as the id says: by the id itself, by the host of the document
    /// that it names, or by the redirect URIs in it. The id is genuine: the token, the code or the request that names it
    /// was checked.
    pub(crate) fn blocks_id(&self, id: &ClientId) -> bool {
        if self.0.is_empty() {
            return false;
        }
        let document = DocumentUrl::parse(&id.0).ok();
        let is_blocked_document = document.is_some_and(|url| {
            self.0
                .iter()
                .any(|block| matches!(block, Block::DocumentHost(host) if is_below(url.host(), host)))
        });
        let registration = Registration::claimed(&id.0);
        let uris = registration.iter().flat_map(|registration| &registration.redirect_uris);
        self.0.contains(&Block::Client(id.clone())) || is_blocked_document || self.blocks_one_of(uris)
    }

    /// Whether this client is blocked. All its redirect URIs are known.
    pub(crate) fn blocks(&self, client: &Client) -> bool {
        // Most lists are empty. The redirect URIs of a client need not be parsed for them.
        !self.0.is_empty() && (self.blocks_id(client.id()) || self.blocks_one_of(client.redirect_uris.iter()))
    }

    fn blocks_one_of<'a>(&self, mut uris: impl Iterator<Item = &'a RegisteredRedirectUri>) -> bool {
        uris.any(|uri| {
            let uri = RedirectUri::parse(uri.as_str());
            let destination = uri.as_ref().map(|uri| without_port(uri.destination())).unwrap_or_default();
            self.0
                .iter()
                .any(|block| matches!(block, Block::RedirectHost(host) if is_below(destination, host)))
        })
    }
}

impl FromIterator<Block> for BlockList {
    fn from_iter<I: IntoIterator<Item = Block>>(blocks: I) -> Self {
        Self(blocks.into_iter().collect())
    }
}

/// Whether a host is `parent`, or a subdomain of it.
fn is_below(host: &str, parent: &str) -> bool {
    if let (Some(host), Some(parent)) = (ipv6(host), ipv6(parent)) {
        return host == parent;
    }
    let host = host.trim_end_matches('.').to_ascii_lowercase();
    host.strip_suffix(parent).is_some_and(|above| above.is_empty() || above.ends_with('.'))
}

/// An IPv6 address in brackets. It can be written in several ways.
fn ipv6(host: &str) -> Option<Ipv6Addr> {
    host.strip_prefix('[')?.strip_suffix(']')?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn blocks(block: &str, id: &str) -> bool {
        let list: BlockList = Block::parse(block).into_iter().collect();
        list.blocks_id(&ClientId(id.to_owned()))
    }

    #[test]
    fn a_document_is_blocked_by_its_url_its_host_and_the_domain_above() {
        let document = "https://app.evil.example/client.json";
        for right in [document, "document-host:evil.example", "document-host:App.Evil.Example"] {
            assert!(blocks(right, document), "{right}");
        }
        for wrong in [
            "document-host:app.evil",
            "document-host:other.example",
            "document-host:vil.example",
            "redirect-host:evil.example",
            "https://app.evil.example/other.json",
        ] {
            assert!(!blocks(wrong, document), "{wrong}");
        }
    }

    #[test]
    fn an_ipv6_address_is_one_host_however_it_is_written() {
        let list: BlockList = Block::parse("redirect-host:[2001:db8::1]").into_iter().collect();
        let blocks = |uri: &str| {
            let uri = RedirectUri::parse(uri).unwrap();
            list.blocks_one_of(std::iter::once(uri.registered()))
        };
        assert!(blocks("https://[2001:db8:0::1]/cb") && blocks("https://[2001:DB8::1]:8443/cb"));
        assert!(!blocks("https://[2001:db8::2]/cb"));
    }

    #[test]
    fn a_block_is_an_id_or_a_host() {
        for text in
            ["dw_client_AAAA", "https://a.example/c", "redirect-host:a.example", "document-host:[::1]"]
        {
            assert_eq!(Block::parse(text).unwrap().to_string(), text);
        }
        assert_eq!(Block::parse("redirect-host:A.example.").unwrap().to_string(), "redirect-host:a.example");
        assert!(Block::parse("redirect-host:my_app.example").is_some());
        for wrong in [
            "",
            "redirect-host:",
            "redirect-host:.",
            "redirect-host:.a.example",
            "redirect-host:fe80::a",
            "redirect-host:0x7f000001",
            "redirect-host:a.example:80",
            "document-host:a/b",
            "a\nb",
        ] {
            assert_eq!(Block::parse(wrong), None, "{wrong}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(block in "(redirect-host:|document-host:)?\\PC{0,20}", id in "\\PC{0,40}") {
            if let Some(parsed) = Block::parse(&block) {
                prop_assert_eq!(Block::parse(&parsed.to_string()), Some(parsed));
            }
            blocks(&block, &id);
        }
    }
}
