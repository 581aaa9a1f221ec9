//! Where people sign in if not here: an OpenID provider, and who of its people may come in.

use crate::protocol::parse_server_url;
use std::fmt;
use zeroize::Zeroizing;

/// What an operator decides about an OpenID provider.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ProviderSettings {
    /// Its issuer identifier, byte for byte as its metadata has it (OpenID Connect Discovery 1.0 §4.3).
    pub issuer: String,
    /// What this server is called there.
    pub client_id: String,
    /// What people know it as.
    pub name: String,
    /// What is asked of it about a person (OpenID Connect Core 1.0 §5.4), `openid` among it.
    pub scope: String,
    /// The claim in which it lists a person's groups.
    pub groups_claim: String,
    /// Who may come in.
    pub allowed: Allowed,
}

/// The secret with which this server redeems codes there.
#[derive(Clone)]
pub struct ProviderSecret(Zeroizing<String>);

/// Who of a provider's people may come in: whoever meets one of these rules. There is at least one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Allowed(pub(crate) Vec<Rule>);

#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Rule {
    Anyone,
    Domain(String),
    Group(String),
}

impl ProviderSettings {
    /// Takes what cannot be left out; the rest is as usual, and may be changed.
    ///
    /// # Errors
    /// A sentence, with what has to be changed.
    pub fn new(issuer: &str, client_id: &str, allowed: Allowed) -> Result<Self, String> {
        let url = parse_server_url(issuer).map_err(str::to_owned)?;
        let name = url.authority().map_or("", |authority| authority.host()).to_owned();
        Ok(Self {
            issuer: issuer.to_owned(),
            client_id: client_id.to_owned(),
            name,
            scope: "openid email profile".to_owned(),
            groups_claim: "groups".to_owned(),
            allowed,
        })
    }

    /// The names of what can be set. The first is the issuer: without it there is no provider.
    pub const SETTABLE: [&str; 6] = [
        "provider",
        "provider-client",
        "provider-allow",
        "provider-name",
        "provider-scope",
        "provider-groups-claim",
    ];

    /// Reads what is given of [`Self::SETTABLE`], in that order.
    ///
    /// # Errors
    /// Which of them has to be changed, and a sentence.
    pub fn read(given: [Option<&str>; 6]) -> Result<Option<Self>, (usize, String)> {
        let [issuer, client_id, allow, name, scope, groups_claim] = given;
        let Some(issuer) = issuer else {
            let alone = given.iter().position(Option::is_some);
            return alone.map_or(Ok(None), |index| Err((index, "needs a provider".to_owned())));
        };
        let allowed = Allowed::parse(allow.unwrap_or_default()).map_err(|why| (2, why))?;
        let client_id = client_id.ok_or_else(|| (1, "says what this server is called there".to_owned()))?;
        let usual = Self::new(issuer, client_id, allowed).map_err(|why| (0, why))?;
        let scope = scope.map_or(usual.scope, str::to_owned);
        if !scope.split(' ').any(|one| one == "openid") {
            return Err((4, "has to hold openid".to_owned()));
        }
        Ok(Some(Self {
            scope,
            name: name.map_or(usual.name, str::to_owned),
            groups_claim: groups_claim.map_or(usual.groups_claim, str::to_owned),
            ..usual
        }))
    }

    /// Where its metadata is (OpenID Connect Discovery 1.0 §4).
    pub fn metadata_url(&self) -> String {
        format!("{}/.well-known/openid-configuration", self.issuer.trim_end_matches('/'))
    }
}

impl Allowed {
    /// Reads rules, with commas between: `anyone`, `domain:EXAMPLE.COM` or `group:NAME`.
    ///
    /// # Errors
    /// A sentence, when there is none, or one that cannot be read.
    pub fn parse(text: &str) -> Result<Self, String> {
        let rules = text.split(',').map(str::trim).filter(|rule| !rule.is_empty());
        let rules: Vec<_> = rules.map(rule).collect::<Result<_, _>>()?;
        let some = !rules.is_empty();
        let whom = "says who may come in from there: anyone, domain:EXAMPLE.COM or group:NAME";
        some.then_some(Self(rules)).ok_or_else(|| whom.to_owned())
    }
}

impl fmt::Display for Allowed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, rule) in self.0.iter().enumerate() {
            f.write_str(if index == 0 { "" } else { "," })?;
            match rule {
                Rule::Anyone => f.write_str("anyone")?,
                Rule::Domain(domain) => write!(f, "domain:{domain}")?,
                Rule::Group(group) => write!(f, "group:{group}")?,
            }
        }
        Ok(())
    }
}

fn rule(text: &str) -> Result<Rule, String> {
    match text.split_once(':') {
        None if text == "anyone" => Ok(Rule::Anyone),
        Some(("domain", domain)) if domain.contains('.') && !domain.contains('@') => {
            Ok(Rule::Domain(domain.to_owned()))
        }
        Some(("group", group)) if !group.is_empty() => Ok(Rule::Group(group.to_owned())),
        _ => Err(format!("holds {text:?}, which is neither anyone, nor domain:EXAMPLE.COM, nor group:NAME")),
    }
}

impl ProviderSecret {
    /// Takes a secret.
    pub fn new(secret: impl Into<String>) -> Self {
        Self(Zeroizing::new(secret.into()))
    }

    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ProviderSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("ProviderSecret(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_cannot_be_meant_is_refused() {
        for wrong in ["", " , ", "all", "domain:a", "domain:x@a.example", "group:", "domain:"] {
            assert!(Allowed::parse(wrong).is_err(), "{wrong:?}");
        }
        let printed = "anyone,domain:a.example,group:Team A";
        assert_eq!(Allowed::parse(printed).unwrap().to_string(), printed);
        let allowed = Allowed(vec![Rule::Anyone]);
        for issuer in ["http://idp.example", "idp.example", "https://a.example?b"] {
            assert!(ProviderSettings::new(issuer, "us", allowed.clone()).is_err(), "{issuer}");
        }
        let with_slash = ProviderSettings::new("https://a.example/", "us", allowed).unwrap();
        assert_eq!(with_slash.metadata_url(), "https://a.example/.well-known/openid-configuration");
    }

    #[test]
    fn what_is_missing_or_alone_is_named() {
        let (there, us, anyone) = (Some("https://idp.example"), Some("us"), Some("anyone"));
        let index =
            |given| ProviderSettings::read(given).map(|read| read.is_some()).map_err(|(index, _)| index);
        assert_eq!(index([None; 6]), Ok(false));
        assert_eq!(index([there, us, anyone, None, None, None]), Ok(true));
        assert_eq!(index([Some("idp"), us, anyone, None, None, None]), Err(0));
        assert_eq!(index([there, None, anyone, None, None, None]), Err(1));
        assert_eq!(index([there, us, None, None, None, None]), Err(2));
        assert_eq!(index([None, None, None, Some("IdP"), None, None]), Err(3));
        assert_eq!(index([there, us, anyone, None, Some("email"), None]), Err(4));
    }
}
