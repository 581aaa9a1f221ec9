//! Sign-in at independent identity providers, in a real browser.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

#[path = "browser/chromium.rs"]
mod chromium;
#[path = "browser/connecting.rs"]
mod connecting;
#[path = "browser/search.rs"]
mod search;
#[path = "provider/several.rs"]
mod several;

use connecting::Connecting;
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{
    AUTH_PORT, MCP_PORT, PROVIDER, PROVIDER_ALLOW, PROVIDER_CLIENT, PROVIDER_NAME, PROVIDER_SECRET, TRUST,
    Values,
};
use fantoccini::{Client, Locator};
use std::path::PathBuf;
use std::process::Stdio;
use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader, Lines};
use tokio::process::{Child, ChildStdin, ChildStdout, Command};

/// The provider's process. It starts without a client; `call_back_at` registers one.
struct Provider {
    issuer: String,
    told: ChildStdin,
    says: Lines<BufReader<ChildStdout>>,
    _process: Child,
}

impl Provider {
    async fn start() -> Self {
        Self::start_on("127.0.0.1").await
    }

    async fn start_on(host: &str) -> Self {
        let place = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../target/clients/node");
        let mut command = Command::new(place.join("node_modules/node/bin/node"));
        command
            .args(["--preserve-symlinks", "--preserve-symlinks-main"])
            .arg(place.join("scripts/provider.mjs"))
            .arg(host);
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null()).kill_on_drop(true);
        let mut process = command.spawn().unwrap();
        let mut says = BufReader::new(process.stdout.take().unwrap()).lines();
        let issuer = says.next_line().await.unwrap().expect("the provider prints its issuer");
        Self { issuer, told: process.stdin.take().unwrap(), says, _process: process }
    }

    async fn call_back_at(&mut self, url: &str) {
        self.told.write_all(format!("{url}\n").as_bytes()).await.unwrap();
        while self.says.next_line().await.unwrap().expect("the provider prints ready") != "ready" {}
    }
}

/// A local server whose users sign in at one provider or two, a client that connects to it, and a browser on its page.
struct Visit {
    page: Client,
    connecting: Connecting,
    providers: Vec<Provider>,
    _driver: Child,
}

impl Visit {
    async fn begin() -> Self {
        Self::at(vec![Provider::start().await]).await
    }

    /// The first provider has no id. Those after it have the id `beta`.
    async fn at(mut providers: Vec<Provider>) -> Self {
        let others = &providers[1..];
        let secrets: Vec<_> = others.iter().map(|one| format!("{}=a secret", one.issuer)).collect();
        let blocks = others.iter().map(|one| {
            format!(
                "[[issuer]]\nurl = {:?}\nspeaks-of = [\"sign-in\"]\nclient = \"doorward\"\nid = \"beta\"\nname = \"Beta ID\"\n\
                 allow = \"anyone\"\n",
                one.issuer
            )
        });
        let blocks: String = blocks.collect();
        let settings = [
            (&AUTH_PORT, "0"),
            (&MCP_PORT, "0"),
            (&PROVIDER, providers[0].issuer.as_str()),
            (&PROVIDER_CLIENT, "doorward"),
            (&PROVIDER_SECRET, "a secret"),
            (&PROVIDER_ALLOW, "domain:staff.example"),
            (&PROVIDER_NAME, "Example ID"),
            (&TRUST, blocks.as_str()),
        ];
        let settings = Values::of(
            settings.into_iter().chain(secrets.iter().map(|secret| (&PROVIDER_SECRET, secret.as_str()))),
        );
        let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
        let resource = listening.resource().to_string();
        for (provider, (issuer, callback)) in providers.iter_mut().zip(listening.callbacks()) {
            assert_eq!(provider.issuer, issuer);
            provider.call_back_at(&callback).await;
        }
        tokio::spawn(listening.run());
        let connecting = Connecting::to(resource).await;
        let (page, driver) = chromium::start(&[]).await;
        page.goto(&connecting.url).await.unwrap();
        Self { page, connecting, providers, _driver: driver }
    }

    async fn press(&self, what: &str) {
        search::find(&self.page, Locator::Css(what)).await.click().await.unwrap();
    }

    async fn sees(&self, element: &str, text: &str) {
        let path = format!("//{element}[contains(normalize-space(), '{text}')]");
        search::find(&self.page, Locator::XPath(&path)).await;
    }

    /// Follows the link to the provider, and signs in on the provider's page.
    async fn sign_in(&self, name: &str) {
        self.press("a.button").await;
        self.fill(name).await;
    }

    async fn fill(&self, name: &str) {
        let field = search::find(&self.page, Locator::Css("input[name=login]")).await;
        field.send_keys(name).await.unwrap();
        self.page.find(Locator::Css("input[name=password]")).await.unwrap().send_keys("any").await.unwrap();
        self.press("button[type=submit]").await;
        self.agree().await;
    }

    /// Consents on the provider's page.
    async fn agree(&self) {
        search::find(&self.page, Locator::XPath("//button[contains(., 'Continue')]")).await;
        self.press("button[type=submit]").await;
    }
}

#[tokio::test]
#[ignore = "needs chromium, chromedriver and tests/clients/install"]
async fn a_user_signs_in_at_a_real_provider_and_authorizes_the_client() {
    let mut visit = Visit::begin().await;
    visit.sees("dd", "doorward client").await;
    visit.sees("p", "You sign in at Example ID").await;
    visit.sign_in("ada").await;
    visit.sees("dd", "ada@staff.example").await;
    visit.press("button[value=allow]").await;
    let account = format!("{}/account", visit.connecting.issuer());
    let told = visit.connecting.ends().await.unwrap();
    assert!(told.contains("#ada"), "{told}");
    visit.page.goto(&account).await.unwrap();
    visit.sees("h2", "doorward client").await;
    visit.press("button[value=sign-out]").await;
    visit.press("a.button").await;
    visit.sees("strong", "ada@staff.example").await;
    visit.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium, chromedriver and tests/clients/install"]
async fn an_account_that_is_not_allowed_is_refused_and_another_can_sign_in() {
    let mut visit = Visit::begin().await;
    visit.sign_in("mallory").await;
    visit.sees("h1", "You are not signed in").await;
    visit.sees("strong", "mallory@staff.example").await;
    visit.press("a.button").await;
    visit.sees("p", "You sign in at Example ID").await;
    // This provider does not support `prompt=select_account`, and redirects back with an error.
    visit.press("a.button[href*=select_account]").await;
    visit.press("a.button[href*='prompt=login']").await;
    visit.fill("ada").await;
    visit.sees("dd", "ada@staff.example").await;
    visit.press("button[value=deny]").await;
    let failure = visit.connecting.ends().await.unwrap_err().to_string();
    assert!(failure.contains("access_denied"), "{failure}");
    visit.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium, chromedriver and tests/clients/install"]
async fn a_user_who_cancels_at_the_provider_can_start_again() {
    let mut visit = Visit::begin().await;
    visit.press("a.button").await;
    visit.sees("a", "Cancel").await;
    visit.press("a[href$=abort]").await;
    visit.sees("p", "Example ID did not say who you are").await;
    visit.press("a.button").await;
    visit.sign_in("ada").await;
    visit.press("button[value=allow]").await;
    assert!(visit.connecting.ends().await.is_ok());
    visit.page.close().await.unwrap();
}

#[tokio::test]
#[ignore = "needs chromium, chromedriver and tests/clients/install"]
async fn the_back_button_does_not_break_the_flow() {
    let mut visit = Visit::begin().await;
    visit.sign_in("ada").await;
    visit.sees("dd", "ada@staff.example").await;
    visit.page.back().await.unwrap();
    visit.page.forward().await.unwrap();
    visit.press("button[value=allow]").await;
    assert!(visit.connecting.ends().await.is_ok());
    visit.page.close().await.unwrap();
}
