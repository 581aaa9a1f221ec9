//! The answer to a sign-in that failed at a provider, or on the way there or back.

use crate::language::Language;
use crate::pages::{self, SignInRejection};
use crate::protocol::{Parameters, PersonId};
use crate::provider::ProviderError;
use crate::sealed::Destination;
use crate::server::Server;
use crate::wire::{Event, EventKind, Response, correlation};

/// What the log is told about a rejection.
pub(super) struct Told {
    pub(super) person: Option<PersonId>,
    pub(super) reason: String,
}

/// The page for a fault of a provider, and the reason for the log.
pub(super) fn of_fault(fault: ProviderError) -> (SignInRejection<'static>, String) {
    match fault {
        ProviderError::Unavailable(reason) => (SignInRejection::ProviderAway, reason),
        ProviderError::CodeRejected(reason) => (SignInRejection::CodeRejected, reason),
        ProviderError::Declined(reason) => (SignInRejection::NotIdentified, reason),
        ProviderError::MixUp(reason) => (SignInRejection::OtherIssuer, reason),
        ProviderError::Invalid(reason) => (SignInRejection::ProviderUnusable, reason),
    }
}

/// Answers with a page that says why, and from which the user can go on to the destination. `provider` is the name of the
/// provider on the page.
pub(super) fn reject(
    server: &Server,
    language: &'static Language,
    (why, provider): (SignInRejection<'_>, &str),
    destination: Option<&Destination>,
    Told { person, reason }: Told,
) -> Response {
    let id = correlation::id(&*server.entropy);
    let way = destination.map(|destination| (destination, server.config.paths()));
    let uri = server.explains(why.rule());
    let mut response = pages::sign_in_rejected(server.look(language), why, provider, way, (&id, &uri));
    correlation::put(&id, &mut response);
    let event = match why.is_of_user() {
        true => Event { rule: Some(why.rule()), reason: Some(reason), ..Event::new(EventKind::SignInFailed) },
        false => Event::refused(why.rule(), &reason),
    };
    let mut response = Event { person, correlation: Some(id), ..event }.beside(response);
    server.name_client(&mut response, || client_of(destination?));
    response
}

/// The client for which the user signs in.
fn client_of(destination: &Destination) -> Option<String> {
    let Destination::Request(query) = destination else { return None };
    Parameters::parse(query.as_bytes()).once("client_id").ok().flatten().map(str::to_owned)
}
