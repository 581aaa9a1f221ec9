//! Why an HTTP client could not be built: on a host without root certificates, what to do.

use std::error::Error;

/// An HTTP client could not be built. The sentence is for the operator.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct NotBuilt(String);

impl From<reqwest::Error> for NotBuilt {
    fn from(error: reqwest::Error) -> Self {
        let mut cause: &(dyn Error + 'static) = &error;
        while let Some(inner) = cause.source() {
            cause = inner;
        }
        Self::because(cause)
    }
}

impl NotBuilt {
    /// rustls-platform-verifier has no type for a host without root certificates.
    fn because(cause: &(dyn Error + 'static)) -> Self {
        match cause.downcast_ref() {
            Some(rustls::Error::General(reason)) if reason.contains("No CA certificates") => {
                Self(NO_ROOTS.to_owned())
            }
            _ => Self(format!("the HTTP client cannot be built: {cause}")),
        }
    }
}

const NO_ROOTS: &str = "this host has no root certificates for https; install the package ca-certificates, or set \
                        SSL_CERT_FILE to a PEM file that has them";

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use crate::http;
    use std::process::Command;

    /// Variables of the environment are set for a process, so this test runs in one of its own.
    #[test]
    fn without_root_certificates_the_sentence_says_what_to_do() {
        const NONE: [(&str, &str); 2] = [("SSL_CERT_FILE", "/dev/null"), ("SSL_CERT_DIR", "/dev/null")];
        if NONE.iter().all(|(name, value)| std::env::var(name).is_ok_and(|set| set == *value)) {
            let sentence = http().expect_err("no roots").to_string();
            assert!(sentence.contains("install the package ca-certificates"), "{sentence}");
            return;
        }
        let name = "not_built::tests::without_root_certificates_the_sentence_says_what_to_do";
        let mut test = Command::new(std::env::current_exe().expect("the test's path"));
        let output = test.args(["--exact", name]).envs(NONE).output().expect("the test starts");
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
    }
}
