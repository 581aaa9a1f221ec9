//! TLS to an upstream: certificates and ALPN.

use super::folder::Folder;
use super::origin::{Body, Origin, whole};
use super::{LIMIT, text};
use crate::{Settings, SettingsError, Upstream};
use bytes::Bytes;
use doorward::gateway::UpstreamFailure;
use doorward::protocol::Target;
use http::{Request, Response, Version};
use hyper::body::Incoming;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::path::PathBuf;
use std::sync::Arc;
use tokio_rustls::TlsAcceptor;

/// A server with TLS for one name, and the file of the authority that signed its certificate.
pub(super) struct Secure {
    pub(super) origin: Origin,
    ca: PathBuf,
    _folder: Folder,
}

impl Secure {
    async fn start(name: &str, protocols: &[&str]) -> Self {
        Self::answering(name, protocols, |request| {
            let host = request.uri().authority().map(ToString::to_string);
            whole(format!("{:?} {host:?}", request.version()))
        })
        .await
    }

    pub(super) async fn answering<A>(name: &str, protocols: &[&str], answer: A) -> Self
    where
        A: Fn(Request<Incoming>) -> Response<Body> + Clone + Send + 'static,
    {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let mut config = config.with_single_cert(vec![certificate.der().clone()], key).unwrap();
        config.alpn_protocols = protocols.iter().map(|protocol| protocol.as_bytes().to_vec()).collect();
        let folder = Folder::new();
        let ca = folder.write("ca.pem", &authority.pem());
        let tls = TlsAcceptor::from(Arc::new(config));
        let origin = Origin::accepting(Some(tls), answer).await;
        Self { origin, ca, _folder: folder }
    }

    /// The upstream whose certificate is trusted.
    pub(super) fn trusted(&self) -> Upstream {
        self.upstream(Some(self.ca.clone()))
    }

    fn upstream(&self, ca: Option<PathBuf>) -> Upstream {
        self.upstream_by(Settings { ca, ..Settings::default() })
    }

    /// The same as `trusted`, for this many requests in flight.
    pub(super) fn trusted_for(&self, in_flight: usize) -> Upstream {
        self.upstream_by(Settings { ca: Some(self.ca.clone()), in_flight, ..Settings::default() })
    }

    fn upstream_by(&self, settings: Settings) -> Upstream {
        let target = Target::Tcp { tls: true, host: "localhost".to_owned(), port: self.origin.port };
        Upstream::new(target, settings).unwrap()
    }
}

pub(super) fn request() -> Request<Bytes> {
    Request::post("https://mcp.internal/mcp").body(Bytes::new()).unwrap()
}

#[tokio::test]
async fn the_certificates_of_the_file_are_trusted_instead_of_the_systems() {
    let secure = Secure::start("localhost", &[]).await;
    let other = Secure::start("localhost", &[]).await;
    let answer = secure.trusted().send(request(), LIMIT).await.unwrap();
    assert_eq!(text(answer).await, "HTTP/1.1 None");
    for ca in [None, Some(other.ca.clone())] {
        match secure.upstream(ca).send(request(), LIMIT).await {
            Err(UpstreamFailure::Unreachable(reason)) => {
                assert!(reason.contains("invalid peer certificate"), "{reason}");
            }
            other => panic!("{other:?}"),
        }
    }
}

#[tokio::test]
async fn the_certificate_needs_the_name_of_the_target() {
    let secure = Secure::start("mcp.internal", &[]).await;
    match secure.trusted().send(request(), LIMIT).await {
        Err(UpstreamFailure::Unreachable(reason)) => {
            assert!(reason.contains("not valid for name"), "{reason}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn http2_is_used_where_the_upstream_offers_it() {
    let secure = Secure::start("localhost", &["h2", "http/1.1"]).await;
    let upstream = secure.trusted();
    for _ in 0..2 {
        let answer = upstream.send(request(), LIMIT).await.unwrap();
        assert_eq!(answer.version(), Version::HTTP_2);
        assert_eq!(text(answer).await, "HTTP/2.0 Some(\"mcp.internal\")");
    }
    assert_eq!(secure.origin.connections(), 1);
}

#[test]
fn a_file_without_certificates_is_refused() {
    let folder = Folder::new();
    let broken = "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
    for file in [folder.file("absent"), folder.write("empty", ""), folder.write("broken", broken)] {
        let target = Target::Tcp { tls: true, host: "localhost".to_owned(), port: 1 };
        let built = Upstream::new(target, Settings { ca: Some(file.clone()), ..Settings::default() });
        assert!(matches!(built, Err(SettingsError::Ca { file: named, .. }) if named == file));
    }
}

#[test]
fn a_host_is_a_name_or_an_address() {
    let built = |tls, host: &str| {
        let target = Target::Tcp { tls, host: host.to_owned(), port: 1 };
        Upstream::new(target, Settings::default())
    };
    for host in ["mcp.internal", "127.0.0.1", "::1"] {
        assert!(built(true, host).is_ok(), "{host}");
    }
    assert!(matches!(built(true, "a b"), Err(SettingsError::Host(_))));
}
