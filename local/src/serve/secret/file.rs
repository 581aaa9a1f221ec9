//! The file of the root secrets: one secret a line, the newest first. After a secret, a line may say from when it is used.

use super::Secrets;
use crate::Failure;
use base64::{Engine, engine::general_purpose::URL_SAFE_NO_PAD};
use doorward::ports::Timestamp;
use doorward::sealed::RootSecret;
use std::ffi::OsString;
use std::fs::{self, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

/// What is before the time in a line, in seconds since 1970.
const FROM: &str = "from=";

/// The content of the file.
#[derive(Clone)]
pub(crate) struct SecretFile {
    path: PathBuf,
    /// The newest first. There is at least one.
    lines: Vec<Line>,
}

/// A root secret.
#[derive(Clone)]
pub(crate) struct Line {
    text: String,
    pub(crate) secret: RootSecret,
    /// Before this time the secret makes no values: its public keys are only published, so that other servers can fetch them.
    pub(crate) from: Option<Timestamp>,
}

impl Line {
    pub(crate) fn new(secret: &[u8; 32], from: Option<Timestamp>) -> Self {
        let text = URL_SAFE_NO_PAD.encode(secret);
        let text = from.map_or_else(|| text.clone(), |from| format!("{text} {FROM}{}", from.0));
        Self { text, secret: RootSecret::new(*secret), from }
    }

    fn parse(text: &str) -> Option<Self> {
        let mut words = text.split_whitespace();
        let secret = RootSecret::parse(words.next()?).ok()?;
        let from = words.next().map(|word| word.strip_prefix(FROM)?.parse().ok().map(Timestamp));
        let (None, from) = (words.next(), from) else { return None };
        let from = match from {
            None => None,
            Some(from) => Some(from?),
        };
        Some(Self { text: text.trim().to_owned(), secret, from })
    }
}

impl SecretFile {
    /// Reads the file. `None` if there is none.
    pub(crate) fn read(path: &Path) -> Result<Option<Self>, Failure> {
        let text = match fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
            Err(error) => return Err(failure(path, &error)),
        };
        refuse_readers(path)?;
        let lines: Option<Vec<_>> = text.lines().map(Line::parse).collect();
        match lines.filter(|lines| !lines.is_empty()) {
            None => Err(failure(
                path,
                &"must have 32 bytes in base64url on every line; put back the secret file of this store, or run `doorward admin \
                               new-secret --yes`, after which every client registers and signs in again",
            )),
            Some(lines) => Ok(Some(Self { path: path.to_owned(), lines })),
        }
    }

    /// Creates the file with a random secret. If two processes do it at the same time, one fails. Start that one again.
    pub(crate) fn create(path: &Path, secret: &[u8; 32]) -> Result<Self, Failure> {
        let line = Line::new(secret, None);
        let create = || {
            path.parent().map_or(Ok(()), fs::create_dir_all)?;
            let mut file = new(path)?;
            give_to_folder(&file, path);
            writeln!(file, "{}", line.text)?;
            file.sync_all()
        };
        create().map_err(|error| failure(path, &error))?;
        Ok(Self { path: path.to_owned(), lines: vec![line] })
    }

    /// Writes these lines in the place of the file. After a crash, the file has the old lines or the new ones. It keeps its owner.
    pub(crate) fn replace(path: &Path, lines: Vec<Line>) -> Result<Self, Failure> {
        if fs::symlink_metadata(path).is_ok_and(|file| file.is_symlink()) {
            let why =
                "is a symbolic link, and is not changed; name the file that it leads to with --secret-file";
            return Err(failure(path, &why));
        }
        let write = || {
            let part = with_end(path, ".new");
            match fs::remove_file(&part) {
                Err(error) if error.kind() != ErrorKind::NotFound => return Err(error),
                _ => {}
            }
            let mut file = new(&part)?;
            keep_owner(&file, path)?;
            for line in &lines {
                writeln!(file, "{}", line.text)?;
            }
            file.sync_all()?;
            fs::rename(&part, path)?;
            // Without this, a power failure could undo the rename.
            path.parent().map_or(Ok(()), |folder| File::open(folder)?.sync_all())
        };
        write().map_err(|error: io::Error| failure(path, &error))?;
        Ok(Self { path: path.to_owned(), lines })
    }

    pub(crate) fn path(&self) -> &Path {
        &self.path
    }

    /// All secrets, the newest first.
    pub(crate) fn lines(&self) -> &[Line] {
        &self.lines
    }

    /// The secret that signs and seals when a server starts now.
    pub(crate) fn maker(&self, now: Timestamp) -> &Line {
        let from_now_on = |line: &&Line| line.from.is_none_or(|from| from <= now);
        self.lines.iter().find(from_now_on).unwrap_or(&self.lines[self.lines.len() - 1])
    }

    /// The secrets for a server that starts now.
    pub(crate) fn secrets(&self, now: Timestamp) -> Secrets {
        let maker = self.maker(now);
        let others = self.lines.iter().filter(|line| line.text != maker.text);
        Secrets { newest: maker.secret.clone(), older: others.map(|line| line.secret.clone()).collect() }
    }
}

fn failure(path: &Path, why: &dyn std::fmt::Display) -> Failure {
    Failure::new(format_args!("--secret-file {}", path.display()), why)
}

fn with_end(path: &Path, end: &str) -> PathBuf {
    let mut whole = OsString::from(path);
    whole.push(end);
    whole.into()
}

/// A new file that only its owner can read.
fn new(path: &Path) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(path)
}

/// Gives the file the owner of the file that it replaces, or of the folder. Only root writes for another user.
#[cfg(unix)]
fn keep_owner(file: &File, path: &Path) -> io::Result<()> {
    let folder = path.parent().unwrap_or(Path::new("/"));
    give(file, &fs::metadata(path).or_else(|_| fs::metadata(folder))?)
}

/// Gives a new file the owner of its folder, if root made it: the server may run as that user later. Another user cannot give.
#[cfg(unix)]
fn give_to_folder(file: &File, path: &Path) {
    if let Some(folder) = path.parent().and_then(|folder| fs::metadata(folder).ok()) {
        let _ = give(file, &folder);
    }
}

#[cfg(unix)]
fn give(file: &File, owner: &fs::Metadata) -> io::Result<()> {
    use std::os::unix::fs::{MetadataExt, fchown};
    let own = file.metadata()?;
    if (own.uid(), own.gid()) == (owner.uid(), owner.gid()) {
        return Ok(());
    }
    fchown(file, Some(owner.uid()), Some(owner.gid()))
}

#[cfg(not(unix))]
fn keep_owner(_file: &File, _path: &Path) -> io::Result<()> {
    Ok(())
}

#[cfg(not(unix))]
fn give_to_folder(_file: &File, _path: &Path) {}

/// Refuses a file that other users can read.
#[cfg(unix)]
fn refuse_readers(path: &Path) -> Result<(), Failure> {
    refuse_readers_of(path, std::env::var_os("CREDENTIALS_DIRECTORY").as_deref().map(Path::new))
}

/// systemd may give a credential (`LoadCredential` in systemd.exec(5)) the mode 0440: an access control list lets the user of the
/// service read it. The group is root.
#[cfg(unix)]
fn refuse_readers_of(path: &Path, credentials: Option<&Path>) -> Result<(), Failure> {
    let is_in =
        |folder: &Path| Some(fs::canonicalize(path).ok()?.starts_with(fs::canonicalize(folder).ok()?));
    let others = if credentials.and_then(is_in) == Some(true) { 0o007 } else { 0o077 };
    let mode = fs::metadata(path).map(|file| std::os::unix::fs::PermissionsExt::mode(&file.permissions()));
    match mode {
        Ok(mode) if mode & others == 0 => Ok(()),
        _ => Err(Failure(format!(
            "--secret-file {0}: other users can read it; run chmod 600 {0}",
            path.display()
        ))),
    }
}

#[cfg(not(unix))]
fn refuse_readers(_path: &Path) -> Result<(), Failure> {
    Ok(())
}

#[cfg(test)]
mod tests;
