//! Parts of every deployment in these tests: the keys in the emulator, and the environment of each function.

use crate::emulator::Emulator;
use doorward::config::{
    Config, IdentityIssuer, PeopleBy, ProviderSettings, SignInProvider, WorkloadIssuer, WorkloadRule,
};
use doorward::jose::{Signer, TokenKeys};
use doorward::ports::{Entropy, Timestamp};
use doorward::protocol::Resource;
use doorward::sealed::{Keys, Purpose};
use doorward::server::{Parts, Server};
use doorward_parameters::{Names, ParameterStore, Roots};
use doorward_runtime::Dependencies;
use doorward_signing::Es256;
use local_harness::provider::SECRET as PROVIDER_SECRET;
use local_harness::test_server::{provider_secret, root, secret_of};
use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

/// The path of the keys in Parameter Store.
pub const PATH: &str = "/doorward/tests";

/// The environment of the function with this name: the variables of the template and of Lambda.
pub fn environment(emulator: &Emulator, config: &Config, name: &str) -> BTreeMap<String, String> {
    let resources = config.resources().iter().map(|resource| {
        let scopes: Vec<_> = resource.scopes.iter().map(|offered| offered.scope.to_string()).collect();
        format!("{}={}", resource.resource, scopes.join(","))
    });
    let digests = config.resources().iter().map(|resource| {
        let secret = secret_of(resource.resource.as_str());
        format!("{}={}", resource.resource, base64url(&doorward::protocol::Digest::of(secret).0))
    });
    let ids = config.resources().iter();
    let ids = ids.filter_map(|resource| Some(format!("{}={}", resource.resource, resource.id.as_ref()?)));
    // A scope without a description gets the default description of the server.
    let offered = config.resources().iter().flat_map(|resource| &resource.scopes);
    let said = offered.filter_map(|one| Some(format!("{}={}", one.scope, one.description.as_ref()?)));
    let tools = config.resources().default().tools.iter();
    let tools = tools.map(|(tool, scope)| format!("{tool}={}", scope.to_string().replace(' ', ",")));
    let implied = &config.resources().default().implied;
    let implied = config.resources().iter().flat_map(|resource| &resource.scopes).filter_map(|offered| {
        let all = implied.expand(&offered.scope).to_string();
        let others = all.split(' ').filter(|one| *one != offered.scope.to_string()).collect::<Vec<_>>();
        (!others.is_empty()).then(|| format!("{}={}", offered.scope, others.join(",")))
    });
    let implied: BTreeSet<_> = implied.collect();
    let origins = config.resources().default().origins.iter().map(ToString::to_string);
    let users = config.resources().iter().map(|resource| (&resource.resource, resource.users.to_string()));
    let users = users.filter(|(_, users)| !users.is_empty()).map(|(url, users)| format!("{url}={users}"));
    // Other providers are in the document of trusted issuers.
    let provider = match config.providers() {
        [SignInProvider::OpenId(provider)] if config.providers()[0].id().is_none() => Some(provider),
        _ => None,
    };
    let of_provider =
        |value: fn(&ProviderSettings) -> &str| provider.map(value).unwrap_or_default().to_owned();
    let of_operator = |value: Option<&str>| value.unwrap_or_default().to_owned();
    let variables = [
        ("DOORWARD_OPERATOR_NAME", of_operator(config.branding().name())),
        ("DOORWARD_OPERATOR_LOGO", of_operator(config.branding().logo())),
        ("DOORWARD_ACCENT", of_operator(config.branding().accent())),
        ("DOORWARD_ISSUER", config.issuer().to_string()),
        ("DOORWARD_RESOURCES", resources.collect::<Vec<_>>().join("\n")),
        ("DOORWARD_RESOURCE_DIGESTS", digests.collect::<Vec<_>>().join("\n")),
        ("DOORWARD_SCOPE_DESCRIPTIONS", said.collect::<Vec<_>>().join("; ")),
        ("DOORWARD_SCOPE_IMPLIES", implied.into_iter().collect::<Vec<_>>().join(" ")),
        ("DOORWARD_TOOL_SCOPES", tools.collect::<Vec<_>>().join("\n")),
        ("DOORWARD_ALLOWED_ORIGINS", origins.collect::<Vec<_>>().join(" ")),
        ("DOORWARD_RESOURCE_PEOPLE", users.collect::<Vec<_>>().join(" ")),
        ("DOORWARD_ACCESS_TOKEN_SECONDS", config.lifetimes().access_token.as_secs().to_string()),
        ("DOORWARD_IDENTITY_SECONDS", config.lifetimes().identity.as_secs().to_string()),
        ("DOORWARD_GRANT_SECONDS", config.lifetimes().grant.as_secs().to_string()),
        ("DOORWARD_IDLE_SECONDS", config.lifetimes().idle.as_secs().to_string()),
        ("DOORWARD_REFRESH_WINDOW_SECONDS", config.lifetimes().refresh_window.as_secs().to_string()),
        ("DOORWARD_RESOURCE_IDS", ids.collect::<Vec<_>>().join("\n")),
        ("DOORWARD_ASSERTION_AUDIENCE", config.assertion_audience().name().to_owned()),
        ("DOORWARD_STALE_REFRESH", config.stale_refresh().name().to_owned()),
        ("DOORWARD_IMMEDIATE_REVOCATION", config.immediate_revocation().to_string()),
        ("DOORWARD_REQUIRE_RESOURCE", config.require_resource().to_string()),
        ("DOORWARD_PROVIDER", of_provider(ProviderSettings::issuer)),
        ("DOORWARD_PROVIDER_CLIENT", of_provider(ProviderSettings::client_id)),
        ("DOORWARD_PROVIDER_ALLOW", provider.map(|one| one.allowed().to_string()).unwrap_or_default()),
        ("DOORWARD_PROVIDER_NAME", of_provider(ProviderSettings::name)),
        ("DOORWARD_PROVIDER_SCOPE", of_provider(ProviderSettings::scope)),
        ("DOORWARD_PROVIDER_GROUPS_CLAIM", of_provider(ProviderSettings::groups_claim)),
        ("DOORWARD_PROVIDER_METADATA", provider.map(ProviderSettings::metadata_url).unwrap_or_default()),
        (
            "DOORWARD_PROVIDER_PRIVATE_HTTP",
            provider.map(|one| one.has_private_http().to_string()).unwrap_or_default(),
        ),
        ("DOORWARD_UPSTREAMS", String::new()),
        ("DOORWARD_UPSTREAM_IDENTITIES", String::new()),
        ("DOORWARD_UPSTREAM_FORWARDS", String::new()),
        ("DOORWARD_UPSTREAM_HOSTS", String::new()),
        ("DOORWARD_UPSTREAM_SECONDS", String::new()),
        ("DOORWARD_KEEP_ALIVE_SECONDS", String::new()),
        ("DOORWARD_LISTEN_SECONDS", String::new()),
        ("DOORWARD_CALLS_PER_MINUTE", String::new()),
        ("DOORWARD_AUDIT_CALLS", String::new()),
        ("DOORWARD_STREAMING", "false".to_owned()),
        ("DOORWARD_KEYS", PATH.to_owned()),
        ("DOORWARD_TABLE", emulator.table.clone()),
        ("DOORWARD_KMS_KEY", String::new()),
        ("DOORWARD_AWS_DOMAIN", "amazonaws.com".to_owned()),
        ("AWS_ENDPOINT_URL", emulator.url.clone()),
        ("AWS_REGION", "eu-central-1".to_owned()),
        ("AWS_ACCESS_KEY_ID", name.to_owned()),
        ("AWS_SECRET_ACCESS_KEY", "secret".to_owned()),
    ];
    variables.map(|(name, value)| (name.to_owned(), value)).into()
}

fn base64url(bytes: &[u8]) -> String {
    use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Entropy that always gives the same byte.
struct Always(u8);

impl Entropy for Always {
    fn fill(&self, bytes: &mut [u8]) {
        bytes.fill(self.0);
    }
}

/// Replaces the root keys in the emulator by these. The first one makes new tokens; all are accepted.
pub async fn set_keys(emulator: &Emulator, secrets: &[u8], now: Timestamp) {
    let account = emulator.account("tests");
    let connector = account.connector().expect("a connector");
    let (store, names) = (ParameterStore::new(account, connector), Names::below(PATH));
    emulator.forget_parameters();
    let roots = Roots::new(&store, &names);
    // Each key starts long after the previous one, so that the last is in use now.
    let long_ago = now.0 - 1_000_000;
    for (place, byte) in secrets.iter().rev().enumerate() {
        let then = Timestamp(long_ago + 10_000 * place as u64);
        roots.rotate(&Always(*byte), then).await.expect("an emulator answers");
    }
    store.write(&names.provider_secret(), PROVIDER_SECRET).await.expect("an emulator answers");
}

/// Puts the issuers that the configuration trusts into the emulator, in two parts of one document.
pub async fn set_trust(emulator: &Emulator, config: &Config) {
    let in_variables = matches!(config.providers(), [one @ SignInProvider::OpenId(_)] if one.id().is_none());
    let providers = if in_variables { &[] } else { config.providers() };
    let workloads = config.workloads();
    let of_users =
        providers.iter().map(sign_in_block).chain(config.identity_issuers().iter().map(identity_block));
    let of_workloads =
        workloads.issuers().iter().map(platform_block).chain(workloads.rules().iter().map(workload_block));
    let document: String = of_users.chain(of_workloads).collect();
    if document.is_empty() {
        return;
    }
    let account = emulator.account("tests");
    let connector = account.connector().expect("a connector");
    let (store, names) = (ParameterStore::new(account, connector), Names::below(PATH));
    let (one, other) = document.split_at(document.len() / 2);
    for (name, part) in names.trust().iter().zip([one, other]) {
        store.write(name, part).await.expect("an emulator answers");
    }
    let secrets: Vec<_> = providers.iter().map(|one| format!("{}={PROVIDER_SECRET}", one.issuer())).collect();
    if !secrets.is_empty() {
        store.write(&names.provider_secret(), &secrets.join("\n")).await.expect("an emulator answers");
    }
}

fn sign_in_block(provider: &SignInProvider) -> String {
    let mut block = format!(
        "[[issuer]]\nurl = {:?}\nspeaks-of = [\"sign-in\"]\nclient = {:?}\nname = {:?}\nallow = {:?}\n",
        provider.issuer(),
        provider.client_id(),
        provider.name(),
        provider.allowed().to_string()
    );
    if let Some(id) = provider.id() {
        block.push_str(&format!("id = {:?}\n", id.as_str()));
    }
    if let SignInProvider::GitHub(_) = provider {
        block.push_str("kind = \"github\"\n");
    }
    block
}

fn identity_block(identity: &IdentityIssuer) -> String {
    let list = |texts: Vec<&str>| serde_json::to_string(&texts).expect("a list of texts");
    let issuer = identity.issuer();
    let mut block = format!(
        "[[issuer]]\nurl = {:?}\nname = {:?}\nspeaks-of = [\"identity\"]\nallow = {:?}\n",
        issuer.url(),
        issuer.name(),
        identity.allowed().to_string()
    );
    if let Some(url) = issuer.keys_url() {
        block.push_str(&format!("keys = {url:?}\n"));
    }
    if identity.people_by() == PeopleBy::Email {
        block.push_str("people-by = \"email\"\n");
    }
    if let Some(clients) = identity.clients() {
        let clients = list(clients.iter().map(|client| client.0.as_str()).collect());
        block.push_str(&format!("clients = {clients}\n"));
    }
    if let Some(scope) = identity.scope() {
        block.push_str(&format!("scope = {:?}\n", scope.as_str()));
    }
    if let Some(resources) = identity.resources() {
        let resources = list(resources.iter().map(Resource::as_str).collect());
        block.push_str(&format!("resources = {resources}\n"));
    }
    block
}

fn platform_block(platform: &WorkloadIssuer) -> String {
    let mut block = format!(
        "[[issuer]]\nurl = {:?}\nspeaks-of = [\"workload\"]\nagain = {}\n",
        platform.issuer().url(),
        platform.may_be_used_again()
    );
    if let Some(audience) = platform.audience() {
        block.push_str(&format!("audience = {audience:?}\n"));
    }
    block
}

/// The claims of these tests have texts as their values.
fn workload_block(rule: &WorkloadRule) -> String {
    let claims: Vec<_> =
        rule.claims.members().iter().map(|(name, value)| format!("{name:?} = {value}")).collect();
    format!(
        "[[workload]]\nclient = {:?}\nscope = {:?}\nissuer = {:?}\nclaims = {{ {} }}\n",
        rule.client.0,
        rule.scope.as_str(),
        rule.issuer,
        claims.join(", ")
    )
}

/// The authorization server that corresponds to all functions together, for tests that make or read its tokens.
pub fn twin(config: Config, dependencies: Dependencies, secrets: &[u8]) -> Server {
    let (newest, older) = secrets.split_first().expect("a secret");
    let signer = |byte: &u8| Es256::new(&root(*byte).derive(Purpose::AccessTokens));
    let Dependencies { stores, documents, passwords, provider, clock, entropy } = dependencies;
    Server::new(Parts {
        config: config.with_provider_secret(Some(&provider_secret())),
        keys: Keys::derive(&root(*newest), &older.iter().map(|byte| root(*byte)).collect::<Vec<_>>()),
        stores,
        documents,
        token_keys: TokenKeys::signing(
            Arc::new(signer(newest)),
            older.iter().map(|byte| signer(byte).public_key().clone()),
        ),
        identity_keys: secrets
            .iter()
            .map(|byte| Es256::new(&root(*byte).derive(Purpose::Identities)).public_key().clone())
            .collect(),
        passwords,
        authenticator: None,
        provider,
        clock,
        entropy,
    })
}
