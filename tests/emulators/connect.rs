//! Emulated connection of a client: from the first call without a token to a call with a refreshed token. If the client
//! stops, the error says at which step and why.

use crate::client::{Client, Resource, Rules, Scope, Shows, Way};
use base64::{Engine, engine::general_purpose::STANDARD};
use doorward::protocol::{Digest, paths};
use doorward::wire::{Request, Response};
use harness::client::{VERIFIER, tool_call};
use harness::keyed::{KeyPair, shown, token_endpoint};
use harness::test_server::{get, header, json, parameter, post, post_json};
use harness::{Person, TestServer};
use serde_json::{Value, json as object};

/// The `state` that the authorization response must repeat.
const STATE: &str = "a state";

/// A connection of a client to a test server.
pub(crate) struct Connection<'a> {
    pub(crate) test: &'a TestServer,
    pub(crate) client: &'a Client,
    /// The port on which this installation of the client listens.
    pub(crate) port: u16,
    pub(crate) key: &'a KeyPair,
    /// The client id and the client secret, as registered.
    pub(crate) id: String,
    pub(crate) secret: Option<String>,
    pub(crate) resource: String,
    pub(crate) issuer: String,
}

/// The tokens of a connected client.
#[derive(Clone, Debug)]
pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
    pub(crate) scope: String,
}

/// The reason why a client stopped.
pub(crate) type Stopped = String;

fn check(holds: bool, why: &str) -> Result<(), Stopped> {
    holds.then_some(()).ok_or_else(|| why.to_owned())
}

fn holds_null(value: &Value) -> bool {
    value.as_object().is_some_and(|members| members.values().any(Value::is_null))
}

fn member(value: &Value, name: &str) -> Result<String, Stopped> {
    value[name].as_str().map(str::to_owned).ok_or_else(|| format!("{name} is missing"))
}

impl<'a> Connection<'a> {
    /// Discovers the authorization server and registers. Returns the connection and the challenge.
    pub(crate) async fn open(
        test: &'a TestServer,
        client: &'a Client,
        key: &'a KeyPair,
    ) -> Result<(Self, String), Stopped> {
        let resource = test.server.config.resources().default().resource.to_string();
        let (id, issuer) = (String::new(), String::new());
        let mut connection = Self { test, client, key, port: 51234, id, secret: None, resource, issuer };
        let challenge = connection.challenge().await?;
        let metadata = connection.discover(&challenge).await?;
        connection.become_known(&metadata).await?;
        Ok((connection, challenge))
    }

    fn rules(&self) -> &'static Rules {
        self.client.rules
    }

    /// For a client in a web page, sends a CORS preflight first, and checks that the page may read both responses.
    async fn send(&self, mut request: Request) -> Result<Response, Stopped> {
        let Some(origin) = self.client.origin else { return Ok(self.test.send(request).await) };
        request.headers_mut().insert("origin", origin.parse().unwrap());
        let mut question = get(&request.uri().to_string());
        *question.method_mut() = http::Method::OPTIONS;
        question.headers_mut().insert("origin", origin.parse().unwrap());
        question
            .headers_mut()
            .insert("access-control-request-method", request.method().as_str().parse().unwrap());
        for answer in [self.test.send(question).await, self.test.send(request.clone()).await] {
            let allowed = header(&answer, "access-control-allow-origin");
            check([origin, "*"].contains(&allowed), "the page may not read the answer")?;
            if answer.status() != 204 {
                return Ok(answer);
            }
        }
        Err("the answer was empty".to_owned())
    }

    async fn call(&self, token: Option<&str>) -> Response {
        let mut request = tool_call(token, "current");
        let host = self.test.server.config.resources().default().resource.authority().to_owned();
        request.headers_mut().insert("host", host.parse().unwrap());
        if let Some(origin) = self.client.origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        self.test.call(request).await
    }

    async fn challenge(&self) -> Result<String, Stopped> {
        let refused = self.call(None).await;
        check(
            refused.status() == 401 || !self.rules().no_401,
            "a call without a token is not answered by 401",
        )?;
        Ok(header(&refused, "www-authenticate").to_owned())
    }

    /// Reads the metadata of the resource and of the authorization server. Returns the second.
    async fn discover(&mut self, challenge: &str) -> Result<Value, Stopped> {
        let said = challenge.split_once("resource_metadata=\"").and_then(|(_, rest)| rest.split('"').next());
        check(said.is_some() || !self.rules().no_challenge, "the challenge names no metadata")?;
        let path = self.test.server.config.resources().default().resource.path().to_owned();
        let own = format!("{}{path}", paths::PROTECTED_RESOURCE);
        let candidates =
            said.map_or_else(|| vec![own, paths::PROTECTED_RESOURCE.to_owned()], |url| vec![path_of(url)]);
        let document = self.first(&candidates, true).await?;
        check(!(self.rules().nulls && holds_null(&document)), "the resource's metadata holds a null")?;
        check(document["resource"] == self.resource.as_str(), "the metadata names another resource")?;
        let server =
            document["authorization_servers"][0].as_str().ok_or("no authorization server is named")?;
        let candidates: &[_] = match self.rules().only_openid {
            true => &[paths::METADATA],
            false => &[paths::METADATA, paths::OPENID],
        };
        let candidates: Vec<_> = candidates.iter().map(|path| (*path).to_owned()).collect();
        let metadata = self.first(&candidates, false).await?;
        check(!(self.rules().nulls && holds_null(&metadata)), "the server's metadata holds a null")?;
        self.issuer = member(&metadata, "issuer")?;
        let same = |one: &str, exactly: bool| {
            let slash = if exactly { "" } else { "/" };
            one.strip_suffix(slash).unwrap_or(one) == self.issuer.strip_suffix(slash).unwrap_or(&self.issuer)
        };
        check(same(server, self.rules().other_server), "the server is called otherwise by the resource")?;
        let expected = self.test.server.config.issuer().as_str();
        check(
            self.issuer == expected || !self.rules().other_issuer,
            "the issuer differs from the expected issuer",
        )?;
        check(
            metadata["response_types_supported"].is_array() || !self.rules().no_response_types,
            "no response types",
        )?;
        let s256 = metadata["code_challenge_methods_supported"].as_array();
        check(s256.is_some_and(|all| all.contains(&"S256".into())) || !self.rules().no_pkce, "no PKCE")?;
        Ok(metadata)
    }

    /// The first of the candidates that exists. A 5xx stops every client.
    async fn first(&self, candidates: &[String], of_resource: bool) -> Result<Value, Stopped> {
        for path in candidates {
            let answer =
                if of_resource { self.test.call(get(path)).await } else { self.send(get(path)).await? };
            check(!answer.status().is_server_error(), "a document is answered by a 5xx")?;
            if answer.status() == 200 {
                return Ok(json(&answer));
            }
        }
        Err("no metadata was found".to_owned())
    }

    async fn become_known(&mut self, metadata: &Value) -> Result<(), Stopped> {
        let methods = metadata["token_endpoint_auth_methods_supported"].clone();
        let takes_documents = metadata["client_id_metadata_document_supported"] == true
            && methods.as_array().is_some_and(|all| all.contains(&"none".into()));
        let mut metadata_of_client: Value = serde_json::from_str(self.client.metadata).unwrap();
        let members = metadata_of_client.as_object_mut().unwrap();
        let uris: Vec<_> = self.client.redirect_uris.iter().map(|uri| self.listening(uri)).collect();
        members.insert("redirect_uris".to_owned(), object!(uris));
        members.insert("client_name".to_owned(), object!(self.client.name));
        match self.client.way {
            Way::Document(url) if takes_documents => {
                members.insert("client_id".to_owned(), object!(url));
                if self.client.shows.contains(&Shows::Signed) {
                    members.insert("jwks".to_owned(), object!({ "keys": [self.key.jwk()] }));
                }
                self.test.web.publish(url, &metadata_of_client);
                self.id = url.to_owned();
                Ok(())
            }
            _ => self.register(metadata, &metadata_of_client).await,
        }
    }

    async fn register(&mut self, metadata: &Value, body: &Value) -> Result<(), Stopped> {
        let endpoint = path_of(&member(metadata, "registration_endpoint")?);
        let answer = self.send(post_json(&endpoint, &body.to_string())).await?;
        check(answer.status().is_success(), "the registration is refused")?;
        check(answer.status() == 201 || !self.rules().no_201, "the registration is not answered by 201")?;
        let registered = json(&answer);
        check(!(self.rules().nulls_registered && holds_null(&registered)), "the registration holds a null")?;
        let repeated = registered["redirect_uris"].is_array() || !self.rules().no_redirect_uris;
        check(repeated, "the registration does not repeat the redirect URIs")?;
        self.id = member(&registered, "client_id")?;
        self.secret = registered["client_secret"].as_str().map(str::to_owned);
        Ok(())
    }

    /// Sends the user to sign in and allow. Returns the authorization code.
    pub(crate) async fn authorize(&self, alice: &mut Person, scope: &str) -> Result<String, Stopped> {
        let verifier = base64::engine::general_purpose::URL_SAFE_NO_PAD.encode(Digest::of(VERIFIER).0);
        let redirect_uri = self.redirect_uri();
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs([
            ("response_type", "code"),
            ("client_id", &self.id),
            ("redirect_uri", &redirect_uri),
            ("state", STATE),
            ("code_challenge", &verifier),
            ("code_challenge_method", "S256"),
        ]);
        query.extend_pairs(Some(("scope", scope)).filter(|(_, scope)| !scope.is_empty()));
        query.extend_pairs(self.named().map(|resource| ("resource", resource)));
        query.extend_pairs(self.client.asks);
        let url = format!("{}?{}", paths::AUTHORIZE, query.finish());
        // Some clients open the page once before they send the user there.
        check(
            self.test.send(get(&url)).await.status() == 200,
            "the authorization endpoint refuses the request",
        )?;
        let back = alice.let_in(self.test, &url).await;
        check(back.starts_with(&redirect_uri), "the answer goes to another redirect URI")?;
        check(parameter(&back, "state").as_deref() == Some(STATE), "the state was changed")?;
        let iss = parameter(&back, "iss");
        check(iss.as_deref() == Some(&self.issuer) || !self.rules().other_issuer, "iss is not the issuer")?;
        parameter(&back, "code").ok_or_else(|| "there is no code".to_owned())
    }

    pub(crate) async fn redeem(&self, code: &str) -> Result<Tokens, Stopped> {
        let redirect_uri = self.redirect_uri();
        let asks = [
            ("grant_type", "authorization_code"),
            ("code", code),
            ("redirect_uri", &redirect_uri),
            ("code_verifier", VERIFIER),
        ];
        self.tokens(&asks, self.client.shows[0]).await
    }

    pub(crate) async fn refresh(&self, token: &str) -> Result<Tokens, Stopped> {
        let asks = [("grant_type", "refresh_token"), ("refresh_token", token)];
        self.tokens(&asks, self.client.shows[1]).await
    }

    async fn tokens(&self, asks: &[(&str, &str)], shows: Shows) -> Result<Tokens, Stopped> {
        let answer = self.ask(asks, shows).await?;
        let body = json(&answer);
        check(answer.status().is_success(), &format!("no tokens: {body}"))?;
        check(answer.status() == 200 || !self.rules().no_200, "tokens come with another status than 200")?;
        check(
            header(&answer, "cache-control") == "no-store" || !self.rules().cacheable,
            "tokens could be cached",
        )?;
        let sound = body["token_type"].is_string() && !holds_null(&body);
        check(sound || !self.rules().no_token_type, "the tokens have no type, or a null")?;
        check(body["scope"].is_null() || body["scope"].is_string(), "the scope is not a string")?;
        let scope = body["scope"].as_str().unwrap_or_default().to_owned();
        Ok(Tokens { access: member(&body, "access_token")?, refresh: member(&body, "refresh_token")?, scope })
    }

    /// Sends a token request with this client authentication.
    pub(crate) async fn ask(&self, asks: &[(&str, &str)], shows: Shows) -> Result<Response, Stopped> {
        let assertion = self.key.signs(self.test, &self.id, &object!({ "aud": token_endpoint(self.test) }));
        let secret = self.secret.clone().unwrap_or_default();
        let resource = self.named();
        let mut fields = asks.to_vec();
        fields.extend(resource.as_deref().map(|resource| ("resource", resource)));
        match shows {
            Shows::Nothing => fields.push(("client_id", &self.id)),
            Shows::Post => fields.extend([("client_id", self.id.as_str()), ("client_secret", &secret)]),
            Shows::Signed => fields.extend(shown(&assertion)),
            Shows::Basic => {}
        }
        let mut request = post(paths::TOKEN, &fields);
        if shows == Shows::Basic {
            let basic = format!("Basic {}", STANDARD.encode(format!("{}:{secret}", self.id)));
            request.headers_mut().insert("authorization", basic.parse().unwrap());
        }
        self.send(request).await
    }

    /// Calls a tool with this access token.
    pub(crate) async fn use_token(&self, token: &str) -> Result<(), Stopped> {
        check(self.call(Some(token)).await.status() == 200, "the token is not accepted")
    }

    fn redirect_uri(&self) -> String {
        self.listening(self.client.redirect_uri)
    }

    fn listening(&self, uri: &str) -> String {
        uri.replace("PORT", &self.port.to_string())
    }

    fn named(&self) -> Option<String> {
        match self.client.resource {
            Resource::Missing => None,
            Resource::Echoed => Some(self.resource.clone()),
            Resource::Slashed => Some(format!("{}/", self.resource)),
            Resource::Origin => Some(self.resource.split('/').take(3).collect::<Vec<_>>().join("/")),
        }
    }

    /// The scope that the client asks for.
    pub(crate) fn scope(&self, challenge: &str) -> String {
        let challenged = challenge.split_once("scope=\"").and_then(|(_, rest)| rest.split('"').next());
        let challenged = challenged.unwrap_or_default();
        match self.client.scope {
            Scope::Nothing => String::new(),
            Scope::Challenged => challenged.to_owned(),
            Scope::And(more) => format!("{more} {challenged}"),
            Scope::Everything => self.test.server.config.resources().default().scope().to_string(),
        }
    }
}

/// Runs all steps of a connection. Returns the refreshed tokens.
pub(crate) async fn connect(test: &TestServer, client: &Client) -> Result<Tokens, Stopped> {
    let key = KeyPair::new(11);
    let (connection, challenge) = Connection::open(test, client, &key).await?;
    let code = connection.authorize(&mut Person::alice(), &connection.scope(&challenge)).await?;
    let first = connection.redeem(&code).await?;
    connection.use_token(&first.access).await?;
    let second = connection.refresh(&first.refresh).await?;
    connection.use_token(&second.access).await?;
    Ok(second)
}

fn path_of(url: &str) -> String {
    let path = url.splitn(4, '/').nth(3).unwrap_or_default();
    format!("/{path}")
}
