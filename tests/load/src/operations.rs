//! The table of the operations: what each costs, beside its floor, in alternation.

use crate::cell::{self, Cell};
use crate::floor::Floor;
use crate::http::Exchange;
use crate::operation::{Caller, Operation};
use crate::options::Options;
use crate::process::{Folder, Process};
use crate::statistics::{max, median, min};
use crate::subject::Subject;
use crate::{GENERATOR_CPU, Outcome, SERVER_CPU};
use std::fmt::Write;
use std::net::SocketAddr;

/// A server, its callers, and what was measured.
struct Column {
    server: Process,
    callers: Vec<Caller>,
    cells: Vec<Cell>,
}

/// Measures the operations, and prints a line for each.
pub(crate) async fn run(options: &Options, folder: &Folder) -> Outcome<()> {
    crate::say(&format!("{}\n\n{}", options.conditions(), head(options)));
    let mut done = 0;
    for operation in &options.operations {
        let columns = measure(options, folder, *operation).await?;
        done += columns.iter().flat_map(|column| &column.cells).map(|cell| cell.operations).sum::<u64>();
        crate::say(&row(*operation, &columns));
    }
    crate::say(&format!("\n{done} operations, and none failed."));
    Ok(())
}

/// The floor is the first column.
async fn measure(options: &Options, folder: &Folder, operation: Operation) -> Outcome<Vec<Column>> {
    let upstream = match operation {
        Operation::Gateway => Some(Floor::Rmcp.start(options, folder, Some(GENERATOR_CPU))?),
        _ => None,
    };
    let address = upstream.as_ref().map(|upstream| upstream.address);
    let mut columns = Vec::new();
    for (name, program) in options.subjects() {
        let inner = folder.inner(&format!("{} {name}", operation.name()))?;
        let subject = Subject::start(program, options, Some(SERVER_CPU), &inner, address)?;
        let callers = subject.callers(operation).await?;
        columns.push(Column { server: subject.process, callers, cells: Vec::new() });
    }
    let first = columns.first_mut().and_then(|column| column.callers.first_mut());
    let exchanges = first.ok_or("there is no caller")?.record().await?;
    columns.insert(0, floor_of(options, folder, operation, &exchanges, address).await?);
    for _ in 0..options.rounds {
        for column in &mut columns {
            let used = || column.server.used();
            column.cells.push(cell::run(&mut column.callers, used, options.time).await?);
        }
    }
    Ok(columns)
}

async fn floor_of(
    options: &Options,
    folder: &Folder,
    operation: Operation,
    exchanges: &[Exchange],
    upstream: Option<SocketAddr>,
) -> Outcome<Column> {
    let floor = match (operation, upstream) {
        (Operation::Call, _) => Floor::Rmcp,
        (_, Some(upstream)) => Floor::Proxy(upstream),
        _ => Floor::Trivial(exchanges),
    };
    let server = floor.start(options, folder, Some(SERVER_CPU))?;
    let callers = Caller::of_floor(server.address, exchanges).await?;
    Ok(Column { server, callers, cells: Vec::new() })
}

fn head(options: &Options) -> String {
    let mut names =
        vec!["operation", "floor", "floor µs", "ours µs", "share of the floor", "goal", "ours a CPU second"];
    if options.before.is_some() {
        names.extend(["before µs", "before: share"]);
    }
    names.extend(["server busy", "generator busy"]);
    format!("| {} |\n|{}", names.join(" | "), "---|".repeat(names.len()))
}

fn row(operation: Operation, columns: &[Column]) -> String {
    let costs = |column: &Column| column.cells.iter().map(|cell| cell.cost).collect::<Vec<_>>();
    let costs: Vec<_> = columns.iter().map(costs).collect();
    let micros = |costs: &[f64]| format!("{:.1} / {:.1}", min(costs), median(costs));
    let share = |ours: &[f64]| {
        let ratio = |figure: fn(&[f64]) -> f64| 100.0 * figure(&costs[0]) / figure(ours);
        format!("{:.0} / {:.0} %", ratio(min), ratio(median))
    };
    let goal = operation.goal().map_or(String::new(), |goal| format!("{goal} %"));
    let mut row = format!("| {} | {} | {} ", operation.name(), operation.floor(), micros(&costs[0]));
    let each_second = 1e6 / median(&costs[1]);
    let _ = write!(row, "| {} | {} | {goal} | {each_second:.0} ", micros(&costs[1]), share(&costs[1]));
    if let Some(before) = costs.get(2) {
        let _ = write!(row, "| {} | {} ", micros(before), share(before));
    }
    let busy = |side: fn(&Cell) -> f64| {
        let shares: Vec<_> =
            columns.iter().flat_map(|column| &column.cells).map(|cell| 100.0 * side(cell)).collect();
        format!("{:.0} to {:.0} %", min(&shares), max(&shares))
    };
    let _ = write!(row, "| {} | {} |", busy(|cell| cell.server), busy(|cell| cell.generator));
    row
}
