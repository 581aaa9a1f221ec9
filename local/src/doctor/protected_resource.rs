//! Protected resource metadata, at every place that clients read (RFC 9728 §3).

use super::document::{Document, Kind, quoted};
use super::examination::Examination;
use super::rule::Rule;
use super::unauthenticated::Challenge;
use doorward::protocol::paths;
use reqwest::Url;

/// What a client takes from the metadata.
pub(super) struct Resource {
    /// The value for the `resource` parameter.
    pub(super) resource: String,
    /// The issuer, if the metadata names one.
    pub(super) server: Option<String>,
    pub(super) scopes: Option<String>,
    /// The URL of the metadata.
    pub(super) place: Option<Url>,
}

const KINDS: [(&str, Kind); 6] = [
    ("resource", Kind::Text),
    ("authorization_servers", Kind::Texts),
    ("scopes_supported", Kind::Texts),
    ("bearer_methods_supported", Kind::Texts),
    ("resource_name", Kind::Text),
    ("jwks_uri", Kind::Text),
];

pub(super) async fn examine(exam: &mut Examination, challenge: &Challenge) -> Resource {
    let mut found: Option<(Url, Document)> = None;
    if let Some(named) = &challenge.metadata {
        found = from_challenge(exam, named).await.map(|document| (named.clone(), document));
    }
    let inserted = place(&exam.url, exam.url.path());
    for place in [inserted.clone(), place(&exam.url, "/")] {
        if challenge.metadata.as_ref() == Some(&place) {
            continue;
        }
        let needed = found.is_none().then_some(Rule::ResourceMetadataUnavailable);
        let read = exam.read(&place, needed).await;
        match (read, &found) {
            (Some(document), None) => found = Some((place, document)),
            (Some(document), Some((_, first))) => compare(exam, first, &document),
            (None, _) if place == inserted => {
                exam.found(Rule::ResourceMetadataPlace, &format!("GET {place}"), "no document");
            }
            (None, _) => {}
        }
    }
    let Some((place, document)) = found else {
        exam.found(Rule::ResourceMetadataMissing, &format!("GET {inserted}"), "no document");
        return Resource { resource: exam.typed.clone(), server: None, scopes: None, place: None };
    };
    check(exam, &document);
    let scopes = document.texts("scopes_supported").map(|scopes| scopes.join(" "));
    Resource {
        resource: document.text("resource").unwrap_or(&exam.typed).to_owned(),
        server: document
            .texts("authorization_servers")
            .and_then(|all| all.first().map(|one| (*one).to_owned())),
        scopes: scopes.filter(|scopes| !scopes.is_empty()),
        place: Some(place),
    }
}

/// The place of RFC 9728 §3.1 for a path.
fn place(url: &Url, path: &str) -> Url {
    let mut place = url.clone();
    place.set_path(&format!("{}{}", paths::PROTECTED_RESOURCE, if path == "/" { "" } else { path }));
    place.set_query(None);
    place.set_fragment(None);
    place
}

async fn from_challenge(exam: &mut Examination, named: &Url) -> Option<Document> {
    if named.origin() != exam.url.origin() {
        exam.found(Rule::ChallengeOtherOrigin, "WWW-Authenticate", named.as_str());
    }
    exam.probe.name(named, "the challenge");
    let document = exam.read(named, Some(Rule::ResourceMetadataUnavailable)).await;
    if document.is_none() {
        exam.found(
            Rule::ResourceMetadataMissing,
            &format!("GET {named}"),
            "no document at the URL of the challenge",
        );
    }
    document
}

fn compare(exam: &mut Examination, first: &Document, second: &Document) {
    for name in ["resource", "authorization_servers"] {
        let [one, other] = [first, second].map(|document| document.members.get(name));
        // A server with several resources has the document of the root for another one.
        if one != other && first.members.get("resource") == second.members.get("resource") {
            exam.found(Rule::MetadataDiffers, &second.place, &format!("another {name} than {}", first.place));
        }
    }
}

fn check(exam: &mut Examination, document: &Document) {
    let nulls = document.nulls();
    if !nulls.is_empty() {
        exam.found(Rule::ResourceMetadataNull, &document.place, &format!("null: {}", nulls.join(", ")));
    }
    for member in document.mistyped(&KINDS) {
        exam.found(Rule::ResourceMetadataType, &document.place, &member);
    }
    let resource = document.text("resource");
    let is_same = resource.is_some_and(|resource| is_same(resource, &exam.typed, &exam.url));
    if !is_same {
        let seen = format!("resource is {}, the URL is {}", quoted(resource), quoted(Some(&exam.typed)));
        let is_slashed = resource.and_then(|resource| resource.strip_suffix('/')) == Some(exam.url.as_str());
        let is_parent = resource.is_some_and(|resource| is_parent(resource, &exam.url));
        let rule = match (is_slashed, is_parent) {
            (true, _) => Rule::ResourceSlash,
            (false, true) => Rule::ResourceParent,
            (false, false) => Rule::ResourceDiffers,
        };
        exam.found(rule, &document.place, &seen);
    }
    if document.texts("authorization_servers").is_none_or(|servers| servers.is_empty()) {
        exam.found(Rule::NoAuthorizationServer, &document.place, "authorization_servers is absent or empty");
    }
}

/// Whether the URL is below the resource, on the same origin.
fn is_parent(resource: &str, url: &Url) -> bool {
    let Ok(resource) = Url::parse(resource) else { return false };
    let below = url.path().strip_prefix(resource.path().trim_end_matches('/'));
    let is_below = below.is_some_and(|below| below.starts_with('/') && below != "/");
    resource.origin() == url.origin() && resource.query().is_none() && is_below
}

/// A URL without a path is the same with and without its slash (RFC 3986 §6.2.3).
fn is_same(resource: &str, typed: &str, url: &Url) -> bool {
    let is_root = url.path() == "/" && url.query().is_none();
    let without = |text: &str| text.strip_suffix('/').map(str::to_owned);
    resource == typed
        || resource == url.as_str()
        || is_root && without(url.as_str()).as_deref() == Some(resource)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_parent_ends_at_a_segment() {
        let url: Url = "https://a.example/team/mcp".parse().unwrap();
        for parent in ["https://a.example", "https://a.example/", "https://a.example/team"] {
            assert!(is_parent(parent, &url), "{parent}");
        }
        for other in ["https://a.example/te", "https://b.example", "https://a.example/team/mcp/", "mcp"] {
            assert!(!is_parent(other, &url), "{other}");
        }
        assert!(!is_parent("https://a.example/team", &"https://a.example/team/".parse().unwrap()));
    }

    #[test]
    fn a_resource_is_the_url_byte_for_byte() {
        let same = |resource: &str, typed: &str| is_same(resource, typed, &typed.parse().unwrap());
        for (resource, typed, expected) in [
            ("https://a.example/mcp", "https://a.example/mcp", true),
            ("https://a.example/mcp", "https://A.example:443/mcp", true),
            ("https://a.example", "https://a.example/", true),
            ("https://a.example/", "https://a.example", true),
            ("https://a.example/mcp/", "https://a.example/mcp", false),
            ("https://a.example/mcp", "https://a.example/mcp/", false),
            ("https://a.example", "https://a.example/mcp", false),
            ("https://b.example/mcp", "https://a.example/mcp", false),
        ] {
            assert_eq!(same(resource, typed), expected, "{resource} for {typed}");
        }
    }
}
