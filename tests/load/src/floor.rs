//! What doorward is compared with, as a process.

use crate::Outcome;
use crate::http::Exchange;
use crate::options::Options;
use crate::process::{Folder, Log, Process, Start, free_ports};
use doorward::protocol::paths;
use std::net::SocketAddr;

pub(crate) enum Floor<'a> {
    /// Reads the requests of an operation, and answers as many bytes as doorward did.
    Trivial(&'a [Exchange]),
    /// The tools of doorward's MCP server, without a guard.
    Rmcp,
    /// A proxy without rules in front of this server.
    Proxy(SocketAddr),
}

impl Floor<'_> {
    /// Starts it on one CPU, or on all.
    pub(crate) fn start(&self, options: &Options, folder: &Folder, cpu: Option<usize>) -> Outcome<Process> {
        let [port] = free_ports()?;
        let (program, arguments) = match self {
            Self::Trivial(exchanges) => {
                ("floor-trivial", [vec![port.to_string()], routes(exchanges)?].concat())
            }
            Self::Rmcp => ("floor-rmcp", vec![port.to_string()]),
            Self::Proxy(upstream) => (
                "examples/floor",
                vec!["proxy".to_owned(), format!("127.0.0.1:{port}"), upstream.to_string()],
            ),
        };
        let program = &options.floors.join(program);
        Process::start(&Start { program, arguments, port, cpu, log: Log::Null, folder: &folder.0 })
    }
}

/// The routes of the trivial floor. Each response with tokens costs doorward a signature.
fn routes(exchanges: &[Exchange]) -> Outcome<Vec<String>> {
    let route = |exchange: &Exchange| {
        let line = str::from_utf8(&exchange.request)?.lines().next().unwrap_or_default();
        let (method, target) = line.split_once(' ').ok_or("the request has no method")?;
        let path = target.split(['?', ' ']).next().unwrap_or_default();
        let signatures = usize::from(path == paths::TOKEN);
        Ok(format!("{method},{path},{},{signatures}", exchange.response_bytes))
    };
    exchanges.iter().map(route).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_token_response_has_a_signature() {
        let exchange = |request: &str| Exchange { request: request.into(), response_bytes: 300 };
        let exchanges =
            ["GET /oauth/authorize?a=b HTTP/1.1\r\n", "POST /oauth/token HTTP/1.1\r\n"].map(exchange);
        assert_eq!(routes(&exchanges).unwrap(), ["GET,/oauth/authorize,300,0", "POST,/oauth/token,300,1"]);
    }
}
