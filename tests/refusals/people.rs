//! Refusals of users who may not use a resource (`resource-people`).

use crate::{Told, check, row};
use harness::client::Client;
use harness::test_server::{get, post, used_by};
use harness::{Person, TestServer};

#[tokio::test]
async fn a_user_who_may_not_use_the_resource_is_refused() {
    let test = TestServer::new().await;
    let client = Client::register(&test).await;
    let mut alice = Person::alice();
    let page = alice.reach_consent(&test, &client.url()).await;
    let fields = harness::person::fields(&page, "allow");
    let fields: Vec<_> = fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let code = client.obtain_code(&test, &mut alice).await;
    let test = test.with_config(used_by(["user:bob", "anyone"])).await;
    let cookies: Vec<_> = alice.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
    let by_alice = |mut request: doorward::wire::Request| {
        request.headers_mut().insert("cookie", cookies.join("; ").parse().unwrap());
        request
    };
    let denied = || Told::Page(403, "You may not use this server");
    check(
        &test,
        vec![
            row("a user whom no rule names", "RFC 6749 §4.1.2.1", by_alice(get(&client.url())), denied()),
            row(
                "consent of that user",
                "RFC 6749 §4.1.2.1",
                by_alice(post(&client.url(), &fields)),
                denied(),
            ),
            row(
                "a code of that user",
                "RFC 6749 §5.2",
                client.redeems(&code),
                Told::Json(400, "invalid_grant"),
            ),
        ],
    )
    .await;
}
