//! Ports of 127.0.0.1 that nobody else takes.

use std::net::SocketAddr;
use tokio::net::TcpSocket;

/// A port that is held, bound and not listened to, for one server: the system gives it to nobody who asks for any, while a server
/// that is told its number may listen there (Java, Go and tokio all set `SO_REUSEADDR`), end, and come back.
#[derive(Debug)]
pub struct Port {
    _held: TcpSocket,
    address: SocketAddr,
}

impl Port {
    /// Holds one until the value is dropped.
    ///
    /// # Panics
    /// When the machine has none left.
    #[expect(clippy::unwrap_used, reason = "a machine without ports runs no tests")]
    pub fn hold() -> Self {
        let held = TcpSocket::new_v4().unwrap();
        held.set_reuseaddr(true).unwrap();
        held.bind(SocketAddr::from(([127, 0, 0, 1], 0))).unwrap();
        let address = held.local_addr().unwrap();
        Self { _held: held, address }
    }

    /// Host and port, as settings want it.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// Its number alone.
    pub fn number(&self) -> u16 {
        self.address.port()
    }
}

#[cfg(test)]
mod tests {
    use super::Port;
    use std::collections::BTreeSet;
    use std::net::{TcpListener, TcpStream};

    /// Ports that were free a moment ago were given to two servers, and one test failed for another's sake.
    #[test]
    fn a_held_port_is_its_servers_alone_again_and_again() {
        let held: Vec<Port> = (0..200).map(|_| Port::hold()).collect();
        let numbers: BTreeSet<u16> = held.iter().map(Port::number).collect();
        assert_eq!(numbers.len(), held.len());
        // 2,000 of some 28,000: by chance alone, 14 of them would be held.
        for _ in 0..2_000 {
            let any = TcpListener::bind("127.0.0.1:0").unwrap();
            assert!(!numbers.contains(&any.local_addr().unwrap().port()));
        }
        for _ in 0..2 {
            assert!(TcpStream::connect(held[0].address()).is_err(), "nobody listens");
            let server = TcpListener::bind(held[0].address()).unwrap();
            TcpStream::connect(held[0].address()).unwrap();
            server.accept().unwrap();
        }
    }
}
