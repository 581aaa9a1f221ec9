//! Sign-in at GitHub, which speaks OAuth 2.0 and has no ID tokens. The other side is a fixture with the shapes of GitHub's
//! documentation.

use crate::events;
use crate::provider::{browser, link};
use crate::provider_claims::reason;
use crate::providers::here;
use doorward::protocol::paths::AUTHORIZE;
use doorward::wire::{EventKind, Response};
use harness::counting::Count;
use harness::github::{GitHub, User, address};
use harness::test_server::{header, parameter, sound, text};
use harness::{Client, Person, TestServer};
use serde_json::{Value, json};

pub(crate) async fn test(github: &GitHub, allow: &str) -> TestServer {
    TestServer::of(sound().provider(github.settings(allow))).await
}

pub(crate) fn octocat() -> User {
    User::new(583_231, "octocat", "octocat@acme.example")
}

/// Opens the page and follows its link to GitHub. Returns the URL there.
pub(crate) async fn leave(test: &TestServer, github: &GitHub, person: &mut Person, url: &str) -> String {
    link(&person.open(test, url).await, github.url())
}

/// Signs in at GitHub, and opens the callback.
pub(crate) async fn go(
    test: &TestServer,
    github: &GitHub,
    person: &mut Person,
    url: &str,
    user: &User,
) -> Response {
    let away = leave(test, github, person, url).await;
    person.open(test, &here(&github.sign_in(&away, user))).await
}

pub(crate) fn is_signed_in(person: &Person) -> bool {
    person.cookies.keys().any(|name| name.contains("session"))
}

pub(crate) async fn consent(test: &TestServer, person: &mut Person, came: &Response) -> String {
    assert_eq!(came.status(), 303, "{}", text(came));
    text(&person.open(test, header(came, "location")).await)
}

#[tokio::test]
async fn a_user_of_github_is_the_numeric_id_and_is_shown_as_the_login() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let away = leave(&test, &github, &mut person, &client.url()).await;
    assert_eq!(
        parameter(&away, "scope").as_deref(),
        Some("read:user user:email"),
        "no read:org without a rule"
    );
    assert_eq!(
        parameter(&away, "redirect_uri").as_deref(),
        Some("https://auth.example/oauth/callback/github")
    );
    assert_eq!(
        (parameter(&away, "nonce"), parameter(&away, "prompt"), parameter(&away, "login")),
        (None, None, None)
    );
    assert_eq!(github.take(), Vec::<String>::new(), "there is no metadata to fetch");
    test.store.take();
    let came = person.open(&test, &here(&github.sign_in(&away, &octocat()))).await;
    assert_eq!(events(&came), [EventKind::SignedIn]);
    assert_eq!(test.store.take(), Count { reads: 1, writes: 1 });
    assert_eq!(github.take(), ["/login/oauth/access_token", "/api/v3/user", "/api/v3/user/emails"]);
    assert!(consent(&test, &mut person, &came).await.contains("octocat"));
    let people = test.server.stores.people().list(None).await.unwrap();
    let id = format!("{}#583231", github.url());
    assert!(people.iter().any(|person| person.id.as_str() == id), "{people:?}");
    test.store.take();
    go(&test, &github, &mut browser(), &client.url(), &octocat()).await;
    assert_eq!(test.store.take(), Count { reads: 1, writes: 0 }, "a returning user costs one read");
}

/// GitHub gives a login to another user when its owner changes it.
#[tokio::test]
async fn a_login_that_is_another_users_now_is_another_user_here() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    for (user, new) in [
        (octocat(), true),
        (User { login: "renamed", ..octocat() }, false),
        (User { id: 99, ..octocat() }, true),
    ] {
        test.store.take();
        let came = go(&test, &github, &mut browser(), &client.url(), &user).await;
        let writes = u64::from(new);
        assert_eq!(
            (came.status().as_u16(), test.store.take()),
            (303, Count { reads: 1, writes: writes as _ }),
            "{user:?}"
        );
    }
}

#[tokio::test]
async fn members_of_the_organization_are_admitted() {
    let github = GitHub::start().await;
    let test = test(&github, "org:Acme, org:other").await;
    let client = Client::register(&test).await;
    let away = leave(&test, &github, &mut browser(), &client.url()).await;
    assert_eq!(parameter(&away, "scope").as_deref(), Some("read:user user:email read:org"));
    for (user, admitted, why) in [
        (octocat().member_of("acme", "active"), true, ""),
        (octocat().member_of("acme", "pending").member_of("other", "active"), true, ""),
        (octocat(), false, "no member of the organization Acme"),
        (octocat().member_of("acme2", "active"), false, "no member of the organization Acme"),
        (octocat().member_of("acme", "pending"), false, "the organization Acme is pending"),
        (octocat().member_of("other", "pending"), false, "the organization other is pending"),
    ] {
        let mut person = browser();
        let came = go(&test, &github, &mut person, &client.url(), &user).await;
        assert_eq!(came.status().as_u16(), if admitted { 303 } else { 403 }, "{user:?}: {}", text(&came));
        assert_eq!(is_signed_in(&person), admitted, "{user:?}");
        if !admitted {
            assert!(reason(&came).contains(why), "{user:?}: {}", reason(&came));
            let other = link(&came, AUTHORIZE);
            let away = leave(&test, &github, &mut person, &other).await;
            assert_eq!(parameter(&away, "prompt").as_deref(), Some("select_account"));
        }
    }
    let pending = octocat().member_of("acme", "pending");
    let page = go(&test, &github, &mut browser(), &client.url(), &pending).await;
    assert!(text(&page).contains("Accept the invitation"), "{}", text(&page));
}

#[tokio::test]
async fn the_primary_address_counts_if_github_has_verified_it() {
    let github = GitHub::start().await;
    let test = test(&github, "domain:acme.example").await;
    let client = Client::register(&test).await;
    let (work, home) = ("octocat@acme.example", "octocat@home.example");
    for (emails, admitted, why) in [
        (json!([address(home, false, true), address(work, true, true)]), true, ""),
        (json!([address(work, true, false)]), false, "email_verified is \"false\""),
        (
            json!([address(work, false, true), address(home, true, true)]),
            false,
            "in the domain \"home.example\"",
        ),
        (json!([address(work, false, true)]), false, "no email"),
        (json!([]), false, "no email"),
    ] {
        let came =
            go(&test, &github, &mut browser(), &client.url(), &User { emails: emails.clone(), ..octocat() })
                .await;
        assert_eq!(came.status().as_u16(), if admitted { 303 } else { 403 }, "{emails}: {}", text(&came));
        assert!(admitted || reason(&came).contains(why), "{emails}: {}", reason(&came));
    }
}

/// GitHub reports errors of the token endpoint with status 200.
#[tokio::test]
async fn an_error_with_status_200_is_an_error() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    let fault = |error: &str| json!({ "error": error, "error_description": "in GitHub's words" });
    let token = "/login/oauth/access_token";
    for (body, status, told) in [
        (
            fault("bad_verification_code"),
            403,
            "rejected the code: \"bad_verification_code\" \"in GitHub's words\"",
        ),
        (fault("incorrect_client_credentials"), 502, "\"incorrect_client_credentials\""),
        (fault("redirect_uri_mismatch"), 502, "\"redirect_uri_mismatch\""),
        (fault("unverified_user_email"), 403, "\"unverified_user_email\""),
        (fault("temporarily_unavailable"), 503, "\"temporarily_unavailable\""),
        (json!({ "token_type": "bearer" }), 502, "missing field `access_token`"),
        (json!(["gho_x"]), 502, "the tokens that the provider sent are not valid"),
        (Value::from("access_token=gho_x&token_type=bearer"), 502, "not valid"),
    ] {
        github.answer_with(token, 200, body.clone(), &[]);
        let mut person = browser();
        let came = go(&test, &github, &mut person, &client.url(), &octocat()).await;
        assert_eq!(came.status().as_u16(), status, "{body}: {}", text(&came));
        assert!(reason(&came).contains(told), "{body}: {}", reason(&came));
        assert!(!is_signed_in(&person) && !reason(&came).contains("gho_"), "{body}");
    }
}

/// Errors of the authorization endpoint, which GitHub names in words of its own.
#[tokio::test]
async fn an_error_of_github_says_who_can_mend_it() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    for (error, says) in [
        ("access_denied", "did not say who you are"),
        ("redirect_uri_mismatch", "does not accept the request of this server"),
        ("application_suspended", "does not accept the request of this server"),
    ] {
        let mut person = browser();
        let away = leave(&test, &github, &mut person, &client.url()).await;
        let back = here(&github.sign_in(&away, &octocat())).replace("code=", &format!("error={error}&was="));
        let came = person.open(&test, &back).await;
        assert_eq!((came.status().as_u16(), events(&came)), (403, vec![EventKind::SignInFailed]), "{error}");
        assert!(text(&came).contains(says), "{error}: {}", text(&came));
    }
}

#[tokio::test]
async fn a_code_is_redeemed_once_and_with_the_verifier_of_this_browser() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let away = leave(&test, &github, &mut person, &client.url()).await;
    let back = here(&github.sign_in(&away, &octocat()));
    assert_eq!(person.open(&test, &back).await.status(), 303);
    assert_eq!(
        person.open(&test, &back).await.status(),
        303,
        "loaded twice: the first load signed the user in"
    );
    person.cookies.retain(|name, _| !name.contains("session"));
    assert_eq!(person.open(&test, &back).await.status(), 403, "a spent code");
    // The code of another visit: another PKCE verifier (RFC 9700 §2.1.1, code injection).
    let mine = here(&github.sign_in(&leave(&test, &github, &mut person, &client.url()).await, &octocat()));
    let theirs = here(&github.sign_in(
        &leave(&test, &github, &mut browser(), &client.url()).await,
        &User::new(666, "mallory", "m@evil.example"),
    ));
    let code = |url: &str| parameter(url, "code").unwrap();
    let injected = person.open(&test, &mine.replace(&code(&mine), &code(&theirs))).await;
    assert_eq!((injected.status().as_u16(), is_signed_in(&person)), (403, false), "{}", text(&injected));
}

/// What GitHub does not answer counts only if a rule needs it.
#[tokio::test]
async fn an_answer_that_is_missing_counts_only_if_a_rule_needs_it() {
    let github = GitHub::start().await;
    let emails = "/api/v3/user/emails";
    let acme = "/api/v3/user/memberships/orgs/acme";
    let limited = [("x-ratelimit-remaining", "0")];
    let message = json!({ "message": "API rate limit exceeded" });
    for (allow, path, status, headers, expected, told) in [
        ("anyone", emails, 404, &[][..], 303, "the API of GitHub, which is not needed here, was not read"),
        ("domain:acme.example", emails, 404, &[], 502, "404 Not Found at"),
        ("domain:acme.example", emails, 403, &limited, 503, "API rate limit exceeded"),
        ("org:acme", acme, 500, &[], 503, "500 Internal Server Error at"),
        ("org:acme", acme, 403, &limited, 503, "API rate limit exceeded"),
        (
            "org:acme",
            acme,
            403,
            &[],
            403,
            "does not let this server see the membership in the organization acme",
        ),
        ("org:acme", acme, 301, &[], 502, "301 Moved Permanently at"),
        ("org:acme", acme, 200, &[], 502, "the memberships that the provider sent are not valid"),
        ("anyone", "/api/v3/user", 401, &[], 502, "401 Unauthorized at"),
        ("anyone", "/api/v3/user", 200, &[], 502, "the account data that the provider sent are not valid"),
    ] {
        let test = test(&github, allow).await;
        let client = Client::register(&test).await;
        github.recover();
        github.answer_with(path, status, message.clone(), headers);
        let user = octocat().member_of("acme", "active");
        let mut person = browser();
        let came = go(&test, &github, &mut person, &client.url(), &user).await;
        assert_eq!(came.status().as_u16(), expected, "{allow} {path} {status}: {}", reason(&came));
        assert!(reason(&came).contains(told), "{allow} {path} {status}: {}", reason(&came));
        assert_eq!(is_signed_in(&person), expected == 303);
    }
}

#[tokio::test]
async fn the_iss_of_another_is_a_mix_up_and_none_is_not() {
    let github = GitHub::start().await;
    let test = test(&github, "anyone").await;
    let client = Client::register(&test).await;
    let mut person = browser();
    let away = leave(&test, &github, &mut person, &client.url()).await;
    let back = here(&github.sign_in(&away, &octocat()));
    let (without, _) = back.split_once("&iss=").unwrap();
    github.take();
    for iss in ["https://github.com/login/oauth", github.url(), "https://evil.example"] {
        let came = person.open(&test, &format!("{without}&iss={iss}")).await;
        assert_eq!((came.status().as_u16(), github.take()), (400, vec![]), "{iss}");
        assert!(reason(&came).contains("has the iss"), "{}", reason(&came));
    }
    assert_eq!(person.open(&test, without).await.status(), 303, "a GitHub Enterprise Server may send none");
}
