//! What is known of a client.

/// A client, as far as it can be told from outside.
pub(crate) struct Client {
    /// Its name, as its makers write it.
    pub(crate) name: &'static str,
    /// How it is known that it behaves so.
    pub(crate) known: Known,
    /// What it refuses: its library's rules, or its own.
    pub(crate) rules: &'static Rules,
    /// How it becomes known to a server.
    pub(crate) way: Way,
    /// What it registers, or what its document holds.
    pub(crate) redirect_uris: &'static [&'static str],
    /// Where it really listens.
    pub(crate) redirect_uri: &'static str,
    /// What else it says of itself, as JSON.
    pub(crate) metadata: &'static str,
    /// What it asks for.
    pub(crate) scope: Scope,
    /// What else it sends to the authorization endpoint.
    pub(crate) asks: &'static [(&'static str, &'static str)],
    /// How it names the resource, there and at the token endpoint.
    pub(crate) resource: Resource,
    /// How it authenticates with a code, and with a refresh token.
    pub(crate) shows: [Shows; 2],
    /// What it calls from a page, if it is one: its origin.
    pub(crate) origin: Option<&'static str>,
    /// What to know when something goes wrong.
    pub(crate) note: &'static str,
}

/// How a client's behaviour is known.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    /// It was run against this server.
    Run(&'static str),
    /// From its makers' documentation and from reports of its users.
    Read,
}

/// How a client becomes known to a server.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// By its document, where a server takes one; it registers elsewhere.
    Document(&'static str),
    /// By registering itself.
    Registration,
}

/// What a client asks for.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// Nothing.
    Nothing,
    /// What the challenge names.
    Challenged,
    /// All that the resource's metadata lists.
    Everything,
    /// Words of its own beside what the challenge names.
    And(&'static str),
}

/// How a client names the resource.
#[derive(Clone, Copy)]
pub(crate) enum Resource {
    /// As the metadata has it.
    Echoed,
    /// Not at all.
    Missing,
    /// Without its path.
    Origin,
    /// With a slash behind it.
    Slashed,
}

/// How a client authenticates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// Not at all.
    Nothing,
    /// With its secret in a header.
    Basic,
    /// With its secret in the form.
    Post,
    /// With an assertion.
    Signed,
}

/// What makes a client stop.
pub(crate) struct Rules {
    /// Whose rules they are.
    pub(crate) name: &'static str,
    /// A null where a member could be left out, in metadata.
    pub(crate) nulls: bool,
    /// A null in what a registration is answered.
    pub(crate) nulls_registered: bool,
    /// An issuer that is not the same everywhere, `iss` included, byte for byte.
    pub(crate) other_issuer: bool,
    /// An issuer in the resource's metadata that is not the same, byte for byte.
    pub(crate) other_server: bool,
    /// Metadata without `response_types_supported`.
    pub(crate) no_response_types: bool,
    /// Metadata without S256.
    pub(crate) no_pkce: bool,
    /// A challenge without `resource_metadata`.
    pub(crate) no_challenge: bool,
    /// Authorization server metadata at no other place than OpenID's.
    pub(crate) only_openid: bool,
    /// Anything but a 401 when there is no token.
    pub(crate) no_401: bool,
    /// A registration that is answered by anything but 201.
    pub(crate) no_201: bool,
    /// A registration that does not repeat the redirect URIs.
    pub(crate) no_redirect_uris: bool,
    /// Tokens without a type, or with nulls.
    pub(crate) no_token_type: bool,
    /// Tokens that come with anything but 200.
    pub(crate) no_200: bool,
    /// Tokens that might be kept by a cache.
    pub(crate) cacheable: bool,
}
