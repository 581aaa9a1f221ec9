//! What a folder says about a store that was there: its lock file keeps its content when the process ends.

use super::{LOCK, inaccessible};
use crate::unusable::Unusable;
use std::fs;
use std::io::ErrorKind;
use std::path::Path;

/// Whether a new store may be made: the file is missing, and no store was there. A new file in the place of one that was lost
/// would hide the loss: every user and client would be unknown.
pub(super) fn refuse_lost(database: &Path, had_store: bool) -> Result<(), Unusable> {
    let lock = database.with_file_name(LOCK);
    match fs::symlink_metadata(database) {
        Ok(file) if file.is_file() && file.len() == 0 => {
            let cure = format_args!(
                "run `doorward restore FILE` with a backup, or remove it and {} to begin anew",
                lock.display()
            );
            Err(Unusable::new(database, "has 0 bytes, so its records are lost", cure))
        }
        Ok(_) => Ok(()),
        Err(error) if error.kind() == ErrorKind::NotFound && had_store => {
            let cure = format_args!(
                "run `doorward restore FILE` with a backup, or remove {} to begin anew",
                lock.display()
            );
            Err(Unusable::new(database, "is missing, but this folder had a store", cure))
        }
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(()),
        Err(error) => Err(inaccessible(database, &error)),
    }
}

#[cfg(test)]
mod tests {
    use crate::sample::Sample;
    use std::fs;

    fn refused(sample: &Sample) -> String {
        let clock = std::sync::Arc::new(crate::Standstill);
        crate::SqliteStore::open(&sample.data, clock).unwrap_err().to_string()
    }

    #[tokio::test]
    async fn a_store_that_was_lost_is_not_made_anew() {
        let sample = Sample::new();
        drop(sample.open());
        sample.back_up();
        let file = sample.data.join("doorward.db");
        fs::write(&file, "").unwrap();
        let sentence = refused(&sample);
        assert!(
            sentence
                .contains("doorward.db: has 0 bytes, so its records are lost; run `doorward restore FILE`")
        );
        assert_eq!(fs::metadata(&file).unwrap().len(), 0);
        fs::remove_file(&file).unwrap();
        for _ in 0..2 {
            let sentence = refused(&sample);
            assert!(sentence.contains(
                "doorward.db: is missing, but this folder had a store; run `doorward restore FILE`"
            ));
            assert!(sentence.ends_with("/lock to begin anew"), "{sentence}");
            assert!(!file.exists());
        }
        fs::remove_file(sample.data.join("lock")).unwrap();
        drop(sample.open());
    }

    #[tokio::test]
    async fn a_folder_in_which_no_store_was_completed_is_used() {
        let sample = Sample::new();
        fs::create_dir(&sample.data).unwrap();
        #[cfg(unix)]
        fs::set_permissions(&sample.data, std::os::unix::fs::PermissionsExt::from_mode(0o700)).unwrap();
        fs::write(sample.data.join("secret"), "of a version that kept nothing else").unwrap();
        let no_backup = sample.other.join("none");
        fs::write(&no_backup, "").unwrap();
        sample.not_restored(&no_backup);
        // The first start ended after it had made the file.
        drop(super::super::Place::claim(&sample.data, crate::sample::NOW).unwrap());
        drop(sample.open());
        fs::remove_file(sample.data.join("doorward.db")).unwrap();
        refused(&sample);
    }

    #[tokio::test]
    async fn a_restore_makes_the_folder_one_that_had_a_store() {
        let mut sample = Sample::new();
        drop(sample.open());
        sample.back_up();
        sample.data = sample.other.join("new");
        sample.restore(&sample.backup()).unwrap();
        fs::remove_file(sample.data.join("doorward.db")).unwrap();
        refused(&sample);
        sample.restore(&sample.backup()).unwrap();
        drop(sample.open());
    }
}
