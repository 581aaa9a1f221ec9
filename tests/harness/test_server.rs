//! Test server: the authorization server and the MCP server with its guard, in one process and without a socket.

use crate::counting::{Counting, Watched};
use crate::fakes::{TestClock, TestEntropy, TestPasswords, TestSigner, TestWeb};
use async_trait::async_trait;
use doorward::client::Documents;
use doorward::config::{Allowances, Config, ConfigBuilder, Lifetimes};
use doorward::jose::{Signer, TokenKeys};
use doorward::ports::{Entropy, Password, Passwords};
use doorward::protocol::PersonId;
use doorward::provider::Provider;
use doorward::sealed::Keys;
use doorward::server::{Parts, Server};
use doorward::store::{Added, Login, MemoryStore, Person as Record, Store, Stores};
use doorward::wire::{Authenticator, Events, Request, Response};
use doorward_outbound::OutboundClient;
use doorward_sqlite::SqliteStore;
use doorward_tools::McpServer;
use std::sync::Arc;

pub use crate::configuration::*;
pub use crate::messages::*;

/// The user name of the user that every test server has.
pub const NAME: &str = "alice";
/// The password of that user.
pub const PASSWORD: &str = "correct horse battery staple";

/// The prefixes of secret values, and the password. No audit event may contain one of them.
const SECRETS: [&str; 9] = [
    "dw_away_",
    "dw_browser_",
    "dw_code_",
    "dw_form_",
    "dw_refresh_",
    "dw_secret_",
    "dw_session_",
    "eyJhbGci",
    PASSWORD,
];

/// Fails if a line of the log contains a secret.
pub fn assert_no_secret(line: &str) {
    let secret = SECRETS.iter().find(|secret| line.contains(*secret));
    assert_eq!(secret, None, "{line}");
}

/// A test server. The test controls all its dependencies. Clones share their state.
#[derive(Clone)]
pub struct TestServer {
    /// The authorization server. On AWS, this is a server with the same keys and store as the functions.
    pub server: Server,
    /// The clock of the authorization server and of the MCP server.
    pub clock: Arc<TestClock>,
    /// The store, which counts its operations and can be made to fail.
    pub store: Arc<dyn Watched>,
    /// The fake of outbound fetch, with the documents that clients publish.
    pub web: Arc<TestWeb>,
    /// The fake of password hashing.
    pub passwords: Arc<TestPasswords>,
    transport: Arc<dyn Transport>,
}

pub use self::TestServer as Standing;

/// Transport: carries requests to the servers and returns their responses.
#[async_trait]
pub trait Transport: Send + Sync {
    /// Sends a request to the authorization server.
    async fn send(&self, request: Request) -> Response;

    /// Sends a request to the MCP server.
    async fn call(&self, request: Request) -> Response;
}

/// Transport that calls both servers directly, in this process.
struct InProcess {
    server: Server,
    mcp: McpServer,
}

#[async_trait]
impl Transport for InProcess {
    async fn send(&self, request: Request) -> Response {
        doorward::answer(self.server.clone(), request).await
    }

    async fn call(&self, request: Request) -> Response {
        self.mcp.answer_whole(request).await
    }
}

impl TestServer {
    /// A server on https with the resources `https://mcp.example/mcp` and `https://other.example`.
    pub async fn new() -> Self {
        Self::at("https://auth.example", "https://mcp.example/mcp").await
    }

    /// A server with this issuer and this resource.
    pub async fn at(issuer: &str, resource: &str) -> Self {
        Self::of(config(issuer, resource)).await
    }

    /// A server on loopback, in tutorial mode.
    pub async fn tutorial() -> Self {
        let config = config("http://127.0.0.1:9000", "http://127.0.0.1:8000/mcp");
        Self::of(config.allowances(Allowances::TUTORIAL)).await
    }

    /// A server with these lifetimes.
    pub async fn with(lifetimes: Lifetimes) -> Self {
        Self::of(sound().lifetimes(lifetimes)).await
    }

    /// A server with this configuration.
    pub async fn of(config: ConfigBuilder) -> Self {
        let config = config.build().expect("a sound configuration");
        let clock = Arc::new(TestClock::new());
        let (stores, store) = empty_store();
        let web = Arc::new(TestWeb::default());
        let documents = Arc::new(Documents::new(web.clone(), config.issuer().is_loopback()));
        let passwords = Arc::new(TestPasswords::default());
        let storage = Storage {
            stores,
            documents,
            passwords: passwords.clone(),
            entropy: Arc::new(TestEntropy::default()),
            authenticator: None,
        };
        let server = server(config.with_provider_secret(Some(&provider_secret())), storage, &clock, &[7]);
        let mcp = McpServer::new(guard(&server, 0));
        let transport = Arc::new(InProcess { server: server.clone(), mcp });
        let test = Self { server, clock, store, web, passwords, transport };
        test.introduce(NAME, PASSWORD).await;
        test
    }

    /// A server behind another transport, such as the functions of AWS. Adds no users.
    pub fn standing(
        transport: Arc<dyn Transport>,
        server: Server,
        clock: Arc<TestClock>,
        store: Arc<dyn Watched>,
        web: Arc<TestWeb>,
        passwords: Arc<TestPasswords>,
    ) -> Self {
        Self { server, clock, store, web, passwords, transport }
    }

    /// The same server behind a transport that wraps the present one, for example to lose or change responses.
    pub fn behind(&self, between: impl FnOnce(Arc<dyn Transport>) -> Arc<dyn Transport>) -> Self {
        Self { transport: between(self.transport.clone()), ..self.clone() }
    }

    /// The same server after a key rotation: the first secret signs new values; all are accepted.
    pub async fn with_secrets(self, secrets: &[u8]) -> Self {
        let server = server(self.server.config.clone(), Storage::of(&self.server), &self.clock, secrets);
        self.serving(server)
    }

    /// The same server after a restart with another configuration.
    pub async fn with_config(self, config: ConfigBuilder) -> Self {
        let config = config.build().expect("a sound configuration");
        let config = config.with_provider_secret(Some(&provider_secret()));
        let server = server(config, Storage::of(&self.server), &self.clock, &[7]);
        self.serving(server)
    }

    /// The same server after a restart of its process: only the store has kept something.
    pub async fn with_empty_memory(self) -> Self {
        let documents = Arc::new(Documents::new(self.web.clone(), self.server.config.issuer().is_loopback()));
        let kept = &self.server.stores;
        let stores = kept.clone().with_blocks(kept.blocks().clone());
        let stores = stores.with_document_copies(kept.document_copies().clone());
        let storage = Storage { stores, documents, ..Storage::of(&self.server) };
        let server = server(self.server.config.clone(), storage, &self.clock, &[7]);
        self.serving(server)
    }

    /// The same server, embedded in an application that says which user is signed in.
    pub fn embedded(self, authenticator: Arc<dyn Authenticator>) -> Self {
        let storage = Storage { authenticator: Some(authenticator), ..Storage::of(&self.server) };
        let server = server(self.server.config.clone(), storage, &self.clock, &[7]);
        self.serving(server)
    }

    /// The same server with other stores.
    pub fn with_stores(self, change: impl FnOnce(Stores) -> Stores) -> Self {
        let stores = change(self.server.stores.clone());
        let storage = Storage { stores, ..Storage::of(&self.server) };
        let server = server(self.server.config.clone(), storage, &self.clock, &[7]);
        self.serving(server)
    }

    fn serving(self, server: Server) -> Self {
        let mcp = McpServer::new(guard(&server, 0));
        Self { transport: Arc::new(InProcess { server: server.clone(), mcp }), server, ..self }
    }

    /// Adds a user, and resets the counts of the store.
    pub async fn introduce(&self, name: &str, password: &str) {
        self.introduce_as(name, password, false).await;
    }

    /// Adds a user, who can be disabled, and resets the counts of the store.
    pub async fn introduce_as(&self, name: &str, password: &str, disabled: bool) {
        let id = PersonId::parse(name).expect("a name");
        let login = Login::Password(self.server.passwords.hash(&Password::new(password)).await);
        let person = Record { disabled, ..Record::new(id, login) };
        assert_eq!(self.server.stores.people().add(person).await.expect("an answer"), Added::New);
        self.store.take();
    }

    /// Sends a request to the authorization server. Checks in every test that the audit events contain no secret.
    pub async fn send(&self, request: Request) -> Response {
        let response = self.transport.send(request).await;
        let events = response.extensions().get::<Events>().cloned().unwrap_or_default();
        for line in events.0.iter().map(ToString::to_string) {
            assert_no_secret(&line);
        }
        response
    }

    /// Sends a request to the MCP server.
    pub async fn call(&self, request: Request) -> Response {
        self.transport.call(request).await
    }
}

/// The variable that chooses the store of all test servers: `sqlite`, or the store in memory if it is not set.
const STORE: &str = "DOORWARD_TEST_STORE";

fn empty_store() -> (Stores, Arc<dyn Watched>) {
    fn counted(store: impl Store + 'static) -> (Stores, Arc<dyn Watched>) {
        let store = Arc::new(Counting::of(store));
        (Stores::of(store.clone()), store)
    }
    match std::env::var(STORE).as_deref() {
        Err(_) => counted(MemoryStore::default()),
        Ok("sqlite") => counted(SqliteStore::temporary().expect("a temporary store")),
        Ok(other) => panic!("{STORE}={other}: only sqlite is known"),
    }
}

/// The parts of a server that stay the same in a key rotation.
struct Storage {
    stores: Stores,
    documents: Arc<Documents>,
    passwords: Arc<dyn Passwords>,
    entropy: Arc<dyn Entropy>,
    authenticator: Option<Arc<dyn Authenticator>>,
}

impl Storage {
    fn of(server: &Server) -> Self {
        let Parts { stores, documents, passwords, entropy, authenticator, .. } = &**server;
        Self {
            stores: stores.clone(),
            documents: documents.clone(),
            passwords: passwords.clone(),
            entropy: entropy.clone(),
            authenticator: authenticator.clone(),
        }
    }
}

fn server(config: Config, storage: Storage, clock: &Arc<TestClock>, secrets: &[u8]) -> Server {
    let Storage { stores, documents, passwords, entropy, authenticator } = storage;
    let (newest, older) = secrets.split_first().expect("a secret");
    Server::new(Parts {
        config,
        keys: Keys::derive(&root(*newest), &older.iter().map(|byte| root(*byte)).collect::<Vec<_>>()),
        stores,
        documents,
        token_keys: TokenKeys::signing(
            Arc::new(TestSigner::new(*newest)),
            older.iter().map(|byte| TestSigner::new(*byte).public_key().clone()),
        ),
        identity_keys: secrets
            .iter()
            .map(|byte| TestSigner::new(byte.wrapping_add(100)).public_key().clone())
            .collect(),
        passwords,
        authenticator,
        provider: Arc::new(Provider::new(Arc::new(OutboundClient::default()))),
        clock: clock.clone(),
        entropy,
    })
}
