//! A directory with the scripts of `infra/`, the tools that they need, and the stub in the place of `aws` and `curl`.

use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};

pub(crate) const CERTIFICATE: &str = "arn:aws:acm:us-east-1:123456789012:certificate/x";

/// The arguments of a front with a DNS zone.
pub(crate) const FRONT: &[&str] = &["house", "auth.example.com", CERTIFICATE, "Z1"];

/// The programs that the scripts use besides bash, `aws`, `curl` and `openssl`. macOS and every Linux have them.
const TOOLS: [&str; 11] =
    ["awk", "base64", "cat", "dirname", "env", "grep", "head", "mktemp", "rm", "sed", "tr"];

pub(crate) struct Bench {
    root: PathBuf,
    /// The variables that the scripts get, besides `PATH`.
    pub(crate) variables: Vec<(&'static str, &'static str)>,
}

/// The end of a script.
#[derive(Debug)]
pub(crate) struct Ended {
    pub(crate) success: bool,
    pub(crate) out: String,
    pub(crate) err: String,
}

static BENCHES: AtomicU32 = AtomicU32::new(0);

impl Bench {
    pub(crate) fn new() -> Self {
        let number = BENCHES.fetch_add(1, Ordering::SeqCst);
        let root =
            Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("scripts-{}-{number}", std::process::id()));
        let bin = root.join("bin");
        fs::create_dir_all(&bin).unwrap();
        copy(&workspace().join("infra"), &root.join("infra"));
        for function in [
            "metadata",
            "register",
            "authorize",
            "token",
            "introspect",
            "revoke",
            "account",
            "mcp",
            "gateway",
            "admin",
        ] {
            let folder = root.join("target/lambda").join(function);
            fs::create_dir_all(&folder).unwrap();
            fs::write(folder.join("bootstrap.zip"), "").unwrap();
        }
        for name in ["aws", "curl"] {
            symlink(env!("CARGO_BIN_EXE_aws-stub"), bin.join(name)).unwrap();
        }
        for name in TOOLS.iter().chain(&["openssl"]) {
            symlink(found(name), bin.join(name)).unwrap();
        }
        let bash = std::env::var_os("DOORWARD_BASH").map_or_else(|| found("bash"), PathBuf::from);
        symlink(bash, bin.join("bash")).unwrap();
        let bench = Self { root, variables: vec![("AWS_REGION", "eu-central-1")] };
        bench.keep(&json!({ "buckets": {}, "stacks": {}, "keys": {}, "broken": null, "profile": null }));
        bench
    }

    /// Takes a program away.
    pub(crate) fn without(self, name: &str) -> Self {
        fs::remove_file(self.root.join("bin").join(name)).unwrap();
        self
    }

    /// Removes a file of the build.
    pub(crate) fn remove(&self, path: &str) {
        fs::remove_file(self.root.join(path)).unwrap();
    }

    /// Runs a script of `infra/`.
    pub(crate) fn run(&self, script: &str, arguments: &[&str]) -> Ended {
        self.run_failing(script, arguments, None)
    }

    /// Runs a script, and lets the call with this number fail: before or after it does its work.
    pub(crate) fn run_failing(&self, script: &str, arguments: &[&str], fail: Option<(usize, &str)>) -> Ended {
        for file in ["calls", "fail-before", "fail-after"] {
            let _ = fs::remove_file(self.root.join(file));
        }
        if let Some((call, when)) = fail {
            fs::write(self.root.join(format!("fail-{when}")), call.to_string()).unwrap();
        }
        let mut command = Command::new(self.root.join("bin/bash"));
        command.arg(self.root.join("infra").join(script)).args(arguments).env_clear();
        command.env("PATH", self.root.join("bin")).env("HOME", &self.root).env("STUB_STATE", &self.root);
        command.envs(self.variables.iter().copied());
        let output = command.output().unwrap();
        let [out, err] = [output.stdout, output.stderr].map(|text| String::from_utf8(text).unwrap());
        assert!(!err.contains("panicked"), "{err}");
        Ended { success: output.status.success(), out, err }
    }

    /// The calls of the last run: the program and its arguments.
    pub(crate) fn calls(&self) -> Vec<String> {
        let calls = fs::read_to_string(self.root.join("calls")).unwrap_or_default();
        calls.lines().map(str::to_owned).collect()
    }

    /// The state of the stub.
    pub(crate) fn state(&self) -> Value {
        serde_json::from_str(&fs::read_to_string(self.root.join("state.json")).unwrap()).unwrap()
    }

    /// Sets one value of the state, by its JSON pointer (RFC 6901). The last name may be new.
    pub(crate) fn set(&self, pointer: &str, value: Value) {
        let mut state = self.state();
        let (parent, name) = pointer.rsplit_once('/').unwrap();
        state.pointer_mut(parent).unwrap()[name.replace("~1", "/")] = value;
        self.keep(&state);
    }

    fn keep(&self, state: &Value) {
        fs::write(self.root.join("state.json"), state.to_string()).unwrap();
    }
}

impl Drop for Bench {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.root);
    }
}

pub(crate) fn workspace() -> PathBuf {
    Path::new(concat!(env!("CARGO_MANIFEST_DIR"), "/../..")).canonicalize().unwrap()
}

fn copy(from: &Path, to: &Path) {
    fs::create_dir_all(to).unwrap();
    for entry in fs::read_dir(from).unwrap() {
        let entry = entry.unwrap();
        let target = to.join(entry.file_name());
        match entry.file_type().unwrap().is_dir() {
            true => copy(&entry.path(), &target),
            false => drop(fs::copy(entry.path(), target).unwrap()),
        }
    }
}

/// The path of a program of the system.
fn found(name: &str) -> PathBuf {
    let path = std::env::var_os("PATH").unwrap();
    let mut places = std::env::split_paths(&path).map(|folder| folder.join(name));
    places.find(|place| place.is_file()).unwrap_or_else(|| panic!("{name} is not in PATH"))
}
