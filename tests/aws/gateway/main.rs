//! The function gateway, as a process behind a runtime API that takes streamed responses.

#![expect(clippy::unwrap_used, reason = "a test that cannot continue panics")]

mod deployed;
mod settings;
mod streamed;
mod whole;
