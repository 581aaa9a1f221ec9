//! The command line: reads arguments, environment and files, and runs the command.

use clap::{Arg, ArgMatches, Command};
use doorward_local::settings::{self, Sources};
use doorward_local::{
    Failure, admin, backup, client, doctor, health,
    log::{Log, LogFormat, Queue},
    serve::{self, Ended, Listening, shutdown},
    state::{self, Host, StateFolder},
    tutorial,
};
use doorward_settings::{CONNECT, SERVE, Values};
use std::io::{Error, ErrorKind, IsTerminal, Write, stderr, stdin, stdout};
use std::process::ExitCode;

/// The allocator of musl has one lock for all threads. A request took up to 2.3 times the CPU time with it.
#[cfg(target_env = "musl")]
#[global_allocator]
static ALLOCATOR: mimalloc::MiMalloc = mimalloc::MiMalloc;

/// The exit status when the disk failed: `EX_IOERR` of sysexits.h. A supervisor should start the server again.
const INPUT_OUTPUT_ERROR: u8 = 74;

#[tokio::main]
async fn main() -> ExitCode {
    match run(command().get_matches()).await {
        Ok(code) => code,
        Err(failure) => {
            let _ = writeln!(stderr(), "doorward: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn command() -> Command {
    let url = Arg::new("url").value_name("URL").required(true).help("The MCP server's URL");
    let serve = Command::new("serve").about("Runs the authorization server and the MCP server");
    let client = Command::new("client").about("Connects to an MCP server as a client, showing every step");
    let health = Command::new("health").about("Asks a server on this host whether it can serve");
    let tutorial =
        Command::new("tutorial").about("Shows the whole flow: both servers, a client and a scripted user");
    let secret = Command::new("secret").about("Prints a new secret: 256 random bits in base64url");
    Command::new("doorward")
        .about("An OAuth 2.1 authorization server for remote MCP servers")
        .version(env!("CARGO_PKG_VERSION"))
        .subcommand_required(true)
        .subcommand(settings::flags(serve, &SERVE))
        .subcommand(settings::flags(client, &CONNECT).arg(url.clone()))
        .subcommand(doctor::command(url))
        .subcommand(settings::flags(health, &health::SETTINGS))
        .subcommand(admin::command())
        .subcommand(secret)
        .subcommands(backup::commands())
        .subcommand(tutorial)
}

async fn run(matches: ArgMatches) -> Result<ExitCode, Failure> {
    match matches.subcommand() {
        Some(("serve", flags)) => {
            let sources = sources()?;
            sources.warnings().iter().for_each(|warning| warn(warning));
            let values = settings::read(&SERVE, flags, &sources)?;
            let state = StateFolder::default_in(&sources.environment);
            let host = Host { state, is_terminal: stdout().is_terminal(), inherited: state::inherited()? };
            serve(&values, &host).await
        }
        Some(("admin", flags)) => {
            let streams = admin::Streams {
                input: &mut stdin().lock(),
                is_terminal: stdin().is_terminal(),
                out: &mut stdout(),
                log: Log::to(stderr()),
            };
            Ok(match admin::run(flags, &sources()?, streams).await? {
                admin::Ended::Done => ExitCode::SUCCESS,
                admin::Ended::Refused => ExitCode::FAILURE,
            })
        }
        Some(("client", flags)) => {
            let sources = sources()?;
            sources.warnings().iter().for_each(|warning| warn(warning));
            let values = settings::read(&CONNECT, flags, &sources)?;
            let url = flags.get_one::<String>("url").map(String::as_str).unwrap_or_default();
            client::run(url, client::Person::of(&values)?, &mut stdout()).await?;
            Ok(ExitCode::SUCCESS)
        }
        Some(("doctor", flags)) => {
            let streams = doctor::Streams {
                input: &mut stdin().lock(),
                is_terminal: stdin().is_terminal(),
                out: &mut stdout(),
                notes: &mut stderr(),
            };
            Ok(doctor::run(flags, streams).await)
        }
        Some(("health", flags)) => {
            let values = settings::read(&health::SETTINGS, flags, &sources()?)?;
            let answer = health::run(&values).await?;
            let _ = writeln!(stdout(), "{answer}");
            Ok(ExitCode::SUCCESS)
        }
        Some((name @ ("backup" | "restore"), flags)) => {
            backup::run(name, flags, &sources()?, &mut stdout())?;
            Ok(ExitCode::SUCCESS)
        }
        Some(("secret", _)) => {
            let printed = writeln!(stdout(), "{}", serve::secret::generate());
            printed.map_err(|error| Failure::new("printing the secret", error))?;
            Ok(ExitCode::SUCCESS)
        }
        _ => {
            tutorial::run(&mut stdout()).await?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

async fn serve(values: &Values, host: &Host) -> Result<ExitCode, Failure> {
    let drain = serve::drain(values)?;
    // Every end of this function drops the queue, which writes all lines.
    let queue = Queue::to(stderr()).map_err(|error| Failure::new("starting the log", error))?;
    let log = Log::through(&queue).in_format(LogFormat::of(values)?);
    let listening = Listening::start_on(host, values, log).await?;
    listening.warnings.iter().for_each(|warning| warn(warning));
    let mut out = stdout();
    let _ = writeln!(out, "authorization server  {}", listening.issuer());
    let _ = writeln!(out, "MCP server            {}", listening.resource());
    for (resource, upstream) in &listening.gateways {
        let _ = writeln!(out, "gateway               {resource} -> {upstream}");
    }
    if let Some(ops) = listening.ops() {
        let _ = writeln!(out, "metrics               http://{ops}/metrics");
    }
    if let Some(generated_user) = &listening.generated_user {
        let _ = writeln!(
            out,
            "sign in as            {} with the password {}",
            generated_user.name, generated_user.password
        );
    }
    for (issuer, back) in listening.callbacks() {
        let _ = writeln!(out, "users sign in at      {issuer}, with the redirect URI {back}");
    }
    let _ = writeln!(out, "connect a client with  doorward client {}", listening.resource());
    Ok(match listening.run_until(shutdown::on_signals(drain)?).await {
        Ended::Stopped => ExitCode::SUCCESS,
        Ended::Broken => ExitCode::from(INPUT_OUTPUT_ERROR),
    })
}

fn warn(sentence: &str) {
    let _ = writeln!(stderr(), "doorward: warning: {sentence}");
}

/// The sentence for a file of the working directory.
fn unreadable(name: &str, error: &Error) -> Failure {
    let path = std::env::current_dir().unwrap_or_default().join(name);
    let user = state::uid().filter(|_| error.kind() == ErrorKind::PermissionDenied);
    let cure = user.map(|uid| format!("; the user {uid} has to be able to read it")).unwrap_or_default();
    Failure::new(format_args!("reading {}", path.display()), format_args!("{error}{cure}"))
}

fn sources() -> Result<Sources, Failure> {
    let dotenv = match dotenvy::from_path_iter(".env") {
        Ok(pairs) => pairs.collect::<Result<_, _>>().map_err(|error| Failure::new("reading .env", error))?,
        Err(error) if error.not_found() => Default::default(),
        Err(error) => return Err(Failure::new("reading .env", error)),
    };
    let file = match std::fs::read_to_string("doorward.toml") {
        Ok(text) => text.parse().map_err(|error| Failure::new("reading doorward.toml", error))?,
        Err(error) if error.kind() == ErrorKind::NotFound => Default::default(),
        Err(error) => return Err(unreadable("doorward.toml", &error)),
    };
    Ok(Sources { environment: std::env::vars().collect(), dotenv, file })
}
