//! Authorization server metadata, under every name and at every place that clients read (RFC 8414 §3; OpenID Connect
//! Discovery 1.0 §4).

use super::document::{Document, Kind, quoted};
use super::examination::Examination;
use super::network::Network;
use super::protected_resource::Resource;
use super::rule::Rule;
use reqwest::Url;

/// What a client takes from the metadata.
pub(super) struct Server {
    pub(super) issuer: String,
    pub(super) authorization_endpoint: Option<Url>,
    pub(super) token_endpoint: Option<Url>,
    pub(super) registration_endpoint: Option<Url>,
    pub(super) revocation_endpoint: Option<Url>,
    pub(super) promises_iss: bool,
    /// Whether clients with a document (CIMD) need not register.
    pub(super) takes_documents: bool,
    /// The URL of the metadata.
    pub(super) place: Url,
}

const KINDS: [(&str, Kind); 13] = [
    ("issuer", Kind::Text),
    ("authorization_endpoint", Kind::Text),
    ("token_endpoint", Kind::Text),
    ("registration_endpoint", Kind::Text),
    ("revocation_endpoint", Kind::Text),
    ("jwks_uri", Kind::Text),
    ("scopes_supported", Kind::Texts),
    ("response_types_supported", Kind::Texts),
    ("grant_types_supported", Kind::Texts),
    ("code_challenge_methods_supported", Kind::Texts),
    ("token_endpoint_auth_methods_supported", Kind::Texts),
    ("client_id_metadata_document_supported", Kind::Switch),
    ("authorization_response_iss_parameter_supported", Kind::Switch),
];
/// What OpenID requires, and OAuth does not.
const OPENID: [&str; 3] = ["jwks_uri", "subject_types_supported", "id_token_signing_alg_values_supported"];
const METADATA: &str = "named by authorization server metadata";

pub(super) async fn examine(exam: &mut Examination, resource: &Resource) -> Option<Server> {
    let origin = exam.url.origin().ascii_serialization();
    let named = resource.server.clone().unwrap_or(origin);
    let Some(issuer) = Url::parse(&named).ok().filter(Url::has_host) else {
        exam.found(
            Rule::ServerMetadataMissing,
            "authorization_servers",
            &format!("{} is no URL", quoted(Some(&named))),
        );
        return None;
    };
    exam.probe.name(&issuer, "named by protected resource metadata");
    let (place, document) = discover(exam, &issuer).await?;
    check(exam, &document);
    if resource.server.is_some() {
        compare_issuer(exam, &document, &named);
    }
    Some(server(exam, &document, named, place))
}

/// The places in the order of the clients: RFC 8414's, OpenID's inserted and appended (MCP, Authorization Server Metadata
/// Discovery).
fn places(issuer: &Url) -> Vec<Url> {
    let path = issuer.path().trim_end_matches('/');
    let mut paths = vec![
        format!("/.well-known/oauth-authorization-server{path}"),
        format!("/.well-known/openid-configuration{path}"),
    ];
    if !path.is_empty() {
        paths.push(format!("{path}/.well-known/openid-configuration"));
    }
    let at = |path: String| {
        let mut place = issuer.clone();
        place.set_path(&path);
        place.set_query(None);
        place.set_fragment(None);
        place
    };
    paths.into_iter().map(at).collect()
}

async fn discover(exam: &mut Examination, issuer: &Url) -> Option<(Url, Document)> {
    let mut found: Option<(Url, Document)> = None;
    let places = places(issuer);
    for (number, place) in places.iter().enumerate() {
        let needed = found.is_none().then_some(Rule::ServerMetadataUnavailable);
        match (exam.read(place, needed).await, &found) {
            (Some(document), None) => {
                if number > 0 {
                    let seen = format!("no document; found at {place}");
                    exam.found(Rule::ServerMetadataOnlyOpenid, &format!("GET {}", places[0]), &seen);
                    check_openid(exam, &document);
                }
                found = Some((place.clone(), document));
            }
            (Some(document), Some((_, first))) => compare(exam, first, &document),
            (None, _) => {}
        }
    }
    if found.is_none() {
        exam.found(
            Rule::ServerMetadataMissing,
            &format!("GET {}", places[0]),
            "no document, there or at the other places",
        );
    }
    found
}

/// Clients that read the document as OpenID's insist on what OpenID requires.
fn check_openid(exam: &mut Examination, document: &Document) {
    let absent = |name: &&str| !document.members.contains_key(*name);
    let absent: Vec<_> = OPENID.into_iter().filter(absent).collect();
    if !absent.is_empty() {
        exam.found(Rule::OpenidMetadata, &document.place, &format!("absent: {}", absent.join(", ")));
    }
}

fn compare(exam: &mut Examination, first: &Document, second: &Document) {
    for name in ["issuer", "authorization_endpoint", "token_endpoint", "registration_endpoint"] {
        if first.text(name) != second.text(name) {
            exam.found(Rule::MetadataDiffers, &second.place, &format!("another {name} than {}", first.place));
        }
    }
}

fn check(exam: &mut Examination, document: &Document) {
    let place = &document.place;
    let nulls = document.nulls();
    if !nulls.is_empty() {
        exam.found(Rule::ServerMetadataNull, place, &format!("null: {}", nulls.join(", ")));
    }
    for member in document.mistyped(&KINDS) {
        exam.found(Rule::ServerMetadataType, place, &member);
    }
    if document.texts("response_types_supported").is_none() {
        exam.found(Rule::ResponseTypes, place, "response_types_supported is absent");
    }
    let lists = |name: &str, value: &str| document.texts(name).is_some_and(|all| all.contains(&value));
    let seen =
        |name: &str| document.members.get(name).map_or_else(|| "absent".to_owned(), ToString::to_string);
    if !lists("code_challenge_methods_supported", "S256") {
        exam.found(Rule::Pkce, place, &seen("code_challenge_methods_supported"));
    }
    if !lists("token_endpoint_auth_methods_supported", "none") {
        let has_documents = document.is_on("client_id_metadata_document_supported");
        let rule = if has_documents { Rule::DocumentsWithoutNone } else { Rule::AuthMethods };
        exam.found(rule, place, &seen("token_endpoint_auth_methods_supported"));
    }
    for name in ["issuer", "authorization_endpoint", "token_endpoint"] {
        if document.text(name).and_then(|url| Url::parse(url).ok()).is_none() {
            exam.found(Rule::EndpointMissing, place, &format!("{name} is {}", quoted(document.text(name))));
        }
    }
}

fn compare_issuer(exam: &mut Examination, document: &Document, named: &str) {
    let Some(issuer) = document.text("issuer").filter(|issuer| *issuer != named) else { return };
    // Some clients compare parsed URLs, which are the same with and without a slash as their path.
    let is_same_url = Url::parse(issuer).is_ok_and(|url| Url::parse(named).is_ok_and(|named| named == url));
    let rule = match (named.strip_suffix('/') == Some(issuer), issuer.strip_suffix('/') == Some(named)) {
        (true, _) => Rule::ServerNamedWithSlash,
        (_, true) if is_same_url => Rule::ServerNamedWithoutSlash,
        _ => Rule::IssuerDiffers,
    };
    let seen = format!("issuer is {}, the resource names {}", quoted(Some(issuer)), quoted(Some(named)));
    exam.found(rule, &document.place, &seen);
}

fn server(exam: &mut Examination, document: &Document, named: String, place: Url) -> Server {
    let registration_endpoint = endpoint(exam, document, "registration_endpoint");
    let takes_documents = document.is_on("client_id_metadata_document_supported");
    match (registration_endpoint.is_some(), takes_documents) {
        (false, false) => {
            exam.found(
                Rule::NoRegistration,
                &document.place,
                "no registration_endpoint, no client documents",
            );
        }
        (false, true) => exam.found(Rule::NoDynamicRegistration, &document.place, "no registration_endpoint"),
        (true, _) => {}
    }
    let ways =
        [(registration_endpoint.is_some(), "dynamic (DCR)"), (takes_documents, "client documents (CIMD)")];
    let ways: Vec<_> = ways.into_iter().filter_map(|(is_there, way)| is_there.then_some(way)).collect();
    let issuer = document.text("issuer").map_or(named, str::to_owned);
    exam.fact("issuer", &issuer);
    exam.fact("registration", &if ways.is_empty() { "none".to_owned() } else { ways.join(", ") });
    let promises_iss = document.is_on("authorization_response_iss_parameter_supported");
    exam.fact("iss", if promises_iss { "sent in responses (RFC 9207)" } else { "not promised (RFC 9207)" });
    Server {
        issuer,
        authorization_endpoint: endpoint(exam, document, "authorization_endpoint"),
        token_endpoint: endpoint(exam, document, "token_endpoint"),
        registration_endpoint,
        revocation_endpoint: endpoint(exam, document, "revocation_endpoint"),
        promises_iss,
        takes_documents,
        place,
    }
}

/// An endpoint of the metadata. From here on, requests to its origin are allowed.
fn endpoint(exam: &mut Examination, document: &Document, name: &str) -> Option<Url> {
    let url = Url::parse(document.text(name)?).ok()?;
    if !["http", "https"].contains(&url.scheme()) {
        exam.found(
            Rule::EndpointMissing,
            &document.place,
            &format!("{name} is {}", quoted(document.text(name))),
        );
        return None;
    }
    exam.probe.name(&url, METADATA);
    let is_usual = url.scheme() == "https" && url.port().is_none();
    if !is_usual && exam.probe.network() == Network::Public {
        exam.found(Rule::EndpointNotHttps, &document.place, &format!("{name} is {url}"));
    }
    Some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_places_of_an_issuer() {
        let of =
            |issuer: &str| places(&issuer.parse().unwrap()).iter().map(Url::to_string).collect::<Vec<_>>();
        let root = [
            "https://a.example/.well-known/oauth-authorization-server",
            "https://a.example/.well-known/openid-configuration",
        ];
        assert_eq!(of("https://a.example"), root);
        assert_eq!(of("https://a.example/"), root);
        assert_eq!(
            of("https://a.example/t/1"),
            [
                "https://a.example/.well-known/oauth-authorization-server/t/1",
                "https://a.example/.well-known/openid-configuration/t/1",
                "https://a.example/t/1/.well-known/openid-configuration",
            ]
        );
    }
}
