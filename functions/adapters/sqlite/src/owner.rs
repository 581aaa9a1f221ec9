//! The owner of files that root makes: the owner of the store's folder, so that the server can use them. A backup elsewhere is
//! root's.

use std::fs::File;
use std::path::Path;

/// Gives a new file the owner of the folder, if root made it: other users make only files of their own. Where the file system
/// has no owners, the file stays as it is.
#[cfg(unix)]
pub(crate) fn give(file: &File, folder: &Path) {
    use std::os::unix::fs::{MetadataExt, fchown};
    let (Ok(own), Ok(folder)) = (file.metadata(), std::fs::metadata(folder)) else { return };
    // A second name may be in a folder of root: where the kernel allows it, any user can make a link to any file.
    if own.uid() != folder.uid() && own.nlink() == 1 {
        let _ = fchown(file, Some(folder.uid()), Some(folder.gid()));
    }
}

/// Gives a new file in `beside` the owner of the folder of the store, if `beside` is of the same owner. Otherwise root keeps it:
/// systemd gives the number of a `DynamicUser` to another service later, which could then read a file that stayed elsewhere.
#[cfg(unix)]
pub(crate) fn give_beside(file: &File, folder: &Path, beside: &Path) {
    use std::os::unix::fs::MetadataExt;
    let owner = |path: &Path| std::fs::metadata(path).ok().map(|folder| folder.uid());
    if owner(folder) == owner(beside) {
        give(file, folder);
    }
}

#[cfg(not(unix))]
pub(crate) fn give_beside(_: &File, _: &Path, _: &Path) {}

#[cfg(not(unix))]
pub(crate) fn give(_: &File, _: &Path) {}
