//! The operator's commands for users, grants and clients. There is no further authorization: a caller may run all
//! of them.

mod blocks;
mod clients;
mod command;
mod execute;
mod grants;
mod outcome;
mod people;

pub use command::{Command, GrantArgument};
pub use execute::{Operator, OperatorKeys};
pub use outcome::{CommandError, Output};
pub use people::generated_password;
