//! The commands of `doorward admin`, and their arguments: the names and fields of the JSON commands.

use crate::Failure;
use clap::{Arg, ArgAction, ArgGroup, ArgMatches, Command};
use serde_json::{Map, Value};

/// A command. Its JSON has the same name.
pub(super) struct Spec {
    pub(super) name: &'static str,
    about: &'static str,
    pub(super) fields: &'static [Field],
}

/// A field of a command's JSON, and how it is given on the command line.
pub(super) struct Field {
    pub(super) name: &'static str,
    /// The placeholder of its value in the help.
    value: &'static str,
    form: Form,
    help: &'static str,
}

/// How a field is given.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Form {
    /// As the argument after the command.
    Argument,
    /// As the argument after the command, unless one of the flags is given instead.
    ArgumentOrFlag,
    /// As this flag in the place of that argument.
    InsteadOfArgument(&'static str),
    /// As this flag.
    Flag(&'static str),
    /// As this flag, which may be given several times, or under the other name.
    Flags(&'static str, &'static str),
    /// As this flag with the path of a JSON file.
    JsonFile(&'static str),
    /// On standard input. An argument or a variable could be read by other processes.
    Password(&'static str),
    /// As this flag without a value.
    Switch(&'static str),
}

const fn field(name: &'static str, value: &'static str, form: Form, help: &'static str) -> Field {
    Field { name, value, form, help }
}

const fn spec(name: &'static str, about: &'static str, fields: &'static [Field]) -> Spec {
    Spec { name, about, fields }
}

const USER: Field = field("name", "NAME", Form::Argument, "The user's name");
const OWNER: Field = field("person", "NAME", Form::Argument, "The user's name, or client: and a client id");
const AFTER: Field = field("after", "ENTRY", Form::Flag("after"), "Starts after this entry");
const PASSWORD: Field = field(
    "password",
    "",
    Form::Password("password-stdin"),
    "Reads the password from standard input, or asks for it twice at a terminal [default: a password is generated and printed]",
);
const EMAIL: Field = field(
    "email",
    "ADDRESS",
    Form::Flag("email"),
    "The email address, which clients may read if the user lets them [default: none]",
);
const CLIENT: Field = field("client_id", "CLIENT_ID", Form::Argument, "The client id");
const BLOCK: &[Field] = &[
    field(
        "client_id",
        "CLIENT_ID",
        Form::ArgumentOrFlag,
        "The whole client id, as list-grants and list-clients show it",
    ),
    field(
        "configured_client",
        "ID",
        Form::InsteadOfArgument("configured-client"),
        "The client with this id in the server's settings",
    ),
    field(
        "redirect_host",
        "HOST",
        Form::InsteadOfArgument("redirect-host"),
        "All clients with a redirect URI on this host",
    ),
    field(
        "document_host",
        "HOST",
        Form::InsteadOfArgument("document-host"),
        "All clients whose metadata document is on this host",
    ),
];
const NEW_CLIENT: &[Field] = &[
    field("client_name", "NAME", Form::Flag("client-name"), "The name that users see"),
    field(
        "redirect_uris",
        "URI",
        Form::Flags("redirect-uris", "redirect-uri"),
        "A redirect URI; may be given several times",
    ),
    field(
        "own_scope",
        "SCOPES",
        Form::Flag("own-scope"),
        "The scopes that the client may use without a user",
    ),
    field(
        "token_endpoint_auth_method",
        "METHOD",
        Form::Flag("token-endpoint-auth-method"),
        "none, client_secret_basic, client_secret_post or private_key_jwt [default: none]",
    ),
    field("jwks", "FILE", Form::JsonFile("jwks"), "A file with the client's public keys (a JWK set)"),
    field("jwks_uri", "URL", Form::Flag("jwks-uri"), "The URL of the client's public keys"),
];

/// All commands.
pub(super) const ALL: &[Spec] = &[
    spec("add-person", "Adds a user, and prints the password if it is generated", &[USER, PASSWORD, EMAIL]),
    spec("list-people", "Lists users", &[AFTER]),
    spec("set-password", "Sets another password, and ends the user's sessions", &[USER, PASSWORD]),
    spec(
        "set-email",
        "Sets another email address or removes it, and ends the user's sessions",
        &[USER, EMAIL],
    ),
    spec("disable-person", "Ends a user's sessions and grants, and disables sign-in", &[USER]),
    spec("enable-person", "Enables sign-in again", &[USER]),
    spec("unlock-person", "Resets a user's counts of wrong passwords", &[USER]),
    spec("sign-out", "Ends a user's sessions and grants", &[USER]),
    spec("list-grants", "Lists the clients that a user allowed", &[OWNER, AFTER]),
    spec(
        "revoke-grant",
        "Closes one grant",
        &[field("grant", "GRANT", Form::Argument, "The id in list-grants")],
    ),
    spec("revoke-grants", "Closes all grants of a user, who stays signed in", &[OWNER]),
    spec("add-client", "Adds a pre-registered client, and prints its id and secret", NEW_CLIENT),
    spec("list-clients", "Lists pre-registered clients", &[AFTER]),
    spec("remove-client", "Removes a pre-registered client", &[CLIENT]),
    spec("block-client", "Blocks a client, or all clients of a host, until they are unblocked", BLOCK),
    spec("unblock-client", "Unblocks a client, or the clients of a host", BLOCK),
    spec("list-blocks", "Lists what is blocked", &[]),
    spec("list-keys", "Lists the root secrets by their ids, the newest first", &[]),
    spec("rotate-keys", "Adds a new root secret; values of the older ones stay valid", &[]),
    spec(
        "forget-key",
        "Removes an old root secret: all that it made is refused",
        &[field("key", "KEY", Form::Argument, "The id in list-keys")],
    ),
    spec(
        "new-secret",
        "Replaces all root secrets by a new one, after a leak or a loss: all that they made is refused",
        &[field(
            "yes",
            "",
            Form::Switch("yes"),
            "Confirms that all clients have to register and all users to sign in again",
        )],
    ),
    spec(
        "explain",
        "Shows the lines of a correlation id, the rule that was broken, and what to do",
        &[field("id", "ID", Form::Argument, "The correlation id of an error page or a response")],
    ),
    spec(
        "trace",
        "Shows what a client or a user tried last, step by step, and where it stopped",
        &[field(
            "of",
            "CLIENT|NAME|GRANT",
            Form::Argument,
            "A client id or its end in the log, a user, or a grant",
        )],
    ),
];

/// The command of this name.
pub(super) fn spec_of(name: &str) -> Option<&'static Spec> {
    ALL.iter().find(|spec| spec.name == name)
}

impl Spec {
    /// The command for clap.
    pub(super) fn command(&self) -> Command {
        let command = Command::new(self.name).about(self.about).args(self.fields.iter().map(Field::arg));
        let choices = self.fields.iter().filter(|field| field.is_choice()).map(|field| field.name);
        let choices: Vec<_> = choices.collect();
        if choices.is_empty() {
            return command;
        }
        command.group(ArgGroup::new("which").args(choices).required(true))
    }

    /// The JSON of the command with these arguments.
    pub(super) fn json(
        &self,
        given: &ArgMatches,
        mut password: impl FnMut() -> Result<String, Failure>,
    ) -> Result<Value, Failure> {
        let mut json = Map::new();
        json.insert("command".to_owned(), self.name.into());
        for field in self.fields {
            if let Some(value) = field.json(given, &mut password)? {
                json.insert(field.name.to_owned(), value);
            }
        }
        Ok(json.into())
    }
}

/// A sentence about a command, with the arguments and flags of the command line in the place of the fields of its JSON.
pub(super) fn with_flags(command: &str, sentence: &str) -> String {
    let fields = spec_of(command).map_or(&[][..], |spec| spec.fields);
    let words = sentence.split(' ').map(|word| {
        let name = word.trim_end_matches([',', ';', '.', ':']);
        let field = fields.iter().find(|field| field.name == name);
        field.and_then(Field::flag).map_or(word.to_owned(), |flag| word.replace(name, &format!("--{flag}")))
    });
    words.collect::<Vec<_>>().join(" ")
}

impl Field {
    fn flag(&self) -> Option<&'static str> {
        match self.form {
            Form::Argument | Form::ArgumentOrFlag => None,
            Form::Flags(_, flag)
            | Form::Flag(flag)
            | Form::InsteadOfArgument(flag)
            | Form::JsonFile(flag)
            | Form::Password(flag)
            | Form::Switch(flag) => Some(flag),
        }
    }

    fn is_choice(&self) -> bool {
        matches!(self.form, Form::ArgumentOrFlag | Form::InsteadOfArgument(_))
    }

    fn arg(&self) -> Arg {
        let arg = Arg::new(self.name).help(self.help);
        match self.form {
            // An id may begin with a hyphen.
            Form::Argument => arg.value_name(self.value).required(true).allow_hyphen_values(true),
            Form::ArgumentOrFlag => arg.value_name(self.value).allow_hyphen_values(true),
            Form::Flag(flag) | Form::InsteadOfArgument(flag) => {
                arg.long(flag).value_name(self.value).allow_hyphen_values(true)
            }
            Form::Flags(flag, other) => {
                arg.long(flag).visible_alias(other).value_name(self.value).action(ArgAction::Append)
            }
            Form::JsonFile(flag) => arg.long(flag).value_name(self.value),
            Form::Password(flag) | Form::Switch(flag) => arg.long(flag).action(ArgAction::SetTrue),
        }
    }

    fn json(
        &self,
        given: &ArgMatches,
        password: &mut dyn FnMut() -> Result<String, Failure>,
    ) -> Result<Option<Value>, Failure> {
        Ok(match self.form {
            Form::Argument | Form::ArgumentOrFlag | Form::InsteadOfArgument(_) | Form::Flag(_) => {
                given.get_one::<String>(self.name).map(|text| text.as_str().into())
            }
            Form::Flags(..) => given.get_many::<String>(self.name).map(|texts| texts.cloned().collect()),
            Form::JsonFile(_) => given.get_one::<String>(self.name).map(|path| file(path)).transpose()?,
            Form::Password(_) => given.get_flag(self.name).then(password).transpose()?.map(Value::String),
            Form::Switch(_) => given.get_flag(self.name).then_some(Value::Bool(true)),
        })
    }
}

fn file(path: &str) -> Result<Value, Failure> {
    let failure = |why: &dyn std::fmt::Display| Failure::new(path, why);
    let text = std::fs::read(path).map_err(|error| failure(&error))?;
    serde_json::from_slice(&text).map_err(|error| failure(&error))
}

#[cfg(test)]
mod tests;
