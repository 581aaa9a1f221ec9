//! An MCP client and the browser of its user: what each sends to doorward, and reads from it.

use crate::Outcome;
use crate::http::{Connection, Response, encoded};
use doorward::protocol::paths;

pub(crate) const CALLBACK: &str = "http://127.0.0.1:7777/callback";
/// The example of RFC 7636, Appendix B.
pub(crate) const VERIFIER: &str = "dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";
pub(crate) const CHALLENGE: &str = "E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM";

/// The password of every user.
pub(crate) const PASSWORD: &str = "open sesame";

/// The name of a user.
pub(crate) fn name_of(user: usize) -> String {
    format!("user{user}")
}

/// A registered client. A clone is the same client.
#[derive(Clone)]
pub(crate) struct Client {
    id: String,
    /// The URL of the MCP server.
    resource: String,
    /// The authorization request.
    target: String,
}

/// The cookies of a user.
#[derive(Clone, Default)]
pub(crate) struct Browser {
    cookies: Vec<(String, String)>,
}

pub(crate) struct Tokens {
    pub(crate) access: String,
    pub(crate) refresh: String,
}

/// The request of a client that registers.
pub(crate) fn registers(connection: &Connection) -> Vec<u8> {
    let metadata = format!(r#"{{"client_name":"Load","redirect_uris":["{CALLBACK}"]}}"#);
    connection.post(paths::REGISTER, "application/json", "", &metadata)
}

/// The request that calls a tool.
pub(crate) fn calls(connection: &Connection, authorization: &str) -> Vec<u8> {
    let headers = format!(
        "Accept: application/json, text/event-stream\r\nMCP-Protocol-Version: 2025-11-25\r\n{authorization}"
    );
    let call = r#"{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"get_user_data","arguments":{"user_id":"current"}}}"#;
    connection.post("/mcp", "application/json", &headers, call)
}

impl Client {
    pub(crate) async fn register(connection: &mut Connection, resource: &str) -> Outcome<Self> {
        let request = registers(connection);
        let id = connection.expect(&request, 201).await?.member("client_id")?.to_owned();
        let query = encoded(&[
            ("response_type", "code"),
            ("client_id", &id),
            ("redirect_uri", CALLBACK),
            ("code_challenge", CHALLENGE),
            ("code_challenge_method", "S256"),
            ("state", "0123456789abcdef"),
            ("resource", resource),
        ]);
        let target = format!("{}?{query}", paths::AUTHORIZE);
        Ok(Self { id, resource: resource.to_owned(), target })
    }

    /// The request that uses a refresh token.
    pub(crate) fn refreshes(&self, connection: &Connection, token: &str) -> Vec<u8> {
        let fields = [
            ("grant_type", "refresh_token"),
            ("client_id", &self.id),
            ("refresh_token", token),
            ("resource", &self.resource),
        ];
        connection.form(paths::TOKEN, "", &fields)
    }

    /// Authorizes and redeems: page, consent, code. The user has signed in.
    pub(crate) async fn connect(&self, connection: &mut Connection, browser: &Browser) -> Outcome<Tokens> {
        let cookies = browser.header();
        let page = connection.get(&self.target, &cookies);
        let form = form(&connection.expect(&page, 200).await?)?;
        let consent = connection.form(&self.target, &cookies, &[("form", &form), ("decision", "allow")]);
        let code = code(&connection.expect(&consent, 200).await?)?;
        let fields = [
            ("grant_type", "authorization_code"),
            ("client_id", &self.id),
            ("code", &code),
            ("redirect_uri", CALLBACK),
            ("code_verifier", VERIFIER),
            ("resource", &self.resource),
        ];
        let redeem = connection.form(paths::TOKEN, "", &fields);
        Tokens::of(&connection.expect(&redeem, 200).await?)
    }
}

impl Browser {
    /// A browser in which this user has signed in with the password.
    pub(crate) async fn sign_in(connection: &mut Connection, client: &Client, user: usize) -> Outcome<Self> {
        let mut browser = Self::default();
        let page = connection.get(&client.target, "");
        let page = connection.expect(&page, 200).await?;
        browser.keep(&page);
        let fields = [("form", form(&page)?), ("username", name_of(user)), ("password", PASSWORD.to_owned())];
        let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
        let request = connection.form(&client.target, &browser.header(), &fields);
        browser.keep(&connection.expect(&request, 303).await?);
        Ok(browser)
    }

    fn keep(&mut self, response: &Response<'_>) {
        for cookie in response.header("set-cookie") {
            let Some((name, value)) = cookie.split(';').next().and_then(|pair| pair.split_once('=')) else {
                continue;
            };
            self.cookies.retain(|(known, _)| known != name);
            self.cookies.push((name.to_owned(), value.to_owned()));
        }
    }

    fn header(&self) -> String {
        let pairs: Vec<_> = self.cookies.iter().map(|(name, value)| format!("{name}={value}")).collect();
        if pairs.is_empty() { String::new() } else { format!("Cookie: {}\r\n", pairs.join("; ")) }
    }
}

impl Tokens {
    pub(crate) fn of(response: &Response<'_>) -> Outcome<Self> {
        let token = |name| response.member(name).map(str::to_owned);
        Ok(Self { access: token("access_token")?, refresh: token("refresh_token")? })
    }
}

/// The sealed form of a page.
fn form(page: &Response<'_>) -> Outcome<String> {
    let form = page.body.split_once("name=\"form\" value=\"").and_then(|(_, rest)| rest.split('"').next());
    Ok(form.ok_or("the page has no form")?.to_owned())
}

/// The code with which the user is sent back to the client.
fn code(page: &Response<'_>) -> Outcome<String> {
    let url = page.header("refresh").next().and_then(|refresh| refresh.split_once("code="));
    let code = url.and_then(|(_, rest)| rest.split('&').next());
    Ok(code.ok_or("the user is not sent back with a code")?.to_owned())
}
