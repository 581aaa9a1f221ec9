//! Protected resources that are read, and those that are refused.

use super::*;

fn resource(url: &str, scope: &str) -> ProtectedResource {
    ProtectedResource::parse(url, scope).unwrap()
}

#[test]
fn an_origin_means_the_only_server_there() {
    let at = |urls: &[&str]| Resources::new(urls.iter().map(|url| resource(url, "a")).collect()).unwrap();
    let one = at(&["https://a.example/mcp", "https://b.example/one", "https://b.example/two"]);
    let meant = |sent| one.meant_by(sent).map(|known| known.resource.as_str());
    assert_eq!(meant("https://A.example/"), Some("https://a.example/mcp"));
    assert_eq!(
        (meant("https://b.example"), meant("https://b.example/one")),
        (None, Some("https://b.example/one"))
    );
    assert_eq!((meant("https://a.example/other"), meant("https://c.example")), (None, None));
}

#[test]
fn there_is_at_least_one_each_offers_something_and_no_two_are_the_same() {
    let (one, other) = (resource("https://a.example", "a"), resource("https://b.example/mcp", "b"));
    let resources = Resources::new(vec![one.clone(), other.clone()]).unwrap();
    assert_eq!((resources.default(), resources.meant_by("https://b.example/mcp")), (&one, Some(&other)));
    let tools = BTreeMap::from([("write".to_owned(), Scope::parse("b").unwrap())]);
    let unreachable = ProtectedResource { tools, ..one.clone() };
    let called =
        |id: &str, other: &ProtectedResource| ProtectedResource { id: Some(id.to_owned()), ..other.clone() };
    let short = Resources::new(vec![called("mcp-1", &one), called("mcp-2", &other)]).unwrap();
    assert_eq!(short.called("mcp-2").map(|known| &known.resource), Some(&other.resource));
    assert_eq!(short.called("https://a.example").map(|known| &known.resource), Some(&one.resource));
    assert_eq!((short.called("mcp-3"), short.meant_by("mcp-1")), (None, None));
    let scope = |text| Scope::parse(text).unwrap();
    let implied = |one, other| ScopeHierarchy::new([(scope(one), scope(other))]).unwrap();
    let misspelled = ProtectedResource { implied: implied("a", "bb"), ..one.clone() };
    let elsewhere = ProtectedResource { implied: implied("a", "b"), ..one.clone() };
    assert!(Resources::new(vec![elsewhere, other.clone()]).is_ok(), "the other resource offers it");
    for wrong in [
        vec![],
        vec![resource("https://a.example", "")],
        vec![one, resource("https://a.example/", "b")],
        vec![unreachable],
        vec![called("", &other)],
        vec![called("a:b", &other)],
        vec![called(&"x".repeat(65), &other)],
        vec![called("mcp", &other), called("mcp", &resource("https://c.example", "c"))],
        vec![misspelled],
        vec![resource("https://a.example", "a openid")],
        vec![resource("https://a.example", "email")],
    ] {
        assert!(Resources::new(wrong).is_err());
    }
}
