//! The command `doorward doctor`: walks a client's whole way to an MCP server, from outside, and says what is wrong, which
//! clients stop there, and what to change. It examines any server, so it reads leniently and records what it saw.

mod ask;
mod authorization;
mod authorization_server;
mod bodies;
mod challenge;
pub mod clients;
mod command;
mod cross_origin;
mod document;
mod examination;
mod forgotten;
mod form_action;
mod installations;
pub mod later;
mod made_up;
mod network;
mod probe;
mod protected_resource;
mod registration;
pub mod report;
pub mod rule;
mod rule_texts;
mod sign_in;
pub mod stops;
mod tokens;
mod unauthenticated;
mod visit;

pub use command::{Streams, command, run};
pub use network::Network;
pub use probe::Limits;
pub use sign_in::{Browser, SignIn};

use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Entropy;
use doorward_outbound::Lookup;
use doorward_signing::SystemEntropy;
use examination::Examination;
use network::System;
use probe::Probe;
use report::Report;
use reqwest::Url;
use std::sync::Arc;

/// The version of MCP in the requests.
const PROTOCOL_VERSION: &str = "2025-11-25";

/// How an examination is made.
pub struct Options {
    /// The user who signs in.
    pub user: SignIn,
    /// The limits.
    pub limits: Limits,
    /// DNS.
    pub lookup: Arc<dyn Lookup>,
    /// Whether the client documents of real clients are tried at a server that is not on the internet. It fetches them from the
    /// internet then.
    pub documents: bool,
}

impl Options {
    /// The usual limits, and the DNS of this machine.
    pub fn usual(user: SignIn) -> Self {
        Self { user, limits: Limits::default(), lookup: Arc::new(System), documents: false }
    }
}

/// Examines the MCP server at this URL.
///
/// # Errors
/// [`Failure`] when the URL cannot be used, or the server cannot be reached.
pub async fn examine(typed: &str, options: Options) -> Result<Report, Failure> {
    let url = Url::parse(typed).map_err(|error| Failure::new(report::shown(typed), error))?;
    if !["http", "https"].contains(&url.scheme()) || !url.username().is_empty() || url.fragment().is_some() {
        return Err(Failure(format!(
            "{}: give an http or https URL, without user and fragment",
            report::shown(typed)
        )));
    }
    let addresses = network::addresses(&url, options.lookup.as_ref()).await;
    let addresses = addresses.map_err(|error| Failure::new(format_args!("looking up {url}"), error))?;
    let network = Network::of(&addresses);
    let network =
        network.ok_or_else(|| Failure(format!("{url}: the doctor does not connect to this address")))?;
    let probe = Probe::new(network, options.lookup, options.limits)?;
    let mut exam = Examination::new(probe, typed.to_owned(), url, options.documents);
    exam.walk(options.user).await.map_err(|fault| Failure::new(report::shown(typed), fault))?;
    Ok(exam.report())
}

/// 256 random bits in 43 characters, as RFC 7636 §4.1 requires for a code verifier.
fn random() -> String {
    let mut bytes = [0; 32];
    SystemEntropy.fill(&mut bytes);
    URL_SAFE_NO_PAD.encode(bytes)
}
