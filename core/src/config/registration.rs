//! What this server has at a provider at which users sign in, of either kind.

use crate::config::people_rules::PeopleRules;
use crate::config::provider_id::ProviderId;
use crate::config::provider_secret::ProviderSecret;

/// The client that this server is at a provider, and which users of the provider may sign in.
#[derive(Clone, Debug)]
pub(crate) struct Registration {
    /// The last segment of the redirect URI. Only the first provider may have none.
    pub(super) id: Option<ProviderId>,
    pub(crate) client_id: String,
    /// On the pages.
    pub(crate) name: String,
    pub(crate) people: PeopleRules,
    /// With which codes are redeemed.
    pub(crate) secret: Option<ProviderSecret>,
}
