//! What is measured, and one caller of it: a connection, and what it sends again and again.

use crate::client::{Browser, Client, Tokens};
use crate::http::{Connection, Exchange};
use crate::peer::Visitor;
use crate::{CONNECTIONS, Outcome};
use std::net::SocketAddr;

#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Operation {
    Metadata,
    /// A call without a token.
    Unauthorized,
    Register,
    /// Of a token that was seen before.
    Introspect,
    /// With rotation: each caller has a grant of its own.
    Refresh,
    /// Page, consent and code, of a user who has signed in.
    SignIn,
    /// Page and password, in a browser in which the user has not signed in before.
    Password,
    /// The call of a tool, with a token that was seen before.
    Call,
    /// The same, through a gateway.
    Gateway,
}

impl Operation {
    pub(crate) const ALL: [Self; 9] = [
        Self::Metadata,
        Self::Unauthorized,
        Self::Register,
        Self::Introspect,
        Self::Refresh,
        Self::SignIn,
        Self::Password,
        Self::Call,
        Self::Gateway,
    ];

    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Metadata => "metadata",
            Self::Unauthorized => "401",
            Self::Register => "register",
            Self::Introspect => "introspect",
            Self::Refresh => "refresh",
            Self::SignIn => "sign-in",
            Self::Password => "password",
            Self::Call => "mcp",
            Self::Gateway => "gateway",
        }
    }

    /// The share of the floor that doorward should reach, in percent.
    pub(crate) fn goal(self) -> Option<u32> {
        match self {
            Self::Metadata | Self::Unauthorized => Some(75),
            Self::Register => Some(50),
            Self::Introspect | Self::Refresh => Some(60),
            Self::SignIn => Some(40),
            Self::Password => Some(90),
            Self::Call => Some(80),
            Self::Gateway => None,
        }
    }

    pub(crate) fn floor(self) -> &'static str {
        match self {
            Self::Metadata | Self::Unauthorized | Self::Register | Self::Introspect => "trivial",
            Self::Refresh => "trivial, 1 signature",
            Self::SignIn => "3 × trivial, 1 signature",
            Self::Password => "2 × trivial, 1 Argon2id hash",
            Self::Call => "rmcp without a guard",
            Self::Gateway => "plain proxy",
        }
    }
}

/// A connection that sends one request after the other (closed loop).
pub(crate) struct Caller {
    pub(crate) connection: Connection,
    pub(crate) work: Work,
}

/// What a caller does in one operation.
pub(crate) enum Work {
    /// Sends these requests. Each gets this status.
    Send(Vec<Vec<u8>>, u16),
    Refresh(Client, String),
    SignIn(Client, Browser),
    /// With the password of this user.
    Password(Client, usize),
    /// At the peer.
    PeerRefresh(Visitor, String),
    PeerSignIn(Visitor),
}

impl Caller {
    /// Callers that send the recorded requests of an operation to a floor.
    pub(crate) async fn of_floor(address: SocketAddr, exchanges: &[Exchange]) -> Outcome<Vec<Self>> {
        let requests: Vec<_> = exchanges.iter().map(|exchange| exchange.request.clone()).collect();
        let mut callers = Vec::new();
        for _ in 0..CONNECTIONS {
            let connection = Connection::open(address).await?;
            callers.push(Self { connection, work: Work::Send(requests.clone(), 200) });
        }
        Ok(callers)
    }

    /// Does the operation once.
    pub(crate) async fn call(&mut self) -> Outcome<()> {
        let connection = &mut self.connection;
        match &mut self.work {
            Work::Send(requests, status) => {
                for request in requests {
                    connection.expect(request, *status).await?;
                }
            }
            Work::Refresh(client, token) => {
                let request = client.refreshes(connection, token);
                *token = Tokens::of(&connection.expect(&request, 200).await?)?.refresh;
            }
            Work::SignIn(client, browser) => {
                client.connect(connection, browser).await?;
            }
            Work::Password(client, user) => {
                Browser::sign_in(connection, client, *user).await?;
            }
            Work::PeerRefresh(visitor, token) => *token = visitor.refresh(connection, token).await?,
            Work::PeerSignIn(visitor) => {
                visitor.connect(connection).await?;
            }
        }
        Ok(())
    }

    /// Does the operation once, and returns what was sent.
    pub(crate) async fn record(&mut self) -> Outcome<Vec<Exchange>> {
        self.connection.record();
        self.call().await?;
        Ok(self.connection.recorded())
    }
}
