//! Operators' commands for a server that runs, at a socket in its folder.

use super::state::State;
use crate::admin::executor::Executor;
use crate::admin::keys::{RootKeys, Running};
use crate::log::{Log, Recent};
use doorward::operator::Operator;
use doorward::server::Server;
use std::future::pending;
use std::sync::Arc;

#[cfg(unix)]
use crate::admin::socket::Socket;

/// The socket, if the server has a folder.
#[derive(Default)]
pub(super) struct Operators {
    #[cfg(unix)]
    at: Option<(Socket, Arc<Executor>)>,
}

impl Operators {
    /// Listens at the socket. If that fails, the server runs without it, and a warning says why.
    pub(super) fn listen(state: &State, server: &Server, recent: Recent, warnings: &mut Vec<String>) -> Self {
        let (Some(store), Some((folder, secret))) = (&state.store, &state.paths) else {
            return Self::default();
        };
        let running = Running { server: server.clone(), secrets: state.secrets.clone() };
        let keys = RootKeys::new(folder.clone(), secret.clone(), store.clone(), Some(running));
        let executor = Executor::new(keys, |keys| Operator {
            stores: server.stores.clone(),
            passwords: server.passwords.clone(),
            clock: server.clock.clone(),
            entropy: server.entropy.clone(),
            keys,
        })
        .with(recent);
        #[cfg(unix)]
        match Socket::bind(folder) {
            Ok(socket) => return Self { at: Some((socket, Arc::new(executor))) },
            Err(failure) => warnings.push(failure.0),
        }
        Self::default()
    }

    /// Takes commands until the future is dropped.
    pub(super) async fn serve(self, log: Log) {
        #[cfg(unix)]
        if let Some((socket, executor)) = self.at {
            socket.serve(executor, log).await;
        }
        pending::<()>().await;
    }
}
