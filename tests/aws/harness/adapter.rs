//! In-process functions: each has its own keys and connection, and is called with events as by Lambda, but all run in
//! the process of the test.

use crate::deployed::environment;
use crate::emulator::Emulator;
use crate::event;
use crate::router::Router;
use async_trait::async_trait;
use doorward::config::Config;
use doorward::guard::{Guard, Verify};
use doorward::ports::{Clock, Entropy};
use doorward::store::Stores;
use doorward::wire::{self, Events, Request, Response};
use doorward_dynamodb::DynamoStore;
use doorward_parameters::ParameterStore;
use doorward_runtime::role::{self, Role};
use doorward_runtime::{Dependencies, Environment, Function, Handler, authorization_server, handler};
use doorward_tools::McpServer;
use http::StatusCode;
use lambda_http::lambda_runtime::Context;
use local_harness::test_server::Transport;
use serde_json::json;
use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// The functions by their names.
pub struct Adapter {
    functions: BTreeMap<&'static str, Function>,
    router: Router,
}

/// The clock of the function with a given name.
pub type Clocks = Arc<dyn Fn(&str) -> Arc<dyn Clock> + Send + Sync>;

/// The functions that read the list of blocked clients at their start.
const READ_AHEAD: [&str; 3] = ["authorize", "introspect", "token"];

impl Adapter {
    /// Starts the functions. Each gets its own store and clock; they share the other dependencies.
    pub async fn start(
        emulator: &Emulator,
        config: &Config,
        clocks: &Clocks,
        dependencies: &Dependencies,
    ) -> Self {
        let mut functions = BTreeMap::new();
        for role in role::ALL {
            let environment = environment(emulator, config, role.name);
            let environment = Environment::of(environment).expect("a sound environment");
            let clock = clocks(role.name);
            let stores = Stores::of(Arc::new(store(&environment, dependencies.entropy.clone()).await));
            if READ_AHEAD.contains(&role.name) {
                stores.read_blocked_clients(clock.now()).await;
            }
            let dependencies = Dependencies { stores, clock: clock.clone(), ..dependencies.clone() };
            functions.insert(role.name, function(role, &environment, dependencies));
        }
        Self { functions, router: Router::of_the_workspace() }
    }

    async fn invoke(&self, name: &str, request: &Request) -> Response {
        let function = &self.functions[name];
        let events = Mutex::new(Events::default());
        let log = |response: &lambda_http::Response<lambda_http::Body>| {
            let told = response.extensions().get::<Events>().cloned().unwrap_or_default();
            *events.lock().expect("the lock is not poisoned") = told;
        };
        let mut response = event::answer(function, &event::of(request), Context::default(), log).await;
        response.extensions_mut().insert(events.into_inner().expect("the lock is not poisoned"));
        response
    }
}

#[async_trait]
impl Transport for Adapter {
    async fn send(&self, request: Request) -> Response {
        self.invoke(self.router.function(&request), &request).await
    }

    async fn call(&self, request: Request) -> Response {
        self.invoke(role::MCP.name, &request).await
    }
}

async fn store(environment: &Environment, entropy: Arc<dyn Entropy>) -> DynamoStore {
    let table = environment.table().expect("a table");
    let store =
        DynamoStore::connect(environment.account.clone(), environment.connector.clone(), table, entropy)
            .await;
    store.with_index_delay(Duration::ZERO)
}

fn function(role: &'static Role, environment: &Environment, dependencies: Dependencies) -> Function {
    let parameters = ParameterStore::new(environment.account.clone(), environment.connector.clone());
    let config = environment.config().expect("a sound configuration");
    let clock = dependencies.clock.clone();
    let function = match role.name {
        "mcp" => {
            let clock = clock.clone();
            let store = dependencies.stores.grants().clone();
            let make = move |function_keys: doorward_parameters::FunctionKeys| {
                let verify = Verify::of(&config, function_keys.public_keys, store.clone());
                Ok(mcp(&config, verify, clock.clone()))
            };
            Function::new(environment, parameters, role.needs, dependencies.clock, make)
        }
        // It answers as the function does without upstreams. With them it is tested as a process, because its responses stream.
        "gateway" => {
            let make = |_| {
                Ok(handler(async |_| wire::json(StatusCode::NOT_FOUND, &json!({ "error": "not_found" }))))
            };
            Function::new(environment, parameters, role.needs, clock, make)
        }
        _ => {
            let make = authorization_server(role, environment.clone(), dependencies);
            Function::new(environment, parameters, role.needs, clock, make)
        }
    };
    function.expect("a sound environment")
}

fn mcp(config: &Config, verify: Verify, clock: Arc<dyn Clock>) -> Handler {
    let (issuer, resource) = (config.issuer().clone(), config.resources().default().clone());
    let mcp = McpServer::new(Guard::new(resource, issuer, verify, clock));
    handler(move |request| {
        let mcp = mcp.clone();
        async move { mcp.answer_whole(request).await }
    })
}
