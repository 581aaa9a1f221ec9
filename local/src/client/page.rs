//! The HTML forms that a scripted user reads from a page.

use html5gum::{StartTag, Token, Tokenizer};

/// A form on a page, as a browser would submit it.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Form {
    /// The URL that it is submitted to, relative to the page.
    pub action: String,
    /// Its inputs, with the values from the page.
    pub fields: Vec<(String, String)>,
    /// Its buttons with a name. One of them is pressed.
    pub buttons: Vec<(String, String)>,
}

impl Form {
    /// The first form of a page.
    pub fn first(html: &str) -> Option<Self> {
        let mut form = None;
        for Ok(token) in Tokenizer::new(html) {
            match token {
                Token::StartTag(tag) if &tag.name[..] == b"form" => {
                    form = Some(Self {
                        action: attribute(&tag, "action").unwrap_or_default(),
                        ..Self::default()
                    });
                }
                Token::StartTag(tag) => {
                    if let Some(form) = &mut form {
                        form.take(&tag);
                    }
                }
                Token::EndTag(tag) if &tag.name[..] == b"form" && form.is_some() => break,
                _ => {}
            }
        }
        form
    }

    fn take(&mut self, tag: &StartTag<()>) {
        let Some(name) = attribute(tag, "name") else { return };
        let pair = (name, attribute(tag, "value").unwrap_or_default());
        match &tag.name[..] {
            b"input" => self.fields.push(pair),
            b"button" => self.buttons.push(pair),
            _ => {}
        }
    }

    /// Whether there is the input `name`.
    pub(super) fn has(&self, name: &str) -> bool {
        self.fields.iter().any(|(known, _)| known == name)
    }

    /// Enters `value` into the input `name`, if there is one.
    #[must_use]
    pub fn fill(mut self, name: &str, value: &str) -> Self {
        for (_, field) in self.fields.iter_mut().filter(|(known, _)| known == name) {
            value.clone_into(field);
        }
        self
    }

    /// Presses the button with this value, if there is one; otherwise the button without a name.
    #[must_use]
    pub fn press(mut self, value: &str) -> Self {
        let pressed = self.buttons.iter().position(|(_, known)| known == value);
        self.fields.extend(pressed.map(|at| self.buttons.swap_remove(at)));
        self
    }
}

fn attribute(tag: &StartTag<()>, name: &str) -> Option<String> {
    tag.attributes.get(name.as_bytes()).map(|value| String::from_utf8_lossy(value).into_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_would() {
        let page = r#"<p><form action="?a=1&#38;b=2"><input type=hidden name="form" value="x&amp;y"><input name='username'>
            <button name="decision" value="deny">No</button><button name=decision value=allow>Yes</button></form><input name="z">"#;
        let form = Form::first(page).unwrap();
        assert_eq!(form.action, "?a=1&b=2");
        let sent = form.fill("username", "me").press("allow").fields;
        let sent: Vec<_> = sent.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        assert_eq!(sent, [("form", "x&y"), ("username", "me"), ("decision", "allow")]);
        assert_eq!(Form::first("<p>nothing"), None);
    }
}
