//! A `doorward` that is measured: its process, and callers of each operation.

use crate::client::{Browser, Client, PASSWORD, Tokens, calls, name_of, registers};
use crate::http::Connection;
use crate::operation::{Caller, Operation, Work};
use crate::options::{Options, Store};
use crate::process::{Process, Start, free_ports};
use crate::{CONNECTIONS, Outcome};
use doorward::protocol::paths;
use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::process::Command;

/// The secret of the MCP server at the introspection endpoint.
const SECRET: &str = "a-secret-of-this-measurement-alone";

pub(crate) struct Subject {
    pub(crate) process: Process,
    mcp: SocketAddr,
    resource: String,
}

impl Subject {
    /// Starts `doorward serve`, on one CPU or on all. Its state begins anew, unless `folder` has some.
    pub(crate) fn start(
        program: &Path,
        options: &Options,
        cpu: Option<usize>,
        folder: &Path,
        upstream: Option<SocketAddr>,
    ) -> Outcome<Self> {
        let [port, mcp] = free_ports()?;
        let resource = format!("http://127.0.0.1:{mcp}/mcp");
        let mut arguments: Vec<_> =
            ["serve", "--auth-port", &port.to_string(), "--mcp-port", &mcp.to_string()]
                .map(str::to_owned)
                .into();
        arguments.extend(["--resource-secret".to_owned(), format!("{resource}={SECRET}")]);
        arguments.extend(["--resource".to_owned(), format!("{resource}=user")]);
        for user in 0..CONNECTIONS {
            arguments.extend(["--user".to_owned(), format!("{}:{PASSWORD}", name_of(user))]);
        }
        match options.store {
            // Earlier versions keep nothing, and do not know the flag.
            Store::Memory if knows(program, "--in-memory")? => arguments.push("--in-memory".to_owned()),
            Store::Memory => {}
            Store::Sqlite => {
                arguments.extend(["--data-dir".to_owned(), folder.join("data").display().to_string()]);
            }
        }
        if let Some(upstream) = upstream {
            arguments.extend(["--calls-per-minute", "0", "--upstream"].map(str::to_owned));
            arguments.push(format!("http://{upstream}/mcp"));
        }
        let process = Process::start(&Start { program, arguments, port, cpu, log: options.log, folder })?;
        Ok(Self { process, mcp: (Ipv4Addr::LOCALHOST, mcp).into(), resource })
    }

    /// The callers of an operation, ready: users have signed in, grants are open, tokens were seen before.
    pub(crate) async fn callers(&self, operation: Operation) -> Outcome<Vec<Caller>> {
        let mut callers = Vec::new();
        for user in 0..CONNECTIONS {
            callers.push(self.caller(operation, user).await?);
        }
        Ok(callers)
    }

    async fn caller(&self, operation: Operation, user: usize) -> Outcome<Caller> {
        let mut connection = Connection::open(self.process.address).await?;
        let (request, status) = match operation {
            Operation::Metadata => (connection.get(paths::METADATA, ""), 200),
            Operation::Register => (registers(&connection), 201),
            Operation::Introspect => {
                let token = self.tokens(&mut connection, user).await?.access;
                let fields =
                    [("client_id", self.resource.as_str()), ("client_secret", SECRET), ("token", &token)];
                let request = connection.form(paths::INTROSPECT, "", &fields);
                let answer = connection.expect(&request, 200).await?.body;
                if !answer.contains("\"active\":true") {
                    return Err(format!("the token is not active: {answer}").into());
                }
                (request, 200)
            }
            Operation::Refresh => {
                let client = self.client(&mut connection).await?;
                let browser = self.browser(&mut connection, &client, user).await?;
                let tokens = client.connect(&mut connection, &browser).await?;
                return Ok(Caller { connection, work: Work::Refresh(client, tokens.refresh) });
            }
            Operation::SignIn => {
                let client = self.client(&mut connection).await?;
                let browser = self.browser(&mut connection, &client, user).await?;
                return Ok(Caller { connection, work: Work::SignIn(client, browser) });
            }
            Operation::Password => {
                let client = self.client(&mut connection).await?;
                self.browser(&mut connection, &client, user).await?;
                return Ok(Caller { connection, work: Work::Password(client, user) });
            }
            Operation::Unauthorized => {
                connection = Connection::open(self.mcp).await?;
                (calls(&connection, ""), 401)
            }
            Operation::Call | Operation::Gateway => {
                let token = self.tokens(&mut connection, user).await?.access;
                connection = Connection::open(self.mcp).await?;
                let request = calls(&connection, &format!("Authorization: Bearer {token}\r\n"));
                let answer = connection.expect(&request, 200).await?.body;
                if !answer.contains("\"status\":\"active\"") {
                    return Err(format!("the tool did not return the user's data: {answer}").into());
                }
                (request, 200)
            }
        };
        Ok(Caller { connection, work: Work::Send(vec![request], status) })
    }

    pub(crate) async fn client(&self, connection: &mut Connection) -> Outcome<Client> {
        Client::register(connection, &self.resource).await
    }

    /// A browser in which the user has signed in.
    pub(crate) async fn browser(
        &self,
        connection: &mut Connection,
        client: &Client,
        user: usize,
    ) -> Outcome<Browser> {
        Browser::sign_in(connection, client, user).await
    }

    async fn tokens(&self, connection: &mut Connection, user: usize) -> Outcome<Tokens> {
        let client = self.client(connection).await?;
        let browser = self.browser(connection, &client, user).await?;
        client.connect(connection, &browser).await
    }
}

/// Whether `doorward serve` of this version has a flag.
fn knows(program: &Path, flag: &str) -> Outcome<bool> {
    let failure = |error| format!("running {}: {error}", program.display());
    let help = Command::new(program).args(["serve", "--help"]).output().map_err(failure)?;
    Ok(String::from_utf8_lossy(&help.stdout).contains(flag))
}
