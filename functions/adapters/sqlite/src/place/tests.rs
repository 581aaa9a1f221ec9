//! A folder and its lock.

use super::*;

fn folder() -> (Place, PathBuf) {
    let place = Place::temporary().unwrap();
    let folder = place.database().parent().unwrap().join("data");
    (place, folder)
}

#[test]
fn a_second_holder_is_refused_with_the_process_that_has_the_lock() {
    let (_kept, folder) = folder();
    let first = Place::claim(&folder, Timestamp(7)).unwrap();
    let content = fs::read_to_string(folder.join(LOCK)).unwrap();
    assert_eq!(content, format!("{} since 7\n", std::process::id()));
    let refused = Place::claim(&folder, Timestamp(8)).err().unwrap().to_string();
    assert!(refused.contains(&format!("in use by process {};", std::process::id())), "{refused}");
    drop(first);
    assert!(Place::claim(&folder, Timestamp(9)).is_ok());
}

#[test]
fn a_temporary_folder_is_deleted_with_its_place() {
    let place = Place::temporary().unwrap();
    let folder = place.database().parent().unwrap().to_owned();
    assert!(folder.is_dir());
    drop(place);
    assert!(!folder.exists());
}

#[test]
fn a_path_that_is_no_folder_is_refused() {
    let (_kept, folder) = folder();
    fs::write(&folder, "a file").unwrap();
    let refused = Place::claim(&folder, Timestamp(0)).err().unwrap().to_string();
    assert!(refused.ends_with("move that file away, or use another folder"), "{refused}");
}

#[cfg(unix)]
mod modes {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set_mode(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn folder_and_files_are_for_their_owner_only() {
        let (_kept, folder) = folder();
        let place = Place::claim(&folder, Timestamp(0)).unwrap();
        assert_eq!(mode(&folder), 0o700);
        assert_eq!([mode(&folder.join(LOCK)), mode(place.database())], [0o600; 2]);
        fs::write(place.database(), "some").unwrap();
        set_mode(place.database(), 0o644);
        drop(place);
        let place = Place::claim(&folder, Timestamp(0)).unwrap();
        assert_eq!(mode(place.database()), 0o600, "it is made right");
    }

    #[test]
    fn a_file_that_is_a_symbolic_link_is_refused() {
        let (kept, folder) = folder();
        let elsewhere = kept.database().with_file_name("elsewhere");
        for name in [LOCK, DATABASE] {
            drop(Place::claim(&folder, Timestamp(0)).unwrap());
            fs::write(&elsewhere, "kept").unwrap();
            let _ = fs::remove_file(folder.join(name));
            std::os::unix::fs::symlink(&elsewhere, folder.join(name)).unwrap();
            assert!(Place::claim(&folder, Timestamp(0)).is_err(), "{name}");
            assert_eq!(fs::read_to_string(&elsewhere).unwrap(), "kept", "{name}");
            fs::remove_file(folder.join(name)).unwrap();
        }
    }

    #[test]
    fn a_folder_that_others_can_write_to_is_refused() {
        let (_kept, folder) = folder();
        fs::create_dir(&folder).unwrap();
        for (mode, refused) in [(0o770, true), (0o702, true), (0o755, false), (0o700, false)] {
            set_mode(&folder, mode);
            let claimed = Place::claim(&folder, Timestamp(0)).map(drop).map_err(|error| error.to_string());
            assert_eq!(claimed.is_err(), refused, "{mode:o}: {claimed:?}");
            assert!(claimed.is_ok() || claimed.unwrap_err().contains("run chmod 700 /"));
        }
    }
}

#[cfg(unix)]
#[test]
fn a_file_that_cannot_be_synced_gets_no_name() {
    let place = Place::temporary().unwrap();
    let [part, path] = ["part", "whole"].map(|name| place.database().with_file_name(name));
    // A socket can be renamed, and not opened.
    let _socket = std::os::unix::net::UnixListener::bind(&part).unwrap();
    put_in_place(&part, &path).unwrap_err();
    assert!(part.exists() && !path.exists());
}
