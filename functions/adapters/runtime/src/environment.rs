//! Environment variables of a function. No variable holds a secret.

use crate::origin_secret::OriginSecret;
use crate::role::Role;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::config::Config;
use doorward::protocol::{Digest, Issuer};
use doorward_aws::{Account, Roots};
use doorward_parameters::Names;
use doorward_settings::{
    Defaults, FUNCTIONS, ISSUER, InvalidSetting, SCOPE_DESCRIPTION, Setting, TRUST, Values, check_sign_in,
};
use std::collections::BTreeMap;
use thiserror::Error;

/// The environment of a function.
#[derive(Clone)]
pub struct Environment {
    variables: BTreeMap<String, String>,
    /// The credentials for AWS.
    pub account: Account,
    /// The connections to AWS.
    pub connector: doorward_aws::Connector,
    /// The names of the keys in Parameter Store.
    pub names: Names,
}

/// The path of the keys in Parameter Store.
const KEYS: &str = "DOORWARD_KEYS";
/// The name of the table.
const TABLE: &str = "DOORWARD_TABLE";
/// The SHA-256 digest, in base64url, of the origin secret.
const DOOR: &str = "DOORWARD_DOOR_DIGEST";
/// The domain of AWS, which depends on the partition.
const DOMAIN: &str = "DOORWARD_AWS_DOMAIN";
/// The ARN of the customer-managed KMS key that encrypts keys in Parameter Store.
const KMS_KEY: &str = "DOORWARD_KMS_KEY";
/// `true` if the function's URL streams responses.
const STREAMING: &str = "DOORWARD_STREAMING";
/// `system` to trust the root certificates of the system: for emulators of AWS.
const ROOTS: &str = "DOORWARD_ROOTS";

impl Environment {
    /// Reads the environment variables.
    ///
    /// # Errors
    /// [`Invalid`] when a variable that every function needs is missing or not valid.
    pub fn of(variables: impl IntoIterator<Item = (String, String)>) -> Result<Self, Invalid> {
        let variables: BTreeMap<_, _> = variables.into_iter().collect();
        let required = |name: &'static str| required(&variables, name);
        let account = Account {
            region: required("AWS_REGION")?,
            access_key_id: required("AWS_ACCESS_KEY_ID")?,
            secret_access_key: required("AWS_SECRET_ACCESS_KEY")?,
            session_token: variables.get("AWS_SESSION_TOKEN").cloned(),
            domain: variables.get(DOMAIN).cloned().unwrap_or_else(|| "amazonaws.com".to_owned()),
            endpoint: variables.get("AWS_ENDPOINT_URL").cloned(),
            roots: match variables.get(ROOTS).map(String::as_str) {
                None => Roots::Amazon,
                Some("system") => Roots::System,
                Some(_) => return Err(Invalid(ROOTS.into(), "must be system, or not be set".into())),
            },
        };
        let connector = account.connector().map_err(|why| Invalid(ROOTS.into(), why))?;
        let names = Names::below(required(KEYS)?);
        Ok(Self { account, connector, names, variables })
    }

    /// The name of the table.
    ///
    /// # Errors
    /// [`Invalid`] when the variable is not set.
    pub fn table(&self) -> Result<String, Invalid> {
        required(&self.variables, TABLE)
    }

    /// The customer-managed KMS key that encrypts keys in Parameter Store, if there is one.
    pub fn kms_key(&self) -> Option<String> {
        self.variables.get(KMS_KEY).filter(|key| !key.is_empty()).cloned()
    }

    /// The values of the settings.
    pub fn values(&self) -> Values {
        let mut values = Values::default();
        for setting in &FUNCTIONS {
            if let Some(given) = self.given(setting) {
                values.set(setting, given);
            }
        }
        values
    }

    /// Whether AWS is an emulator, such as one on this machine.
    pub fn is_emulated(&self) -> bool {
        self.account.endpoint.is_some()
    }

    /// Whether responses stream. They do behind a front, and cannot behind an HTTP API.
    ///
    /// # Errors
    /// [`Invalid`] when the variable is neither `true` nor `false`.
    pub fn is_streaming(&self) -> Result<bool, Invalid> {
        match self.variables.get(STREAMING).map(String::as_str) {
            None | Some("false" | "") => Ok(false),
            Some("true") => Ok(true),
            Some(_) => Err(Invalid(STREAMING.into(), "must be true or false".into())),
        }
    }

    /// The configuration of the authorization server, without the issuers that the operator trusts.
    ///
    /// # Errors
    /// [`Invalid`], with the variable that has to be changed.
    pub fn config(&self) -> Result<Config, Invalid> {
        self.config_with(None)
    }

    fn config_with(&self, trust: Option<&str>) -> Result<Config, Invalid> {
        let mut values = self.values();
        if let Some(document) = trust {
            values.set(&TRUST, vec![document.to_owned()]);
        }
        let refused = |error: InvalidSetting| Invalid::of(&error);
        let own = |issuer: &Issuer| format!("{issuer}/mcp=user");
        let builder = doorward_settings::config(&values, &Defaults { issuer: None }, own).map_err(refused)?;
        let config = doorward_settings::build(builder).map_err(refused)?;
        if !config.issuer().path().is_empty() {
            let why =
                "has a path, but the routes of the template are at the root of the host; leave the path out";
            return Err(Invalid(ISSUER.variable(), why.into()));
        }
        Ok(config)
    }

    /// The configuration for the function with this role, with the issuers that the operator trusts. The one that has the
    /// secret of the provider is that at which users sign in.
    ///
    /// # Errors
    /// [`Invalid`], with the variable that has to be changed.
    pub fn config_of(&self, role: &Role, trust: Option<&str>) -> Result<Config, Invalid> {
        let config = self.config_with(trust)?;
        if role.needs.provider_secret {
            check_sign_in(&config).map_err(|error| Invalid::of(&error))?;
        }
        Ok(config)
    }

    /// The values of a setting. A template writes them on one line: sentences are separated by semicolons, other
    /// values by white space.
    fn given(&self, setting: &Setting) -> Option<Vec<String>> {
        let value = self.variables.get(&setting.variable())?;
        let values: Vec<_> = if setting.name == SCOPE_DESCRIPTION.name {
            value
                .split(['\n', ';'])
                .map(str::trim)
                .filter(|text| !text.is_empty())
                .map(str::to_owned)
                .collect()
        } else if setting.repeatable {
            value.split_whitespace().map(str::to_owned).collect()
        } else {
            vec![value.clone()].into_iter().filter(|value| !value.is_empty()).collect()
        };
        Some(values).filter(|values| !values.is_empty())
    }

    /// The secret that requests must carry, if any.
    pub(crate) fn origin_secret(&self) -> Result<OriginSecret, Invalid> {
        let shown = self.variables.get(DOOR).filter(|text| !text.is_empty());
        Ok(shown
            .map(|text| digest(DOOR, text))
            .transpose()?
            .map_or(OriginSecret::NotRequired, OriginSecret::Required))
    }
}

fn required(variables: &BTreeMap<String, String>, name: &'static str) -> Result<String, Invalid> {
    let value = variables.get(name).filter(|value| !value.is_empty());
    value.cloned().ok_or_else(|| Invalid(name.into(), "is not set".into()))
}

fn digest(name: &'static str, text: &str) -> Result<Digest, Invalid> {
    let bytes =
        URL_SAFE_NO_PAD.decode(text.trim_end_matches('=')).ok().and_then(|bytes| bytes.try_into().ok());
    bytes.map(Digest).ok_or_else(|| Invalid(name.into(), "must be a SHA-256 digest in base64url".into()))
}

/// An invalid or missing variable: its name, and the reason. The function cannot start.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0} {1}")]
pub struct Invalid(pub String, pub String);

impl Invalid {
    /// The error of a setting, with the variable that holds it.
    pub fn of(error: &InvalidSetting) -> Self {
        let setting = FUNCTIONS.iter().find(|setting| setting.name == error.setting);
        let variable = setting.map_or_else(|| error.setting.to_owned(), Setting::variable);
        let value = error.value.as_ref().map(|value| format!("{value}: ")).unwrap_or_default();
        Self(variable, format!("{value}{}", error.reason))
    }
}
