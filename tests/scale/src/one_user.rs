//! One user with 10,000 grants: what operators and the user see of them, and their end.

use crate::Store;
use crate::http::Connection;
use crate::load::{Callers, Kind, Took};
use crate::population::COLLECTOR;
use crate::server::{Server, run};
use doorward::protocol::paths;
use std::time::Instant;

const TIMES: usize = 5;

pub(crate) async fn measure(Store { place, port, population }: &Store) {
    let server = Server::start(place, *port);
    let folder = place.to_str().unwrap();
    let one = population.user(population.count - 1);
    for command in [["list-people", ""], ["list-grants", COLLECTOR], ["list-grants", &one]] {
        let mut took = Vec::new();
        for _ in 0..TIMES {
            let arguments = ["admin", command[0], command[1], "--data-dir", folder];
            let arguments: Vec<_> = arguments.into_iter().filter(|argument| !argument.is_empty()).collect();
            took.push(run(&arguments).0);
        }
        println!(
            "{}: {:.1} ms (median of {TIMES}, with the start of the command)",
            command.join(" "),
            Took::of(took).at(50.0)
        );
    }
    let mut connection = Connection::open(server.address).await;
    for user in [COLLECTOR, &one] {
        let (headers, mut took, mut bytes) =
            (format!("Cookie: {}\r\n", population.session(user)), Vec::new(), 0);
        for _ in 0..TIMES {
            let began = Instant::now();
            let page = connection.get(paths::ACCOUNT, &headers).await;
            took.push(began.elapsed());
            assert_eq!(page.status, 200, "{}", page.body);
            bytes = page.body.len();
        }
        println!("account page of {user}: {:.1} ms, {bytes} bytes", Took::of(took).at(50.0));
    }
    let mut callers = Callers::connect(server.address, population, 1).await;
    let alone = callers.run(Kind::Refresh, |_, time| time.as_secs() < 3).await;
    let (ended, has_ended) = tokio::sync::watch::channel(false);
    let folder = folder.to_owned();
    let revoking = std::thread::spawn(move || {
        let ran = run(&["admin", "revoke-grants", COLLECTOR, "--data-dir", &folder]);
        ended.send_replace(true);
        ran
    });
    let beside = callers.run(Kind::Refresh, move |_, _| !*has_ended.borrow()).await;
    let (took, answer) = revoking.join().unwrap();
    println!(
        "revoke-grants {COLLECTOR}: {:.2} s, {}; refresh p99 {:.1} ms beside it, {:.1} ms alone",
        took.as_secs_f64(),
        answer.trim().replace('\n', " "),
        beside.at(99.0),
        alone.at(99.0)
    );
}
