//! The size of the files while clients refresh.

use crate::Store;
use crate::load::{Callers, Kind};
use crate::server::Server;
use crate::store::megabytes;

/// Refreshes of each of the sixteen callers.
const EACH: u64 = 6250;

pub(crate) async fn measure(Store { place, port, population }: &Store) {
    let before = megabytes(place);
    let server = Server::start(place, *port);
    // The restore before took back the newest refreshes of other grants.
    let mut callers = Callers::connect(server.address, population, 3).await;
    let made = callers.run(Kind::Refresh, |made, _| made < EACH).await.count();
    let log = std::fs::metadata(place.join("doorward.db-wal")).unwrap().len() as f64 / 1e6;
    server.stop();
    println!(
        "{made} refreshes: the file was {before:.1} MB and is {:.1} MB; the log was {log:.1} MB",
        megabytes(place)
    );
}
