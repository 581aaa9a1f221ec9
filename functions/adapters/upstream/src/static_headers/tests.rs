//! Static headers, with and without files.

use super::*;
use crate::tests::folder::Folder;
use std::fs;
use std::sync::Mutex;
use std::time::Duration;

fn silent() -> Report {
    Arc::new(|_| {})
}

fn set(headers: &StaticHeaders) -> HeaderMap {
    let mut set = HeaderMap::new();
    headers.set(&mut set);
    set
}

#[test]
fn each_form_is_read() {
    let folder = Folder::new();
    let key = folder.write("a key", " secret\n");
    let header = format!("Authorization: Bearer @{}", key.display());
    let whole = format!("x-key:@{}", key.display());
    let lines = [header.as_str(), "X-Plain:  some value ", "x-mail: a@/b", &whole];
    let set = set(&StaticHeaders::new(lines, &silent()).unwrap());
    let values = ["authorization", "x-plain", "x-mail", "x-key"].map(|name| set[name].to_str().unwrap());
    assert_eq!(values, ["Bearer secret", "some value", "a@/b", "secret"]);
    assert!(set.values().all(HeaderValue::is_sensitive));
}

#[test]
fn what_the_connection_and_the_gateway_decide_is_refused() {
    for name in [
        "Connection",
        "Keep-Alive",
        "Transfer-Encoding",
        "Host",
        "Content-Length",
        "Doorward-Identity",
        "Via",
        "mcp-x",
    ] {
        let refused = StaticHeaders::new([format!("{name}: x").as_str()], &silent());
        assert!(matches!(refused, Err(HeaderError::Refused(_))), "{name}");
    }
    for name in ["Authorization", "X-API-Key", "Cookie", "x-mcp-key", "hosts"] {
        assert!(StaticHeaders::new([format!("{name}: x").as_str()], &silent()).is_ok(), "{name}");
    }
}

#[test]
fn no_error_and_no_debug_output_has_the_value() {
    let folder = Folder::new();
    let binary = folder.write("binary", "sesame\u{1}");
    let empty = folder.write("empty", " \n");
    let file = |path: &std::path::Path| format!("x-key: sesame @{}", path.display());
    for (line, error) in [
        ("sesame".to_owned(), "the form"),
        ("sesame open: x".to_owned(), "the form"),
        ("x-key: sesame\u{1}".to_owned(), "has characters"),
        ("x-key:".to_owned(), "is empty"),
        (file(&binary), "has characters"),
        (file(&empty), "it is empty"),
        (file(&folder.file("absent")), "No such file"),
    ] {
        let refused = StaticHeaders::new([line.as_str()], &silent()).unwrap_err();
        assert!(refused.to_string().contains(error), "{line}: {refused}");
        assert!(!format!("{refused} {refused:?}").contains("sesame"), "{refused:?}");
    }
    let headers = StaticHeaders::new(["X-Key: sesame"], &silent()).unwrap();
    assert_eq!(format!("{headers:?} {:?}", set(&headers)), "{\"x-key\"} {\"x-key\": Sensitive}");
    let twice = StaticHeaders::new(["x-key: sesame", "X-KEY: b"], &silent()).unwrap_err();
    assert_eq!(twice.to_string(), "the header `x-key` is set twice");
}

#[test]
fn a_value_that_looks_like_a_file_and_is_none_is_reported_without_the_value() {
    let reported = |line: &str| {
        let reports = Arc::new(Mutex::new(Vec::new()));
        let kept = reports.clone();
        let report: Report = Arc::new(move |text| kept.lock().unwrap().push(text.to_owned()));
        let headers = StaticHeaders::new([line], &report).unwrap();
        assert_eq!(set(&headers).len(), 1, "it is sent");
        reports.lock().unwrap().clone()
    };
    for line in ["x-key: @api.key", "x-key: Bearer @./api.key"] {
        let reports = reported(line);
        assert_eq!(reports.len(), 1, "{line}");
        assert!(reports[0].starts_with("the header `x-key` is sent as it is: "), "{reports:?}");
        assert!(!reports[0].contains("api.key"), "{reports:?}");
    }
    for line in ["x-key: a@b", "x-key: @ b", "x-key: key"] {
        assert_eq!(reported(line), Vec::<String>::new(), "{line}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_changed_file_is_read_again_and_a_lost_one_keeps_its_value() {
    let folder = Folder::new();
    let file = folder.write("key", "first");
    let reports = Arc::new(Mutex::new(Vec::new()));
    let kept = reports.clone();
    let report: Report = Arc::new(move |text| kept.lock().unwrap().push(text.to_owned()));
    let headers = StaticHeaders::new([format!("x-key: @{}", file.display()).as_str()], &report).unwrap();
    let value = || set(&headers)["x-key"].to_str().unwrap().to_owned();
    let after_a_second = async || {
        tokio::time::advance(Duration::from_secs(1)).await;
        value()
    };
    folder.write("key", "second one");
    tokio::time::advance(Duration::from_millis(999)).await;
    assert_eq!(value(), "first", "the file is looked at once a second");
    tokio::time::advance(Duration::from_millis(1)).await;
    assert_eq!(value(), "second one");
    fs::remove_file(&file).unwrap();
    for _ in 0..3 {
        assert_eq!(after_a_second().await, "second one");
    }
    folder.write("key", "");
    assert_eq!(after_a_second().await, "second one");
    assert_eq!(reports.lock().unwrap().len(), 1);
    assert!(reports.lock().unwrap()[0].starts_with("the header `x-key` keeps its last value: "));
    folder.write("key", "third");
    assert_eq!(after_a_second().await, "third");
    fs::remove_file(&file).unwrap();
    assert_eq!(after_a_second().await, "third");
    assert_eq!(reports.lock().unwrap().len(), 2, "a new loss is reported");
}

/// The same length, another time.
#[tokio::test(start_paused = true)]
async fn a_file_of_the_same_length_is_read_again() {
    let folder = Folder::new();
    let file = folder.write("key", "first");
    let headers = StaticHeaders::new([format!("x-key: @{}", file.display()).as_str()], &silent()).unwrap();
    folder.write("key", "other");
    let later = std::time::SystemTime::now() + Duration::from_secs(10);
    fs::File::options().write(true).open(&file).unwrap().set_modified(later).unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(set(&headers)["x-key"], "other");
}
