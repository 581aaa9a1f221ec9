//! The examination of a server: the steps in the order of a client, and what was found.

use super::ask::{Ask, Fault, Follow, Seen};
use super::document::Document;
use super::probe::Probe;
use super::report::{Finding, NotTried, Progress, Report, shown};
use super::rule::Rule;
use super::sign_in::SignIn;
use super::unauthenticated::Answered;
use super::{
    authorization, authorization_server, cross_origin, forgotten, made_up, protected_resource, registration,
    sign_in, unauthenticated,
};
use http::StatusCode;
use reqwest::Url;

/// The most findings of one rule. More would say the same.
const MOST_OF_A_RULE: usize = 4;

/// What is known and found so far.
pub(super) struct Examination {
    pub(super) probe: Probe,
    /// The URL as the user gave it, and parsed.
    pub(super) typed: String,
    pub(super) url: Url,
    /// Whether clients with a document are tried at a server that is not on the internet.
    pub(super) documents: bool,
    pub(super) facts: Vec<(&'static str, String)>,
    findings: Vec<Finding>,
    not_tried: Vec<NotTried>,
    progress: Progress,
}

impl Examination {
    pub(super) fn new(mut probe: Probe, typed: String, url: Url, documents: bool) -> Self {
        probe.name(&url, "the given URL");
        let (facts, findings, not_tried) = (Vec::new(), Vec::new(), Vec::new());
        Self { probe, typed, url, documents, facts, findings, not_tried, progress: Progress::Begun }
    }

    /// Makes all steps. Each one needs the result of those before.
    ///
    /// # Errors
    /// [`Fault`] when the given URL cannot be reached.
    pub(super) async fn walk(&mut self, user: SignIn) -> Result<(), Fault> {
        let challenge = match unauthenticated::examine(self).await? {
            Answered::Challenged(challenge) => challenge,
            Answered::Open => {
                self.skip("all that follows", "the server needs no token");
                self.progress = Progress::Whole;
                return Ok(());
            }
            Answered::Silent => {
                self.skip("all that follows", "the MCP server does not answer");
                return Ok(());
            }
        };
        let resource = protected_resource::examine(self, &challenge).await;
        let Some(server) = authorization_server::examine(self, &resource).await else {
            self.skip("registration, sign-in and tokens", "there is no authorization server metadata");
            return Ok(());
        };
        let callback = user.redirect_uri().to_owned();
        let scope = challenge.scope.as_deref().or(resource.scopes.as_deref());
        let clients = registration::examine(self, &server, scope, &callback).await;
        for known in [&clients, &registration::published(self, &server, &callback)] {
            if authorization::examine(self, &server, &resource, &challenge, known).await {
                self.progress = Progress::SignIn;
            }
        }
        cross_origin::examine(self, &resource, &server).await;
        made_up::examine(self, &server, &resource, &clients).await;
        forgotten::examine(self, &server, &resource, &clients).await;
        if sign_in::examine(self, &server, &resource, &challenge, &clients, user).await {
            self.progress = Progress::Whole;
        }
        Ok(())
    }

    /// Sends a request that every client sends. A fault is a finding.
    pub(super) async fn ask(&mut self, ask: &Ask) -> Option<Seen> {
        let sent = self.probe.send(ask).await;
        let fault = match self.watch(ask, sent) {
            Ok(seen) => return Some(seen),
            Err(fault) => fault,
        };
        let rule = match fault {
            Fault::Tls(_) => Rule::Tls,
            Fault::Unreachable(_) => Rule::Unreachable,
            Fault::OutOfReach(_) => Rule::PrivateAddress,
            Fault::Late(_) => Rule::Deadline,
            Fault::Broken(_) => Rule::BrokenResponse,
            Fault::Ended => return None,
        };
        self.found(rule, &ask.place(), &fault.to_string());
        None
    }

    /// Sends a request that only some clients send. A fault and an error of the server are a warning.
    pub(super) async fn try_out(&mut self, ask: &Ask) -> Option<Seen> {
        let sent = self.probe.send(ask).await;
        match self.watch(ask, sent) {
            Ok(seen) if seen.status.is_server_error() => {
                self.found(Rule::Probe, &ask.place(), &seen.outcome());
                None
            }
            Ok(seen) => Some(seen),
            Err(Fault::Ended) => None,
            Err(fault) => {
                self.found(Rule::Probe, &ask.place(), &fault.to_string());
                None
            }
        }
    }

    /// Sees what may happen to every request: a limit, and the end of the time.
    pub(super) fn watch(&mut self, ask: &Ask, sent: Result<Seen, Fault>) -> Result<Seen, Fault> {
        match &sent {
            Ok(seen) if seen.status == StatusCode::TOO_MANY_REQUESTS => {
                self.found(Rule::RateLimited, &ask.place(), &seen.outcome());
            }
            Err(Fault::Ended) => self.skip("the rest", &Fault::Ended.to_string()),
            _ => {}
        }
        sent
    }

    pub(super) fn found(&mut self, rule: Rule, place: &str, seen: &str) {
        self.found_by(rule, place, seen, Vec::new());
    }

    /// A finding that stops only these clients.
    pub(super) fn found_by(&mut self, rule: Rule, place: &str, seen: &str, askers: Vec<&'static str>) {
        let seen = shown(seen);
        let same = |finding: &&Finding| finding.rule == rule;
        let is_known = self.findings.iter().filter(same).any(|known| known.seen == seen && askers.is_empty());
        let are_many = self.findings.iter().filter(same).count() >= MOST_OF_A_RULE && askers.is_empty();
        if !is_known && !are_many {
            self.findings.push(Finding { rule, place: shown(place), seen, askers });
        }
    }

    pub(super) fn fact(&mut self, name: &'static str, fact: &str) {
        self.facts.push((name, shown(fact)));
    }

    pub(super) fn skip(&mut self, part: &'static str, why: &str) {
        let entry = (part, shown(why));
        if !self.not_tried.contains(&entry) {
            self.not_tried.push(entry);
        }
    }

    /// Reads the JSON document at a URL. `unavailable` is the rule that an error of the server breaks, if the document is one
    /// that clients need.
    pub(super) async fn read(&mut self, url: &Url, unavailable: Option<Rule>) -> Option<Document> {
        let ask = Ask::get(url)
            .with(http::header::ACCEPT, "application/json")
            .with(http::HeaderName::from_static("mcp-protocol-version"), super::PROTOCOL_VERSION)
            .following(Follow::Anywhere);
        let seen = match unavailable {
            Some(_) => self.ask(&ask).await?,
            None => self.try_out(&ask).await?,
        };
        let place = ask.place();
        if let Some(last) = seen.redirects.last() {
            self.found(Rule::MetadataRedirect, &place, &format!("a redirect to {last}"));
        }
        if seen.status.is_success() {
            self.head(url, &place).await;
        }
        if let Some(rule) = unavailable.filter(|_| seen.status.is_server_error()) {
            self.found(rule, &place, &seen.outcome());
        }
        if !seen.status.is_success() {
            return None;
        }
        let members = seen.object();
        if !seen.is_json() || members.is_none() {
            let kind = seen.header("content-type").unwrap_or_else(|| "no content type".to_owned());
            let what = if members.is_some() { "JSON" } else { "no JSON object" };
            self.found(Rule::MetadataContentType, &place, &format!("{what}, as {kind}"));
        }
        members.map(|members| Document { place, members })
    }

    /// HEAD is answered as GET is (RFC 9110 §9.3.2).
    async fn head(&mut self, url: &Url, place: &str) {
        let ask = Ask::new(http::Method::HEAD, url).following(Follow::Anywhere);
        if let Some(seen) = self.try_out(&ask).await
            && !seen.status.is_success()
        {
            self.found(Rule::Probe, &ask.place(), &format!("{}, but {place} is answered", seen.status));
        }
    }

    pub(super) fn report(self) -> Report {
        let asked = self.probe.origins().iter().filter(|named| named.is_asked);
        Report {
            url: shown(&self.typed),
            network: self.probe.network(),
            asked: asked.map(|named| (named.origin.clone(), named.by)).collect(),
            facts: self.facts,
            findings: self.findings,
            not_tried: self.not_tried,
            progress: self.progress,
        }
    }
}
