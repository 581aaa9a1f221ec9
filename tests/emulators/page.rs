//! Generator and test of `docs/clients.md`, the page about the emulated clients.

use crate::client::{Known, Resource, Scope, Shows, Way};
use crate::clients::ALL;
use std::fmt::Write;

const PAGE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/clients.md");

const HEAD: &str = "# Clients

This page lists how MCP clients connect, as of November 2026. Each row is an emulator in `tests/emulators/`. With every
change to this server, each emulator goes through all steps: discovery, registration, sign-in, tokens, a call and a
refresh.

- *Run*: `tests/clients.rs` also runs the client itself: by dynamic client registration, by a document, and
  pre-registered by an operator, as far as the client supports each.
- *Read*: the only sources are the documentation of its makers and the reports of its users.
- *CIMD*: the client publishes a Client ID Metadata Document at this URL. *DCR*: it uses dynamic client registration.

This page is generated from the table of the emulators: `DOORWARD_WRITE=1 cargo test --test emulators`.

| client | source | registration | redirect URI | `resource` parameter | client authentication |
|---|---|---|---|---|---|
";

fn page() -> String {
    let mut page = HEAD.to_owned();
    for client in &ALL {
        let known = match client.known {
            Known::Run(version) => format!("run, {version}"),
            Known::Read => "read".to_owned(),
        };
        let way = match client.way {
            Way::Document(url) => format!("CIMD `{url}`"),
            Way::Registration => "DCR".to_owned(),
        };
        let resource = match client.resource {
            Resource::Echoed => "as published",
            Resource::Missing => "missing",
            Resource::Origin => "origin only",
            Resource::Slashed => "with a trailing slash",
        };
        let shows = match client.shows {
            [Shows::Signed, _] | [_, Shows::Signed] => "`private_key_jwt`, or none",
            [Shows::Basic, _] => "secret, in the header or the body",
            [Shows::Post, _] => "secret, in the body",
            [Shows::Nothing, _] => "none",
        };
        let callback = client.redirect_uri.replace("PORT", "…");
        writeln!(page, "| {} | {known} | {way} | `{callback}` | {resource} | {shows} |", client.name)
            .unwrap();
    }
    page.push_str("\n## Notes for troubleshooting\n\n");
    for client in ALL.iter().filter(|client| !client.note.is_empty()) {
        let scope = match client.scope {
            Scope::Nothing => "; asks for no scope",
            Scope::Everything => "; asks for every scope of the resource",
            Scope::And(_) => "; asks for scopes that the server does not offer",
            Scope::Challenged => "",
        };
        writeln!(page, "- **{}**: {}{scope}.", client.name, client.note).unwrap();
    }
    page.push_str(
        "- **n8n** registers one redirect URI and sends another. The server shows an error page that names it, and\n  \
         the client cannot connect.\n\
         - **When the answer to a refresh is lost**, the connection of the Python SDK ends, and a new connection\n  \
         refreshes with the same token. mcp-remote tries again by itself. Both TypeScript clients ask their user to\n  \
         sign in; a second try with the stored tokens succeeds without sign-in.\n\
         - **A client that can neither register nor publish a document** must be pre-registered by the operator:\n  \
         `--client`, or `add-client`.\n",
    );
    page
}

#[test]
fn the_clients_page_matches_the_table() {
    if std::env::var_os("DOORWARD_WRITE").is_some() {
        std::fs::write(PAGE, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PAGE).unwrap(), page(), "update it with DOORWARD_WRITE=1");
}
