//! The operator's logo: converts an image file to the `data:` URL that the pages contain.

use crate::Failure;
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward_settings::{InvalidSetting, OPERATOR_LOGO, Reason, Values};
use std::path::Path;

/// Replaces the path of the logo by a `data:` URL with the content of the file.
pub(super) fn load(values: &Values) -> Result<Values, Failure> {
    let mut values = values.clone();
    let path = values.one(&OPERATOR_LOGO).filter(|logo| !logo.starts_with("data:")).map(str::to_owned);
    if let Some(path) = path {
        let media_type = media_type(Path::new(&path)).ok_or_else(|| {
            InvalidSetting::of(
                &OPERATOR_LOGO,
                Reason::Form("a data: URL, or the path of a .png, .jpg or .svg file"),
            )
        })?;
        let image = std::fs::read(&path)
            .map_err(|error| Failure::new(format_args!("--{} {path}", OPERATOR_LOGO.name), error))?;
        let logo = format!("data:{media_type};base64,{}", STANDARD.encode(image));
        values.set(&OPERATOR_LOGO, vec![logo]);
    }
    Ok(values)
}

fn media_type(path: &Path) -> Option<&'static str> {
    match path.extension()?.to_str()?.to_ascii_lowercase().as_str() {
        "png" => Some("image/png"),
        "jpg" | "jpeg" => Some("image/jpeg"),
        "svg" => Some("image/svg+xml"),
        _ => None,
    }
}
