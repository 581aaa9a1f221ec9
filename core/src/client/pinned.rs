//! Pinned documents (CIMD) of widely used clients: what is used when neither their web server answers nor the store has a
//! copy. They hold no keys.
//!
//! As of 25 November 2026, from the vendors' documentation and reports of their users. A redirect URI that a vendor has added
//! since works as soon as the vendor's server answers.

use crate::client::document::ClientDocument;
use crate::protocol::DocumentUrl;

const PINNED: [&str; 3] = [
    include_str!("pinned/claude.json"),
    include_str!("pinned/claude_code.json"),
    include_str!("pinned/vscode.json"),
];

/// The pinned document of this client. A document is valid only for its own URL.
pub(crate) fn find(url: &DocumentUrl) -> Option<ClientDocument> {
    PINNED.iter().find_map(|json| ClientDocument::parse(url, json.as_bytes()).ok())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::client::Authentication;

    #[test]
    fn every_pinned_document_is_valid_and_is_found_by_its_url_only() {
        for json in PINNED {
            let id = serde_json::from_str::<serde_json::Value>(json).unwrap()["client_id"].clone();
            let url = DocumentUrl::parse(id.as_str().unwrap()).unwrap();
            let document = find(&url).unwrap();
            assert!(
                document.redirect_uris.len() >= 2 && document.authentication == Authentication::None,
                "{url}"
            );
        }
        assert!(find(&DocumentUrl::parse("https://claude.ai/oauth/other").unwrap()).is_none());
    }
}
