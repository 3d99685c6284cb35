//! Connections, encrypted where the rules say so at the moment when they come.

use super::Access;
use axum::serve::Listener;
use std::{io, net::SocketAddr, sync::Arc, time::Duration};
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_util::{either::Either, task::AbortOnDropHandle};

/// A client that has not agreed on keys by then is let go.
const HANDSHAKE: Duration = Duration::from_secs(10);

/// Handshakes at a time: clients that never end theirs take no more than that.
const HANDSHAKES: usize = 256;

type Connection = Either<TcpStream, TlsStream<TcpStream>>;

/// A listener whose slow clients hold up nobody else.
pub(crate) struct Listening {
    address: SocketAddr,
    ready: mpsc::Receiver<(Connection, SocketAddr)>,
    _accepting: AbortOnDropHandle<()>,
}

impl Listening {
    pub fn new(listener: TcpListener, access: Access) -> io::Result<Self> {
        let address = listener.local_addr()?;
        let (sender, ready) = mpsc::channel(1);
        let accepting = AbortOnDropHandle::new(tokio::spawn(accept(listener, access, sender)));
        Ok(Self { address, ready, _accepting: accepting })
    }
}

impl Listener for Listening {
    type Io = Connection;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Connection, SocketAddr) {
        match self.ready.recv().await {
            Some(connection) => connection,
            // Whoever accepts ends with this value only.
            None => std::future::pending().await,
        }
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        Ok(self.address)
    }
}

async fn accept(mut listener: TcpListener, access: Access, ready: mpsc::Sender<(Connection, SocketAddr)>) {
    let places = Arc::new(Semaphore::new(HANDSHAKES));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let (stream, client) = Listener::accept(&mut listener).await;
        let (tls, ready) = (access.rules().tls.clone(), ready.clone());
        tokio::spawn(async move {
            let connection = match tls {
                None => Either::Left(stream),
                Some(config) => match agreed(TlsAcceptor::from(config), stream).await {
                    Ok(stream) => Either::Right(stream),
                    Err(error) => return tracing::debug!(%client, %error, "no agreement on TLS"),
                },
            };
            drop(place);
            // Nobody takes it any more when the server has stopped.
            let _ = ready.send((connection, client)).await;
        });
    }
}

async fn agreed(acceptor: TlsAcceptor, stream: TcpStream) -> io::Result<TlsStream<TcpStream>> {
    let late = |_| io::Error::new(io::ErrorKind::TimedOut, "the client took too long");
    tokio::time::timeout(HANDSHAKE, acceptor.accept(stream)).await.map_err(late)?
}
