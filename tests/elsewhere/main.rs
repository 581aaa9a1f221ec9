//! Users and workloads that others vouch for: real providers, clients and servers for ID-JAGs (MCP's enterprise-managed
//! authorization), and for tokens of platforms.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod compared;
#[path = "../clients/programs.rs"]
mod programs;
mod running;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use running::{Program, Server, node, python, run};
use serde_json::{Value, json};

/// oidc-provider, and a server that trusts it for sign-in and for ID-JAGs.
struct Enterprise {
    server: Server,
    provider: String,
    _program: Program,
}

impl Enterprise {
    async fn start() -> Self {
        Self::admitting("domain:staff.example", "openid email").await
    }

    /// With this rule, and these scopes at sign-in.
    async fn admitting(allow: &str, scope: &str) -> Self {
        let mut program = Program::start(node("provider.mjs"));
        let provider = program.line().await;
        let trust = format!(
            "[[issuer]]\nurl = '{provider}'\nspeaks-of = ['sign-in', 'identity']\nclient = 'doorward'\n\
             request-scope = '{scope}'\nallow = '{allow}'\n"
        );
        let server = Server::trusting(&trust, &["--provider-secret", "a secret"]).await;
        assert_eq!(program.answer(&format!("{}/oauth/callback", server.issuer)).await, "ready");
        Self { server, provider, _program: program }
    }

    /// A user signs in at the provider, in the MCP client `desktop`: its ID token.
    async fn id_token(&self, user: &str) -> String {
        run(node("desktop.mjs"), &[&self.provider, user]).await
    }
}

/// The claims of a JWT.
fn claims(token: &str) -> Value {
    let payload = token.split('.').nth(1).unwrap_or_else(|| panic!("no JWT: {token}"));
    serde_json::from_slice(&URL_SAFE_NO_PAD.decode(payload).unwrap()).unwrap()
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn the_typescript_client_walks_both_legs_and_is_the_user_who_signs_in() {
    let acme = Enterprise::start().await;
    let (server, id_token) = (&acme.server, acme.id_token("ada").await);
    let token = run(node("typescript.mjs"), &[&server.mcp, &server.issuer, &acme.provider, &id_token]).await;
    let by_id_jag = claims(&token);
    assert_eq!(by_id_jag["sub"], format!("{}#ada", acme.provider));
    assert_eq!((&by_id_jag["client_id"], &by_id_jag["scope"]), (&json!("enterprise"), &json!("user")));
    assert_eq!(by_id_jag["auth_time"], claims(&id_token)["auth_time"]);

    let signed_in = claims(&run(node("sign_in.mjs"), &[&server.mcp, "ada"]).await);
    assert_eq!(signed_in["sub"], by_id_jag["sub"]);
    assert_ne!(signed_in["client_id"], by_id_jag["client_id"]);
}

/// The shape of Entra, and of Okta with groups: no verified address, and groups only if they are requested.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs npm and tests/clients/install"]
async fn a_group_admits_a_user_whose_address_is_not_verified() {
    let acme = Enterprise::admitting("group:mcp", "openid groups").await;
    let token = run(node("sign_in.mjs"), &[&acme.server.mcp, "guest"]).await;
    assert_eq!(claims(&token)["sub"], format!("{}#guest", acme.provider));
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn the_python_sdk_and_fastmcp_exchange_id_jags() {
    let acme = Enterprise::start().await;
    let (server, id_token) = (&acme.server, acme.id_token("ada").await);
    for environment in ["mcp-2.3", "others"] {
        let script = python(environment, "python_sdk.py");
        let token = run(script, &[&server.mcp, &server.issuer, &acme.provider, &id_token]).await;
        assert_eq!(claims(&token)["sub"], format!("{}#ada", acme.provider), "{environment}");
    }
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn an_id_jag_of_authlib_is_taken_once() {
    let mut signer = Program::start(python("others", "signer.py"));
    let issuer = signer.line().await;
    let trust =
        format!("[[issuer]]\nurl = '{issuer}'\nspeaks-of = ['identity']\nallow = 'domain:staff.example'\n");
    let server = Server::trusting(&trust, &[]).await;
    let asked = format!("{0}/oauth/token {0} {1}", server.issuer, server.mcp);
    let answers: Value = serde_json::from_str(&signer.answer(&asked).await).unwrap();
    assert_eq!(answers[0][0], 200, "{answers}");
    assert_eq!(claims(answers[0][1]["access_token"].as_str().unwrap())["sub"], format!("{issuer}#ada"));
    assert_eq!(
        (&answers[1][0], &answers[1][1]["error"]),
        (&json!(400), &json!("invalid_grant")),
        "{answers}"
    );
}

#[tokio::test(flavor = "multi_thread")]
#[ignore = "needs Python and tests/clients/install"]
async fn the_python_sdk_connects_as_a_workload_with_a_token_of_its_platform() {
    let mut program = Program::start(node("provider.mjs"));
    let platform = program.line().await;
    let trust = format!(
        "[[issuer]]\nurl = '{platform}'\nspeaks-of = ['workload']\n\
         [[workload]]\nclient = 'nightly'\nscope = 'user'\nissuer = '{platform}'\nclaims = {{ sub = 'job' }}\n"
    );
    let server = Server::trusting(&trust, &[]).await;
    assert_eq!(program.answer("http://127.0.0.1:9/callback").await, "ready");
    let token = run(python("mcp-2.3", "workload.py"), &[&server.mcp, &server.issuer, &platform]).await;
    assert_eq!(claims(&token)["sub"], "client:nightly");
}
