//! The gateways of a local server, from its settings.

use super::address::Bound;
use super::limits;
use super::local_way::LocalWay;
use super::stdio::{Programs, Stdio};
use crate::Failure;
use crate::log::Log;
use doorward::config::Config;
use doorward::gateway::{Gateway, GatewayKeys, IdentityForm, UserLimits};
use doorward::guard::Guard;
use doorward::protocol::{ProtectedResource, Resource};
use doorward::wire::Event;
use doorward_settings::{
    AUDIT_CALLS, GatewayNumbers, InvalidSetting, Reason, SECRET_FILE, UPSTREAM, UPSTREAM_CA, UPSTREAM_HEADER,
    UpstreamSettings, Values, upstreams,
};
use doorward_signing::{SystemClock, SystemEntropy};
use doorward_upstream::{
    CallLog, GatewayLimits, Gateways, KEEP_ALIVE as DEFAULT_KEEP_ALIVE, Route, Settings, StaticHeaders,
    Upstream,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// How long an upstream may take until its answer begins, by default.
const FIRST_BYTE: Duration = Duration::from_secs(300);
/// How many calls a minute a user may make with a client, by default.
const CALLS: u32 = 600;
/// How long the start waits for a connection to an upstream, before it warns.
const PROBE: Duration = Duration::from_secs(1);

/// Builds the gateways. It warns about an upstream that is not there: that may start later.
pub(super) async fn gateways(
    values: &Values,
    config: &Config,
    guard: impl Fn(&ProtectedResource) -> Result<Guard, Failure>,
    keys: GatewayKeys,
    programs: &Programs,
    (log, warnings): (&Log, &mut Vec<String>),
) -> Result<Gateways<LocalWay>, Failure> {
    let numbers = GatewayNumbers::read(values)?;
    let calls = numbers.calls_per_minute.unwrap_or(CALLS);
    let of_users = Arc::new(UserLimits::new(calls, Arc::new(SystemClock)));
    let mut routes = Vec::new();
    for settings in upstreams(values, config.resources())? {
        let upstream = match &settings.command {
            None => LocalWay::Http(http(values, &settings, log, warnings).await?),
            Some(command) => {
                let stdio = Stdio::new(&settings.resource, command.clone(), programs.clone(), log)?;
                if !stdio.is_there() {
                    let name = &command.argv[0];
                    warnings.push(format!(
                        "the program {name} is not there yet; install it, or check --upstream-command"
                    ));
                }
                LocalWay::Program(Box::new(stdio))
            }
        };
        let resource = config.resources().called(settings.resource.as_str());
        let resource = resource.ok_or_else(|| Failure(format!("no resource is {}", settings.resource)))?;
        let (issuer, entropy) = (config.issuer(), Arc::new(SystemEntropy));
        let gateway = Gateway::new(guard(resource)?, issuer, settings.upstream, keys.clone(), entropy);
        routes.push(Route { gateway: gateway.limited_by(of_users.clone()), upstream });
    }
    let calls = values.is_on(&AUDIT_CALLS)?.then(|| {
        let log = log.clone();
        Arc::new(move |event: &Event| log.write(event)) as CallLog
    });
    Ok(Gateways::new(routes, limits_of(&numbers), calls, Arc::new(SystemClock)))
}

/// The way to an upstream over HTTP.
async fn http(
    values: &Values,
    settings: &UpstreamSettings,
    log: &Log,
    warnings: &mut Vec<String>,
) -> Result<Upstream, Failure> {
    let trouble = log.clone();
    let report: Arc<dyn Fn(&str) + Send + Sync> = Arc::new(move |sentence| trouble.trouble(sentence));
    let headers = StaticHeaders::new(settings.headers.iter().map(String::as_str), &report);
    let headers = headers.map_err(|error| Failure::new(format_args!("--{}", UPSTREAM_HEADER.name), error))?;
    let target = settings.upstream.url.target().clone();
    let upstream = Upstream::new(target, way(values, settings, headers)?)
        .map_err(|error| Failure::new(format_args!("--{}", UPSTREAM_CA.name), error))?;
    if let Err(reason) = upstream.probe(PROBE).await {
        let url = &settings.upstream.url;
        warnings
            .push(format!("the upstream {url} does not answer yet: {reason}; start it, or check --upstream"));
    }
    Ok(upstream)
}

/// How an upstream is reached. All connections of the listener can have a request in flight there.
fn way(values: &Values, settings: &UpstreamSettings, headers: StaticHeaders) -> Result<Settings, Failure> {
    let (ca, in_flight) = (settings.ca.clone().map(Into::into), limits::connections(values)?);
    Ok(Settings { headers, ca, in_flight, ..Settings::default() })
}

/// The resources with a gateway, and the URLs or programs of their upstreams. No URL may be at a port of this process.
pub(super) fn listed(
    values: &Values,
    config: &Config,
    bound: &Bound,
) -> Result<Vec<(Resource, String)>, Failure> {
    let all = upstreams(values, config.resources())?.into_iter();
    all.map(|settings| {
        let own = match settings.command {
            None => bound.is_at(settings.upstream.url.target()),
            Some(_) => None,
        };
        match own {
            None => Ok((settings.resource.clone(), settings.shown())),
            Some(own) => Err(InvalidSetting::of(&UPSTREAM, Reason::UpstreamIsOurs(own.to_owned())).into()),
        }
    })
    .collect()
}

/// Refuses to sign identities, in a process without the authorization server, with another secret than the issuer's: no
/// published key would verify them.
pub(super) fn refuse_foreign_identities(values: &Values, config: &Config) -> Result<(), Failure> {
    let signs = |settings: &UpstreamSettings| {
        [IdentityForm::Signed, IdentityForm::Bearer].contains(&settings.upstream.identity)
    };
    let Some(signed) = upstreams(values, config.resources())?.into_iter().find(signs) else { return Ok(()) };
    let wrong = match values.one(&SECRET_FILE) {
        None => "is not set",
        Some(path) if !Path::new(path).exists() => "does not exist",
        Some(_) => return Ok(()),
    };
    Err(Failure(format!(
        "--secret-file: {wrong}; with --only mcp the identities for {} are verified with the keys of the issuer {}: give a copy \
         of its secret file, or say --upstream-identity none or plain",
        signed.resource,
        config.issuer()
    )))
}

fn limits_of(numbers: &GatewayNumbers) -> GatewayLimits {
    let keep_alive = numbers.keep_alive.unwrap_or(DEFAULT_KEEP_ALIVE);
    GatewayLimits {
        first_byte: numbers.first_byte.unwrap_or(FIRST_BYTE),
        keep_alive: Some(keep_alive).filter(|time| !time.is_zero()),
        listen: None,
        whole: None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use doorward::protocol::Resources;
    use doorward_settings::CONNECTIONS;

    #[test]
    fn every_connection_can_have_a_request_in_flight() {
        for (connections, in_flight) in [(None, 1024), (Some("16"), 16), (Some("20000"), 20_000)] {
            let given = connections.map(|count| (&CONNECTIONS, count));
            let values = Values::of([(&UPSTREAM, "http://127.0.0.1:3000/mcp")].into_iter().chain(given));
            let resource = ProtectedResource::parse("https://mcp.example/mcp", "user").unwrap();
            let settings = upstreams(&values, &Resources::new(vec![resource]).unwrap()).unwrap();
            let headers = StaticHeaders::default();
            assert_eq!(way(&values, &settings[0], headers).unwrap().in_flight, in_flight);
        }
    }
}
