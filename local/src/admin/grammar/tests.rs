//! The command line has every command and field of the JSON commands, and nothing else.

use super::*;
use crate::admin::attempts::AttemptCommand;
use crate::admin::keys::KeyCommand;
use doorward::operator;
use serde_json::json;
use std::collections::BTreeSet;

/// The fields of a command, as serde's error for an unknown field names them.
fn fields(name: &str) -> BTreeSet<String> {
    let asked = json!({ "command": name, "no_such_field": true });
    let error = if KeyCommand::NAMES.contains(&name) {
        serde_json::from_value::<KeyCommand>(asked).err().unwrap()
    } else if AttemptCommand::NAMES.contains(&name) {
        serde_json::from_value::<AttemptCommand>(asked).err().unwrap()
    } else {
        serde_json::from_value::<operator::Command>(asked).err().unwrap()
    };
    let error = error.to_string();
    // unknown field `no_such_field`, expected one of `name`, `password`
    error.split('`').skip(3).step_by(2).map(str::to_owned).collect()
}

#[test]
fn the_command_line_has_every_command_and_every_field() {
    let names: Vec<_> =
        operator::Command::NAMES.iter().chain(KeyCommand::NAMES).chain(AttemptCommand::NAMES).collect();
    let listed: Vec<_> = ALL.iter().map(|spec| &spec.name).collect();
    assert_eq!(listed, names);
    for spec in ALL {
        let given: BTreeSet<_> = spec.fields.iter().map(|field| field.name.to_owned()).collect();
        assert_eq!(given, fields(spec.name), "{}", spec.name);
    }
}

#[test]
fn a_flag_has_the_name_of_its_field_and_a_password_is_no_argument() {
    for spec in ALL {
        for arg in spec.command().get_arguments() {
            let field = arg.get_id().as_str();
            match (field, arg.get_long()) {
                ("password", Some(flag)) => {
                    assert_eq!((flag, arg.get_action().takes_values()), ("password-stdin", false));
                }
                (field, Some(flag)) => assert_eq!(flag, field.replace('_', "-"), "{}", spec.name),
                (field, None) => {
                    assert!(
                        ["name", "person", "grant", "client_id", "key", "id", "of"].contains(&field),
                        "{field}"
                    );
                }
            }
        }
    }
}

fn json_of(arguments: &[&str]) -> Result<Value, String> {
    let command = crate::admin::command().no_binary_name(true);
    let given = command.try_get_matches_from(arguments).map_err(|error| error.to_string())?;
    let (name, given) = given.subcommand().unwrap();
    let json = spec_of(name).unwrap().json(given, || Ok("wonderland".to_owned()));
    json.map_err(|failure| failure.0)
}

#[test]
fn arguments_become_the_json_of_the_command() {
    for (arguments, expected) in [
        (&["add-person", "alice"][..], json!({ "command": "add-person", "name": "alice" })),
        (
            &["set-password", "alice", "--password-stdin"],
            json!({ "command": "set-password", "name": "alice", "password": "wonderland" }),
        ),
        (
            &["add-person", "alice", "--email", "a@b.example"],
            json!({ "command": "add-person", "name": "alice", "email": "a@b.example" }),
        ),
        (&["set-email", "alice"], json!({ "command": "set-email", "name": "alice" })),
        (
            &["list-grants", "alice", "--after", "-x", "--json"],
            json!({ "command": "list-grants", "person": "alice", "after": "-x" }),
        ),
        (&["revoke-grant", "-hAAA"], json!({ "command": "revoke-grant", "grant": "-hAAA" })),
        (&["forget-key", "--", "--json"], json!({ "command": "forget-key", "key": "--json" })),
        (
            &[
                "add-client",
                "--redirect-uris",
                "https://a.example/1",
                "--redirect-uri",
                "https://a.example/2",
            ],
            json!({ "command": "add-client", "redirect_uris": ["https://a.example/1", "https://a.example/2"] }),
        ),
        (&["block-client", "id"], json!({ "command": "block-client", "client_id": "id" })),
        (
            &["block-client", "--redirect-host", "a.example"],
            json!({ "command": "block-client", "redirect_host": "a.example" }),
        ),
        (&["new-secret", "--yes"], json!({ "command": "new-secret", "yes": true })),
        (&["--json", "list-blocks"], json!({ "command": "list-blocks" })),
    ] {
        assert_eq!(json_of(arguments).as_ref(), Ok(&expected), "{arguments:?}");
    }
}

#[test]
fn arguments_that_are_no_command_are_refused() {
    for arguments in [
        &[][..],
        &["delete-everything"],
        &["add-person"],
        &["add-person", "alice", "--password", "wonderland"],
        &["list-people", "alice"],
        &["block-client"],
        &["block-client", "id", "--document-host", "a.example"],
        &["add-client", "--jwks", "/no/such/file"],
    ] {
        assert!(json_of(arguments).is_err(), "{arguments:?}");
    }
}
