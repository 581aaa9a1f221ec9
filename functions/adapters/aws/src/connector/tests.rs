//! Connections to a server on loopback, with and without TLS.

use super::Connector;
use crate::dialer::Dialer;
use crate::tls;
use bytes::Bytes;
use http::{Request, StatusCode};
use http_body_util::Full;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, IsCa, KeyPair};
use rustls::pki_types::PrivateKeyDer;
use rustls::{RootCertStore, ServerConfig};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A server that answers every request with one status, and counts its connections.
struct Server {
    port: u16,
    connections: Arc<AtomicUsize>,
}

impl Server {
    async fn start(tls: Option<TlsAcceptor>, status: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let server = Self { port, connections: Arc::default() };
        let connections = server.connections.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                connections.fetch_add(1, Ordering::SeqCst);
                let tls = tls.clone();
                tokio::spawn(async move {
                    match tls {
                        None => answer(stream, status).await,
                        // A client that does not trust the certificate ends the connection.
                        Some(tls) => {
                            if let Ok(stream) = tls.accept(stream).await {
                                answer(stream, status).await;
                            }
                        }
                    }
                });
            }
        });
        server
    }

    /// A server with a certificate for `localhost`, and the authority that signed it.
    async fn secure() -> (Self, RootCertStore) {
        let mut params = CertificateParams::new([]).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let authority = CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap();
        let key = KeyPair::generate().unwrap();
        let params = CertificateParams::new(["localhost".to_owned()]).unwrap();
        let certificate = params.signed_by(&key, &authority).unwrap();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let config = ServerConfig::builder_with_provider(provider).with_safe_default_protocol_versions();
        let key = PrivateKeyDer::Pkcs8(key.serialize_der().into());
        let chain = vec![certificate.der().clone()];
        let config = config.unwrap().with_no_client_auth().with_single_cert(chain, key).unwrap();
        let mut trusted = RootCertStore::empty();
        trusted.add(authority.der().clone()).unwrap();
        (Self::start(Some(Arc::new(config).into()), 200).await, trusted)
    }

    fn connections(&self) -> usize {
        self.connections.load(Ordering::SeqCst)
    }
}

async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, status: u16) {
    let mut request = [0; 4096];
    // A request without a body comes in one piece here.
    while let Ok(1..) = stream.read(&mut request).await {
        let answer = format!("HTTP/1.1 {status} X\r\ncontent-length: 2\r\n\r\n{{}}");
        if stream.write_all(answer.as_bytes()).await.is_err() || stream.flush().await.is_err() {
            return;
        }
    }
}

fn trusting(trusted: RootCertStore) -> Connector {
    let dialer = Dialer::new(tls::config(trusted).unwrap());
    Connector(Client::builder(TokioExecutor::new()).build(dialer))
}

fn get(url: String) -> Request<Full<Bytes>> {
    Request::get(url).body(Full::default()).unwrap()
}

#[tokio::test]
async fn a_connection_is_used_again() {
    let server = Server::start(None, 200).await;
    let connector = trusting(RootCertStore::empty());
    let url = format!("http://127.0.0.1:{}", server.port);
    connector.open(&url).await;
    for _ in 0..2 {
        let response = connector.send(get(url.clone())).await.unwrap();
        assert_eq!((response.status(), &response.body()[..]), (StatusCode::OK, &b"{}"[..]));
    }
    assert_eq!(server.connections(), 1);
}

#[tokio::test]
async fn a_connection_on_which_the_service_failed_is_not_used_again() {
    let server = Server::start(None, 503).await;
    let connector = trusting(RootCertStore::empty());
    for connections in 1..=2 {
        let response = connector.send(get(format!("http://127.0.0.1:{}", server.port))).await.unwrap();
        assert_eq!(response.status(), StatusCode::SERVICE_UNAVAILABLE);
        assert_eq!(server.connections(), connections);
    }
}

#[tokio::test]
async fn only_trusted_certificates_of_the_host_are_accepted() {
    let (server, trusted) = Server::secure().await;
    let url = |host: &str| format!("https://{host}:{}", server.port);
    let answered = trusting(trusted.clone()).send(get(url("localhost"))).await;
    assert_eq!(answered.unwrap().status(), StatusCode::OK);
    let amazon = tls::trusted(crate::Roots::Amazon).unwrap();
    assert!(amazon.len() > 3, "{}", amazon.len());
    assert!(trusting(amazon).send(get(url("localhost"))).await.is_err(), "of another authority");
    assert!(trusting(trusted).send(get(url("127.0.0.1"))).await.is_err(), "of another host");
}
