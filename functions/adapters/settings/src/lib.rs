//! The settings of Doorward: one list of names, and one reader that makes a configuration from their values. The local
//! server takes the values from flags, environment, `.env` and `doorward.toml`. A function takes them from its
//! environment.

mod config;
mod error;
mod grammar;
mod lists;
mod names;
mod numbers;
mod resources;
mod setting;
mod trust;
mod upstream_command;
mod upstreams;
mod well_known;

pub use config::{Defaults, build, check_sign_in, config};
pub use error::{InvalidSetting, Reason};
pub use lists::{ADMIN, CONNECT, FUNCTIONS, SERVE};
pub use names::*;
pub use numbers::{GatewayNumbers, number, seconds};
pub use setting::{Setting, Values};
pub use upstream_command::CommandSettings;
pub use upstreams::{UpstreamSettings, upstreams};
pub use well_known::well_known;
