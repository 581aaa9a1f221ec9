//! Tests of the reader of the upstreams.

use super::*;
use doorward::protocol::ProtectedResource;
use http::uri::Authority;

const MCP: &str = "https://mcp.example.com/notes";

fn read(pairs: &[(&Setting, &str)]) -> Result<Vec<UpstreamSettings>, String> {
    let resource = |url| ProtectedResource::parse(url, "notes").unwrap();
    let resources = Resources::new(vec![resource("http://127.0.0.1:8000/mcp"), resource(MCP)]).unwrap();
    upstreams(&Values::of(pairs.iter().copied()), &resources).map_err(|error| error.to_string())
}

#[test]
fn an_upstream_belongs_to_the_named_resource_or_the_first() {
    let git = format!("{MCP}=https://git.internal/mcp");
    let key = format!("{MCP}=Authorization: Bearer @/etc/git.key");
    let all = read(&[
        (&UPSTREAM, "http://127.0.0.1:3000/mcp"),
        (&UPSTREAM, &git),
        (&UPSTREAM_HEADER, &key),
        (&UPSTREAM_HEADER, "X-API-Key: a:b=c"),
        (&UPSTREAM_FORWARD, "X-Tenant"),
        (&UPSTREAM_HOST, "localhost:3000"),
    ])
    .unwrap();
    let [first, second] = all.as_slice() else { panic!("two upstreams") };
    assert_eq!((first.resource.as_str(), second.resource.as_str()), ("http://127.0.0.1:8000/mcp", MCP));
    assert_eq!(
        (first.headers.as_slice(), second.headers.as_slice()),
        (&["X-API-Key: a:b=c".to_owned()][..], &["Authorization: Bearer @/etc/git.key".to_owned()][..])
    );
    assert_eq!(first.upstream.forward, ["x-tenant"]);
    assert_eq!(first.upstream.host.as_ref().map(Authority::as_str), Some("localhost:3000"));
    assert_eq!(
        (first.upstream.url.to_string(), second.upstream.url.to_string()),
        ("http://127.0.0.1:3000/mcp".into(), "https://git.internal/mcp".into())
    );
}

#[test]
fn a_program_belongs_to_the_named_resource_or_the_first() {
    let git = format!("{MCP}=git-server --url=https://git.internal '/a b'");
    let key = format!("{MCP}=KEY=a=b");
    let all = read(&[
        (&UPSTREAM_COMMAND, "npx -y notes --key=secret"),
        (&UPSTREAM_COMMAND, &git),
        (&UPSTREAM_ENV, &key),
        (&UPSTREAM_ENV, "TOKEN=@/etc/token"),
    ])
    .unwrap();
    let [first, second] = all.as_slice() else { panic!("two upstreams") };
    let of = |upstream: &UpstreamSettings| upstream.command.clone().unwrap();
    assert_eq!((first.resource.as_str(), second.resource.as_str()), ("http://127.0.0.1:8000/mcp", MCP));
    assert_eq!(of(first).argv, ["npx", "-y", "notes", "--key=secret"]);
    assert_eq!(of(second).argv, ["git-server", "--url=https://git.internal", "/a b"]);
    assert_eq!(of(first).environment, [("TOKEN".to_owned(), "@/etc/token".to_owned())]);
    assert_eq!(of(second).environment, [("KEY".to_owned(), "a=b".to_owned())]);
    assert_eq!((first.shown().as_str(), second.shown().as_str()), ("npx", "git-server"));
}

#[test]
fn a_wrong_upstream_is_refused_with_its_setting() {
    let upstream = (&UPSTREAM, "http://127.0.0.1:3000/mcp");
    let command = (&UPSTREAM_COMMAND, "npx server");
    for (pairs, says) in [
        (vec![(&UPSTREAM, "http://mcp.example.com/mcp")], "upstream: the upstream must begin with https://"),
        (
            vec![(&UPSTREAM, "https://other.example/mcp=http://127.0.0.1:3000/mcp")],
            "must be [RESOURCE=]URL with the URL of a configured resource",
        ),
        (
            vec![(&UPSTREAM, "https://user:secret@mcp.example.com/mcp")],
            "upstream: the upstream needs a host and no user",
        ),
        (vec![upstream, upstream], "two upstreams"),
        (vec![(&UPSTREAM, "http://127.0.0.1:8000/other")], "this server itself"),
        (vec![(&UPSTREAM_HEADER, "X-API-Key: secret")], "upstream-header: needs the setting upstream"),
        (vec![upstream, (&UPSTREAM_HEADER, "secret")], "upstream-header: must be [RESOURCE=]NAME: VALUE"),
        (
            vec![upstream, (&UPSTREAM_HEADER, "https://other.example/mcp=X-API-Key: secret")],
            "upstream-header: must be [RESOURCE=]NAME: VALUE with the URL of a configured resource",
        ),
        (
            vec![upstream, (&UPSTREAM_HEADER, "Mcp-Name: secret")],
            "upstream-header: the header is set by the gateway",
        ),
        (
            vec![upstream, (&UPSTREAM_FORWARD, "Cookie")],
            "upstream-forward Cookie: the header ends at the gateway",
        ),
        (vec![upstream, (&UPSTREAM_IDENTITY, "jwt")], "upstream-identity jwt: must be"),
        (
            vec![
                upstream,
                (&UPSTREAM_IDENTITY, "bearer"),
                (&UPSTREAM_HEADER, "authorization: Bearer secret"),
            ],
            "upstream-identity: gives requests for http://127.0.0.1:8000/mcp two Authorization headers",
        ),
        (vec![upstream, (&UPSTREAM_COMMAND, "npx --key=secret")], "two upstreams"),
        (vec![(&UPSTREAM_COMMAND, "npx 'secret")], "upstream-command: must be [RESOURCE=]COMMAND"),
        (vec![(&UPSTREAM_ENV, "KEY=secret")], "upstream-env: needs the setting upstream-command"),
        (vec![upstream, (&UPSTREAM_ENV, "KEY=secret")], "upstream-env: needs the setting upstream-command"),
        (vec![command, (&UPSTREAM_ENV, "1=secret")], "upstream-env: must be [RESOURCE=]NAME=VALUE"),
        (
            vec![command, (&UPSTREAM_HEADER, "X-API-Key: secret")],
            "upstream-header: cannot be combined with the setting upstream-command",
        ),
        (vec![upstream, (&UPSTREAM_HOST, "a b")], "upstream-host a b: must be"),
    ] {
        let refused = read(&pairs).map(|_| ()).unwrap_err();
        assert!(refused.contains(says) && !refused.contains("secret"), "{refused}");
    }
}
