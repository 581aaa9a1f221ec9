//! Tests that a role allows exactly the actions that its function uses. To find these, the tests run everything and look at
//! the recorded calls.

use crate::{logical, properties, template, texts};
use doorward::client::FetchError;
use doorward::operator::{Command, Operator};
use doorward::ports::Deadline;
use doorward::protocol::paths::ACCOUNT;
use doorward::store::Stores;
use doorward_dynamodb::{DynamoStore, table};
use doorward_parameters::{FunctionKeys, Names, ParameterStore, Roots};
use doorward_runtime::role::{self, Role};
use harness::client::{Tokens, VERIFIER};
use harness::deployed::PATH;
use harness::fakes::{TestEntropy, TestKeys, TestPasswords};
use harness::identity::{ClientWithSecret, Company};
use harness::keyed::{self, DOCUMENT, KeyPair, shown};
use harness::provider::Provider;
use harness::test_server::{PASSWORD, post, secret_of, sound};
use harness::{Call, Client, Person, TestServer};
use serde_json::json;
use serde_norway::Value;
use std::collections::BTreeSet;
use std::sync::Arc;

/// The actions that a role allows, each as `action object`.
fn allowed(function: &str) -> BTreeSet<String> {
    let role = properties(&template(), &format!("{}Role", logical(function)));
    allowed_by(&role["Policies"][0])
}

fn allowed_by(policy: &Value) -> BTreeSet<String> {
    let statements = policy["PolicyDocument"]["Statement"].as_sequence().unwrap().clone();
    let mut allowed = BTreeSet::new();
    for statement in statements {
        let keys = &statement["Condition"]["ForAllValues:StringLike"]["dynamodb:LeadingKeys"];
        for action in texts(&statement["Action"]).into_iter().filter(|action| !action.starts_with("logs:")) {
            for resource in texts(&statement["Resource"]) {
                let objects = match action.starts_with("ssm:") {
                    true => vec![resource.rsplit('/').next().unwrap()],
                    false if !keys.is_null() => texts(keys),
                    false => vec![resource],
                };
                allowed.extend(objects.iter().map(|object| format!("{action} {object}")));
            }
        }
    }
    allowed
}

/// The actions that a function has used, in the same format.
fn done(calls: &[Call], function: &str) -> BTreeSet<String> {
    let theirs = calls.iter().filter(|call| call.signer == function);
    theirs
        .flat_map(|call| objects(call, function).into_iter().map(|what| format!("{} {what}", call.action)))
        .collect()
}

fn objects(call: &Call, function: &str) -> Vec<String> {
    if function == "admin" {
        let index = call.body["IndexName"].as_str().map(|index| format!("${{Table.Arn}}/index/{index}"));
        let parameter = call.action.starts_with("ssm:").then(|| "*".to_owned());
        return vec![index.or(parameter).unwrap_or_else(|| "Table.Arn".to_owned())];
    }
    if let Some(names) = call.body["Names"].as_array() {
        return names
            .iter()
            .map(|name| name.as_str().unwrap().rsplit('/').next().unwrap().to_owned())
            .collect();
    }
    let kind = |key: &str| format!("{}#*", key.split('#').next().unwrap());
    if let Some(list) = call.body["ExpressionAttributeValues"][":list"]["S"].as_str() {
        return vec![kind(list)];
    }
    if let Some(tables) = call.body["RequestItems"].as_object() {
        let keys = tables.values().flat_map(|table| table["Keys"].as_array().unwrap());
        return keys.map(|key| kind(key[table::KEY]["S"].as_str().unwrap())).collect();
    }
    let item = if call.body["Key"].is_null() { &call.body["Item"] } else { &call.body["Key"] };
    let key = item[table::KEY]["S"].as_str().unwrap_or_else(|| panic!("{call:?}"));
    vec![kind(key)]
}

/// Does everything that a client, a user and a resource server do.
async fn live(test: &TestServer) {
    let (client, mut alice) = (Client::register(test).await, Person::alice());
    let mut wrong = Person::new("alice", "a guess");
    for (place, path) in [(client.url(), doorward::protocol::paths::AUTHORIZE), (ACCOUNT.to_owned(), ACCOUNT)]
    {
        let page = wrong.open(test, &place).await;
        wrong.submit_at(test, path, &page, "").await;
    }
    let code = client.obtain_code(test, &mut alice).await;
    let tokens = Tokens::of(&test.send(client.redeems(&code)).await);
    test.send(client.redeems(&code)).await;
    test.send(client.redeems_with(&code, &[("code_verifier", &VERIFIER.replace('0', "1"))])).await;
    test.call(harness::client::tool_call(Some(&tokens.access), "current")).await;
    let mcp = "https://mcp.example/mcp";
    let asks = [("token", tokens.access.as_str()), ("client_id", mcp), ("client_secret", &secret_of(mcp))];
    test.send(post(doorward::protocol::paths::INTROSPECT, &asks)).await;
    let back = alice.let_in(test, &client.url_with(&[("scope", "openid")])).await;
    let redeemed = test.send(client.redeems(&harness::test_server::parameter(&back, "code").unwrap())).await;
    let mut request = harness::test_server::get(doorward::protocol::paths::USERINFO);
    let bearer = format!("Bearer {}", Tokens::of(&redeemed).access);
    request.headers_mut().insert("authorization", bearer.parse().unwrap());
    assert_eq!(test.send(request).await.status(), 200);
    let next = Tokens::of(&test.send(client.refreshes(&tokens.refresh)).await);
    let next = Tokens::of(&test.send(client.refreshes(&next.refresh)).await);
    test.clock.pass(std::time::Duration::from_secs(1800));
    test.send(client.refreshes(&tokens.refresh)).await;
    client.obtain_tokens(test, &mut alice).await;
    let asks = [("token", next.access.as_str()), asks[1], asks[2]];
    test.send(post(doorward::protocol::paths::INTROSPECT, &asks)).await;
    test.send(client.refreshes(&next.refresh)).await;
    test.send(client.revokes(&next.refresh)).await;
    test.send(harness::test_server::get(doorward::protocol::paths::METADATA)).await;
    let page = alice.open(test, "/account?show=password").await;
    let form = harness::person::fields(&page, "").into_iter().find(|(name, _)| name == "form").unwrap().1;
    let another = "three white mice";
    for (current, new) in [(PASSWORD, another), (another, PASSWORD)] {
        let passwords = [("current", current), ("new", new), ("again", new)];
        let sent: Vec<_> =
            [("form", form.as_str()), ("wish", "set-password")].into_iter().chain(passwords).collect();
        assert_eq!(alice.send(test, post(ACCOUNT, &sent)).await.status(), 200);
    }
    for action in ["revoke", "sign-out-everywhere"] {
        client.obtain_tokens(test, &mut alice).await;
        let page = alice.open(test, ACCOUNT).await;
        let fields = harness::person::fields(&page, action);
        let buttons = harness::test_server::text(&page);
        let one = buttons.split("value=\"revoke:").nth(1).and_then(|rest| rest.split('"').next()).unwrap();
        let action = if action == "revoke" { format!("revoke:{one}") } else { action.to_owned() };
        let form = fields.into_iter().find(|(name, _)| name == "form").unwrap().1;
        alice.send(test, post(ACCOUNT, &[("form", &form), ("wish", &action)])).await;
    }
}

/// Does everything that a client with `private_key_jwt` does.
async fn sign(test: &TestServer) {
    let key = KeyPair::new(11);
    let members = json!({ "token_endpoint_auth_method": "private_key_jwt", "jwks": { "keys": [key.jwk()] } });
    test.web.publish(DOCUMENT, &keyed::document(&members));
    let client = keyed::client();
    let code = client.obtain_code(test, &mut Person::alice()).await;
    let assertion = key.signs(test, DOCUMENT, &json!({}));
    let tokens = Tokens::of(&test.send(client.redeems_with(&code, &shown(&assertion))).await);
    let assertion = key.signs(test, DOCUMENT, &json!({}));
    test.send(client.revokes_with(&tokens.refresh, &shown(&assertion))).await;
    let away = Client { id: "https://away.example/client.json".to_owned(), ..client };
    test.web.fail(&away.id, FetchError::Unavailable("away".to_owned()));
    test.send(harness::test_server::get(&away.url())).await;
}

/// Does everything that an operator and a pre-registered client do.
async fn operate(test: &TestServer) {
    let account = test.emulator.account("admin");
    let connector = account.connector().unwrap();
    let entropy = Arc::new(TestEntropy::default());
    let table = test.emulator.table.clone();
    let store = DynamoStore::connect(account.clone(), connector.clone(), table, entropy.clone()).await;
    let clock = test.clock.clone();
    let (passwords, keys) = (Arc::new(TestPasswords::default()), Arc::new(TestKeys));
    let operator = Operator { stores: Stores::of(Arc::new(store)), passwords, clock, entropy, keys };
    let add = json!({ "command": "add-client", "redirect_uris": ["https://app.example/callback"] });
    let add: Command = serde_json::from_value(add).unwrap();
    let app = operator.execute(add, &Deadline::default()).await.unwrap().answer["client_id"].clone();
    let known = Client {
        id: app.as_str().unwrap().to_owned(),
        redirect_uri: "https://app.example/callback".to_owned(),
    };
    let tokens = known.obtain_tokens(test, &mut Person::alice()).await;
    test.send(known.revokes(&tokens.refresh)).await;
    for command in [
        json!({ "command": "list-clients" }),
        json!({ "command": "block-client", "client_id": app }),
        json!({ "command": "block-client", "redirect_host": "evil.example" }),
        json!({ "command": "list-blocks" }),
        json!({ "command": "remove-client", "client_id": app }),
        json!({ "command": "add-person", "name": "bob" }),
        json!({ "command": "list-people" }),
        json!({ "command": "set-password", "name": "bob", "password": "x" }),
        json!({ "command": "set-email", "name": "bob", "email": "b@acme.example" }),
        json!({ "command": "set-email", "name": "bob" }),
        json!({ "command": "disable-person", "name": "alice" }),
        json!({ "command": "enable-person", "name": "alice" }),
        json!({ "command": "sign-out", "name": "bob" }),
        json!({ "command": "unlock-person", "name": "bob" }),
        json!({ "command": "list-grants", "person": "alice" }),
    ] {
        let command: Command = serde_json::from_value(command).unwrap();
        operator.execute(command, &Deadline::default()).await.unwrap();
    }
    let (store, names) = (ParameterStore::new(account, connector), Names::below(PATH));
    let roots = Roots::new(&store, &names);
    roots.rotate(&TestEntropy::default(), doorward::ports::Clock::now(&*test.clock)).await.unwrap();
}

/// Does everything that the function gateway does at AWS, without immediate revocation.
async fn read_keys_of_the_gateway(test: &TestServer) {
    let account = test.emulator.account(role::GATEWAY.name);
    let connector = account.connector().unwrap();
    let (store, names) = (ParameterStore::new(account, connector), Names::below(PATH));
    let now = doorward::ports::Clock::now(&*test.clock);
    FunctionKeys::read(&store, &names, role::GATEWAY.needs, now).await.unwrap();
}

#[tokio::test]
async fn each_role_allows_exactly_what_its_function_does() {
    let test = TestServer::new().await;
    live(&test).await;
    sign(&test).await;
    operate(&test).await;
    read_keys_of_the_gateway(&test).await;
    let calls = test.emulator.every_call();
    for function in role::ALL.iter().map(|role| role.name).chain(["admin"]) {
        assert_eq!(done(&calls, function), allowed(function), "{function}");
    }
}

/// A user who signs in with a provider for the first time is stored. A separate policy allows that.
#[tokio::test]
async fn the_authorize_function_may_introduce_people_only_with_a_provider() {
    let provider = Provider::start().await;
    let test = TestServer::of(sound().provider(provider.settings("anyone"))).await;
    let mut person = Person::new("", "");
    let page = harness::test_server::text(&person.open(&test, &Client::register(&test).await.url()).await);
    let way = page.split("href=\"").map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    let away = way.into_iter().find(|url| url.starts_with(provider.issuer())).unwrap();
    let back = provider.sign_in(&away, &json!({ "sub": "7", "name": "Ada" }));
    person.open(&test, back.strip_prefix("https://auth.example").unwrap()).await;
    let asked = done(&test.emulator.every_call(), "authorize");
    let of_its_own = allowed_by(&properties(&template(), "AuthorizeIntroduces"));
    let further: BTreeSet<_> = asked.difference(&allowed("authorize")).cloned().collect();
    assert_eq!(further, of_its_own);
}

/// A user of a trusted issuer is stored at the first assertion. A separate policy allows that.
#[tokio::test]
async fn the_token_function_may_introduce_people_only_with_trusted_issuers() {
    let company = Company::start().await;
    let test = TestServer::of(company.config("anyone")).await;
    let client = ClientWithSecret::register(&test).await;
    let assertion = company.assertion(&test, &client.id, &json!({}));
    assert_eq!(client.exchanges(&test, &assertion).await.status(), 200);
    let asked = done(&test.emulator.every_call(), "token");
    let of_its_own = allowed_by(&properties(&template(), "TokenIntroduces"));
    let further: BTreeSet<_> = asked.difference(&allowed("token")).cloned().collect();
    assert_eq!(further, of_its_own);
}

/// With immediate revocation, the MCP server reads the grant of every token. A separate policy allows that.
#[tokio::test]
async fn the_mcp_function_may_read_grants_only_with_immediate_revocation() {
    let test = TestServer::of(sound().immediate_revocation(true)).await;
    let client = Client::register(&test).await;
    let first = client.obtain_tokens(&test, &mut Person::alice()).await;
    let mut head = first.clone();
    for _ in 0..2 {
        head = Tokens::of(&test.send(client.refreshes(&head.refresh)).await);
        test.clock.pass(std::time::Duration::from_secs(1800));
    }
    test.send(client.refreshes(&first.refresh)).await;
    test.call(harness::client::tool_call(Some(&head.access), "current")).await;
    let asked = done(&test.emulator.every_call(), "mcp");
    let of_its_own = allowed_by(&properties(&template(), "McpReadsGrants"));
    assert_eq!(asked, allowed("mcp").union(&of_its_own).cloned().collect());
    assert_eq!(allowed_by(&properties(&template(), "GatewayReadsGrants")), of_its_own);
}

#[test]
fn a_role_reads_the_keys_that_its_function_needs() {
    for Role { name, needs, .. } in role::ALL {
        let public = needs.public_keys.then_some("public-keys");
        let identities = needs.identity_keys.then_some("identity-public-keys");
        let of_provider = needs.provider_secret.then_some("provider-secret");
        let headers = needs.upstream_headers.then_some("upstream-headers");
        let trust = needs.trust.then_some(["trust", "trust-2", "trust-3"]).into_iter().flatten();
        let purposes = needs.purposes.iter().map(|purpose| purpose.name());
        let others = [public, identities, of_provider, headers].into_iter().flatten().chain(trust);
        let needed: BTreeSet<_> = purposes.chain(others).collect();
        let read = allowed(name)
            .into_iter()
            .filter_map(|done| done.strip_prefix("ssm:GetParameters ").map(str::to_owned));
        assert_eq!(read.collect::<BTreeSet<_>>(), needed.into_iter().map(str::to_owned).collect(), "{name}");
    }
}
