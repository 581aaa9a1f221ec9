//! From the start of a process to its first answer, and its memory before a sign-in, beside the trivial floor.

use crate::Outcome;
use crate::floor::Floor;
use crate::http::{Connection, Exchange};
use crate::operation::Operation;
use crate::options::Options;
use crate::process::{Folder, Memory, Process};
use crate::statistics::{max, median, min};
use crate::subject::Subject;
use doorward::protocol::paths;
use std::path::Path;
use std::time::Instant;

/// A program, and what was measured in each run.
struct Line<'a> {
    name: &'a str,
    /// `None`: the trivial floor.
    program: Option<&'a Path>,
    milliseconds: Vec<f64>,
    memory: Vec<Memory>,
}

pub(crate) async fn run(options: &Options, folder: &Folder) -> Outcome<()> {
    let exchanges = exchanges(options, folder).await?;
    let line = |name, program| Line { name, program, milliseconds: Vec::new(), memory: Vec::new() };
    let mut lines = vec![line("trivial", None)];
    lines.extend(options.subjects().iter().map(|(name, program)| line(name, Some(program.as_path()))));
    for _ in 0..options.rounds {
        for line in &mut lines {
            let began = Instant::now();
            let process = match line.program {
                None => Floor::Trivial(&exchanges).start(options, folder, None)?,
                Some(program) => {
                    Subject::start(program, options, None, &folder.inner(line.name)?, None)?.process
                }
            };
            metadata(&process).await?;
            line.milliseconds.push(began.elapsed().as_secs_f64() * 1e3);
            line.memory.push(process.memory()?);
        }
    }
    crate::say(
        "| server | start to first answer, ms: median | least, most | MiB resident | anonymous | file |",
    );
    crate::say("|---|---|---|---|---|---|");
    lines.iter().for_each(|line| crate::say(&line.told()));
    crate::say("\nThe budgets: 20 ms, and 10 MiB before the first sign-in.");
    Ok(())
}

/// The request for the metadata, and the size of the answer.
async fn exchanges(options: &Options, folder: &Folder) -> Outcome<Vec<Exchange>> {
    let subject = Subject::start(&options.binary, options, None, &folder.inner("first")?, None)?;
    let mut callers = subject.callers(Operation::Metadata).await?;
    callers[0].record().await
}

async fn metadata(process: &Process) -> Outcome<()> {
    let mut connection = Connection::open(process.address).await?;
    let request = connection.get(paths::METADATA, "");
    connection.expect(&request, 200).await.map(|_| ())
}

impl Line<'_> {
    fn told(&self) -> String {
        let mebibytes = |kib: fn(&Memory) -> u64| {
            median(&self.memory.iter().map(|memory| kib(memory) as f64 / 1024.0).collect::<Vec<_>>())
        };
        let (anonymous, file) = (mebibytes(|memory| memory.anonymous), mebibytes(|memory| memory.file));
        let (least, most) = (min(&self.milliseconds), max(&self.milliseconds));
        let (name, median, sum) = (self.name, median(&self.milliseconds), anonymous + file);
        format!("| {name} | {median:.1} | {least:.1}, {most:.1} | {sum:.1} | {anonymous:.1} | {file:.1} |")
    }
}
