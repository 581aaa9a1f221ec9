//! A backup while clients refresh, and its restore.

use crate::Store;
use crate::load::{Callers, Kind};
use crate::server::{Server, run};
use tokio::sync::watch;

pub(crate) async fn measure(Store { place, port, population }: &Store) {
    let server = Server::start(place, *port);
    let mut callers = Callers::connect(server.address, population, 2).await;
    let alone = callers.run(Kind::Refresh, |_, time| time.as_secs() < 5).await;
    let file = place.with_extension("backup");
    let (folder, to) = (place.to_str().unwrap().to_owned(), file.to_str().unwrap().to_owned());
    let (ended, has_ended) = watch::channel(false);
    let backing_up = std::thread::spawn({
        let (folder, to) = (folder.clone(), to.clone());
        move || {
            let ran = run(&["backup", &to, "--data-dir", &folder]);
            ended.send_replace(true);
            ran
        }
    });
    let beside = callers.run(Kind::Refresh, move |_, _| !*has_ended.borrow()).await;
    let (took, told) = backing_up.join().unwrap();
    let log = std::fs::metadata(place.join("doorward.db-wal")).unwrap().len() as f64 / 1e6;
    println!(
        "backup beside load: {:.1} s, {:.1} MB, log then {log:.1} MB; {}",
        took.as_secs_f64(),
        std::fs::metadata(&file).unwrap().len() as f64 / 1e6,
        told.trim().replace('\n', " ")
    );
    println!(
        "refresh beside the backup: p50 {:.2} ms (alone {:.2}), p99 {:.1} ms ({:.1}), longest {:.0} ms ({:.0})",
        beside.at(50.0),
        alone.at(50.0),
        beside.at(99.0),
        alone.at(99.0),
        beside.worst(),
        alone.worst()
    );
    server.stop();
    let (took, _) = run(&["backup", &to, "--replace", "--data-dir", &folder]);
    println!("backup of the stopped store: {:.1} s", took.as_secs_f64());
    let (took, _) = run(&["restore", &to, "--data-dir", &folder]);
    println!("restore: {:.1} s", took.as_secs_f64());
}
