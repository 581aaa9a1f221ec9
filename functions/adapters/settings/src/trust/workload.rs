//! The blocks of `trust` about workloads: issuers of their tokens, and rules which say which client a workload is.

use super::{Block, Kind};
use crate::error::Reason;
use doorward::config::{WorkloadClaims, WorkloadIssuer, WorkloadRule};
use doorward::protocol::{ClientId, Scope};
use serde::Deserialize;
use serde_json::{Map, Value};

/// A block `[[workload]]`.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Rule {
    pub(super) client: String,
    scope: String,
    issuer: String,
    claims: Map<String, Value>,
}

impl Rule {
    pub(super) fn read(&self) -> Result<WorkloadRule, Reason> {
        Ok(WorkloadRule {
            client: ClientId(self.client.clone()),
            scope: Scope::parse(&self.scope)?,
            issuer: self.issuer.clone(),
            claims: WorkloadClaims::new(self.claims.clone())?,
        })
    }
}

impl Block {
    pub(super) fn workload(&self) -> Result<WorkloadIssuer, Reason> {
        if self.speaks_of != [Kind::Workload] {
            return Err(Reason::OfUsersAndWorkloads);
        }
        let issuer = WorkloadIssuer::new(self.issuer()?).with_again(self.again == Some(true));
        Ok(match &self.audience {
            Some(audience) => issuer.with_audience(audience),
            None => issuer,
        })
    }
}

#[cfg(test)]
mod tests {
    use crate::config::{Defaults, build, config};
    use crate::error::InvalidSetting;
    use crate::names::TRUST;
    use crate::setting::Values;
    use doorward::config::Config;
    use serde_json::json;

    const PLATFORM: &str = "url = 'https://platform.example'\nspeaks-of = ['workload']\n";
    const RULE: &str = "client = 'ci'\nscope = 'user'\nissuer = 'https://platform.example'\n";

    fn read(document: &str) -> Result<Config, InvalidSetting> {
        let values = Values::of([(&TRUST, document)]);
        let defaults = Defaults { issuer: Some("https://auth.example".to_owned()) };
        build(config(&values, &defaults, |issuer| format!("{issuer}/mcp=user"))?)
    }

    #[test]
    fn issuers_and_rules_are_read() {
        let key = r#"{ kty = "OKP", crv = "Ed25519", x = "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" }"#;
        let document = format!(
            "[[issuer]]\n{PLATFORM}audience = 'mcp'\nagain = true\nkeys = {{ keys = [{key}] }}\n\
             [[workload]]\n{RULE}\
             claims = {{ sub = 'job', number = 7, yes = true, \"kubernetes.io\".serviceaccount.uid = 'u-1' }}\n"
        );
        let config = read(&document).unwrap();
        let ([issuer], [rule]) = (config.workloads().issuers(), config.workloads().rules()) else { panic!() };
        assert_eq!((issuer.audience(), issuer.may_be_used_again()), (Some("mcp"), true));
        assert_eq!((rule.client.0.as_str(), rule.scope.as_str()), ("ci", "user"));
        let expected = json!({
            "sub": "job", "number": 7, "yes": true, "kubernetes.io": { "serviceaccount": { "uid": "u-1" } },
        });
        assert_eq!(Some(rule.claims.members()), expected.as_object());
        let plain = read(&format!("[[issuer]]\n{PLATFORM}")).unwrap();
        let [issuer] = plain.workloads().issuers() else { panic!() };
        assert_eq!((issuer.audience(), issuer.may_be_used_again()), (None, false));
    }

    #[test]
    fn what_is_refused_is_named() {
        let issuer = |more: &str| format!("[[issuer]]\n{PLATFORM}{more}\n");
        let rule = |claims: &str| format!("[[issuer]]\n{PLATFORM}[[workload]]\n{RULE}claims = {claims}\n");
        let of_users =
            "[[issuer]]\nurl = 'https://acme.example'\nspeaks-of = ['identity']\nallow = 'anyone'\n";
        for (document, expected) in [
            (issuer("allow = 'anyone'"), "the issuer https://platform.example: has allow, which"),
            (issuer("scope = 'user'"), "the issuer https://platform.example: has scope, which"),
            (issuer("people-by = 'subject'"), "has people-by, which"),
            (issuer("keys = 'http://keys.example'"), "the issuer https://platform.example: the URL of keys"),
            (issuer("again = 1"), "must be a TOML document of blocks [[issuer]] and [[workload]]: "),
            (format!("{of_users}again = true\n"), "the issuer https://acme.example: has again, which"),
            (format!("{of_users}audience = 'x'\n"), "has audience, which"),
            (
                "[[issuer]]\nurl = 'https://a.example'\nspeaks-of = ['workload', 'identity']\nallow = 'anyone'\n".to_owned(),
                "the issuer https://a.example: speaks of users and of workloads",
            ),
            (
                "[[issuer]]\nurl = 'https://a.example'\nspeaks-of = ['workload', 'workload']\n".to_owned(),
                "the issuer https://a.example: ",
            ),
            (format!("{}{}", issuer(""), issuer("")), "trust: the issuer https://platform.example: is given twice"),
            (rule("{ repository = 'a/b' }"), "the workload ci: its claims name no id, and a name"),
            (rule("{ sub = 'repo:a/*' }"), "the workload ci: its claim sub is \"repo:a/*\": claims are compared"),
            (rule("{ sub = ['a'] }"), "the workload ci: its claim sub must be one text, number or boolean"),
            (rule("{ sub = '' }"), "the workload ci: its claims are empty at sub"),
            (rule("{}"), "the workload ci: its claims are empty; add"),
            (rule("{ sub = 'a' }\nmore = 1"), "must be a TOML document"),
            (rule("{ sub = 'a' }").replace("'user'", "'a\"b'"), "the workload ci: "),
            (rule("{ sub = 'a' }").replace("'user'", "'admin'"), "trust: the workload ci has the scope \"admin\""),
            (rule("{ sub = 'a' }").replace("'ci'", "'dw_x'"), "trust: the client \"dw_x\" of a workload"),
            (
                format!("{of_users}[[workload]]\n{}claims = {{ sub = 'a' }}\n", RULE.replace("platform", "acme")),
                "trust: the workload ci has the issuer https://acme.example, which no block",
            ),
        ] {
            let refused = read(&document).map(drop).unwrap_err().to_string();
            assert!(refused.starts_with("trust: ") && refused.contains(expected), "{document}\n{refused}");
        }
    }
}
