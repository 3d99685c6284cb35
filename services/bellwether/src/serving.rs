//! The HTTP side of the services: bind first, so that a taken port is told before any work begins.

use crate::failure::Failure;
use exporter::Exporter;
use std::{io, net::SocketAddr};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;

/// The address is taken, not ours, or not to be had by this user.
#[derive(Debug, thiserror::Error)]
#[error("cannot listen on {listen}: set another address with `http.listen` (BELLWETHER__HTTP__LISTEN)")]
pub struct ListenError {
    listen: SocketAddr,
    source: io::Error,
}

/// The exporter, being served until its token is cancelled.
pub struct Serving {
    /// Where, with the port that was really taken.
    pub address: SocketAddr,
    task: JoinHandle<Result<(), exporter::ServeError>>,
}

impl Serving {
    /// Binds `listen` and serves.
    pub async fn start(listen: SocketAddr, exporter: Exporter, stop: CancellationToken) -> Result<Self, Failure> {
        let listener = TcpListener::bind(listen).await.map_err(|source| ListenError { listen, source })?;
        let address = listener.local_addr()?;
        let serving = async move {
            let ended = exporter::serve(listener, exporter, stop.clone()).await;
            // Where nobody can see what the others do, they end, too.
            stop.cancel();
            ended
        };
        Ok(Self { address, task: tokio::spawn(serving) })
    }

    /// Waits until the last request is answered.
    pub async fn finish(self) -> Result<(), Failure> {
        Ok(self.task.await??)
    }
}
