//! Texts at well-known places of the MCP server's listener (RFC 8615). Directories of MCP servers read there that an operator
//! owns the host.

use bytes::Bytes;
use doorward_settings::{InvalidSetting, Values, well_known};
use http::request::Parts;
use http::{HeaderValue, Method, Response, header};
use http_body_util::Full;
use std::collections::BTreeMap;
use std::sync::Arc;

/// The texts by their paths. A clone shares them.
#[derive(Clone, Default)]
pub(super) struct WellKnown(Arc<BTreeMap<String, Bytes>>);

impl WellKnown {
    /// Reads the texts from the settings.
    pub(super) fn read(values: &Values) -> Result<Self, InvalidSetting> {
        let texts = well_known(values)?.into_iter().map(|(path, text)| (path, Bytes::from(text)));
        Ok(Self(Arc::new(texts.collect())))
    }

    /// The text at the path of this request. `None` for any other request.
    pub(super) fn answer(&self, head: &Parts) -> Option<Response<Full<Bytes>>> {
        let is_read = [Method::GET, Method::HEAD].contains(&head.method);
        let text = self.0.get(head.uri.path()).filter(|_| is_read)?;
        let mut response = Response::new(Full::new(text.clone()));
        let fields = [
            (header::CONTENT_TYPE, "text/plain; charset=utf-8"),
            (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
            (header::CACHE_CONTROL, "no-cache"),
        ];
        response.headers_mut().extend(fields.map(|(name, value)| (name, HeaderValue::from_static(value))));
        Some(response)
    }
}
