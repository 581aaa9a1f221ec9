//! The table of the peer: what an operation costs there and here, in alternation.

use crate::cell::{self, Cell};
use crate::operation::Operation;
use crate::options::Options;
use crate::peer::{self, Host};
use crate::process::Folder;
use crate::statistics::{max, median, min};
use crate::subject::Subject;
use crate::{Outcome, SERVER_CPU};

/// How many times as many operations of a CPU second doorward should do.
fn goal(operation: Operation) -> Option<u32> {
    match operation {
        Operation::Metadata | Operation::Unauthorized | Operation::Introspect => Some(20),
        Operation::Register => Some(15),
        Operation::Refresh => Some(12),
        Operation::SignIn | Operation::Call => Some(10),
        Operation::Password | Operation::Gateway => None,
    }
}

/// Measures the operations that both have, and prints a line for each.
pub(crate) async fn run(options: &Options, folder: &Folder) -> Outcome<()> {
    let names = [
        "operation",
        "ours µs",
        "workerd µs",
        "ratio",
        "Miniflare µs",
        "ratio",
        "goal",
        "server busy",
        "generator busy",
    ];
    crate::say(&format!("{}\n\n| {} |", options.conditions(), names.join(" | ")));
    crate::say(&format!("|{}", "---|".repeat(names.len())));
    let mut done = 0;
    for operation in &options.operations {
        let Some(goal) = goal(*operation) else { continue };
        let columns = measure(options, folder, *operation).await?;
        done += columns.iter().flatten().map(|cell| cell.operations).sum::<u64>();
        crate::say(&row(*operation, &columns, goal));
    }
    crate::say(&format!("\n{done} operations, and none failed."));
    Ok(())
}

/// The cells of doorward, and those of the library in its hosts.
async fn measure(options: &Options, folder: &Folder, operation: Operation) -> Outcome<[Vec<Cell>; 3]> {
    let inner = folder.inner(operation.name())?;
    let subject = Subject::start(&options.binary, options, Some(SERVER_CPU), &inner, None)?;
    let workerd = peer::start(Host::Workerd, folder)?;
    let miniflare = peer::start(Host::Miniflare, folder)?;
    let mut columns = [
        (&subject.process, subject.callers(operation).await?, Vec::new()),
        (&workerd, peer::callers(&workerd, operation).await?, Vec::new()),
        (&miniflare, peer::callers(&miniflare, operation).await?, Vec::new()),
    ];
    // The first round is not counted: it compiles the script.
    for round in 0..=options.rounds {
        for (server, callers, cells) in &mut columns {
            let cell = cell::run(callers, || server.used(), options.time).await?;
            if round > 0 {
                cells.push(cell);
            }
        }
    }
    Ok(columns.map(|(_, _, cells)| cells))
}

fn row(operation: Operation, columns: &[Vec<Cell>; 3], goal: u32) -> String {
    let [ours, workerd, miniflare] =
        columns.each_ref().map(|cells| cells.iter().map(|cell| cell.cost).collect::<Vec<_>>());
    let micros = |costs: &[f64]| format!("{:.1} / {:.1}", min(costs), median(costs));
    let ratio =
        |costs: &[f64]| format!("{:.1} / {:.1} ×", min(costs) / min(&ours), median(costs) / median(&ours));
    let busy = |side: fn(&Cell) -> f64| {
        let shares: Vec<_> = columns.iter().flatten().map(|cell| 100.0 * side(cell)).collect();
        format!("{:.0} to {:.0} %", min(&shares), max(&shares))
    };
    let cells = [
        operation.name().to_owned(),
        micros(&ours),
        micros(&workerd),
        ratio(&workerd),
        micros(&miniflare),
        ratio(&miniflare),
        format!("{goal} ×"),
        busy(|cell| cell.server),
        busy(|cell| cell.generator),
    ];
    format!("| {} |", cells.join(" | "))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_their_cost_by_ours() {
        let cells = |costs: [f64; 3]| {
            costs.map(|cost| Cell { operations: 1, cost, server: 1.0, generator: 0.5 }).into()
        };
        let columns = [cells([10.0, 8.0, 11.0]), cells([160.0, 170.0, 200.0]), cells([320.0, 330.0, 340.0])];
        let row = row(Operation::Metadata, &columns, 20);
        let expected = "| metadata | 8.0 / 10.0 | 160.0 / 170.0 | 20.0 / 17.0 × | 320.0 / 330.0 | 40.0 / 33.0 × | 20 × |";
        assert!(row.starts_with(expected), "{row}");
    }
}
