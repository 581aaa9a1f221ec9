//! The gateways of one function: what stays from its cold start on, and what is built again with its keys.

use bytes::Bytes;
use doorward::config::Config;
use doorward::gateway::{Gateway, GatewayKeys, UserLimits};
use doorward::guard::{Guard, Verify};
use doorward::ports::{Clock, Entropy};
use doorward::protocol::{Issuer, Resource, Target};
use doorward::rules;
use doorward::sealed::Purpose;
use doorward::store::Grants;
use doorward::wire::{Event, EventKind, json};
use doorward_parameters::FunctionKeys;
use doorward_runtime::{Environment, Handler, Invalid, handler, unavailable, write};
use doorward_settings::{
    AUDIT_CALLS, GatewayNumbers, InvalidSetting, UPSTREAM, UPSTREAM_HEADER, UpstreamSettings, Values,
    upstreams,
};
use doorward_signing::{Es256, SystemClock, SystemEntropy};
use doorward_upstream::{
    CallLog, GatewayBody, GatewayLimits, Gateways, KEEP_ALIVE, Route, Settings, StaticHeaders, Upstream,
};
use http::{Request, Response, StatusCode};
use http_body_util::{BodyExt, Collected, Either, Full};
use std::sync::Arc;
use std::time::Duration;

/// How long an upstream may take until its answer begins. CloudFront waits for 60 seconds (`OriginReadSeconds`).
const FIRST_BYTE: Duration = Duration::from_secs(55);
/// How long a stream of `subscriptions/listen` is open. An open stream is an execution, which is paid.
const LISTEN: Duration = Duration::from_secs(60);
/// How many calls a minute a user may make with a client.
const CALLS: u32 = 600;
/// How long a request may take behind an HTTP API, which waits for 30 seconds.
pub(crate) const WHOLE: Duration = Duration::from_secs(28);
/// The most bytes of an answer behind an HTTP API: 6 MB in all (AWS Lambda, "Lambda quotas"), less its head.
const MOST: usize = 6 * 1024 * 1024 - 128 * 1024;

/// What stays while the function runs.
pub(crate) struct Deployment {
    values: Values,
    config: Config,
    store: Arc<dyn Grants>,
    /// The ways to the upstreams, in the order of the setting.
    ways: Vec<Upstream>,
    of_users: Arc<UserLimits>,
    limits: GatewayLimits,
    calls: Option<CallLog>,
    clock: Arc<dyn Clock>,
    entropy: Arc<dyn Entropy>,
}

impl Deployment {
    /// Reads the settings. No key is needed yet.
    ///
    /// # Errors
    /// [`Invalid`], with the variable that has to be changed.
    pub(crate) fn new(
        environment: &Environment,
        config: Config,
        store: Arc<dyn Grants>,
        is_streaming: bool,
    ) -> Result<Self, Invalid> {
        let refused = |error: InvalidSetting| Invalid::of(&error);
        let values = environment.values();
        let numbers = GatewayNumbers::read(&values).map_err(refused)?;
        let all = upstreams(&values, config.resources()).map_err(refused)?;
        // The runtime API is on loopback: it gives the next user's request to each caller.
        let loopback = environment.is_emulated();
        let ways = all.iter().map(|settings| way(settings, config.issuer(), loopback));
        let ways = ways.collect::<Result<_, _>>().map_err(|why| Invalid(UPSTREAM.variable(), why))?;
        let clock: Arc<dyn Clock> = Arc::new(SystemClock);
        let calls = numbers.calls_per_minute.unwrap_or(CALLS);
        let limits = GatewayLimits {
            first_byte: numbers.first_byte.unwrap_or(FIRST_BYTE),
            keep_alive: Some(numbers.keep_alive.unwrap_or(KEEP_ALIVE)).filter(|time| !time.is_zero()),
            listen: Some(numbers.listen.unwrap_or(LISTEN)),
            whole: (!is_streaming).then_some(MOST),
        };
        let is_audited = values.is_on(&AUDIT_CALLS).map_err(refused)?;
        Ok(Self {
            calls: is_audited.then(|| Arc::new(write) as CallLog),
            of_users: Arc::new(UserLimits::new(calls, clock.clone())),
            entropy: Arc::new(SystemEntropy),
            values,
            config,
            store,
            ways,
            limits,
            clock,
        })
    }

    /// The handler for responses that stream.
    pub(crate) fn streaming(&self, function_keys: &FunctionKeys) -> Handler<GatewayBody> {
        let gateways = self.gateways(function_keys);
        handler(move |request: Request<Bytes>| {
            let gateways = gateways.clone();
            async move {
                match gateways {
                    Ok(Some(gateways)) => gateways.answer(request.map(Full::new)).await,
                    Ok(None) => own(nothing_here()),
                    Err(reason) => own(unavailable(&reason)),
                }
            }
        })
    }

    /// The handler for responses that are sent whole.
    pub(crate) fn whole(&self, function_keys: &FunctionKeys) -> Handler {
        let streaming = self.streaming(function_keys);
        handler(move |request| {
            let answered = streaming(request);
            async move {
                let (head, body) = answered.await.into_parts();
                // The gateways have read answers of upstreams to their end, so this cannot fail.
                let body = body.collect().await.map(Collected::to_bytes).unwrap_or_default();
                Response::from_parts(head, body)
            }
        })
    }

    /// Builds the gateways with these keys. `None` if there are no upstreams.
    fn gateways(&self, function_keys: &FunctionKeys) -> Result<Option<Gateways>, String> {
        if self.ways.is_empty() {
            return Ok(None);
        }
        let all = self.with_headers(function_keys)?;
        let verify = Verify::of(&self.config, function_keys.public_keys.clone(), self.store.clone());
        let keys = gateway_keys(function_keys, &*self.entropy)?;
        let mut routes = Vec::new();
        for (settings, way) in all.into_iter().zip(&self.ways) {
            let resource = self.config.resources().called(settings.resource.as_str());
            let resource = resource.ok_or_else(|| format!("no resource is {}", settings.resource))?;
            let issuer = self.config.issuer();
            let guard = Guard::new(resource.clone(), issuer.clone(), verify.clone(), self.clock.clone());
            let gateway = Gateway::new(guard, issuer, settings.upstream, keys.clone(), self.entropy.clone());
            let gateway = gateway.limited_by(self.of_users.clone()).without_get();
            let headers = StaticHeaders::new(settings.headers.iter().map(String::as_str), &report());
            let headers = headers.map_err(|error| refused_headers(&error))?;
            routes.push(Route { gateway, upstream: way.with_headers(headers) });
        }
        Ok(Some(Gateways::new(routes, self.limits, self.calls.clone(), self.clock.clone())))
    }

    /// The settings of the upstreams, with the headers of the operator.
    fn with_headers(&self, function_keys: &FunctionKeys) -> Result<Vec<UpstreamSettings>, String> {
        let mut values = self.values.clone();
        let lines = function_keys.upstream_headers.as_deref().map(String::as_str).unwrap_or_default();
        let lines = lines.lines().map(str::trim).filter(|line| !line.is_empty());
        values.set(&UPSTREAM_HEADER, lines.map(str::to_owned).collect());
        upstreams(&values, self.config.resources()).map_err(|error| refused_headers(&error))
    }
}

/// The way to an upstream that a function reaches, for a resource that the routes of the template lead to.
fn way(settings: &UpstreamSettings, issuer: &Issuer, loopback: bool) -> Result<Upstream, String> {
    let (resource, url) = (&settings.resource, &settings.upstream.url);
    if !is_routed(resource, issuer) {
        return Err(format!(
            "{resource}: the routes of the template lead to {issuer}/mcp and {issuer}/mcp/NAME only"
        ));
    }
    if let Target::Unix(_) = url.target() {
        return Err(format!("{url}: a function reaches no Unix socket; give an https:// URL"));
    }
    let settings = Settings { loopback, ..Settings::default() };
    Upstream::new(url.target().clone(), settings).map_err(|error| error.to_string())
}

/// Whether requests for a resource reach this function.
fn is_routed(resource: &Resource, issuer: &Issuer) -> bool {
    let below = resource.path().strip_prefix("/mcp").map(|rest| rest.strip_suffix('/').unwrap_or(rest));
    let is_name = |name: &str| !name.is_empty() && !name.contains('/') && name != ".well-known";
    let is_at_path = below.is_some_and(|rest| rest.is_empty() || rest.strip_prefix('/').is_some_and(is_name));
    resource.origin() == issuer.origin() && is_at_path
}

fn gateway_keys(function_keys: &FunctionKeys, entropy: &dyn Entropy) -> Result<GatewayKeys, String> {
    let keys = function_keys.keys(|| {
        let mut secret = [0; 32];
        entropy.fill(&mut secret);
        secret
    });
    let identities =
        function_keys.secrets(Purpose::Identities).ok_or("this function has no key for identities")?;
    Ok(GatewayKeys {
        sessions: Arc::new(keys.upstream_sessions),
        endpoints: Arc::new(keys.legacy_endpoints),
        identities: Arc::new(Es256::new(&identities.newest)),
    })
}

fn refused_headers(error: &dyn std::fmt::Display) -> String {
    format!("the parameter upstream-headers: {error}")
}

/// Writes what a header's value looks like, if that is not what it is.
fn report() -> Arc<dyn Fn(&str) + Send + Sync> {
    Arc::new(|sentence| {
        let reason = Some(sentence.to_owned());
        write(&Event {
            rule: Some(&rules::UPSTREAM_HEADERS),
            reason,
            ..Event::new(EventKind::UpstreamFailed)
        });
    })
}

fn nothing_here() -> Response<Bytes> {
    let why = "no MCP server is here; the operator names those of the gateway with the parameter Upstreams";
    json(StatusCode::NOT_FOUND, &serde_json::json!({ "error": "not_found", "error_description": why }))
}

fn own(response: Response<Bytes>) -> Response<GatewayBody> {
    response.map(|body| Either::Left(Full::new(body)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_template_routes_one_name_below_mcp() {
        let issuer = Issuer::parse("https://mcp.example.com").unwrap();
        for (url, is_routed_there) in [
            ("https://mcp.example.com/mcp", true),
            ("https://mcp.example.com/mcp/notes", true),
            ("https://mcp.example.com/mcp/notes/", true),
            ("https://mcp.example.com/mcp/", true),
            ("https://mcp.example.com/mcp/notes/git", false),
            ("https://mcp.example.com/mcp/.well-known", false),
            ("https://mcp.example.com/mcpx", false),
            ("https://mcp.example.com/notes", false),
            ("https://mcp.example.com", false),
            ("https://other.example.com/mcp", false),
            ("https://mcp.example.com:8443/mcp", false),
        ] {
            assert_eq!(is_routed(&Resource::parse(url).unwrap(), &issuer), is_routed_there, "{url}");
        }
    }
}
