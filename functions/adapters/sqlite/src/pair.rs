//! Which root secret the file belongs to. With another secret every token and client id would be refused, and nothing would
//! say why.

use crate::SqliteStore;
use doorward::store::StoreError;
use rusqlite::{Connection, OptionalExtension};

const FIND: &str = "SELECT value FROM meta WHERE key = 'pair'";
const KEEP: &str =
    "INSERT INTO meta (key, value) VALUES ('pair', ?1) ON CONFLICT DO UPDATE SET value = excluded.value";

impl SqliteStore {
    /// The fingerprint of the root secret that the file belongs to. A new file belongs to none.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    pub fn pair(&self) -> Result<Option<String>, StoreError> {
        self.read(find)
    }

    /// Notes the fingerprint of the root secret that the file belongs to from now on.
    ///
    /// # Errors
    /// [`StoreError`] when the store did not answer.
    pub async fn set_pair(&self, fingerprint: String) -> Result<(), StoreError> {
        self.write(move |connection| connection.execute(KEEP, [&fingerprint]).map(drop)).await
    }
}

/// The fingerprint in a file.
pub(crate) fn find(connection: &Connection) -> rusqlite::Result<Option<String>> {
    connection.query_row(FIND, [], |row| row.get(0)).optional()
}

/// Makes the file belong to no secret. The next server that opens it notes its own.
pub(crate) fn forget(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute("DELETE FROM meta WHERE key = 'pair'", []).map(drop)
}
