//! Fetches under way: requests that need the same document share one, and their number is bounded for each host and in
//! all.

use async_trait::async_trait;
use doorward::client::{Documents, Fetch, FetchError};
use doorward::ports::{Deadline, Timestamp};
use doorward::protocol::DocumentUrl;
use doorward::wire::Response;
use harness::keyed::document;
use serde_json::json;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::sync::Semaphore;

/// A web whose servers answer only when the test says so.
struct SlowWeb {
    begun: AtomicUsize,
    may_answer: Semaphore,
}

#[async_trait]
impl Fetch for SlowWeb {
    async fn fetch(&self, url: &DocumentUrl, _: Duration) -> Result<Response, FetchError> {
        self.begun.fetch_add(1, Ordering::SeqCst);
        self.may_answer.acquire().await.unwrap().forget();
        let document = document(&json!({ "client_id": url.as_str() })).to_string();
        let response = http::Response::builder().header("content-type", "application/json");
        Ok(response.body(document.into()).unwrap())
    }
}

fn slow() -> (Arc<SlowWeb>, Arc<Documents>) {
    let web = Arc::new(SlowWeb { begun: AtomicUsize::new(0), may_answer: Semaphore::new(0) });
    (web.clone(), Arc::new(Documents::new(web, false)))
}

/// Asks for these URLs at once. The result is ready when all that can answer have answered.
async fn ask(
    documents: &Arc<Documents>,
    urls: Vec<String>,
) -> Vec<tokio::task::JoinHandle<Result<(), FetchError>>> {
    let ask = |url: String| {
        let documents = documents.clone();
        let url = DocumentUrl::parse(&url).unwrap();
        tokio::spawn(
            async move { documents.client(&url, Timestamp(1_000), &Deadline::default()).await.map(drop) },
        )
    };
    let asked: Vec<_> = urls.into_iter().map(ask).collect();
    for _ in 0..100 {
        tokio::task::yield_now().await;
    }
    asked
}

#[tokio::test]
async fn many_requests_for_one_document_cause_one_fetch() {
    let (web, documents) = slow();
    let asked = ask(&documents, vec!["https://app.example/client.json".to_owned(); 50]).await;
    assert_eq!(web.begun.load(Ordering::SeqCst), 1);
    web.may_answer.add_permits(1);
    for one in asked {
        assert_eq!(one.await.unwrap(), Ok(()));
    }
    assert_eq!(web.begun.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn a_request_that_is_given_up_lets_the_next_one_fetch() {
    let (web, documents) = slow();
    let asked = ask(&documents, vec!["https://app.example/client.json".to_owned(); 2]).await;
    asked[0].abort();
    web.may_answer.add_permits(1);
    let [_, second] = <[_; 2]>::try_from(asked).ok().unwrap();
    assert_eq!(second.await.unwrap(), Ok(()));
    assert_eq!(web.begun.load(Ordering::SeqCst), 2);
}

#[tokio::test]
async fn a_slow_host_and_many_slow_hosts_hold_a_bounded_number_of_fetches() {
    for (urls, most) in [
        ((0..20).map(|path| format!("https://slow.example:{}/{path}", 8000 + path)).collect::<Vec<_>>(), 4),
        ((0..80).map(|host| format!("https://h{host}.example/client.json")).collect(), 32),
    ] {
        let (web, documents) = slow();
        let all = urls.len();
        let asked = ask(&documents, urls.clone()).await;
        assert_eq!(web.begun.load(Ordering::SeqCst), most);
        web.may_answer.add_permits(most);
        let mut refused = 0;
        for one in asked {
            match one.await.unwrap() {
                Ok(()) => {}
                Err(FetchError::Unavailable(why)) if why.contains("too many fetches") => refused += 1,
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(refused, all - most);
        web.may_answer.add_permits(1);
        let again = ask(&documents, vec![urls[all - 1].clone()]).await.remove(0);
        assert_eq!(again.await.unwrap(), Ok(()), "a refusal for this reason is not cached");
    }
}
