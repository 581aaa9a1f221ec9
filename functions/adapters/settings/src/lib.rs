//! The settings of Doorward: one list of names, and one reading of them into a configuration. The local server fills
//! the values from flags, environment, `.env` and `doorward.toml`; a function fills them from its environment.

mod config;
mod error;
mod grammar;
mod names;
mod setting;

pub use config::{Defaults, build, config};
pub use error::{InvalidSetting, Reason};
pub use names::*;
pub use setting::{Setting, Values};
