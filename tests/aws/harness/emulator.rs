//! DynamoDB emulator for one test: a process of its own (dynoxide), or the service at `AWS_ENDPOINT_URL`.

use crate::emulator_process::EmulatorProcess;
use crate::front::{Call, Fault, Front};
use aws_sdk_dynamodb::types::{
    AttributeDefinition, BillingMode, GlobalSecondaryIndex, KeySchemaElement, KeyType, Projection,
    ProjectionType, ScalarAttributeType,
};
use axum::Router;
use axum::extract::Request;
use doorward::ports::Entropy;
use doorward_aws::{Account, Roots};
use doorward_dynamodb::table::{INDEX, KEY, LIST, LISTED};
use doorward_dynamodb::{DynamoStore, client};
use local_harness::fakes::TestEntropy;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::net::TcpListener;

/// An emulator behind a [`Front`], with the store's table. Clones share their state.
#[derive(Clone)]
pub struct Emulator {
    front: Front,
    /// The URL of the front.
    pub url: String,
    /// The name of the table.
    pub table: String,
    entropy: Arc<dyn Entropy>,
    /// Runs as long as a clone of this value exists.
    _process: Option<Arc<EmulatorProcess>>,
}

static TABLES: AtomicU32 = AtomicU32::new(0);

impl Emulator {
    /// Starts an emulator with a new, empty table.
    pub async fn start() -> Self {
        let (upstream, process) = match std::env::var("AWS_ENDPOINT_URL") {
            Ok(url) => (url, None),
            Err(_) => {
                let process = EmulatorProcess::start();
                (process.url.clone(), Some(Arc::new(process)))
            }
        };
        let front = Front::before(upstream);
        let (listener, url) = listen().await;
        let answering = front.clone();
        let app = Router::new().fallback(move |request: Request| answering.clone().answer(request));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let table = format!("doorward-{}-{}", std::process::id(), TABLES.fetch_add(1, Ordering::SeqCst));
        let emulator =
            Self { front, url, table, entropy: Arc::new(TestEntropy::default()), _process: process };
        emulator.create_table().await;
        emulator.front.take();
        emulator
    }

    /// A new store over the table. Two stores act like two processes.
    pub async fn store(&self) -> DynamoStore {
        let account = self.account("tests");
        let connector = account.connector().expect("a connector");
        let store = DynamoStore::connect(account, connector, self.table.clone(), self.entropy.clone()).await;
        store.with_index_delay(Duration::ZERO)
    }

    /// The account of a caller. Its access key id is `name`, which appears in the recorded calls.
    pub fn account(&self, name: &str) -> Account {
        Account {
            region: "eu-central-1".into(),
            access_key_id: name.into(),
            secret_access_key: "secret".into(),
            session_token: None,
            domain: "amazonaws.com".to_owned(),
            endpoint: Some(self.url.clone()),
            roots: Roots::Amazon,
        }
    }

    /// The environment of a function that `cargo lambda watch` starts: one variable per line.
    pub fn variables(&self, issuer: &str) -> String {
        let Self { url, table, .. } = self;
        let aws = "AWS_REGION=eu-central-1\nAWS_ACCESS_KEY_ID=local\nAWS_SECRET_ACCESS_KEY=local\n";
        let ours =
            format!("DOORWARD_ISSUER={issuer}\nDOORWARD_KEYS=/doorward/watch\nDOORWARD_TABLE={table}\n");
        format!("{aws}AWS_ENDPOINT_URL={url}\n{ours}")
    }

    /// The entropy for everything that uses this emulator.
    pub fn entropy(&self) -> Arc<dyn Entropy> {
        self.entropy.clone()
    }

    /// Empties Parameter Store.
    pub fn forget_parameters(&self) {
        self.front.forget_parameters();
    }

    /// Removes one parameter from Parameter Store.
    pub fn forget_parameter(&self, name: &str) {
        self.front.forget_parameter(name);
    }

    /// The requests since the last call of this function.
    pub fn calls(&self) -> Vec<Call> {
        self.front.take()
    }

    /// All requests since the start.
    pub fn every_call(&self) -> Vec<Call> {
        self.front.every_call()
    }

    /// Sets the faults of the next calls, in this order.
    pub fn set_faults(&self, faults: impl IntoIterator<Item = Fault>) {
        self.front.set_faults(faults);
    }

    /// Waits until a fault kills the caller.
    pub async fn killed(&self) {
        self.front.killed().await;
    }

    /// Sets the fault of every call to DynamoDB from now on. `None` ends it.
    pub fn set_fault_for_all(&self, fault: Option<Fault>) {
        self.front.set_fault_for_all(fault);
    }

    async fn create_table(&self) {
        let account = self.account("tests");
        let client = client(&account, account.connector().expect("a connector"));
        let attribute = |name: &str| {
            let definition = AttributeDefinition::builder().attribute_name(name);
            definition.attribute_type(ScalarAttributeType::S).build().expect("a definition")
        };
        let key = |name: &str, kind| {
            KeySchemaElement::builder().attribute_name(name).key_type(kind).build().expect("a key")
        };
        let shown = Projection::builder()
            .projection_type(ProjectionType::Include)
            .set_non_key_attributes(Some(LISTED.map(str::to_owned).into()))
            .build();
        let index = GlobalSecondaryIndex::builder()
            .index_name(INDEX)
            .key_schema(key(LIST, KeyType::Hash))
            .key_schema(key(KEY, KeyType::Range))
            .projection(shown)
            .build();
        let create = client
            .create_table()
            .table_name(&self.table)
            .billing_mode(BillingMode::PayPerRequest)
            .attribute_definitions(attribute(KEY))
            .attribute_definitions(attribute(LIST))
            .key_schema(key(KEY, KeyType::Hash))
            .global_secondary_indexes(index.expect("an index"));
        create.send().await.expect("a table");
    }
}

async fn listen() -> (TcpListener, String) {
    let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port");
    let url = format!("http://{}", listener.local_addr().expect("an address"));
    (listener, url)
}
