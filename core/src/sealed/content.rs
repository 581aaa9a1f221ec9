//! The content of carried values as bytes, in the format postcard.

use crate::sealed::keyring::Carried;
use postcard::ser_flavors::Flavor;
use serde::{Deserialize, Deserializer};

/// More than most contents have, in bytes.
const USUAL_LENGTH: usize = 256;

/// The bytes of a value.
pub(super) fn encode<T: Carried>(value: &T) -> Vec<u8> {
    let content = Content(Vec::with_capacity(USUAL_LENGTH));
    postcard::serialize_with_flavor(value, content).expect("carried content is plain data")
}

/// A buffer with room. That of postcard grows from nothing.
struct Content(Vec<u8>);

impl Flavor for Content {
    type Output = Vec<u8>;

    fn try_push(&mut self, byte: u8) -> postcard::Result<()> {
        self.0.push(byte);
        Ok(())
    }

    fn try_extend(&mut self, bytes: &[u8]) -> postcard::Result<()> {
        self.0.extend_from_slice(bytes);
        Ok(())
    }

    fn finalize(self) -> postcard::Result<Vec<u8>> {
        Ok(self.0)
    }
}

/// Reads one of the last fields, which values of earlier versions do not have. The content is authenticated, so only its end
/// can be missing.
pub(super) fn if_there<'de, D, T>(content: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Deserialize<'de> + Default,
{
    Ok(T::deserialize(content).unwrap_or_default())
}
