//! The process of a DynamoDB emulator with one empty database: `tests/aws/emulator`, built when a test first needs it.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::OnceLock;

/// One emulator. It is killed when this value is dropped, and ends by itself when the process of the test ends.
pub(crate) struct EmulatorProcess {
    child: Child,
    /// Where it answers.
    pub(crate) url: String,
}

impl EmulatorProcess {
    pub(crate) fn start() -> Self {
        let mut command = Command::new(program());
        command.stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut child = command.spawn().expect("the emulator starts");
        let mut url = String::new();
        let stdout = child.stdout.take().expect("a pipe");
        BufReader::new(stdout).read_line(&mut url).expect("the emulator writes its URL");
        Self { child, url: url.trim_end().to_owned() }
    }
}

impl Drop for EmulatorProcess {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// The emulator's binary. The first test of each process asks cargo to build it; cargo lets one process build at a time.
fn program() -> &'static Path {
    static PROGRAM: OnceLock<PathBuf> = OnceLock::new();
    PROGRAM.get_or_init(|| {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).join("../..");
        let target = std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root.join("target"), PathBuf::from);
        let target = target.join("emulator");
        let cargo = std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
        let mut build = Command::new(cargo);
        build.args(["build", "--quiet", "--locked", "--manifest-path"]);
        build.arg(root.join("tests/aws/emulator/Cargo.toml")).arg("--target-dir").arg(&target);
        let built = build.status().expect("cargo starts");
        assert!(built.success(), "tests/aws/emulator does not build");
        target.join("debug/dynamodb-emulator")
    })
}
