//! Search for an element of a page that the browser may be about to leave.

use fantoccini::elements::Element;
use fantoccini::error::CmdError;
use fantoccini::{Client, Locator};

/// Waits for an element. A search ends with an error if the browser leaves the page meanwhile, as it does by a redirect
/// or a `Refresh`. Then the next page is searched, five pages at most.
pub(crate) async fn find(page: &Client, wanted: Locator<'_>) -> Element {
    for _ in 0..5 {
        match page.wait().for_element(wanted).await {
            Err(CmdError::NotW3C(why)) if why == "aborted by navigation" => {}
            found => return found.unwrap(),
        }
    }
    panic!("the browser left five pages while {wanted:?} was searched");
}
