//! The table of pains, by what is seen first.

mod after_allow;
mod again;
mod calls;
mod discovery;
mod documents;
mod errors;
mod operator;
mod provider;
mod registration;
mod sign_in;

use crate::row::Chapter;

pub(crate) const CHAPTERS: [Chapter; 10] = [
    Chapter { title: "The client finds no authorization server, or gets no answer", pains: discovery::PAINS },
    Chapter { title: "The client cannot register", pains: registration::PAINS },
    Chapter { title: "The browser or the client shows an error", pains: errors::PAINS },
    Chapter { title: "A client with a document is refused", pains: documents::PAINS },
    Chapter { title: "The user cannot sign in, or not as the right one", pains: sign_in::PAINS },
    Chapter { title: "The sign-in at the provider fails", pains: provider::PAINS },
    Chapter {
        title: "After the consent nothing happens, or the client reports an error",
        pains: after_allow::PAINS,
    },
    Chapter { title: "The user has to sign in again and again", pains: again::PAINS },
    Chapter { title: "The client is connected, and calls fail", pains: calls::PAINS },
    Chapter { title: "What an operator meets", pains: operator::PAINS },
];
