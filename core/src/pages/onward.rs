//! The page that the browser leaves by itself, for another server or for a program on the user's machine.

use crate::language::Language;
use crate::pages::html::Look;
use crate::protocol::{Issuer, destination};
use crate::wire::Response;
use askama::Template;
use http::{HeaderValue, StatusCode, header};

#[derive(Template)]
#[template(path = "onward.html")]
struct Onward<'a> {
    look: Look<'a>,
    language: &'static Language,
    url: &'a str,
    /// The host, or the scheme with a colon.
    place: &'a str,
}

impl Onward<'_> {
    /// Whether the operating system starts a program for this URL, so that the browser stays on the page.
    fn opens_a_program(&self) -> bool {
        self.place.ends_with(':')
    }
}

/// Leads the browser to `url`, by the header `Refresh` and by a link (HTML, "shared declarative refresh steps"). Not by
/// `<meta>`, so that the URL, which may carry a code, is in the page only once. With a delay of 0 seconds, the page takes
/// no place in the browser's history, so the back button does not submit the form again.
pub(crate) fn onward(look: Look<'_>, issuer: &Issuer, url: &HeaderValue) -> Response {
    let text = url.to_str().expect("redirects are printable ASCII");
    let place = match destination(text) {
        "" => destination(issuer.as_str()),
        place => place,
    };
    let page = Onward { look, language: look.language, url: text, place };
    let mut response = look.html(StatusCode::OK, &page, "'none'");
    let refresh = HeaderValue::try_from(format!("0;url={text}")).expect("a redirect is a header value");
    response.headers_mut().insert(header::REFRESH, refresh);
    response
}
