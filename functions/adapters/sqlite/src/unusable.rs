//! Why a store cannot be opened, for the operator.

use std::fmt::Display;
use std::path::{Path, PathBuf};

/// A store that cannot be opened: the file or folder, what is wrong with it, and what to do.
#[derive(Debug, thiserror::Error)]
#[error("{}: {problem}; {cure}", path.display())]
pub struct Unusable {
    path: PathBuf,
    problem: String,
    cure: String,
}

impl Unusable {
    pub(crate) fn new(path: &Path, problem: impl Display, cure: impl Display) -> Self {
        Self { path: path.to_owned(), problem: problem.to_string(), cure: cure.to_string() }
    }
}
