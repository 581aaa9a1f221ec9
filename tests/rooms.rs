//! Test of the imports between the rooms (top-level modules) of `core/src`: a file imports only its own room and
//! earlier rooms, and imports form no cycle. `ARCHITECTURE.md` describes each room.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, UseTree, Visibility};

/// The rooms in their order. A room may import itself and the rooms before it.
const ROOMS: [&str; 21] = [
    "rules", "ports", "jose", "protocol", "wire", "sealed", "client", "store", "token", "language", "config",
    "pages", "provider", "server", "browser", "operator", "endpoint", "guard", "gateway", "answer", "lib",
];

/// Forbidden imports, as (from, to), that the order alone would allow.
const FORBIDDEN: [(&str, &str); 5] = [
    ("token", "store"),
    ("pages", "store"),
    ("config", "store"),
    ("provider", "store"),
    ("endpoint", "operator"),
];

/// The imports of one file: all paths in it, from the crate's root.
struct File {
    module: Vec<String>,
    imports: BTreeSet<Vec<String>>,
    /// The names that it re-exports, with their paths.
    reexports: BTreeMap<String, Vec<String>>,
}

/// All files, by file name.
struct Sources(BTreeMap<String, File>);

/// Collects the paths in a file, except in its tests.
struct Paths<'a> {
    module: &'a [String],
    imports: Vec<Vec<String>>,
    reexports: BTreeMap<String, Vec<String>>,
}

impl Paths<'_> {
    /// The path from the crate's root. A relative path begins at this file's module.
    fn absolute(&self, path: &[String]) -> Vec<String> {
        let parent = || self.module[..self.module.len().saturating_sub(1)].to_vec();
        match path.split_first() {
            Some((first, rest)) if first == "crate" => rest.to_vec(),
            Some((first, rest)) if first == "super" => [parent(), rest.to_vec()].concat(),
            Some((first, rest)) if first == "self" => [self.module, rest].concat(),
            _ => [self.module, path].concat(),
        }
    }

    fn tree(&mut self, tree: &UseTree, before: &[String], is_public: bool) {
        let path = |name: &dyn ToString| [before, &[name.to_string()]].concat();
        match tree {
            UseTree::Path(inner) => self.tree(&inner.tree, &path(&inner.ident), is_public),
            UseTree::Group(group) => group.items.iter().for_each(|one| self.tree(one, before, is_public)),
            UseTree::Glob(_) => self.imports.push(self.absolute(before)),
            UseTree::Name(name) => self.import(&path(&name.ident), &name.ident.to_string(), is_public),
            UseTree::Rename(renamed) => {
                self.import(&path(&renamed.ident), &renamed.rename.to_string(), is_public);
            }
        }
    }

    fn import(&mut self, path: &[String], name: &str, is_public: bool) {
        let path = self.absolute(path);
        if is_public {
            self.reexports.insert(name.to_owned(), path.clone());
        }
        self.imports.push(path);
    }
}

impl<'a> Visit<'a> for Paths<'_> {
    fn visit_item(&mut self, item: &'a Item) {
        match item {
            Item::Mod(module) if is_for_tests(&module.attrs) => {}
            Item::Use(import) if is_for_tests(&import.attrs) => {}
            Item::Use(import) => {
                self.tree(&import.tree, &[], !matches!(import.vis, Visibility::Inherited));
            }
            other => visit::visit_item(self, other),
        }
    }

    fn visit_path(&mut self, path: &'a syn::Path) {
        let segments: Vec<_> = path.segments.iter().map(|segment| segment.ident.to_string()).collect();
        if segments.len() > 1 && (segments[0] == "crate" || segments[0] == "super") {
            self.imports.push(self.absolute(&segments));
        }
        visit::visit_path(self, path);
    }
}

fn is_for_tests(attributes: &[Attribute]) -> bool {
    attributes.iter().any(|attribute| {
        attribute.path().is_ident("cfg")
            && attribute.parse_args::<syn::Path>().is_ok_and(|cfg| cfg.is_ident("test"))
    })
}

impl Sources {
    fn parse(files: &[(&str, &str)]) -> Self {
        let read = |(name, text): &(&str, &str)| {
            let module = module_of(name);
            let mut paths = Paths { module: &module, imports: vec![], reexports: BTreeMap::new() };
            paths.visit_file(&syn::parse_file(text).unwrap_or_else(|error| panic!("{name}: {error}")));
            let Paths { imports, reexports, .. } = paths;
            ((*name).to_owned(), File { imports: imports.into_iter().collect(), reexports, module })
        };
        Self(files.iter().map(read).collect())
    }

    fn named(&self, module: &[String]) -> Option<(&String, &File)> {
        self.0.iter().find(|(_, file)| file.module == module)
    }

    /// The file that defines the item of a path, after all re-exports. `None` if the item is not in this crate.
    fn defines(&self, path: &[String]) -> Option<&String> {
        let (mut name, mut file) = self.named(&[])?;
        for (index, segment) in path.iter().enumerate() {
            match self.named(&path[..=index]) {
                Some(inner) => (name, file) = inner,
                None => match file.reexports.get(segment) {
                    Some(target) if !path.starts_with(target) => {
                        return self.defines(&[target, &path[index + 1..]].concat());
                    }
                    _ => return (index > 0).then_some(name),
                },
            }
        }
        Some(name)
    }

    /// Every import from one file to another: from, to, and the path in the source.
    fn arrows(&self) -> Vec<(&str, &str, String)> {
        let mut arrows = vec![];
        for (from, file) in &self.0 {
            for import in &file.imports {
                if let Some(to) = self.defines(import).filter(|to| *to != from) {
                    arrows.push((from.as_str(), to.as_str(), format!("crate::{}", import.join("::"))));
                }
            }
        }
        arrows
    }

    /// One sentence for each forbidden import, and one for a cycle.
    fn complaints(&self) -> Vec<String> {
        let arrows = self.arrows();
        let backwards = arrows.iter().filter(|(from, to, _)| !may_import(room_of(from), room_of(to)));
        let sentence = |(from, to, path): &(&str, &str, String)| {
            format!("{from} imports {path} from {to}: {} may not import {}", room_of(from), room_of(to))
        };
        backwards.map(sentence).chain(circle(&arrows)).collect()
    }
}

/// Finds cycles. Repeatedly removes each import whose target imports nothing, and each import whose source is not
/// imported. The remaining imports are in a cycle, or between two cycles.
fn circle(arrows: &[(&str, &str, String)]) -> Option<String> {
    let mut left: Vec<_> = arrows.iter().collect();
    loop {
        let importing: BTreeSet<_> = left.iter().map(|(from, ..)| *from).collect();
        let imported: BTreeSet<_> = left.iter().map(|(_, to, _)| *to).collect();
        let before = left.len();
        left.retain(|(from, to, _)| importing.contains(to) && imported.contains(from));
        if left.len() == before {
            break;
        }
    }
    let lines: Vec<_> = left.iter().map(|(from, to, path)| format!("  {from} -> {to} ({path})")).collect();
    (!lines.is_empty()).then(|| format!("files import each other in a cycle:\n{}", lines.join("\n")))
}

fn module_of(file: &str) -> Vec<String> {
    let path = file.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { vec![] } else { path.split('/').map(str::to_owned).collect() }
}

fn room_of(file: &str) -> &str {
    file.split('/').next().unwrap_or(file).trim_end_matches(".rs")
}

fn may_import(from: &str, to: &str) -> bool {
    let place = |room| ROOMS.iter().position(|known| *known == room);
    let (Some(here), Some(there)) = (place(from), place(to)) else { return false };
    there <= here && !FORBIDDEN.contains(&(from, to))
}

fn read(folder: &Path, prefix: &str, files: &mut Vec<(String, String)>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let entry = entry.expect("an entry");
        let name = format!("{prefix}{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            read(&entry.path(), &format!("{name}/"), files);
        } else if name.ends_with(".rs") {
            files.push((name, fs::read_to_string(entry.path()).expect("a file")));
        }
    }
}

#[test]
fn a_file_imports_only_earlier_rooms_and_imports_form_no_cycle() {
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/../core/src");
    let mut files = vec![];
    read(Path::new(source), "", &mut files);
    let files: Vec<_> = files.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let sources = Sources::parse(&files);
    assert!(sources.arrows().len() > 300, "only {} imports were found", sources.arrows().len());
    let complaints = sources.complaints();
    assert!(complaints.is_empty(), "\n{}\n", complaints.join("\n"));
    let rooms: BTreeSet<_> = files.iter().map(|(name, _)| room_of(name)).collect();
    assert_eq!(rooms, BTreeSet::from(ROOMS), "add a new room to ROOMS");
}

#[test]
fn a_forbidden_import_is_reported() {
    let lib = ("lib.rs", "pub mod ports; pub mod store; mod pages;");
    let store = ("store/mod.rs", "mod grants; pub use grants::Grant; use crate::ports::Clock;");
    let grants = ("store/grants.rs", "pub struct Grant; fn now() -> super::Time { crate::ports::now() }");
    let ports = ("ports/mod.rs", "pub trait Clock {}\n#[cfg(test)] mod tests { use crate::store::Grant; }");
    let sound = Sources::parse(&[lib, store, grants, ports]);
    assert_eq!(sound.complaints().len(), 1, "super::Time is in store/mod.rs, so there is a cycle");
    let grants = ("store/grants.rs", "pub struct Grant;");
    assert_eq!(Sources::parse(&[lib, store, grants, ports]).complaints(), Vec::<String>::new());
    for (file, text, complaint) in [
        (
            "ports/mod.rs",
            "use crate::store::Grant;",
            "ports/mod.rs imports crate::store::Grant from store/grants.rs",
        ),
        ("ports/mod.rs", "fn f() { crate::store::open() }", "ports may not import store"),
        ("pages/mod.rs", "use crate::store::{self};", "pages may not import store"),
        ("store/mod.rs", "mod grants; use crate::sealed::Key;", ""),
    ] {
        let mut files = vec![lib, store, grants, ports];
        files.retain(|(name, _)| *name != file);
        files.push((file, text));
        let complaints = Sources::parse(&files).complaints().join("\n");
        assert!(complaints.contains(complaint), "{file} {text}: {complaints:?}");
        assert_eq!(complaints.is_empty(), complaint.is_empty(), "{file} {text}: {complaints:?}");
    }
}
