//! A write that shows whether the disk has room. It changes no record.

use rusqlite::Connection;

/// It takes a page, so a disk that has room for it has room for a grant.
const WRITE: &str = "INSERT INTO meta (key, value) VALUES ('probe', hex(randomblob(2048)))
    ON CONFLICT DO UPDATE SET value = excluded.value";

pub(crate) fn write(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(WRITE, []).map(drop)
}

#[cfg(test)]
mod tests {
    use crate::SqliteStore;
    use rusqlite::Connection;

    #[tokio::test(flavor = "multi_thread")]
    async fn a_full_disk_is_unhealthy_until_there_is_room() {
        let store = SqliteStore::temporary().unwrap();
        store.probe().await.unwrap();
        let limit = async |pages: u32| {
            let set = move |connection: &Connection| connection.pragma_update(None, "max_page_count", pages);
            store.write(set).await.unwrap();
        };
        let fill = |connection: &Connection| {
            connection.execute("INSERT INTO blocks (block) VALUES (hex(zeroblob(100000)))", [])
        };
        limit(1).await;
        store.write(fill).await.unwrap_err();
        store.probe().await.unwrap_err();
        store.probe().await.unwrap_err();
        limit(1000).await;
        store.probe().await.unwrap();
        assert!(!store.writer.health().is_failing());
    }
}
