//! Routes to the functions: the table in the workspace's manifest, which `cargo lambda watch` uses too.

use doorward::wire::Request;
use matchit::Router as Paths;

/// The manifest of the workspace.
pub const MANIFEST: &str = include_str!("../../../Cargo.toml");

/// The routing table.
pub struct Router(Paths<String>);

impl Router {
    /// The routing table of the workspace.
    pub fn of_the_workspace() -> Self {
        let manifest: toml::Table = MANIFEST.parse().expect("the manifest is TOML");
        let table = &manifest["workspace"]["metadata"]["lambda"]["watch"]["router"];
        let mut paths = Paths::new();
        for (path, function) in table.as_table().expect("a table") {
            let function = function.as_str().expect("the name of a function").to_owned();
            paths.insert(path, function).expect("no two routes are the same");
        }
        Self(paths)
    }

    /// The name of the function that answers a request.
    pub fn function(&self, request: &Request) -> &str {
        self.0.at(request.uri().path()).expect("there is a route for the root, and a catch-all route").value
    }
}
