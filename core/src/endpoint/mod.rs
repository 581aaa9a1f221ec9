//! The endpoints: a file each, with the same parts in the same order. First the door, one public function; then the
//! words, where all reading of the wire happens; then the protocol, a function per step.

pub mod authorize;
pub mod introspect;
pub mod metadata;
pub mod register;
pub mod revoke;
pub mod token;
