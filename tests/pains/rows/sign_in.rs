//! The user cannot sign in, or not as the right one.

use crate::evidence::{Evidence, client, look, register, registered};
use crate::plants::{self, is_signed_in, opens, shows_a_page_once};
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use doorward::rules;
use doorward::wire::EventKind;
use harness::test_server::{header, post, text};
use harness::{Person, TestServer};
use http::{StatusCode, header as names};
use serde_json::json;

pub(super) const PAINS: &[Pain] = &[
    Pain {
        number: 42,
        symptom: "The sign-in page comes again and again.",
        cause: "The browser keeps no cookies of the server.",
        advice: "",
        provoked: "the form is sent without the cookie",
        seen_in: &[],
        rule: Some(&rules::COOKIES_MISSING),
        line: Line::Names(&["cookie"]),
        page: Shown::Page(&["This server needs cookies", "Allow cookies for this server"]),
        doctor: Doctor::NotVisible("the browser is the user's; the doctor keeps cookies"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                Evidence::of([test.send(post(&client.url(), &[("username", "alice")])).await])
            })
        },
    },
    Pain {
        number: 43,
        symptom: "The page says that it was too old, and asks again.",
        cause: "The form was open for long, is of another browser, or a proxy removes cookies.",
        advice: "",
        provoked: "a form is sent an hour later",
        seen_in: &[],
        rule: Some(&rules::FORM_STALE),
        line: Line::Names(&["form"]),
        page: Shown::Hint(&["That page was too old", "Please try again"]),
        doctor: Doctor::NotVisible("the doctor sends a form at once"),
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let page = alice.open(&test, &client.url()).await;
                test.clock.pass(std::time::Duration::from_secs(24 * 3600));
                Evidence::of([alice.submit(&test, &page, "").await])
            })
        },
    },
    Pain {
        number: 20,
        symptom: "After the sign-in the browser shows a home page, and the client waits.",
        cause: "The authorization request was kept in a session, and a second tab, a magic link or a new session lost it.",
        advice: "Keep the request in the URL.",
        provoked: "two tabs of a fresh browser open the page; the user signs in in one and goes on in the other",
        seen_in: &["twentyhq/twenty#20535"],
        rule: None,
        line: Line::Says(EventKind::SignedIn, &["person=alice"]),
        page: Shown::Hint(&["Let this program in?"]),
        doctor: Doctor::Finds {
            rule: "sign-in-lost",
            stops: &[],
            seen: &["a page without a form, and no redirect"],
            plant: Plant::Change(|asked, answer| {
                if is_signed_in(asked, answer) {
                    *answer.status_mut() = StatusCode::OK;
                    answer.headers_mut().remove(names::LOCATION);
                    "<p>Welcome back".clone_into(answer.body_mut());
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let other = client.url_with(&[("state", "of the other tab")]);
                let page = alice.open(&test, &client.url()).await;
                alice.open(&test, &other).await;
                let signed_in = alice.submit(&test, &page, "").await;
                assert!(header(&signed_in, "location").contains("client_id="), "the request is in the URL");
                Evidence::of([signed_in, alice.open(&test, &other).await])
            })
        },
    },
    Pain {
        number: 22,
        symptom: "Users of hosted clients get “too many requests”, and others do not.",
        cause: "The server or its firewall limits by address, and hosted clients share a few addresses.",
        advice: "",
        provoked: "ten wrong passwords for one name; another user signs in from the same address",
        seen_in: &["anthropics/claude-ai-mcp#413"],
        rule: Some(&rules::SIGN_IN_RATE_LIMIT),
        line: Line::Names(&["person=alice", "sign_in_failed"]),
        page: Shown::Hint(&[
            "too many wrong passwords for this name",
            "a browser in which you have signed in before",
        ]),
        doctor: Doctor::Finds {
            rule: "rate-limited",
            stops: &["Claude (web, desktop, mobile)", "ChatGPT"],
            seen: &["429"],
            plant: Plant::Change(|asked, answer| {
                if asked.path == "/register" {
                    *answer.status_mut() = StatusCode::TOO_MANY_REQUESTS;
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                test.introduce("bob", "bob's password").await;
                let mut last = None;
                for _ in 0..=10 {
                    let mut guesser = Person::new("alice", "a guess");
                    let page = guesser.open(&test, &client.url()).await;
                    last = Some(guesser.submit(&test, &page, "").await);
                }
                let mut bob = Person::new("bob", "bob's password");
                bob.reach_consent(&test, &client.url()).await;
                Evidence::of(last)
            })
        },
    },
    Pain {
        number: 31,
        symptom: "The client is connected with the wrong account, and the user cannot change it.",
        cause: "The server takes the session of the browser without a word, or refuses `prompt`, with which clients ask for a choice.",
        advice: "Press “Use another account”.",
        provoked: "`prompt=consent`, `prompt=select_account` and `prompt=login`, in a browser with a session",
        seen_in: &["anthropics/claude-code#40915", "anthropics/claude-ai-mcp#38"],
        rule: None,
        line: Line::Says(EventKind::SignedIn, &["person=alice"]),
        page: Shown::Hint(&["You are signed in as", "alice", "Use another account"]),
        doctor: Doctor::Finds {
            rule: "authorize-refuses",
            stops: &["Claude (web, desktop, mobile)", "Claude, where it registers"],
            seen: &["invalid_request", "claude.ai"],
            plant: Plant::Change(|asked, answer| {
                if asked.query.contains_key("prompt") {
                    plants::refuse(answer, "invalid_request");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                let mut alice = Person::alice();
                let page = alice.open(&test, &client.url()).await;
                let signed_in = alice.submit(&test, &page, "").await;
                let again = alice.open(&test, &client.url_with(&[("prompt", "login")])).await;
                assert!(text(&again).contains("type=\"password\""), "{}", text(&again));
                for prompt in ["select_account", "consent"] {
                    let page = alice.open(&test, &client.url_with(&[("prompt", prompt)])).await;
                    assert!(text(&page).contains("Use another account"), "{}", text(&page));
                }
                Evidence::of([signed_in, alice.open(&test, &client.url_with(&[("prompt", "consent")])).await])
            })
        },
    },
    Pain {
        number: 14,
        symptom: "A link signs the user in to a program that is none of theirs.",
        cause: "Phishing: a client with the name of a vendor and a redirect URI of the attacker, at a server that asks for no consent.",
        advice: "Press Deny, unless you know why the program has this name.",
        provoked: "a client that calls itself Claude registers with another host; the consent page says that it is not Claude",
        seen_in: &["PrefectHQ/fastmcp#2056", "modelcontextprotocol/modelcontextprotocol#544"],
        rule: None,
        line: Line::Says(EventKind::Denied, &["person=alice", "client="]),
        page: Shown::Hint(&["This is not Claude, though its name suggests it", "evil.example"]),
        doctor: Doctor::Finds {
            rule: "open-redirect",
            stops: &[],
            seen: &["to https://doorward-doctor.invalid/callback"],
            plant: Plant::Change(|asked, answer| {
                if opens(asked) && answer.status() == StatusCode::BAD_REQUEST {
                    plants::sends_back(asked, answer, "invalid_request");
                }
            }),
        },
        provoke: || {
            Box::pin(async {
                let test = TestServer::new().await;
                let body = json!({ "client_name": "Claude", "redirect_uris": ["https://evil.example/cb"] });
                let client = client(&register(&test, &body).await, "https://evil.example/cb");
                let mut alice = Person::alice();
                let page = alice.reach_consent(&test, &client.url()).await;
                let denied = alice.submit(&test, &page, "deny").await;
                Evidence::of([denied, page])
            })
        },
    },
    Pain {
        number: 21,
        symptom: "The page works in one browser and says “invalid request” in another, or at a reload.",
        cause: "The page is opened twice: by a preflight of the client, a prefetch, or a double click; and the first one spends the request.",
        advice: "",
        provoked: "the page is opened twice, and Allow is pressed twice",
        seen_in: &["PrefectHQ/fastmcp#4814", "PrefectHQ/fastmcp#4817"],
        rule: None,
        line: Line::Says(EventKind::Consented, &["person=alice"]),
        page: Shown::Works(&["You are being sent on"]),
        doctor: Doctor::Finds {
            rule: "authorize-twice",
            stops: &["fastmcp"],
            seen: &["400 invalid_request", "the first time 200"],
            plant: Plant::Change(shows_a_page_once),
        },
        provoke: || {
            Box::pin(async {
                let (test, client) = registered().await;
                look(&test, &client.url()).await;
                let mut alice = Person::alice();
                let page = alice.reach_consent(&test, &client.url()).await;
                let first = alice.submit(&test, &page, "allow").await;
                Evidence::of([first, alice.submit(&test, &page, "allow").await])
            })
        },
    },
];
