//! The kind of file system of a folder (Linux, proc(5), `/proc/self/mountinfo`). Locks of one host do not hold on another, so
//! two hosts could open one file on a network file system.

use std::path::{Path, PathBuf};

/// Whether a store can be on a file system.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Suitability {
    Good,
    /// It depends on what is behind it. The text is its kind.
    Doubtful(String),
    /// A network file system, of this kind.
    None(String),
}

const NETWORK: [&str; 9] =
    ["nfs", "nfs4", "cifs", "smb3", "smbfs", "afs", "ceph", "fuse.sshfs", "fuse.glusterfs"];
/// File systems of a virtual machine's host, as with Docker Desktop.
const DOUBTFUL: [&str; 4] = ["9p", "virtiofs", "fuse", "fuseblk"];

/// The suitability of the file system that has this folder. Where the kernel does not tell, it counts as good.
pub(crate) fn of(folder: &Path) -> Suitability {
    let mounts = std::fs::read_to_string("/proc/self/mountinfo").unwrap_or_default();
    kind(&mounts, folder).map_or(Suitability::Good, judge)
}

fn judge(kind: &str) -> Suitability {
    if NETWORK.contains(&kind) {
        Suitability::None(kind.to_owned())
    } else if DOUBTFUL.contains(&kind) || kind.starts_with("fuse.") {
        Suitability::Doubtful(kind.to_owned())
    } else {
        Suitability::Good
    }
}

/// The kind of the mount with the longest path. Of several at one path, the last hides the others.
fn kind<'a>(mounts: &'a str, folder: &Path) -> Option<&'a str> {
    let known = mounts.lines().filter_map(mount).filter(|(point, _)| folder.starts_with(point));
    known.max_by_key(|(point, _)| point.components().count()).map(|(_, kind)| kind)
}

/// The mount point of a line, which is its fifth field, and the kind, which is the first after a hyphen.
fn mount(line: &str) -> Option<(PathBuf, &str)> {
    let (before, after) = line.split_once(" - ")?;
    Some((unescaped(before.split(' ').nth(4)?), after.split(' ').next()?))
}

/// A path in which space, tab, newline and backslash are written as octal numbers.
fn unescaped(path: &str) -> PathBuf {
    let escapes = [("\\040", " "), ("\\011", "\t"), ("\\012", "\n"), ("\\134", "\\")];
    PathBuf::from(escapes.iter().fold(path.to_owned(), |path, (code, plain)| path.replace(code, plain)))
}

#[cfg(test)]
mod tests {
    use super::*;

    const MOUNTS: &str = "\
22 1 254:0 / / rw,relatime shared:1 - ext4 /dev/vda rw
30 22 0:26 / /srv rw - nfs4 server:/srv rw,vers=4.2
31 30 254:1 / /srv/local rw - xfs /dev/vdb rw
32 22 0:27 / /mnt/my\\040share rw,nosuid - cifs //server/share rw
33 22 0:28 / /shared rw - ext4 /dev/vdc rw
34 22 0:29 / /shared rw - virtiofs shared rw
35 22 0:30 / /media/usb rw - fuseblk /dev/sdb1 rw
36 22 0:31 / /home/me/remote rw - fuse.sshfs me@host: rw
37 22 0:32 / /home/me/drive rw - fuse.rclone drive: rw
";

    #[test]
    fn a_folder_is_judged_by_the_mount_that_has_it() {
        for (folder, expected) in [
            ("/var/lib/doorward", Suitability::Good),
            ("/srv/doorward", Suitability::None("nfs4".into())),
            ("/srv/local/doorward", Suitability::Good),
            ("/srvother", Suitability::Good),
            ("/mnt/my share/a", Suitability::None("cifs".into())),
            ("/shared/data", Suitability::Doubtful("virtiofs".into())),
            ("/media/usb", Suitability::Doubtful("fuseblk".into())),
            ("/home/me/remote/a", Suitability::None("fuse.sshfs".into())),
            ("/home/me/drive/a", Suitability::Doubtful("fuse.rclone".into())),
        ] {
            let judged = kind(MOUNTS, Path::new(folder)).map_or(Suitability::Good, judge);
            assert_eq!(judged, expected, "{folder}");
        }
        assert_eq!(kind("", Path::new("/")), None);
    }
}
