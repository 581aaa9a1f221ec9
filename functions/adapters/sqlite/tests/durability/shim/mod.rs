//! Tests with the shim, which records what a process does to the files of a store, and lets calls fail.

mod cuts;
mod disk;
mod faults;
mod syncs;
mod tape;
