//! The look and the accessibility of every page: axe-core, an HTML validator, and screenshots in `target/pages`.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "browser/chromium.rs"]
mod chromium;

use doorward::config::{Allowed, ProviderId, ProviderSettings};
use doorward::protocol::paths::{self, ACCOUNT};
use doorward::wire::Response;
use harness::client::Tokens;
use harness::github::{GitHub, User};
use harness::provider::{Faults, Provider};
use harness::test_server::{PASSWORD, header, json, post, post_json, sound, text, used_by};
use harness::{Client, Person, TestServer};
use std::path::PathBuf;
use std::time::Duration;
use tokio::process::Command;

fn target(path: &str) -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target").join(path)
}

fn module(path: &str) -> PathBuf {
    target("clients/node/node_modules").join(path)
}

/// Registers a client with this name and redirect URI.
async fn client(test: &TestServer, name: &str, redirect_uri: &str) -> Client {
    let metadata = serde_json::json!({ "client_name": name, "redirect_uris": [redirect_uri] }).to_string();
    let id = json(&test.send(post_json(paths::REGISTER, &metadata)).await)["client_id"].clone();
    Client { id: id.as_str().unwrap().to_owned(), redirect_uri: redirect_uri.to_owned() }
}

/// An `Accept-Language` value for each language of the pages.
const LANGUAGES: [&str; 2] = ["en", "zh"];

/// Every page, with a name.
async fn pages() -> Vec<(String, Response)> {
    let mut pages = Vec::new();
    for languages in LANGUAGES {
        let here = pages_here(languages).await.into_iter().chain(pages_elsewhere(languages).await);
        let here = here.chain(pages_of_several_providers(languages).await);
        pages.extend(here.map(|(name, page)| (format!("{name}-{languages}"), page)));
    }
    pages
}

/// The pages of a server whose users sign in at a provider.
async fn pages_elsewhere(languages: &'static str) -> Vec<(&'static str, Response)> {
    let provider = Provider::start().await;
    let test = TestServer::of(sound().provider(provider.settings("group:staff"))).await;
    let editor = client(&test, "An editor", "http://127.0.0.1:7777/callback").await;
    let mut person = Person { languages, ..Person::new("", "") };
    let provider_link = person.open(&test, &editor.url()).await;
    let shown = text(&provider_link);
    let mut links = shown.split("href=\"").map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    let away = links.find(|url| url.starts_with(provider.issuer())).unwrap();
    let back = provider
        .sign_in(&away, &serde_json::json!({ "sub": "7", "email": "eve@evil.example", "groups": [] }));
    let back = back.strip_prefix("https://auth.example").unwrap();
    let account = person.open(&test, ACCOUNT).await;
    let not_allowed = person.open(&test, back).await;
    let unavailable = person.open(&test, &back.replace("code=", "error=access_denied&was=")).await;
    let mut other = Person { languages, ..Person::new("", "") };
    let no_cookie = other.open(&test, back).await;
    other.open(&test, ACCOUNT).await;
    let too_late = other.open(&test, back).await;
    let denied = resource_denied(&provider, languages).await;
    vec![
        ("resource-denied", denied),
        ("provider-link", provider_link),
        ("provider-link-for-account", account),
        ("turned-away", not_allowed),
        ("turned-away-by-provider", unavailable),
        ("turned-away-too-late", too_late),
        ("turned-away-no-cookie", no_cookie),
    ]
}

/// The pages of a server whose users choose one of several providers, and what GitHub's answers lead to.
async fn pages_of_several_providers(languages: &'static str) -> Vec<(&'static str, Response)> {
    let (provider, github) = (Provider::start().await, GitHub::start().await);
    let config = sound().provider(provider.settings("anyone")).provider(github.settings("org:acme"));
    let long =
        ProviderSettings::new("https://login.example", "us", Allowed::parse("anyone").unwrap()).unwrap();
    let long = long.with_name("Rechtsschutzversicherungsgesellschaften-Anmeldung \u{2067}יוסי\u{2069}");
    let test = TestServer::of(config.provider(long.with_id(ProviderId::parse("long").unwrap()))).await;
    let editor = client(&test, "An editor", "http://127.0.0.1:7777/callback").await;
    let impostor = client(&test, "Claude", "https://claude.example/callback").await;
    let mut person = Person { languages, ..Person::new("", "") };
    let choice = person.open(&test, &editor.url()).await;
    let choice_impostor = person.open(&test, &impostor.url()).await;
    let choice_refused = person.submit(&test, &choice, "nothing").await;
    let choice_for_account = person.open(&test, ACCOUNT).await;
    let leaving = person.submit(&test, &choice, github.url()).await;
    let invited = User::new(7, "octocat", "o@acme.example").member_of("acme", "pending");
    let back = github.sign_in(harness::person::sent_on(&leaving), &invited);
    let back = back.strip_prefix("https://auth.example").unwrap();
    let invited = person.open(&test, back).await;
    let mixed_up = person.open(&test, &back.replace("/github?", "?")).await;
    provider.set_faults(Faults { status: Some(503), ..Faults::default() });
    let away = person.submit(&test, &choice, provider.issuer()).await;
    vec![
        ("provider-choice", choice),
        ("provider-choice-impostor", choice_impostor),
        ("provider-choice-refused", choice_refused),
        ("provider-choice-for-account", choice_for_account),
        ("provider-chosen", leaving),
        ("provider-chosen-away", away),
        ("turned-away-invited", invited),
        ("turned-away-mix-up", mixed_up),
    ]
}

/// The page for a user who may not use the resource, with the hint that another sign-in may help.
async fn resource_denied(provider: &Provider, languages: &'static str) -> Response {
    let config = used_by(["group:staff", "anyone"]).provider(provider.settings("anyone"));
    let test = TestServer::of(config).await;
    let editor = client(&test, "An editor", "http://127.0.0.1:7777/callback").await;
    let mut person = Person { languages, ..Person::new("", "") };
    let shown = text(&person.open(&test, &editor.url()).await);
    let mut links = shown.split("href=\"").map(|rest| rest.split('"').next().unwrap().replace("&#38;", "&"));
    let away = links.find(|url| url.starts_with(provider.issuer())).unwrap();
    let claims = serde_json::json!({ "sub": "7", "email": "eve@evil.example", "groups": [] });
    let back = provider.sign_in(&away, &claims);
    let came = person.open(&test, back.strip_prefix("https://auth.example").unwrap()).await;
    person.open(&test, header(&came, "location")).await
}

/// The pages of a server whose users sign in with a password.
async fn pages_here(languages: &'static str) -> Vec<(&'static str, Response)> {
    let test = TestServer::new().await;
    let editor = client(&test, "An editor", "http://127.0.0.1:7777/callback").await;
    let impostor = client(&test, "Claude", "https://claude.example/callback").await;
    let mut alice = Person { languages, ..Person::alice() };
    let mut guesser = Person { languages, ..Person::new("alice", "guess") };
    let sign_in = alice.open(&test, &editor.url()).await;
    let wrong = guesser.submit(&test, &sign_in, "").await;
    let consent = alice.reach_consent(&test, &editor.url()).await;
    let called_out = alice.open(&test, &impostor.url()).await;
    let mut visit = harness::test_server::get("/");
    visit.headers_mut().insert("accept", "text/html".parse().unwrap());
    let home = guesser.send(&test, visit).await;
    let account_sign_in = guesser.open(&test, ACCOUNT).await;
    let answer = alice.submit(&test, &consent, "show").await;
    let onward = alice.submit(&test, &consent, "allow").await;
    let program = client(&test, "A program", "claude://oauth/callback").await;
    let asked = alice.open(&test, &program.url()).await;
    let onward_to_a_program = alice.submit(&test, &asked, "allow").await;
    let nothing_connected = alice.open(&test, ACCOUNT).await;
    let first = editor.obtain_tokens(&test, &mut alice).await;
    impostor.obtain_tokens(&test, &mut alice).await;
    let mut head = first.clone();
    for _ in 0..2 {
        head = Tokens::of(&test.send(editor.refreshes(&head.refresh)).await);
        test.clock.pass(Duration::from_secs(3600));
    }
    test.send(editor.refreshes(&first.refresh)).await;
    let account = alice.open(&test, ACCOUNT).await;
    let [change_password, refused_password, changed] = changes_of_the_password(&test, &mut alice).await;
    let expired = alice.submit(&test, &consent, "allow").await;
    let no_cookies = Person { languages, ..Person::alice() }.submit(&test, &consent, "allow").await;
    let unknown = alice.open(&test, &format!("{}?client_id=unknown", paths::AUTHORIZE)).await;
    let refused = alice.open(&test, &impostor.url_with(&[("response_type", "token")])).await;
    for _ in 0..10 {
        let page = guesser.open(&test, ACCOUNT).await;
        guesser.submit_at(&test, ACCOUNT, &page, "").await;
    }
    let page = guesser.open(&test, ACCOUNT).await;
    let too_many = guesser.submit_at(&test, ACCOUNT, &page, "").await;
    let page = guesser.open(&test, ACCOUNT).await;
    test.store.set_broken(true);
    let unavailable = guesser.submit_at(&test, ACCOUNT, &page, "").await;
    vec![
        ("sign-in", sign_in),
        ("wrong-password", wrong),
        ("too-many-wrong-passwords", too_many),
        ("consent", consent),
        ("consent-impostor", called_out),
        ("answer", answer),
        ("onward", onward),
        ("onward-to-a-program", onward_to_a_program),
        ("expired", expired),
        ("no-cookies", no_cookies),
        ("error", unknown),
        ("error-of-ours", unavailable),
        ("error-with-a-way-back", refused),
        ("account-sign-in", account_sign_in),
        ("home", home),
        ("account-empty", nothing_connected),
        ("account", account),
        ("change-password", change_password),
        ("change-password-refused", refused_password),
        ("password-changed", changed),
    ]
}

/// The page to change the password, the same after a wrong current password, and the page after a change.
async fn changes_of_the_password(test: &TestServer, alice: &mut Person) -> [Response; 3] {
    let page = alice.open(test, "/account?show=password").await;
    let form = harness::person::fields(&page, "").into_iter().find(|(name, _)| name == "form").unwrap().1;
    let new = "three white mice";
    let mut answers = Vec::new();
    for current in ["a guess", PASSWORD] {
        let sent = [("form", form.as_str()), ("current", current), ("new", new), ("again", new)];
        let sent: Vec<_> = sent.into_iter().chain([("wish", "set-password")]).collect();
        answers.push(alice.send(test, post(ACCOUNT, &sent)).await);
    }
    let changed = answers.pop().unwrap();
    [page, answers.pop().unwrap(), changed]
}

/// How a page is shown: name, window size in pixels, and browser flags. Large print is twice the default font size.
const WAYS: [(&str, (u32, u32), &[&str]); 4] = [
    ("desktop", (1000, 900), &[]),
    ("phone", (390, 844), &[]),
    ("large-print", (1000, 900), &["--blink-settings=defaultFontSize=32"]),
    ("dark", (1000, 900), &["--force-dark-mode", "--blink-settings=preferredColorScheme=0"]),
];

/// Writes the pages to `target/pages`, for the browser and the validator.
async fn written() -> Vec<(String, PathBuf)> {
    let place = target("pages");
    std::fs::create_dir_all(&place).unwrap();
    let write = |(name, page): (String, Response)| {
        assert!(page.body().len() < 30 * 1024, "{name} has {} bytes", page.body().len());
        assert!(header(&page, "content-type").starts_with("text/html"), "{name}");
        let path = place.join(&name).with_extension("html");
        std::fs::write(&path, text(&page)).unwrap();
        (name, path.canonicalize().unwrap())
    };
    pages().await.into_iter().map(write).collect()
}

/// A script that returns axe-core's violations on the current page.
const AXE: &str = "const done = arguments[arguments.length - 1];
    axe.run().then((found) => done(found.violations.map((one) => [one.id, one.nodes.map((node) => node.html)])));";

#[tokio::test]
#[ignore = "needs chromium, chromedriver, npm and tests/clients/install"]
async fn axe_finds_no_violations_on_any_page() {
    let axe = std::fs::read_to_string(module("axe-core/axe.min.js")).unwrap();
    let pages = written().await;
    for (way, (width, height), more) in WAYS {
        let (page, _driver) = chromium::start(more).await;
        page.set_window_size(width, height).await.unwrap();
        for (name, path) in &pages {
            page.goto(&format!("file://{}", path.display())).await.unwrap();
            let dark = "return matchMedia('(prefers-color-scheme: dark)').matches";
            assert_eq!(page.execute(dark, Vec::new()).await.unwrap(), way == "dark", "{way}");
            let size = "return getComputedStyle(document.documentElement).fontSize === '32px'";
            assert_eq!(page.execute(size, Vec::new()).await.unwrap(), way == "large-print", "{way}");
            page.execute(&axe, Vec::new()).await.unwrap();
            let found = page.execute_async(AXE, Vec::new()).await.unwrap();
            assert_eq!(found, serde_json::json!([]), "{name}, {way}");
            let wide = "return document.documentElement.scrollWidth <= window.innerWidth";
            assert_eq!(
                page.execute(wide, Vec::new()).await.unwrap(),
                true,
                "{name}, {way}: needs horizontal scrolling"
            );
            let picture = page.screenshot().await.unwrap();
            std::fs::write(path.with_file_name(format!("{name}-{way}.png")), picture).unwrap();
        }
        page.close().await.unwrap();
    }
}

#[tokio::test]
#[ignore = "needs npm and tests/clients/install"]
async fn every_page_is_valid_html() {
    let mut validator = Command::new(module("node/bin/node"));
    validator.arg(module("html-validate/bin/html-validate.mjs")).args(["--preset", "standard"]);
    validator.args(written().await.into_iter().map(|(_, path)| path));
    let output = validator.output().await.unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}
