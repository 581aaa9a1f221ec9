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

/// The routes of the trivial floor.
fn routes(exchanges: &[Exchange]) -> Outcome<Vec<String>> {
    let route = |exchange: &Exchange| {
        let request = str::from_utf8(&exchange.request)?;
        let (method, rest) = request.split_once(' ').ok_or("the request has no method")?;
        let path = rest.split(['?', ' ']).next().unwrap_or_default();
        Ok(format!("{method},{path},{},{}", exchange.response_bytes, work(path, request)))
    };
    exchanges.iter().map(route).collect()
}

/// What a request costs doorward besides its parsing and its response.
fn work(path: &str, request: &str) -> &'static str {
    match path {
        paths::TOKEN => "signature",
        paths::AUTHORIZE if request.contains("&password=") => "hash",
        _ => "none",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tokens_are_signed_and_passwords_are_hashed() {
        let exchange = |request: &str| Exchange { request: request.into(), response_bytes: 300 };
        let exchanges = [
            "GET /oauth/authorize?a=b HTTP/1.1\r\n\r\n",
            "POST /oauth/authorize?a=b HTTP/1.1\r\n\r\nusername=c&password=d",
            "POST /oauth/authorize?a=b HTTP/1.1\r\n\r\ndecision=allow",
            "POST /oauth/token HTTP/1.1\r\n\r\ncode=e",
        ];
        let expected = [
            "GET,/oauth/authorize,300,none",
            "POST,/oauth/authorize,300,hash",
            "POST,/oauth/authorize,300,none",
            "POST,/oauth/token,300,signature",
        ];
        assert_eq!(routes(&exchanges.map(exchange)).unwrap(), expected);
    }
}
