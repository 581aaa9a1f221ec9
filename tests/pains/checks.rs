//! Checks a row: the line, the page and the finding of the doctor each name the cause and the cure.

use crate::evidence::{Evidence, whole};
use crate::plants;
use crate::row::{Doctor, Line, Pain, Plant, Shown};
use crate::script::{member, start};
use doorward::protocol::paths;
use doorward::rules::Rule;
use doorward::wire::{Event, Response};
use doorward_local::doctor::report::Finding;
use doorward_local::doctor::rule::Level;
use doorward_local::doctor::stops::Effect;
use doorward_local::doctor::{Limits, Options, SignIn, examine, later};
use harness::TestServer;
use harness::person::sent_on;
use harness::test_server::{get, header, json, parameter, read_out, text};
use serde_json::json;
use std::time::Duration;
use tokio::net::TcpListener;
use tokio::task::LocalSet;

/// Provokes each pain and checks what is told. A failure of one hides no other.
pub(crate) async fn check(pains: &'static [Pain]) {
    let catalogue = read_out(&TestServer::new().await.send(get(paths::ERRORS)).await);
    let mut failed = Vec::new();
    let each = async {
        for pain in pains {
            let checked = tokio::task::spawn_local(row(pain, catalogue.clone())).await;
            failed.extend(checked.is_err().then_some(pain.number));
        }
    };
    LocalSet::new().run_until(each).await;
    assert!(failed.is_empty(), "these rows fail: {failed:?}");
}

async fn row(pain: &'static Pain, catalogue: String) {
    let about = format!("{}: {} ({})", pain.number, pain.symptom, pain.provoked);
    let evidence = (pain.provoke)().await;
    line(pain, &evidence, &about);
    page(pain, &evidence, &about);
    if let Some(rule) = pain.rule {
        for part in [rule.cause, rule.cure].iter().flat_map(|text| text.split('`')) {
            let is_plain = !part.contains(['\'', '"', '&', '<']);
            assert!(!is_plain || catalogue.contains(part), "the catalogue lacks {part}; {about}");
        }
    }
    doctor(&pain.doctor, &about).await;
}

fn holds(text: &str, words: &[&str], about: &str) {
    for word in words {
        assert!(text.contains(word), "no {word:?} in {text}; {about}");
    }
}

fn line(pain: &Pain, evidence: &Evidence, about: &str) {
    let events = evidence.events();
    let found = |is: &dyn Fn(&Event) -> bool| {
        let event = events.iter().rev().find(|event| is(event));
        event.unwrap_or_else(|| panic!("no such line in {events:#?}; {about}")).to_string()
    };
    match (&pain.line, pain.rule) {
        (Line::Names(values), Some(rule)) => {
            let line = found(&|event| event.rule == Some(rule));
            let fix = format!("fix={:?}", rule.cure);
            let section = format!("section={:?}", rule.section);
            holds(&line, &[&format!("rule={}", rule.name), &fix, &section, "reason="], about);
            holds(&line, values, about);
        }
        (Line::Names(_), None) => panic!("a refusal has a rule; {about}"),
        (Line::Says(kind, words) | Line::Tells(kind, words), None) => {
            holds(&found(&|event| event.kind == *kind), words, about);
        }
        (Line::Says(..) | Line::Tells(..), Some(_)) => {
            panic!("where the user is not hindered, no rule refuses; {about}")
        }
        (Line::Local(words), _) => holds(&evidence.log, words, about),
        (Line::Quiet(why), _) => {
            assert!(why.len() > 10 && events.is_empty(), "{events:#?}; {about}");
        }
    }
}

/// Whether a link or an `error_uri` leads to the rule.
fn leads_to(uri: &str, rule: &Rule) -> bool {
    uri.ends_with(&format!("{}#{}", paths::ERRORS, rule.name))
}

fn page(pain: &Pain, evidence: &Evidence, about: &str) {
    let all: Vec<_> = evidence.responses.iter().map(whole).collect();
    let found = |is: &dyn Fn(&Response) -> bool| -> &Response {
        let response = evidence.responses.iter().rev().find(|response| is(response));
        response.unwrap_or_else(|| panic!("no such response in {all:#?}; {about}"))
    };
    let told = |shown: &'static str| pain.rule.unwrap_or_else(|| panic!("{shown} has a rule; {about}"));
    match &pain.page {
        Shown::Json(words) => {
            let rule = told("JSON");
            let response =
                found(&|seen| json(seen)["error_uri"].as_str().is_some_and(|uri| leads_to(uri, rule)));
            assert_eq!(json(response)["error"], rule.code, "{about}");
            holds(json(response)["error_description"].as_str().unwrap_or_default(), words, about);
        }
        Shown::Page(words) => {
            let rule = told("an error page");
            let link = format!("href=\"https://auth.example{}#{}\"", paths::ERRORS, rule.name);
            let response = found(&|seen| text(seen).contains(&link));
            holds(&read_out(response), words, about);
            let id = evidence.events().iter().rev().find_map(|event| event.correlation.clone());
            holds(&text(response), &[&id.expect("a line with the id of the page")], about);
        }
        Shown::Hint(words) => {
            let response = found(&|seen| header(seen, "content-type").starts_with("text/html"));
            holds(&read_out(response), words, about);
        }
        Shown::Redirect(words) => {
            let rule = told("a redirect");
            let way = |seen: &Response| [header(seen, "location"), sent_on(seen)].concat();
            let uri = |seen: &Response| parameter(&way(seen), "error_uri").unwrap_or_default();
            let response = found(&|seen| leads_to(&uri(seen), rule));
            holds(&parameter(&way(response), "error_description").unwrap_or_default(), words, about);
        }
        Shown::Challenge(words) => {
            let rule = told("a challenge");
            let response =
                found(&|seen| json(seen)["error_uri"].as_str().is_some_and(|uri| leads_to(uri, rule)));
            holds(header(response, "www-authenticate"), words, about);
        }
        Shown::Works(words) => {
            let response = found(&|_| true);
            assert!(response.status().as_u16() < 400, "{}; {about}", whole(response));
            holds(&whole(response), words, about);
        }
        Shown::Terminal(words) => holds(&evidence.log, words, about),
    }
}

/// How long the doctor waits for the server that does not answer.
const SHORT: Duration = Duration::from_millis(100);

async fn doctor(expected: &Doctor, about: &str) {
    let (rule, stops, seen, plant) = match expected {
        Doctor::Finds { rule, stops, seen, plant } => (*rule, *stops, *seen, plant),
        Doctor::NotVisible(why) => return assert!(why.len() > 10, "{about}"),
    };
    let user = SignIn::Scripted { username: "alice".into(), password: "open sesame".into() };
    let usual = Options::usual(user);
    // The listener of a mute server stays open.
    let (url, options, _open) = match plant {
        Plant::Change(change) => (start(*change).await, usual, None),
        Plant::WithDocuments(change) => {
            let change = *change;
            let url = start(move |asked, answer| {
                let is_doctor = asked.user_agent.starts_with("doorward-doctor/");
                if is_doctor && plants::is_server(asked) {
                    member(answer, "client_id_metadata_document_supported", Some(json!(true)));
                }
                change(asked, answer);
            });
            (url.await, Options { documents: true, ..usual }, None)
        }
        Plant::Mute => {
            let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
            let limits = Limits { request: SHORT, ..Limits::default() };
            let url = format!("http://{}/mcp", listener.local_addr().unwrap());
            (url, Options { limits, ..usual }, Some(listener))
        }
    };
    let report = examine(&url, options).await.unwrap();
    let is_it =
        |finding: &&Finding| finding.rule.id() == rule && seen.iter().all(|word| finding.seen.contains(word));
    let finding = report.findings.iter().find(is_it);
    let finding = finding.unwrap_or_else(|| panic!("{rule} is not found; {about}\n{report}"));
    let (text, printed) = (finding.rule.text(), report.to_string());
    let is_warning = text.level == Level::Warning;
    let named =
        if is_warning { later::clients(finding.rule).to_vec() } else { finding.clients(Effect::Stops) };
    let of_all = report.findings.iter().filter(|other| other.rule == finding.rule);
    let named: Vec<_> = named.into_iter().chain(of_all.flat_map(|other| other.askers.clone())).collect();
    for client in stops {
        assert!(named.contains(client), "{client} is not named by {rule}; {about}\n{report}");
    }
    assert_eq!(stops.is_empty(), named.is_empty(), "{rule} names {named:?}; {about}");
    let unwrapped = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    holds(&unwrapped, &[text.wrong, text.cure, &format!("[{rule}]")], about);
}
