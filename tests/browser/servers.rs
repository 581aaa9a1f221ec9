//! What is beyond the server in a sign-in: callbacks on http and https, and the program of a private-use scheme.

use rcgen::{CertifiedKey, generate_simple_self_signed};
use rustls::ServerConfig;
use rustls::pki_types::PrivateKeyDer;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// How long a test waits for a browser.
const PATIENCE: Duration = Duration::from_secs(30);

/// A client's callback on `localhost`. It redirects the browser on, or shows a page.
pub(crate) struct Callback {
    /// Its origin.
    pub(crate) origin: String,
    seen: Arc<Mutex<Vec<(String, bool)>>>,
}

/// What a callback answers: 307 to `next` at `/cb`, and a page elsewhere.
#[derive(Clone)]
struct Answers {
    next: Option<String>,
    seen: Arc<Mutex<Vec<(String, bool)>>>,
}

impl Callback {
    /// A callback that goes on to `next` by a redirect of its own. An https callback has a self-signed certificate.
    pub(crate) async fn start(is_https: bool, next: Option<&str>) -> Self {
        let listener = TcpListener::bind("localhost:0").await.unwrap();
        let scheme = if is_https { "https" } else { "http" };
        let origin = format!("{scheme}://localhost:{}", listener.local_addr().unwrap().port());
        let answers = Answers { next: next.map(str::to_owned), seen: Arc::default() };
        let seen = answers.seen.clone();
        let acceptor = is_https.then(acceptor);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (answers, acceptor) = (answers.clone(), acceptor.clone());
                tokio::spawn(async move {
                    match acceptor {
                        Some(acceptor) => answers.answer(acceptor.accept(stream).await?).await,
                        None => answers.answer(stream).await,
                    }
                });
            }
        });
        Self { origin, seen }
    }

    /// The paths and queries of the requests so far, without those for icons. None of them may have a `Referer`, because
    /// the page before has a code in its link.
    pub(crate) fn seen(&self) -> Vec<String> {
        let seen = self.seen.lock().unwrap();
        seen.iter().for_each(|(path, leaks)| assert!(!leaks, "a Referer at {path}"));
        seen.iter().map(|(path, _)| path.clone()).collect()
    }
}

impl Answers {
    async fn answer(&self, mut stream: impl AsyncRead + AsyncWrite + Unpin) -> std::io::Result<()> {
        let mut head = vec![0; 16 * 1024];
        let read = stream.read(&mut head).await?;
        let head = String::from_utf8_lossy(&head[..read]).into_owned();
        let path = head.split(' ').nth(1).unwrap_or_default();
        if !path.starts_with("/favicon") {
            let leaks = head.to_lowercase().contains("\nreferer:");
            self.seen.lock().unwrap().push((path.to_owned(), leaks));
        }
        let next = self.next.as_ref().filter(|_| path.starts_with("/cb"));
        let answer = match next {
            Some(next) => format!("HTTP/1.1 307 Temporary Redirect\r\nLocation: {next}\r\nContent-Length: 0"),
            None => "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 16".to_owned(),
        };
        let body = if next.is_some() { "" } else { "<h1>Arrived</h1>" };
        stream.write_all(format!("{answer}\r\nConnection: close\r\n\r\n{body}").as_bytes()).await?;
        stream.shutdown().await
    }
}

fn acceptor() -> TlsAcceptor {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    let key = PrivateKeyDer::Pkcs8(signing_key.serialize_der().into());
    let config = ServerConfig::builder_with_provider(Arc::new(rustls::crypto::ring::default_provider()));
    let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
    TlsAcceptor::from(Arc::new(config.with_single_cert(vec![cert.der().clone()], key).unwrap()))
}

/// The operating system's way to open a URL of a private-use scheme. Chromium on Linux calls `xdg-open`.
pub(crate) struct OperatingSystem {
    /// A folder with an `xdg-open` that tells this process the URL.
    pub(crate) folder: PathBuf,
    listener: TcpListener,
}

impl OperatingSystem {
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let folder = std::env::temp_dir().join(format!("doorward-xdg-open-{port}"));
        std::fs::create_dir_all(&folder).unwrap();
        let program = folder.join("xdg-open");
        std::fs::write(&program, format!("#!/bin/bash\necho \"$1\" >/dev/tcp/127.0.0.1/{port}\n")).unwrap();
        std::fs::set_permissions(&program, std::fs::Permissions::from_mode(0o755)).unwrap();
        Self { folder, listener }
    }

    /// Waits for the next URL that a browser hands over.
    pub(crate) async fn opened(&self) -> String {
        let handed_over = tokio::time::timeout(PATIENCE, self.listener.accept()).await;
        let (stream, _) = handed_over.expect("the browser hands a URL over").unwrap();
        BufReader::new(stream).lines().next_line().await.unwrap().unwrap_or_default()
    }
}

impl Drop for OperatingSystem {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}
