//! A listener whose connections are pipes in memory, and a client of it.

use bytes::Bytes;
use doorward_local::serve::listener::{Accept, Limits, Listener, Peer, Received};
use doorward_local::serve::shutdown::Stage;
use http::{Request, Response, header};
use http_body_util::combinators::BoxBody;
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Frame};
use hyper::service::service_fn;
use std::convert::Infallible;
use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, ready};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt, DuplexStream, duplex};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinHandle;
use tokio::time::{Instant, Sleep, sleep};

/// How long `/slow` takes.
pub(crate) const SLOW: Duration = Duration::from_secs(8);

/// A source of pipes and of errors.
struct Pipes(mpsc::UnboundedReceiver<io::Result<DuplexStream>>);

impl Accept for Pipes {
    type Io = DuplexStream;

    async fn accept(&mut self) -> io::Result<(DuplexStream, Peer)> {
        let Some(pipe) = self.0.recv().await else { return std::future::pending().await };
        Ok((pipe?, Peer(([127, 0, 0, 1], 1).into())))
    }
}

/// A running listener.
pub(crate) struct Running {
    connect: mpsc::UnboundedSender<io::Result<DuplexStream>>,
    pub(crate) stage: watch::Sender<Stage>,
    pub(crate) serving: JoinHandle<()>,
    reports: Arc<Mutex<Vec<String>>>,
}

impl Running {
    pub(crate) fn new(limits: Limits) -> Self {
        let (connect, pipes) = mpsc::unbounded_channel();
        let (stage, watched) = watch::channel(Stage::Serving);
        let reports = Arc::<Mutex<Vec<String>>>::default();
        let reported = reports.clone();
        let listener = Listener::new(Pipes(pipes), limits, move |sentence: &str| {
            reported.lock().unwrap().push(sentence.to_owned());
        });
        let serving = tokio::spawn(listener.serve(service_fn(answer), watched));
        Self { connect, stage, serving, reports }
    }

    pub(crate) fn connect(&self) -> Client {
        let (ours, theirs) = duplex(1024);
        self.connect.send(Ok(theirs)).unwrap();
        Client(ours)
    }

    /// Whether connections are accepted.
    pub(crate) fn accepts(&self) -> bool {
        !self.connect.is_closed()
    }

    /// Lets the next accept fail.
    pub(crate) fn fail(&self, error: io::Error) {
        self.connect.send(Err(error)).unwrap();
    }

    pub(crate) fn reports(&self) -> Vec<String> {
        self.reports.lock().unwrap().clone()
    }
}

/// A client's end of a connection.
pub(crate) struct Client(DuplexStream);

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Sends a request without a body, and returns the status.
    pub(crate) async fn get(&mut self, path: &str) -> u16 {
        self.send(&format!("GET {path} HTTP/1.1\r\nHost: a\r\n\r\n")).await;
        self.status().await
    }

    /// Reads the head of an answer and, if it has a length, the body.
    pub(crate) async fn status(&mut self) -> u16 {
        let (status, length) = self.head().await;
        self.body(length).await;
        status
    }

    /// Reads the head of an answer: its status, and the length of its body.
    pub(crate) async fn head(&mut self) -> (u16, usize) {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(self.0.read_u8().await.unwrap());
        }
        let head = String::from_utf8(head).unwrap();
        let length = head.lines().find_map(|line| line.strip_prefix("content-length: ")?.parse().ok());
        (head[9..12].parse().unwrap(), length.unwrap_or(0))
    }

    /// Reads a body of this length.
    pub(crate) async fn body(&mut self, length: usize) {
        self.0.read_exact(&mut vec![0; length]).await.unwrap();
    }

    /// Reads until the server closes the connection.
    pub(crate) async fn end(&mut self) {
        let _ = self.0.read_to_end(&mut Vec::new()).await;
    }

    /// How long the server keeps the connection open, in seconds.
    pub(crate) async fn stays_open(mut self) -> u64 {
        let begun = Instant::now();
        self.end().await;
        begun.elapsed().as_secs()
    }
}

type Answer = Response<BoxBody<Bytes, Infallible>>;

async fn answer(request: Request<Received>) -> Result<Answer, Infallible> {
    assert!(request.extensions().get::<Peer>().is_some());
    let whole = |text: String| Response::new(Full::from(text).boxed());
    Ok(match request.uri().path() {
        "/slow" => {
            sleep(SLOW).await;
            whole("late".into())
        }
        "/never" => {
            let _ = request.into_body().collect().await;
            std::future::pending().await
        }
        "/large" => whole("x".repeat(1024 * 1024)),
        "/body" => match request.into_body().collect().await {
            Ok(body) => whole(body.to_bytes().len().to_string()),
            Err(error) => whole(error.to_string()),
        },
        "/stalled" => Response::new(Parts::before_silence(1).boxed()),
        "/slow-parts" => Response::new(Parts::slow(2).boxed()),
        "/stream" => stream(Parts::before_silence(1).boxed()),
        "/large-stream" => stream(Parts::before_silence(1000).boxed()),
        "/brief" => stream(Parts::slow(0).boxed()),
        _ => whole("now".into()),
    })
}

fn stream(body: BoxBody<Bytes, Infallible>) -> Answer {
    let mut response = Response::new(body);
    response.headers_mut().insert(header::CONTENT_TYPE, "text/event-stream".parse().unwrap());
    response
}

/// A body that sends parts.
struct Parts {
    left: usize,
    /// Until the next part, or the end. `None`: the parts are sent at once, and the body stays open.
    pause: Option<Pin<Box<Sleep>>>,
}

impl Parts {
    /// Parts that are sent at once. Then nothing follows, and the body stays open.
    fn before_silence(left: usize) -> Self {
        Self { left, pause: None }
    }

    /// Parts with a pause of [`SLOW`] before each, and before the end.
    fn slow(left: usize) -> Self {
        Self { left, pause: Some(Box::pin(sleep(SLOW))) }
    }
}

impl Body for Parts {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        if let Some(pause) = &mut self.pause {
            ready!(pause.as_mut().poll(context));
            pause.as_mut().reset(Instant::now() + SLOW);
        } else if self.left == 0 {
            return Poll::Pending;
        }
        let Some(left) = self.left.checked_sub(1) else { return Poll::Ready(None) };
        self.left = left;
        Poll::Ready(Some(Ok(Frame::data(Bytes::from_static(b"data: part\n\n")))))
    }
}
