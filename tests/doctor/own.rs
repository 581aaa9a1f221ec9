//! The doctor on our own local server.

use crate::rules;
use doorward_local::doctor::report::Verdict;
use doorward_local::doctor::{Options, SignIn, clients, examine};
use doorward_local::log::Log;
use doorward_local::serve::Listening;
use doorward_settings::{AUTH_PORT, MCP_PORT, USER, Values};

async fn start() -> String {
    let settings = Values::of([(&AUTH_PORT, "0"), (&MCP_PORT, "0"), (&USER, "alice:open sesame")]);
    let listening = Listening::start(&settings, Log::to(std::io::sink())).await.unwrap();
    let url = listening.resource().to_string();
    tokio::spawn(listening.run());
    url
}

#[tokio::test]
async fn our_own_server_has_no_finding_and_every_client_connects() {
    let report = crate::report(&start().await).await;
    assert!(report.findings.is_empty(), "{report}");
    assert!(report.not_tried.is_empty(), "{report}");
    for client in &clients::ALL {
        assert_eq!(report.verdict(client), Verdict::Connects, "{}", client.name);
    }
}

#[tokio::test]
async fn without_a_user_the_examination_ends_at_the_sign_in_page() {
    let report = examine(&start().await, Options::usual(SignIn::Skipped)).await.unwrap();
    assert_eq!(rules(&report), [""; 0], "{report}");
    assert_eq!(report.not_tried[0].0, "sign-in and tokens");
    assert!(clients::ALL.iter().all(|client| report.verdict(client) == Verdict::ReachesSignIn));
}

#[tokio::test]
async fn a_wrong_password_is_no_fault_of_the_server() {
    let user = SignIn::Scripted { username: "alice".into(), password: "a guess".into() };
    let report = examine(&start().await, Options::usual(user)).await.unwrap();
    assert!(report.findings.is_empty(), "{report}");
    assert_eq!(report.not_tried[0].1, "the name or the password is wrong");
}
