//! The page about clients, which is made of their table.

use crate::client::{Known, Resource, Scope, Shows, Way};
use crate::clients::ALL;
use std::fmt::Write;

const PAGE_SIZE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../docs/clients.md");

const HEAD: &str = "# Clients

How clients connect, as of November 2026, and how that is known. Every row is an emulator in `tests/emulators/`, which goes
the whole way with every change to this server: discovery, its way of becoming known, sign-in, tokens, a call, a refresh.
*Run* means that the client itself goes that way too, in `tests/clients.rs`, registered, by a document and made known by an
operator, as far as it can each; *read* that its makers' documentation and its users' reports are all there is. This page is made of the emulators' table: `DOORWARD_WRITE=1 cargo test --test emulators`.

| client | known | how it becomes known to a server | callback | resource | authenticates |
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
            Way::Document(url) => format!("document `{url}`"),
            Way::Registration => "registers".to_owned(),
        };
        let resource = match client.resource {
            Resource::Echoed => "as published",
            Resource::Missing => "left out",
            Resource::Origin => "its origin",
            Resource::Slashed => "with a slash",
        };
        let shows = match client.shows {
            [Shows::Signed, _] | [_, Shows::Signed] => "`private_key_jwt`, or not at all",
            [Shows::Basic, _] => "secret, in either place",
            [Shows::Post, _] => "secret",
            [Shows::Nothing, _] => "no",
        };
        let callback = client.redirect_uri.replace("PORT", "…");
        writeln!(page, "| {} | {known} | {way} | `{callback}` | {resource} | {shows} |", client.name)
            .unwrap();
    }
    page.push_str("\n## What to know when something goes wrong\n\n");
    for client in ALL.iter().filter(|client| !client.note.is_empty()) {
        let scope = match client.scope {
            Scope::Nothing => "; asks for no scope",
            Scope::Everything => "; asks for every scope there is",
            Scope::And(_) => "; asks for scopes that nobody offered",
            Scope::Challenged => "",
        };
        writeln!(page, "- **{}**: {}{scope}.", client.name, client.note).unwrap();
    }
    page.push_str(
        "- **n8n** registers one callback and comes with another: it is told which, and cannot be let in.\n\
         - **When the answer to a refresh is lost**, the Python SDK's connection ends and a new one refreshes with the same\n  \
         token; mcp-remote tries again by itself; both TypeScript clients ask their person to sign in, and a second try with\n  \
         the tokens they kept succeeds without.\n\
         - **Who cannot register and has no document** is made known by whoever runs the server: `--client`, or `add-client`.\n",
    );
    page
}

#[test]
fn the_clients_page_matches_the_table() {
    if std::env::var_os("DOORWARD_WRITE").is_some() {
        std::fs::write(PAGE_SIZE, page()).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PAGE_SIZE).unwrap(), page(), "write it again with DOORWARD_WRITE=1");
}
