//! The lines of the secret file, and its replacement.

use super::*;

fn folder(name: &str) -> PathBuf {
    let folder = std::env::temp_dir().join(format!("doorward-secret-{name}-{}", std::process::id()));
    fs::create_dir_all(&folder).unwrap();
    folder
}

fn fingerprints(secrets: &Secrets) -> Vec<String> {
    std::iter::once(&secrets.newest).chain(&secrets.older).map(RootSecret::fingerprint).collect()
}

#[test]
fn the_first_secret_whose_time_has_come_makes_values_and_all_are_accepted() {
    let path = folder("order").join("secret");
    let lines =
        [Line::new(&[3; 32], Some(Timestamp(100))), Line::new(&[2; 32], None), Line::new(&[1; 32], None)];
    let [three, two, one] = [3, 2, 1].map(|byte| RootSecret::new([byte; 32]).fingerprint());
    SecretFile::replace(&path, lines.to_vec()).unwrap();
    let file = SecretFile::read(&path).unwrap().unwrap();
    assert_eq!(fingerprints(&file.secrets(Timestamp(99))), [two.clone(), three.clone(), one.clone()]);
    assert_eq!(fingerprints(&file.secrets(Timestamp(100))), [three.clone(), two, one]);
    // A clock that is behind must not end the start.
    SecretFile::replace(&path, lines[..1].to_vec()).unwrap();
    let file = SecretFile::read(&path).unwrap().unwrap();
    assert_eq!(fingerprints(&file.secrets(Timestamp(0))), [three]);
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[test]
fn a_line_has_a_secret_and_at_most_a_time() {
    let secret = URL_SAFE_NO_PAD.encode([7; 32]);
    for (line, from) in [(secret.clone(), None), (format!("  {secret}  from=17 "), Some(Timestamp(17)))] {
        assert_eq!(Line::parse(&line).unwrap().from, from, "{line:?}");
    }
    for wrong in
        ["", "short", &format!("{secret} 17"), &format!("{secret} from=x"), &format!("{secret} from=1 2")]
    {
        assert!(Line::parse(wrong).is_none(), "{wrong:?}");
    }
}

#[test]
fn a_file_is_replaced_as_a_whole_for_its_owner_alone() {
    let path = folder("replaced").join("secret");
    SecretFile::create(&path, &[1; 32]).unwrap();
    assert!(SecretFile::create(&path, &[2; 32]).is_err(), "it is there already");
    // What a crash left behind.
    fs::write(with_end(&path, ".new"), "half").unwrap();
    SecretFile::replace(&path, vec![Line::new(&[2; 32], None)]).unwrap();
    assert!(!with_end(&path, ".new").exists());
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        let link = path.with_file_name("link");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(SecretFile::replace(&link, vec![Line::new(&[3; 32], None)]).is_err());
        let kept = SecretFile::read(&path).unwrap().unwrap();
        assert_eq!(kept.lines[0].text, Line::new(&[2; 32], None).text);
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
        fs::set_permissions(&path, fs::Permissions::from_mode(0o644)).unwrap();
        let refused = SecretFile::read(&path).err().unwrap().to_string();
        assert!(refused.contains("other users can read it; run chmod 600 /"), "{refused}");
    }
    fs::remove_dir_all(path.parent().unwrap()).unwrap();
}

#[cfg(unix)]
#[test]
fn a_credential_of_systemd_may_be_readable_for_its_group_and_no_other_user() {
    use std::os::unix::fs::PermissionsExt;
    let (credentials, elsewhere) = (folder("credentials"), folder("no-credentials"));
    let path = credentials.join("secret");
    SecretFile::create(&path, &[1; 32]).unwrap();
    let allowed = |mode, credentials: Option<&Path>| {
        fs::set_permissions(&path, fs::Permissions::from_mode(mode)).unwrap();
        refuse_readers_of(&path, credentials).is_ok()
    };
    assert!(allowed(0o440, Some(&credentials)));
    assert!(!allowed(0o444, Some(&credentials)));
    assert!(!allowed(0o440, Some(&elsewhere)), "the file is in another folder");
    assert!(!allowed(0o440, None));
    for folder in [credentials, elsewhere] {
        fs::remove_dir_all(folder).unwrap();
    }
}

#[cfg(unix)]
#[test]
#[ignore = "needs root"]
fn what_root_creates_belongs_to_the_owner_of_the_folder() {
    use std::os::unix::fs::{MetadataExt, chown};
    let folder = std::env::temp_dir().join(format!("doorward-secret-owner-{}", std::process::id()));
    fs::create_dir(&folder).unwrap();
    chown(&folder, Some(4711), Some(4712)).unwrap();
    let path = folder.join("secret");
    SecretFile::create(&path, &[7; 32]).unwrap();
    let owner = fs::metadata(&path).unwrap();
    assert_eq!((owner.uid(), owner.gid()), (4711, 4712));
    fs::remove_dir_all(folder).unwrap();
}
