//! The branding of the pages: the operator's name, logo and accent colour.

use thiserror::Error;

/// The operator's name, logo and accent colour. All are optional.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Branding {
    pub(crate) name: Option<String>,
    pub(crate) logo: Option<String>,
    pub(crate) accent: Option<String>,
}

impl Branding {
    const MAX_NAME: usize = 64;
    const MAX_LOGO: usize = 64 * 1024;

    /// The name at the top of every page.
    pub fn name(&self) -> Option<&str> {
        self.name.as_deref()
    }

    /// The logo: a `data:` URL.
    pub fn logo(&self) -> Option<&str> {
        self.logo.as_deref()
    }

    /// The accent colour: `#rrggbb`.
    pub fn accent(&self) -> Option<&str> {
        self.accent.as_deref()
    }

    /// Sets the name at the top of every page: 1 to 64 characters.
    ///
    /// # Errors
    /// [`InvalidBranding::Name`].
    pub fn with_name(self, name: &str) -> Result<Self, InvalidBranding> {
        let name = name.trim();
        let is_sound =
            (1..=Self::MAX_NAME).contains(&name.chars().count()) && !name.contains(char::is_control);
        is_sound.then(|| Self { name: Some(name.to_owned()), ..self }).ok_or(InvalidBranding::Name)
    }

    /// Sets the logo: a `data:` URL of a PNG, JPEG or SVG image of at most 64 KiB. The logo is part of each page. The
    /// browser loads it from no other server, so no other server learns that a user signs in.
    ///
    /// # Errors
    /// [`InvalidBranding::Logo`].
    pub fn with_logo(self, logo: &str) -> Result<Self, InvalidBranding> {
        let types = ["data:image/png;base64,", "data:image/jpeg;base64,", "data:image/svg+xml;base64,"];
        let content = types.iter().find_map(|media_type| logo.strip_prefix(media_type));
        let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || b"+/=".contains(&byte);
        let is_sound = content.is_some_and(|content| !content.is_empty() && content.bytes().all(is_base64));
        (is_sound && logo.len() <= Self::MAX_LOGO)
            .then(|| Self { logo: Some(logo.to_owned()), ..self })
            .ok_or(InvalidBranding::Logo)
    }

    /// Sets the colour of buttons and links on light pages: `#rrggbb`, dark enough for white text on it (a contrast
    /// of 4.5:1, WCAG 2.2 §1.4.3). Dark pages keep their default colour.
    ///
    /// # Errors
    /// [`InvalidBranding::Accent`].
    pub fn with_accent(self, colour: &str) -> Result<Self, InvalidBranding> {
        let is_dark_enough = luminance(colour).is_some_and(|luminance| 1.05 / (luminance + 0.05) >= 4.5);
        is_dark_enough
            .then(|| Self { accent: Some(colour.to_owned()), ..self })
            .ok_or(InvalidBranding::Accent)
    }
}

/// The relative luminance of `#rrggbb` (WCAG 2.2, definition of relative luminance).
fn luminance(colour: &str) -> Option<f64> {
    let digits = colour.strip_prefix('#').filter(|digits| digits.len() == 6 && digits.is_ascii())?;
    let channel = |index: usize| {
        let value = f64::from(u8::from_str_radix(digits.get(index..index + 2)?, 16).ok()?) / 255.0;
        Some(if value <= 0.04045 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) })
    };
    Some(0.2126 * channel(0)? + 0.7152 * channel(2)? + 0.0722 * channel(4)?)
}

/// The error of [`Branding`]: the value that is refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Error)]
pub enum InvalidBranding {
    /// The name is refused.
    #[error("the name must have 1 to 64 characters and no control characters")]
    Name,
    /// The logo is refused.
    #[error("the logo must be a data: URL of a PNG, JPEG or SVG image in base64, of at most 64 KiB")]
    Logo,
    /// The accent colour is refused.
    #[error("the accent must be a colour #rrggbb on which white text has a contrast of 4.5:1")]
    Accent,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_accent_is_a_colour_that_white_text_can_be_read_on() {
        for (colour, is_allowed) in [
            ("#1f5eff", true),
            ("#000000", true),
            ("#767676", true),
            ("#777777", false),
            ("#ffffff", false),
            ("#1f5ef", false),
            ("1f5eff", false),
            ("#1f5eéé", false),
            ("red;}", false),
        ] {
            assert_eq!(Branding::default().with_accent(colour).is_ok(), is_allowed, "{colour}");
        }
    }

    #[test]
    fn a_logo_is_an_image_in_base64_and_a_name_is_short() {
        for (logo, is_allowed) in [
            ("data:image/png;base64,AAAA", true),
            ("data:image/svg+xml;base64,AA+/", true),
            ("data:image/png;base64,", false),
            ("data:text/html;base64,AAAA", false),
            ("data:image/svg+xml,<svg>", false),
            ("https://a.example/logo.png", false),
            ("data:image/png;base64,A\"A", false),
        ] {
            assert_eq!(Branding::default().with_logo(logo).is_ok(), is_allowed, "{logo}");
        }
        for (name, is_allowed) in [("Example", true), (" ", false), ("a\nb", false), (&"x".repeat(65), false)]
        {
            assert_eq!(Branding::default().with_name(name).is_ok(), is_allowed, "{name}");
        }
    }
}
