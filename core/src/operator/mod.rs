//! What an operator can have done: people, their grants, and clients. Whoever may call this may do all of it.

mod clients;
mod command;
mod execute;
mod grants;
mod outcome;
mod people;

pub use command::{Command, GrantArgument};
pub use execute::{ClientKeys, Operator};
pub use outcome::{CommandError, Output};
