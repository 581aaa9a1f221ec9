//! Settings with which the local server does not start, or warns.

use crate::FREE_PORTS;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{
    ACCESS_TOKEN, ANSWER, AUTH_HOST, AUTH_PORT, BODY, CLIENT, CLIENT_KEYS, CLIENT_SCOPE, CLIENT_SECRET,
    CONNECTION_IDLE, CONNECTIONS, GRANT, HEAD, IDLE, IMMEDIATE_REVOCATION, IN_MEMORY, ISSUER, MCP_HOST,
    MCP_PORT, ONLY, OPS_LISTEN, PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT, PROVIDER_NAME, PROVIDER_SCOPE,
    REFRESH_WINDOW, RESOURCE, RESOURCE_PEOPLE, RESOURCE_SECRET, SCOPE_DESCRIPTION, STALE_REFRESH, Setting,
    TOOL_SCOPE, TUTORIAL, UPSTREAM, USER, Values, WELL_KNOWN,
};

#[tokio::test]
async fn an_error_names_the_invalid_setting() {
    for (setting, value, says) in [
        (&ISSUER, "http://auth.example", "--issuer"),
        (&ISSUER, "https://auth.example/", "--issuer"),
        (&RESOURCE, "https://mcp.example", "--resource https://mcp.example"),
        (&RESOURCE, "https://mcp.example=a\"b", "--resource"),
        (&ONLY, "client", "--only"),
        (&TUTORIAL, "perhaps", "--tutorial"),
        (&RESOURCE_SECRET, "open sesame", "--resource-secret"),
        (&RESOURCE_SECRET, "https://elsewhere.example=open sesame", "--resource-secret"),
        (&CLIENT, "my-app", "--client"),
        (&CLIENT, "my-app=", "--client"),
        (&CLIENT, "my-app=http://app.example/callback", "--client"),
        (&CLIENT, "dw_app=https://app.example/callback", "--client"),
        (&CLIENT, "https://app.example=https://app.example/callback", "--client"),
        (&CLIENT_SECRET, "open sesame", "--client-secret"),
        (&CLIENT_SECRET, "my-app=open sesame", "--client-secret"),
        (&SCOPE_DESCRIPTION, "user", "--scope-description"),
        (&SCOPE_DESCRIPTION, "user= ", "--scope-description"),
        (&SCOPE_DESCRIPTION, "files=read your files", "--scope-description"),
        (&TOOL_SCOPE, "get_user_data", "--tool-scope"),
        (&TOOL_SCOPE, "get_user_data=", "--tool-scope"),
        (&TOOL_SCOPE, "get_user_data=files", "--resource"),
        (&RESOURCE_PEOPLE, "alice", "--resource-people alice"),
        (&RESOURCE_PEOPLE, "https://other.example=user:alice", "--resource-people https://other.example="),
        (&RESOURCE_PEOPLE, "user:alice,group:staff", "--resource-people: has a rule domain:, group: or org:"),
        (&CLIENT_SCOPE, "my-app=user", "--client-scope"),
        (&CLIENT_KEYS, "my-app=https://app.example/keys", "--client-keys"),
        (&ACCESS_TOKEN, "0", "--access-token-seconds"),
        (&IDLE, "a month", "--idle-seconds"),
        (&GRANT, "-1", "--grant-seconds"),
        (&REFRESH_WINDOW, "119", "--refresh-window-seconds"),
        (&STALE_REFRESH, "forgive", "--stale-refresh"),
        (&IMMEDIATE_REVOCATION, "perhaps", "--immediate-revocation"),
        (&PROVIDER, "https://idp.example", "--provider-allow"),
        (&PROVIDER_CLIENT, "doorward", "--provider-client"),
        (&PROVIDER_ALLOW, "anyone", "--provider-allow"),
        (&PROVIDER_NAME, "Example ID", "--provider-name"),
        (&CONNECTIONS, "3", "--connections: must be a whole number from 4 to 100000, not \"3\""),
        (&HEAD, "0", "--head-seconds"),
        (&BODY, "10s", "--body-seconds"),
        (&ANSWER, "3601", "--answer-seconds"),
        (&CONNECTION_IDLE, "-1", "--connection-idle-seconds"),
        (&WELL_KNOWN, "mcp-registry-auth", "--well-known mcp-registry-auth: must be NAME=TEXT"),
        (&WELL_KNOWN, "a/b=text", "--well-known a/b=text: must have a NAME"),
        (
            &WELL_KNOWN,
            "oauth-protected-resource=text",
            "--well-known oauth-protected-resource=text: /.well-known/",
        ),
        (&OPS_LISTEN, "9464", "--ops-listen: 9464: "),
        (&OPS_LISTEN, "256.0.0.1:9464", "--ops-listen: 256.0.0.1:9464: "),
        (&AUTH_PORT, "70000", "--auth-port: must be a whole number from 0 to 65535, not \"70000\""),
        (&MCP_PORT, "x", "--mcp-port: must be a whole number from 0 to 65535, not \"x\""),
        (
            &AUTH_HOST,
            "0.0.0.0",
            "--issuer: is not set, but --auth-host 0.0.0.0 is not loopback; add --issuer",
        ),
        (
            &RESOURCE,
            "https://mcp.example",
            "--resource https://mcp.example: must be URL=SCOPE,SCOPE, for example https://",
        ),
        (&UPSTREAM, "notes", "--upstream: the upstream is not a URL"),
        (&USER, "alice", "--user"),
        (&USER, "alice:", "--user alice"),
    ] {
        let settings = Values::of(FREE_PORTS.into_iter().chain([(setting, value)]));
        let failure =
            Listening::start(&settings, Log::to(std::io::sink())).await.map(|_| ()).unwrap_err().to_string();
        assert!(failure.starts_with(says), "{failure}");
        assert!(!failure.contains("open sesame"), "{failure}");
        let form = "; give [RESOURCE=]URL, for example http://127.0.0.1:3000/mcp";
        assert!(setting.name != UPSTREAM.name || failure.ends_with(form), "{failure}");
    }
}

#[tokio::test]
async fn a_public_address_beside_a_default_on_loopback_is_refused() {
    let start = async |settings: &[(&Setting, &str)]| {
        let settings = FREE_PORTS.into_iter().chain(settings.iter().copied());
        Listening::start(&Values::of(settings), Log::to(std::io::sink())).await.map(|_| ())
    };
    let (issuer, resource) = ((&ISSUER, "https://auth.example"), (&RESOURCE, "https://mcp.example/mcp=user"));
    for (settings, says) in [
        (&[issuer][..], "--resource: is not set, but the issuer https://auth.example is public"),
        (&[issuer, (&ONLY, "auth")], "--resource: is not set"),
        (&[resource], "--issuer: is not set, but the resource https://mcp.example/mcp is public"),
        (&[(&RESOURCE, "http://127.0.0.1:8000/mcp=user"), resource, (&ONLY, "mcp")], "--issuer: is not set"),
    ] {
        let failure = start(settings).await.unwrap_err().to_string();
        assert!(failure.starts_with(says) && failure.contains("; add --"), "{failure}");
    }
    for settings in [
        &[issuer, resource][..],
        &[issuer, (&ONLY, "mcp")],
        &[(&ISSUER, "http://localhost:9000"), resource],
        &[],
    ] {
        start(settings).await.unwrap();
    }
}

#[tokio::test]
async fn two_listeners_behind_one_host_have_a_warning() {
    let warnings = async |resource: &str| {
        let own = [(&IN_MEMORY, "true"), (&ISSUER, "https://one.example"), (&RESOURCE, resource)];
        let settings = Values::of(FREE_PORTS.into_iter().chain(own));
        Listening::start(&settings, Log::to(std::io::sink())).await.unwrap().warnings
    };
    let told = warnings("https://one.example/mcp=user").await;
    assert!(told.len() == 1 && told[0].contains("give --mcp-port the value of --auth-port"), "{told:?}");
    assert!(told[0].contains("/mcp and /.well-known/oauth-protected-resource/mcp to the port "), "{told:?}");
    assert!(warnings("https://two.example/mcp=user").await.is_empty());
}

#[tokio::test]
async fn state_that_is_lost_has_a_warning() {
    let warnings = async |settings: &[(&Setting, &str)]| {
        let settings = FREE_PORTS.into_iter().chain(settings.iter().copied());
        Listening::start(&Values::of(settings), Log::to(std::io::sink())).await.unwrap().warnings
    };
    let told = warnings(&[]).await;
    assert!(told.len() == 1 && told[0].contains("--data-dir PATH"), "{told:?}");
    assert!(warnings(&[(&ONLY, "mcp")]).await.is_empty(), "the MCP server alone keeps nothing");
    assert!(warnings(&[(&IN_MEMORY, "true")]).await.is_empty(), "that is what the operator wants");
}

#[tokio::test]
async fn an_error_names_the_invalid_provider_setting() {
    let sound = || {
        let provider =
            [(&PROVIDER, "https://idp.example"), (&PROVIDER_CLIENT, "us"), (&PROVIDER_ALLOW, "anyone")];
        FREE_PORTS.into_iter().chain(provider)
    };
    let start = async |settings| Listening::start(&Values::of(settings), Log::to(std::io::sink())).await;
    assert!(
        start(sound().collect::<Vec<_>>()).await.unwrap().generated_user.is_none(),
        "no user with a password is generated"
    );
    for (setting, value, says) in [
        (&PROVIDER, "http://idp.example", "--provider:"),
        (&PROVIDER_ALLOW, "everybody", "--provider-allow:"),
        (&PROVIDER_SCOPE, "email", "--provider-scope:"),
        (&USER, "alice:open sesame", "--user:"),
        (&TUTORIAL, "true", "--tutorial:"),
    ] {
        let failure = start(sound().chain([(setting, value)]).collect()).await.map(|_| ()).unwrap_err();
        assert!(failure.to_string().starts_with(says), "{failure}");
        assert!(!failure.to_string().contains("open sesame"), "{failure}");
    }
}

#[tokio::test]
async fn tutorial_mode_is_refused_beyond_loopback() {
    for (setting, value) in
        [(&ISSUER, "https://auth.example"), (&MCP_HOST, "0.0.0.0"), (&AUTH_HOST, "0.0.0.0")]
    {
        let issuer = (&ISSUER, "http://127.0.0.1:9000");
        let resource = (&RESOURCE, "http://127.0.0.1:8000/mcp=user");
        let settings =
            FREE_PORTS.into_iter().chain([issuer, resource, (&TUTORIAL, "true"), (setting, value)]);
        let failure =
            Listening::start(&Values::of(settings), Log::to(std::io::sink())).await.map(|_| ()).unwrap_err();
        assert!(failure.to_string().starts_with("--tutorial"), "{failure}");
    }
}

#[tokio::test]
async fn a_port_that_is_taken_asks_whether_the_server_runs() {
    let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let settings = Values::of([(&AUTH_PORT, &*port), (&MCP_PORT, "0"), (&IN_MEMORY, "true")]);
    let refused =
        Listening::start(&settings, Log::to(std::io::sink())).await.map(|_| ()).unwrap_err().to_string();
    assert!(refused.contains("; is doorward running already? Otherwise choose another port"), "{refused}");
}
