//! Local https server that publishes a Client ID Metadata Document. Its certificate is self-signed.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use serde_json::json;
use std::path::PathBuf;
use std::sync::Arc;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio_rustls::TlsAcceptor;

/// The redirect URI of the clients in these tests.
pub(crate) const REDIRECT_URI: &str = "http://127.0.0.1:33418/callback";

/// A published document. It is published until this value is dropped.
pub(crate) struct Published {
    /// The URL of the document, which is the client id.
    pub(crate) url: String,
    /// The file with the certificate that the server must trust.
    pub(crate) certificate: PathBuf,
}

impl Published {
    pub(crate) async fn start() -> Self {
        let CertifiedKey { cert, signing_key } =
            generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let certificate = std::env::temp_dir().join(format!("doorward-published-{port}.pem"));
        std::fs::write(&certificate, cert.pem()).unwrap();
        let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
        let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_single_cert(vec![cert.der().clone()], key).unwrap();
        let url = format!("https://localhost:{port}/client.json");
        let document = json!({
            "client_id": url, "client_name": "A published client", "redirect_uris": [REDIRECT_URI, "http://localhost:33418/callback"],
            "token_endpoint_auth_method": "none",
        });
        tokio::spawn(serve(listener, TlsAcceptor::from(Arc::new(config)), document.to_string()));
        Self { url, certificate }
    }
}

impl Drop for Published {
    fn drop(&mut self) {
        let _ = std::fs::remove_file(&self.certificate);
    }
}

async fn serve(listener: TcpListener, acceptor: TlsAcceptor, document: String) {
    while let Ok((stream, _)) = listener.accept().await {
        tokio::spawn(answer(stream, acceptor.clone(), document.clone()));
    }
}

async fn answer(stream: TcpStream, acceptor: TlsAcceptor, document: String) -> std::io::Result<()> {
    let mut stream = acceptor.accept(stream).await?;
    let mut request = [0; 4096];
    let _ = stream.read(&mut request).await?;
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
    stream
        .write_all(format!("{head}Content-Length: {}\r\n\r\n{document}", document.len()).as_bytes())
        .await?;
    stream.shutdown().await
}
