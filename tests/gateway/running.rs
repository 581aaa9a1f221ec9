//! A gateway that runs in this process, and tokens for it.

use crate::client::{Answer, Client};
use crate::upstream::Upstream;
use doorward::ports::{Clock, Timestamp};
use doorward::protocol::{ClientId, PersonId, Resource, Scope};
use doorward::server::Server;
use doorward::token::AccessToken;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_local::serve::shutdown::Stage;
use doorward_settings::{AUTH_PORT, CALLS_PER_MINUTE, MCP_PORT, Setting, UPSTREAM, Values};
use doorward_signing::SystemClock;
use harness::written::Written;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// A running gateway. It ends when it is dropped.
pub(crate) struct Running {
    /// Where it listens: host and port.
    pub(crate) address: String,
    pub(crate) resource: Resource,
    pub(crate) server: Server,
    pub(crate) log: Written,
    pub(crate) stage: watch::Sender<Stage>,
    pub(crate) serving: JoinHandle<doorward_local::serve::Ended>,
}

impl Drop for Running {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

impl Running {
    /// A gateway in front of this upstream.
    pub(crate) async fn before(upstream: &Upstream) -> Self {
        Self::with(&[(&UPSTREAM, &upstream.url())]).await
    }

    /// A gateway with these settings, at free ports and without a limit of calls unless they say otherwise.
    pub(crate) async fn with(settings: &[(&Setting, &str)]) -> Self {
        let log = Written::default();
        let free = [(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&CALLS_PER_MINUTE, "0")];
        let values = Values::of(free.into_iter().chain(settings.iter().copied()));
        let listening = Listening::start(&values, Log::to(log.clone())).await.unwrap();
        let port = values.one(&MCP_PORT).filter(|port| *port != "0");
        let (resource, server) = (listening.resource().clone(), listening.server().unwrap().clone());
        let address =
            port.map_or_else(|| resource.authority().to_owned(), |port| format!("127.0.0.1:{port}"));
        let (stage, watched) = watch::channel(Stage::Serving);
        let serving = tokio::spawn(listening.run_until(watched));
        Self { address, resource, server, log, stage, serving }
    }

    /// A token of the user alice at the client `app`.
    pub(crate) fn token(&self) -> String {
        self.token_of("alice", "app")
    }

    /// A token of this user at this client, for an hour.
    pub(crate) fn token_of(&self, user: &str, client: &str) -> String {
        self.token_for(&self.resource, user, client, Duration::from_secs(3600))
    }

    /// A token for a resource, with a lifetime.
    pub(crate) fn token_for(&self, resource: &Resource, user: &str, client: &str, life: Duration) -> String {
        let now = SystemClock.now();
        let offered = self.server.config.resources().called(resource.as_str()).unwrap();
        let scopes = offered.scopes.iter().map(|offered| offered.scope.clone());
        let token = AccessToken {
            iss: self.server.config.issuer().to_string(),
            sub: PersonId::parse(user).unwrap().into(),
            aud: resource.clone(),
            client_id: ClientId(client.to_owned()),
            scope: scopes.fold(Scope::default(), |all, scope| all.union(&scope)),
            iat: now,
            exp: now.after(life),
            auth_time: Some(Timestamp(now.0 - 60)),
            jti: "token".to_owned(),
            gid: "AAAAAAAAAAAAAAAAAAAAAA".to_owned(),
        };
        token.sign(self.server.token_keys.signer().unwrap()).unwrap()
    }

    /// A request of alice with these header lines.
    pub(crate) fn request(&self, method: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        self.request_with(&self.token(), method, headers, body)
    }

    /// A request with this token.
    pub(crate) fn request_with(&self, token: &str, method: &str, headers: &str, body: &[u8]) -> Vec<u8> {
        let (path, host) = (self.resource.path(), self.resource.authority());
        let mut request =
            format!("{method} {path} HTTP/1.1\r\nHost: {host}\r\nAuthorization: Bearer {token}\r\n{headers}");
        if !body.is_empty() {
            request += &format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len());
        }
        [request.as_bytes(), b"\r\n", body].concat()
    }

    pub(crate) async fn connect(&self) -> Client {
        Client::new(TcpStream::connect(&self.address).await.unwrap())
    }

    /// Sends these bytes on a connection of their own, and reads the answer.
    pub(crate) async fn exchange(&self, request: impl AsRef<[u8]>) -> Answer {
        let mut client = self.connect().await;
        client.send(request).await;
        client.answer().await
    }

    /// Posts a message of alice.
    pub(crate) async fn post(&self, message: &[u8]) -> Answer {
        self.exchange(self.request("POST", "", message)).await
    }

    /// Sends a GET of alice.
    pub(crate) async fn get(&self) -> Answer {
        self.exchange(self.request("GET", "", b"")).await
    }

    /// Checks that the answer to a request with the id 7 is a refusal of the gateway, and that the log has its line.
    pub(crate) fn refused(&self, row: &str, answer: &Answer, status: u16, logged: &str) {
        let log = self.log.text();
        assert_eq!(answer.status(), status, "{row}: {answer:?} {log}");
        let (body, correlation) = (answer.json(), answer.head.get("doorward-correlation"));
        let told = (&body["jsonrpc"], &body["id"], &body["error"]["code"]);
        assert_eq!(told, (&"2.0".into(), &7.into(), &(-32603).into()), "{row}: {body}");
        assert_eq!(body["error"]["data"]["correlation"], correlation, "{row}");
        assert!(!correlation.is_empty(), "{row}");
        let is_it =
            |line: &str| line.contains(logged) && line.contains(&format!("correlation={correlation}"));
        assert!(log.lines().any(is_it), "{row}: no {logged} in {log}");
        assert!(log.contains("person=alice client=app"), "{row}: {log}");
    }
}

/// A port that is free now.
pub(crate) fn free_port() -> String {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    listener.local_addr().unwrap().port().to_string()
}
