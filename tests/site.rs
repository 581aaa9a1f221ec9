//! The documentation as a site: the list has every page, and no link of the built site leads nowhere.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Component, Path, PathBuf};

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
const LIST: &str = "docs/README.md";

/// The files of this folder with this extension, as paths below it.
fn below(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let files = files(folder, extension);
    files.into_iter().map(|path| path.strip_prefix(folder).unwrap().to_owned()).collect()
}

/// The files of this folder with this extension. Builds and installed programs are left out.
fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for path in fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()) {
        let name = path.file_name().unwrap().to_str().unwrap();
        if path.is_dir() && !name.starts_with('.') && !["target", "node_modules"].contains(&name) {
            found.extend(files(&path, extension));
        } else if path.extension().is_some_and(|other| other == extension) {
            found.push(path);
        }
    }
    found
}

/// `docs/../README.md` is `README.md`.
fn normal(path: &Path) -> PathBuf {
    let mut normal = PathBuf::new();
    for component in path.components() {
        match component {
            Component::ParentDir => assert!(normal.pop(), "{}: leaves the root", path.display()),
            other => normal.push(other),
        }
    }
    normal
}

/// The pages that `docs/README.md` lists, as paths below the root.
fn listed() -> Vec<PathBuf> {
    let list = fs::read_to_string(Path::new(ROOT).join(LIST)).unwrap();
    let items = list.lines().filter_map(|line| line.trim_start().strip_prefix("- ["));
    let paths = items.map(|item| item.split_once("](").unwrap().1.split_once(')').unwrap().0);
    paths.map(|path| normal(&Path::new("docs").join(path))).collect()
}

#[test]
fn the_list_has_every_page_once() {
    let pages: BTreeSet<_> =
        below(Path::new(ROOT), "md").into_iter().filter(|page| page != Path::new(LIST)).collect();
    let listed = listed();
    let unique: BTreeSet<_> = listed.iter().cloned().collect();
    assert_eq!(pages.difference(&unique).collect::<Vec<_>>(), Vec::<&PathBuf>::new(), "not in {LIST}");
    assert_eq!(
        unique.difference(&pages).collect::<Vec<_>>(),
        Vec::<&PathBuf>::new(),
        "in {LIST}, but no file"
    );
    assert_eq!(listed.len(), unique.len(), "a page is in {LIST} twice");
}

/// The tags of a page, without scripts. mdBook writes text with `&lt;`, and quotes each value.
fn tags(html: &str) -> Vec<&str> {
    let mut tags = Vec::new();
    let mut rest = html;
    while let Some(start) = rest.find('<') {
        rest = &rest[start..];
        let mut is_quoted = false;
        let end = rest.find(|c| {
            is_quoted ^= c == '"';
            c == '>' && !is_quoted
        });
        let (tag, after) = rest.split_at(end.unwrap());
        rest = after;
        if tag.starts_with("<script") {
            rest = &rest[rest.find("</script").unwrap()..];
        }
        tags.push(tag);
    }
    tags
}

/// The value of this attribute of a tag.
fn attribute<'a>(tag: &'a str, name: &str) -> Option<&'a str> {
    let (_, value) = tag.split_once(&format!(" {name}=\""))?;
    value.split_once('"').map(|(value, _)| value)
}

/// The pages of the site, each with its anchors.
type Anchors<'a> = BTreeMap<&'a Path, BTreeSet<&'a str>>;

/// Whether there is a file at this link of this page, with the anchor.
fn is_there(site: &Path, anchors: &Anchors<'_>, page: &Path, link: &str) -> bool {
    let (path, anchor) = link.split_once('#').unwrap_or((link, ""));
    let target = if path.is_empty() { page.to_owned() } else { normal(&page.parent().unwrap().join(path)) };
    let has_anchor = || anchors.get(&*target).is_some_and(|all| all.contains(anchor));
    site.join(&target).is_file() && (anchor.is_empty() || has_anchor())
}

#[test]
#[ignore = "needs the built site"]
fn no_link_of_the_site_leads_nowhere() {
    let site = Path::new(ROOT).join("target/site");
    let pages = below(&site, "html");
    let texts: Vec<_> = pages.iter().map(|page| fs::read_to_string(site.join(page)).unwrap()).collect();
    let tags: Vec<_> = pages.iter().map(PathBuf::as_path).zip(texts.iter().map(|text| tags(text))).collect();
    let anchors: Anchors<'_> = tags
        .iter()
        .map(|(page, tags)| (*page, tags.iter().filter_map(|tag| attribute(tag, "id")).collect()))
        .collect();
    for page in listed() {
        assert!(anchors.contains_key(&*page.with_extension("html")), "{}: not in the site", page.display());
    }
    let (mut checked, mut broken) = (0, Vec::new());
    for (page, tags) in &tags {
        let links = tags.iter().filter_map(|tag| attribute(tag, "href").or_else(|| attribute(tag, "src")));
        for link in links.filter(|link| !link.contains("://")) {
            checked += 1;
            if !is_there(&site, &anchors, page, link) {
                broken.push(format!("{}: {link}", page.display()));
            }
        }
    }
    assert!(checked > 1000, "only {checked} links were found");
    assert_eq!(broken, Vec::<String>::new(), "of {checked} links");
}
