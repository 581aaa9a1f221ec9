//! Sign-in where the user chooses one of two independent identity providers, and a mix-up attack between them.

use super::{Provider, Visit, search};
use doorward_local::client::page::Form;
use fantoccini::Locator;
use http_body_util::{BodyExt, Full};
use hyper::body::Bytes;
use hyper_util::client::legacy::Client;
use hyper_util::rt::TokioExecutor;

async fn visit() -> Visit {
    Visit::at(vec![Provider::start().await, Provider::start_on("localhost").await]).await
}

impl Visit {
    async fn choose(&self, provider: usize) {
        let button = format!("button[name=provider][value='{}']", self.providers[provider].issuer);
        self.press(&button).await;
    }

    /// The URL to which the button of this provider leads, without opening it: the form is sent with the browser's cookies.
    async fn away(&self, provider: usize) -> String {
        let form = Form::first(&self.page.source().await.unwrap()).unwrap();
        let fields = form.press(&self.providers[provider].issuer).fields;
        let body = form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
        let cookies = self.page.get_all_cookies().await.unwrap();
        let cookies: Vec<_> = cookies.iter().map(|one| format!("{}={}", one.name(), one.value())).collect();
        let request = http::Request::post(self.page.current_url().await.unwrap().as_str())
            .header("content-type", "application/x-www-form-urlencoded")
            .header("cookie", cookies.join("; "))
            .body(Full::new(Bytes::from(body)));
        let client = Client::builder(TokioExecutor::new()).build_http();
        let response = client.request(request.unwrap()).await.unwrap();
        let refresh = response.headers().get("refresh").map(|value| value.to_str().unwrap().to_owned());
        let body = response.into_body().collect().await.unwrap().to_bytes();
        let refresh = refresh.unwrap_or_else(|| panic!("{}", String::from_utf8_lossy(&body)));
        refresh.strip_prefix("0;url=").unwrap().to_owned()
    }
}

#[tokio::test]
#[ignore = "needs chromium, chromedriver and tests/clients/install"]
async fn a_user_chooses_one_of_two_real_providers() {
    let mut visit = visit().await;
    visit.sees("button", "Sign in at Example ID").await;
    visit.choose(1).await;
    visit.fill("ada").await;
    visit.sees("dd", "ada").await;
    visit.press("button[value=allow]").await;
    let account = format!("{}/account", visit.connecting.issuer());
    let told = visit.connecting.ends().await.unwrap();
    assert!(told.contains(&format!("{}#ada", visit.providers[1].issuer)), "{told}");
    visit.page.goto(&account).await.unwrap();
    visit.sees("h2", "doorward client").await;
    visit.press("button[value=sign-out]").await;
    // The user of the other provider is another user, who has connected nothing.
    visit.choose(0).await;
    visit.fill("ada").await;
    visit.sees("strong", "ada@staff.example").await;
    visit.sees("p", "Nothing is connected").await;
    visit.page.close().await.unwrap();
}

/// The user chooses the first provider, which is the attacker's. It sends the browser to the second with its own state, for a
/// code of the second that this server would redeem at the first (RFC 9700 §4.4.1).
#[tokio::test]
#[ignore = "needs chromium, chromedriver and tests/clients/install"]
async fn a_provider_that_sends_the_user_to_another_one_gets_no_code() {
    let visit = visit().await;
    let [evil, honest] = [&visit.providers[0].issuer, &visit.providers[1].issuer];
    let issuer = visit.connecting.issuer().to_owned();
    let encoded = |text: &str| form_urlencoded::byte_serialize(text.as_bytes()).collect::<String>();
    let away = visit.away(0).await.replace(evil.as_str(), honest);
    let callback = encoded(&format!("{issuer}/oauth/callback"));
    assert!(away.contains(&callback), "{away}");
    let mixed_up = away.replace(&callback, &format!("{callback}{}", encoded("/beta")));
    visit.page.goto(&mixed_up).await.unwrap();
    visit.fill("ada").await;
    visit.sees("p", "The answer does not come from").await;
    let url = visit.page.current_url().await.unwrap();
    assert!(url.path() == "/oauth/callback/beta" && url.query().unwrap().contains("code="), "{url}");
    // What the attacker would try next: the same code at the redirect URI that it has.
    visit.page.goto(&url.as_str().replace("/beta?", "?")).await.unwrap();
    visit.sees("p", "The answer does not come from").await;
    let cookies = visit.page.get_all_cookies().await.unwrap();
    assert!(!cookies.iter().any(|cookie| cookie.name().contains("doorward-session")), "no user is signed in");
    search::find(&visit.page, Locator::Css("a.button")).await.click().await.unwrap();
    visit.sees("button", "Sign in at Beta ID").await;
    visit.page.close().await.unwrap();
}
