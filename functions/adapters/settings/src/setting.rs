//! A setting, its environment variable, and its values in a deployment.

use std::collections::BTreeMap;

/// A setting.
#[derive(Clone, Copy, Debug)]
pub struct Setting {
    /// The name: the flag, the key in `doorward.toml` and, after `DOORWARD_`, the environment variable.
    pub name: &'static str,
    /// The placeholder of the value in the help.
    pub value: &'static str,
    /// The description in the help.
    pub help: &'static str,
    /// Whether it can have several values: one per flag, or one per line of the environment variable.
    pub repeatable: bool,
    /// Whether the flag needs no value.
    pub switch: bool,
    /// Whether the value is a TOML document, of any number of lines. In `doorward.toml` it is a table.
    pub structured: bool,
    /// An alternative environment variable: the name that the tutorial's own programs use.
    pub tutorial: Option<&'static str>,
}

impl Setting {
    pub(crate) const fn new(name: &'static str, value: &'static str, help: &'static str) -> Self {
        Self { name, value, help, repeatable: false, switch: false, structured: false, tutorial: None }
    }

    pub(crate) const fn repeatable(self) -> Self {
        Self { repeatable: true, ..self }
    }

    pub(crate) const fn switch(self) -> Self {
        Self { switch: true, ..self }
    }

    pub(crate) const fn structured(self) -> Self {
        Self { structured: true, ..self }
    }

    pub(crate) const fn tutorial(self, variable: &'static str) -> Self {
        Self { tutorial: Some(variable), ..self }
    }

    /// The environment variable: `DOORWARD_NAME`, in the plural if the setting can have several values.
    pub fn variable(&self) -> String {
        let name = match self.name.strip_suffix('y') {
            Some(stem) if self.repeatable => format!("{stem}ies"),
            None if self.repeatable && !self.is_plural() => format!("{}s", self.name),
            _ => self.name.to_owned(),
        };
        format!("DOORWARD_{}", name.replace('-', "_").to_ascii_uppercase())
    }

    /// Whether the name is a plural already. The variable of `provider-secret` keeps the name that it had for one.
    fn is_plural(&self) -> bool {
        ["s", "people", "provider-secret"].iter().any(|end| self.name.ends_with(end))
    }

    /// Reads the values from these variables: one per line, without the white space around it, or one document. Returns
    /// `None` if there is no value.
    pub fn read(&self, variables: &BTreeMap<String, String>) -> Option<Vec<String>> {
        if self.structured {
            let document = variables.get(&self.variable()).filter(|text| !text.trim().is_empty());
            return document.map(|text| vec![text.clone()]);
        }
        let lines = |name: &str| -> Option<Vec<String>> {
            let lines = variables.get(name)?.lines().map(str::trim).filter(|line| !line.is_empty());
            Some(lines.map(str::to_owned).collect()).filter(|lines: &Vec<_>| !lines.is_empty())
        };
        // An empty variable is not set, so it does not hide the alternative.
        lines(&self.variable()).or_else(|| lines(self.tutorial?))
    }
}

/// The values of settings, by name.
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<&'static str, Vec<String>>);

impl Values {
    /// Values from pairs, for programs that embed a server.
    pub fn of<'a>(pairs: impl IntoIterator<Item = (&'a Setting, &'a str)>) -> Self {
        let mut values = Self::default();
        for (setting, value) in pairs {
            values.0.entry(setting.name).or_default().push(value.to_owned());
        }
        values
    }

    /// Sets all values of a setting.
    pub fn set(&mut self, setting: &Setting, values: Vec<String>) {
        self.0.insert(setting.name, values);
    }

    /// The same values, with a default for one setting.
    #[must_use]
    pub fn or(mut self, setting: &Setting, default: Option<String>) -> Self {
        if let (None, Some(default)) = (self.one(setting), default) {
            self.set(setting, vec![default]);
        }
        self
    }

    /// The value of a setting: the last, if there are several.
    pub fn one(&self, setting: &Setting) -> Option<&str> {
        self.all(setting).last().map(String::as_str)
    }

    /// All values of a setting.
    pub fn all(&self, setting: &Setting) -> &[String] {
        self.0.get(setting.name).map_or(&[], Vec::as_slice)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::names::{AUTH_PORT, CLIENT_KEYS, PROVIDER_SECRET, RESOURCE_PEOPLE, UPSTREAM_IDENTITY, USER};

    #[test]
    fn a_variable_has_the_name_of_its_setting_in_the_plural_if_repeatable() {
        for (setting, variable) in [
            (AUTH_PORT, "DOORWARD_AUTH_PORT"),
            (USER, "DOORWARD_USERS"),
            (CLIENT_KEYS, "DOORWARD_CLIENT_KEYS"),
            (UPSTREAM_IDENTITY, "DOORWARD_UPSTREAM_IDENTITIES"),
            (RESOURCE_PEOPLE, "DOORWARD_RESOURCE_PEOPLE"),
            (PROVIDER_SECRET, "DOORWARD_PROVIDER_SECRET"),
        ] {
            assert_eq!(setting.variable(), variable);
        }
    }

    #[test]
    fn an_empty_variable_does_not_hide_the_alternative() {
        let read = |pairs: &[(&str, &str)]| {
            let variables = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
            crate::ISSUER.read(&variables.collect())
        };
        let (empty, other) = (("DOORWARD_ISSUER", " \n"), ("OAUTH_AUTH_SERVER", "http://127.0.0.1:9"));
        assert_eq!(read(&[empty, other]), Some(vec!["http://127.0.0.1:9".to_owned()]));
        assert_eq!(read(&[("DOORWARD_ISSUER", "ours"), other]), Some(vec!["ours".to_owned()]));
        assert_eq!(read(&[empty]), None);
    }

    #[test]
    fn a_switch_is_true_or_false() {
        let values = |text| Values::of([(&crate::TUTORIAL, text)]).is_on(&crate::TUTORIAL);
        assert_eq!((values("true").unwrap(), values("false").unwrap()), (true, false));
        assert_eq!(values("yes").unwrap_err().to_string(), "tutorial: must be true or false, not \"yes\"");
    }
}
