//! Measures `doorward serve` with many grants in its store, and with many open event streams: docs/scale.md.
//!
//! ```sh
//! cargo build --release -p doorward-local -p doorward-tests-scale
//! target/release/doorward-tests-scale grants FOLDER 1000000    # minutes; the folder is made, and deleted
//! target/release/doorward-tests-scale streams 9900             # the limit of file descriptors is twice that, and some
//! ```
//!
//! The program `doorward` beside this one is measured. Memory is read from `/proc` (Linux).

#![expect(
    clippy::print_stdout,
    clippy::unwrap_used,
    reason = "the measurement prints, and stops at an error"
)]

mod backups;
mod growth;
mod http;
mod load;
mod one_user;
mod population;
mod server;
mod starts;
mod store;
mod streams;
mod sweep;
mod upstream;

use population::Population;
use server::Server;
use std::fs::{create_dir_all, remove_dir_all};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::Arc;
use std::time::Instant;

/// Grants of the store that the large one is compared with.
const FEW: u64 = 1000;

#[tokio::main]
async fn main() {
    let arguments: Vec<_> = std::env::args().skip(1).collect();
    match arguments.iter().map(String::as_str).collect::<Vec<_>>().as_slice() {
        ["grants", folder, count] => grants(Path::new(folder), count.parse().unwrap()).await,
        ["fill", folder, count] => store::fill(Path::new(folder), count.parse().unwrap()).await,
        ["sweep", folder, count] => sweep::measure(Path::new(folder), count.parse().unwrap()).await,
        ["upstream", port] => upstream::serve(port.parse().unwrap()).await,
        ["streams", count] => streams::measure(count.parse().unwrap()).await,
        _ => panic!("give grants FOLDER COUNT, or streams COUNT"),
    }
}

/// A store that is measured.
struct Store {
    place: PathBuf,
    port: u16,
    population: Arc<Population>,
}

async fn grants(folder: &Path, count: u64) {
    create_dir_all(folder).unwrap();
    let stores = [(FEW, 29_201), (count, 29_211)].map(|(count, port)| {
        let place = folder.join(count.to_string());
        // The first start makes the folder and the root secret.
        drop(Server::start(&place, port));
        let began = Instant::now();
        itself(&["fill", place.to_str().unwrap(), &count.to_string()]);
        println!(
            "{count} grants: {:.0} s to fill, {:.1} MB",
            began.elapsed().as_secs_f64(),
            store::megabytes(&place)
        );
        let population = Arc::new(Population::of(&place, count));
        Store { place, port, population }
    });
    starts::measure(&stores).await;
    load::compare(&stores).await;
    let [_, large] = &stores;
    one_user::measure(large).await;
    backups::measure(large).await;
    growth::measure(large).await;
    let place = &large.place;
    itself(&["sweep", place.to_str().unwrap(), &(count / 2).to_string()]);
    remove_dir_all(folder).unwrap();
}

/// Runs this program again, so that its memory and its threads are not those of the measurement.
fn itself(arguments: &[&str]) {
    let status = Command::new(std::env::current_exe().unwrap()).args(arguments).status().unwrap();
    assert!(status.success(), "{arguments:?}");
}
