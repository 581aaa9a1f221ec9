//! The owner of a socket that root makes: the owner of the folder, who may send commands too.

use std::io;
use std::path::Path;

/// Gives a new socket the owner of the folder. Only root can. The owner of the folder may have put another file in its place
/// meanwhile, so what is looked at is what is given.
#[cfg(target_os = "linux")]
pub(super) fn give(socket: &Path, folder: &Path) -> io::Result<()> {
    use rustix::fs::{AtFlags, FileType, Gid, Mode, OFlags, Uid, chownat, fstat, open, stat};
    let owner = stat(folder)?;
    if !rustix::process::geteuid().is_root() || owner.st_uid == 0 {
        return Ok(());
    }
    let made = open(socket, OFlags::PATH | OFlags::NOFOLLOW | OFlags::CLOEXEC, Mode::empty())?;
    let own = fstat(&made)?;
    // A second name may be in a folder of root.
    if FileType::from_raw_mode(own.st_mode) == FileType::Socket && own.st_nlink == 1 {
        let (uid, gid) = (Uid::from_raw(owner.st_uid), Gid::from_raw(owner.st_gid));
        chownat(&made, "", Some(uid), Some(gid), AtFlags::EMPTY_PATH)?;
    }
    Ok(())
}

/// Elsewhere the socket stays that of its maker.
#[cfg(not(target_os = "linux"))]
pub(super) fn give(_socket: &Path, _folder: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, chown, symlink};
    use std::os::unix::net::UnixListener;

    #[test]
    #[ignore = "needs root"]
    fn what_root_listens_at_is_given_and_nothing_else() {
        let all = std::env::temp_dir().join(format!("doorward-socket-{}", std::process::id()));
        let folder = all.join("data");
        fs::create_dir_all(&folder).unwrap();
        chown(&folder, Some(4711), Some(4712)).unwrap();
        let [socket, file, link] = ["socket", "file", "link"].map(|name| folder.join(name));
        let _listener = UnixListener::bind(&socket).unwrap();
        let elsewhere = all.join("elsewhere");
        let _other = UnixListener::bind(&elsewhere).unwrap();
        fs::write(&file, "").unwrap();
        symlink(&elsewhere, &link).unwrap();
        for path in [&socket, &file, &link] {
            give(path, &folder).unwrap();
        }
        let owners = [&socket, &file, &elsewhere].map(|path| fs::metadata(path).unwrap().uid());
        assert_eq!(owners, [4711, 0, 0]);
        fs::hard_link(&elsewhere, folder.join("hard")).unwrap();
        give(&folder.join("hard"), &folder).unwrap();
        assert_eq!(fs::metadata(&elsewhere).unwrap().uid(), 0);
        fs::remove_dir_all(all).unwrap();
    }
}
