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
    in_use: bool,
}

impl Unusable {
    pub(crate) fn new(path: &Path, problem: impl Display, cure: impl Display) -> Self {
        Self { path: path.to_owned(), problem: problem.to_string(), cure: cure.to_string(), in_use: false }
    }

    /// The folder is locked by another process.
    pub(crate) fn in_use(path: &Path, problem: impl Display, cure: impl Display) -> Self {
        Self { in_use: true, ..Self::new(path, problem, cure) }
    }

    /// The same with another cure.
    pub(crate) fn with_cure(self, cure: impl Display) -> Self {
        Self { cure: cure.to_string(), ..self }
    }

    /// Whether another process has the store open. It may be free later.
    pub fn is_in_use(&self) -> bool {
        self.in_use
    }
}
