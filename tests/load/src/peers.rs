//! The table of the peer: what an operation costs there and here, in alternation.

use crate::cell::{self, Cell};
use crate::operation::Operation;
use crate::options::Options;
use crate::process::Folder;
use crate::statistics::{max, median, min};
use crate::subject::Subject;
use crate::{Outcome, SERVER_CPU, peer};

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
    crate::say(&format!("{}\n", options.conditions()));
    crate::say("| operation | ours µs | theirs µs | ratio | goal | ours, theirs busy | generator busy |");
    crate::say("|---|---|---|---|---|---|---|");
    let mut done = 0;
    for operation in &options.operations {
        let Some(goal) = goal(*operation) else { continue };
        let [ours, theirs] = measure(options, folder, *operation).await?;
        done += ours.iter().chain(&theirs).map(|cell| cell.operations).sum::<u64>();
        crate::say(&row(*operation, &ours, &theirs, goal));
    }
    crate::say(&format!("\n{done} operations, and none failed."));
    Ok(())
}

/// The cells of doorward, and those of the peer.
async fn measure(options: &Options, folder: &Folder, operation: Operation) -> Outcome<[Vec<Cell>; 2]> {
    let inner = folder.inner(operation.name())?;
    let subject = Subject::start(&options.binary, options, Some(SERVER_CPU), &inner, None)?;
    let peer = peer::start(options, folder)?;
    let mut sides = [
        (&subject.process, subject.callers(operation).await?, Vec::new()),
        (&peer, peer::callers(&peer, operation).await?, Vec::new()),
    ];
    // The first round is not counted: it compiles the script.
    for round in 0..=options.rounds {
        for (server, callers, cells) in &mut sides {
            let cell = cell::run(callers, || server.used(), options.time).await?;
            if round > 0 {
                cells.push(cell);
            }
        }
    }
    Ok(sides.map(|(_, _, cells)| cells))
}

fn row(operation: Operation, ours: &[Cell], theirs: &[Cell], goal: u32) -> String {
    let all = |cells: &[Cell], figure: fn(&Cell) -> f64| cells.iter().map(figure).collect::<Vec<_>>();
    let cost = |cell: &Cell| cell.cost;
    let micros = |costs: &[f64]| format!("{:.1} / {:.1}", min(costs), median(costs));
    let (here, there) = (all(ours, cost), all(theirs, cost));
    let ratio = format!("{:.1} / {:.1} ×", min(&there) / min(&here), median(&there) / median(&here));
    let percent = |shares: &[f64]| format!("{:.0} to {:.0} %", 100.0 * min(shares), 100.0 * max(shares));
    let server = |cells: &[Cell]| percent(&all(cells, |cell| cell.server));
    let generator = [all(ours, |cell| cell.generator), all(theirs, |cell| cell.generator)].concat();
    format!(
        "| {} | {} | {} | {ratio} | {goal} × | {}, {} | {} |",
        operation.name(),
        micros(&here),
        micros(&there),
        server(ours),
        server(theirs),
        percent(&generator),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_ratio_is_their_cost_by_ours() {
        let cell = |cost| Cell { operations: 1, cost, server: 1.0, generator: 0.5 };
        let (ours, theirs) = ([cell(10.0), cell(8.0), cell(11.0)], [cell(160.0), cell(170.0), cell(200.0)]);
        let row = row(Operation::Metadata, &ours, &theirs, 20);
        assert!(row.starts_with("| metadata | 8.0 / 10.0 | 160.0 / 170.0 | 20.0 / 17.0 × | 20 × |"), "{row}");
    }
}
