//! Root secrets: rotation, removal, and a new secret after a leak.

use crate::host::{Host, text};
use serde_json::{Value, json};
use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::time::{SystemTime, UNIX_EPOCH};

fn keys(answer: &Value) -> Vec<(String, bool)> {
    let keys = answer["keys"].as_array().unwrap().iter();
    keys.map(|key| (key["key"].as_str().unwrap().to_owned(), key["makes"] == true)).collect()
}

fn secret(host: &Host) -> String {
    fs::read_to_string(host.folder().join("secret")).unwrap()
}

/// Lets the time come from which the newest secret is used.
fn wait(host: &Host) {
    let path = host.folder().join("secret");
    let text = secret(host);
    let (secret, rest) = text.split_once(" from=").unwrap();
    let rest = rest.split_once('\n').unwrap().1;
    fs::write(&path, format!("{secret} from=1\n{rest}")).unwrap();
}

#[test]
fn a_new_secret_is_published_at_once_and_used_after_a_later_restart() {
    let host = Host::new();
    let server = host.serve(&[]);
    let old = keys(&host.json(&["list-keys"]).0);
    let (published, identities) = (server.key_ids("/oauth/jwks"), server.key_ids("/oauth/identity/jwks"));
    assert_eq!((old.len(), old[0].1, published.len(), identities.len()), (1, true, 1, 1));
    let before = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let (rotated, _) = host.json(&["rotate-keys"]);
    let from = rotated["restart_from"].as_u64().unwrap();
    assert!((before + 900..before + 960).contains(&from), "{rotated}");
    let known = keys(&rotated);
    assert_eq!((known.len(), known[0].1, &known[1]), (2, false, &old[0]));
    assert_eq!(rotated["keys"][0]["from"], from);
    // Other servers fetch the new keys while the old ones sign.
    assert_eq!(server.key_ids("/oauth/jwks")[0], published[0]);
    assert_eq!((server.key_ids("/oauth/jwks").len(), server.key_ids("/oauth/identity/jwks").len()), (2, 2));
    assert!(!host.done(&["list-keys"]).contains(secret(&host).split(' ').next().unwrap()));
    // A restart that comes too early changes nothing.
    let log = server.end();
    assert!(
        log.contains(&format!("keys_changed reason=\"keys {}, {}\" by=operator uid=", known[0].0, old[0].0)),
        "{log}"
    );
    let server = host.serve(&[]);
    assert_eq!(server.key_ids("/oauth/jwks")[0], published[0]);
    assert!(host.refused(&["forget-key", &old[0].0]).contains("is in use; run rotate-keys"));
    let listed = host.done(&["list-keys"]);
    assert!(
        listed.contains("  is used after a restart from 2") && listed.contains("  is in use\n"),
        "{listed}"
    );
    wait(&host);
    let listed = host.done(&["list-keys"]);
    assert!(listed.contains("  is used after a restart: restart the server now\n"), "{listed}");
    server.end();
    let server = host.serve(&[]);
    assert_eq!(server.key_ids("/oauth/jwks")[1], published[0]);
    assert_eq!(keys(&host.json(&["list-keys"]).0), [(known[0].0.clone(), true), (old[0].0.clone(), false)]);
    let told = host.done(&["forget-key", &old[0].0]);
    assert!(told.contains("Restart the server now"), "{told}");
    server.end();
    let server = host.serve(&[]);
    assert_eq!(server.key_ids("/oauth/jwks").len(), 1);
    assert!(host.refused(&["forget-key", &known[0].0]).contains("is in use"));
}

#[test]
fn an_old_secret_of_a_stopped_server_can_be_forgotten_before_the_next_start() {
    let host = Host::with_store();
    host.done(&["rotate-keys"]);
    let known = keys(&host.json(&["list-keys"]).0);
    assert!(host.refused(&["forget-key", &known[0].0]).contains("the newest root secret cannot be removed"));
    wait(&host);
    let (forgotten, _) = host.json(&["forget-key", &known[1].0]);
    assert_eq!(
        (keys(&forgotten), &forgotten["restart_from"]),
        (vec![(known[0].0.clone(), true)], &Value::Null)
    );
    host.serve(&[]).end();
}

#[test]
fn a_new_secret_replaces_a_leaked_or_lost_one_and_the_server_starts_again() {
    let host = Host::new();
    let server = host.serve(&[]);
    let before = secret(&host);
    let refused = host.refused(&["new-secret"]);
    assert!(refused.ends_with("to do it, give --yes\n"), "{refused}");
    assert!(refused.contains("all users have to sign in again") && secret(&host) == before, "{refused}");
    let (replaced, _) = host.json(&["new-secret", "--yes"]);
    assert!(replaced["restart_from"].is_number(), "{replaced}");
    let listed = host.done(&["list-keys"]);
    assert!(
        listed.lines().count() == 2 && listed.contains("  is used after a restart: restart the server now\n"),
        "{listed}"
    );
    assert_eq!((secret(&host) == before, secret(&host).lines().count()), (false, 1));
    let path = host.folder().join("secret");
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    server.end();
    host.serve(&[]).end();
    fs::remove_file(&path).unwrap();
    assert!(host.refused(&["list-keys"]).contains("secret is missing; put back the secret file"));
    assert!(host.refused(&["unlock-person", "alice"]).contains("is missing"));
    host.done(&["new-secret", "--yes"]);
    host.serve(&[]).end();
}

#[test]
fn a_secret_that_others_can_read_or_of_another_store_is_refused() {
    let (host, other) = (Host::with_store(), Host::with_store());
    host.done(&["add-person", "alice"]);
    let path = host.folder().join("secret");
    fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
    for command in [&["list-keys"][..], &["rotate-keys"], &["unlock-person", "alice"]] {
        let refused = host.refused(command);
        assert!(refused.contains("other users can read it; run chmod 600 /"), "{refused}");
    }
    fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(&path, secret(&other)).unwrap();
    let of_server = host.refusal_of_serve();
    assert!(
        of_server.contains("holds other secrets than the one that this store belongs to; put back"),
        "{of_server}"
    );
    assert!(of_server.contains("doorward admin new-secret --yes"), "{of_server}");
    for command in [
        &["list-keys"][..],
        &["rotate-keys"],
        &["forget-key", "x"],
        &["add-client", "--redirect-uri", "https://app.example/cb"],
    ] {
        let refused = host.refused(command);
        assert!(refused.ends_with(of_server.trim_start_matches("doorward: ")), "{command:?}: {refused}");
    }
    assert_eq!(secret(&host), secret(&other));
    assert_eq!(host.json(&["list-clients"]).0["clients"], json!([]));
}

#[test]
fn a_change_that_cannot_be_written_is_refused_and_logged() {
    let host = Host::with_store();
    let before = secret(&host);
    fs::create_dir(host.folder().join("secret.new")).unwrap();
    let output = host.admin(&["rotate-keys"], "");
    let told = text(&output.stderr);
    assert!(!output.status.success() && told.contains("doorward: --secret-file /"), "{told}");
    assert!(told.contains(" keys_changed reason=\"not completed: --secret-file /"), "{told}");
    assert_eq!(secret(&host), before);
}
