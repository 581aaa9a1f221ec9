//! Description of an MCP client: a row of the emulators' table.

/// A client, as it behaves towards a server.
pub(crate) struct Client {
    /// The name, as its makers write it.
    pub(crate) name: &'static str,
    /// The source of this description.
    pub(crate) known: Known,
    /// The responses that it refuses: the rules of its library, or its own.
    pub(crate) rules: &'static Rules,
    /// How it registers with a server.
    pub(crate) way: Way,
    /// The redirect URIs that it registers, or that its document holds.
    pub(crate) redirect_uris: &'static [&'static str],
    /// The redirect URI that it uses in requests. `PORT` stands for the port on which it listens.
    pub(crate) redirect_uri: &'static str,
    /// The other members of its client metadata, as JSON.
    pub(crate) metadata: &'static str,
    /// The scope that it asks for.
    pub(crate) scope: Scope,
    /// Additional parameters of its authorization request.
    pub(crate) asks: &'static [(&'static str, &'static str)],
    /// The `resource` parameter, at the authorization endpoint and the token endpoint.
    pub(crate) resource: Resource,
    /// How it authenticates when it redeems a code, and when it refreshes.
    pub(crate) shows: [Shows; 2],
    /// Its origin, if it runs in a web page.
    pub(crate) origin: Option<&'static str>,
    /// What an operator should know when the client fails. It is part of the page.
    pub(crate) note: &'static str,
}

/// The source of a client's description.
#[derive(Clone, Copy)]
pub(crate) enum Known {
    /// The client itself was run against this server, in this version.
    Run(&'static str),
    /// The documentation of its makers and the reports of its users.
    Read,
}

/// How a client registers with a server.
#[derive(Clone, Copy)]
pub(crate) enum Way {
    /// By a Client ID Metadata Document at this URL. Where a server does not support that: dynamic client registration.
    Document(&'static str),
    /// By dynamic client registration.
    Registration,
}

/// The scope that a client asks for.
#[derive(Clone, Copy)]
pub(crate) enum Scope {
    /// No scope.
    Nothing,
    /// The scope of the challenge.
    Challenged,
    /// All scopes that the resource's metadata lists.
    Everything,
    /// Scopes of its own, and the scope of the challenge.
    And(&'static str),
}

/// How a client sends the `resource` parameter.
#[derive(Clone, Copy)]
pub(crate) enum Resource {
    /// As in the resource's metadata.
    Echoed,
    /// The parameter is missing.
    Missing,
    /// The origin only, without the path.
    Origin,
    /// With an additional trailing slash.
    Slashed,
}

/// How a client authenticates.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shows {
    /// No client authentication.
    Nothing,
    /// `client_secret_basic`.
    Basic,
    /// `client_secret_post`.
    Post,
    /// `private_key_jwt`.
    Signed,
}

/// The server responses at which a client stops. `true` means that it stops.
pub(crate) struct Rules {
    /// The library that has these rules.
    pub(crate) name: &'static str,
    /// A null instead of an absent member, in metadata.
    pub(crate) nulls: bool,
    /// A null in the registration response.
    pub(crate) nulls_registered: bool,
    /// An issuer, or an `iss` parameter, that differs from the expected issuer in any byte.
    pub(crate) other_issuer: bool,
    /// An issuer in the resource's metadata that differs in any byte.
    pub(crate) other_server: bool,
    /// Metadata without `response_types_supported`.
    pub(crate) no_response_types: bool,
    /// Metadata without S256.
    pub(crate) no_pkce: bool,
    /// A challenge without `resource_metadata`.
    pub(crate) no_challenge: bool,
    /// Authorization server metadata at the OpenID path only.
    pub(crate) only_openid: bool,
    /// A status other than 401 for a call without a token.
    pub(crate) no_401: bool,
    /// A registration response with a status other than 201.
    pub(crate) no_201: bool,
    /// A registration response without the redirect URIs.
    pub(crate) no_redirect_uris: bool,
    /// A token response without `token_type`, or with a null.
    pub(crate) no_token_type: bool,
    /// A token response with a status other than 200.
    pub(crate) no_200: bool,
    /// A token response without `Cache-Control: no-store`.
    pub(crate) cacheable: bool,
}
