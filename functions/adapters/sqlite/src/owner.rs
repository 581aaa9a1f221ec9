//! The owner of files that root makes: the owner of the store's folder, so that the server can use them.

use std::fs::File;
use std::path::Path;

/// Gives a new file the owner of the folder, if root made it: other users make only files of their own. Where the file system
/// has no owners, the file stays as it is.
#[cfg(unix)]
pub(crate) fn give(file: &File, folder: &Path) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let owner = |metadata: std::fs::Metadata| (metadata.uid(), metadata.gid());
    let (Ok(own), Ok(wanted)) = (file.metadata().map(owner), std::fs::metadata(folder).map(owner)) else {
        return;
    };
    if own.0 != wanted.0 {
        let _ = fchown(file, Some(wanted.0), Some(wanted.1));
    }
}

#[cfg(not(unix))]
pub(crate) fn give(_: &File, _: &Path) {}
