//! A receiver of Alertmanager's: takes what it is sent, and keeps it.

use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// A listening receiver; its thread ends with the test's process.
#[derive(Debug)]
pub struct Webhook {
    address: SocketAddr,
    told: Arc<Mutex<Vec<(String, Value)>>>,
}

impl Webhook {
    /// Listens on a port that is free.
    ///
    /// # Panics
    /// When there is none.
    #[expect(clippy::unwrap_used, reason = "a machine without ports runs no tests")]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let told: Arc<Mutex<Vec<(String, Value)>>> = Arc::default();
        let kept = Arc::clone(&told);
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                // A connection that ends in the middle told nothing.
                if let Some(message) = take(stream) {
                    kept.lock().unwrap_or_else(PoisonError::into_inner).push(message);
                }
            }
        });
        Self { address, told }
    }

    /// Its address with this path.
    pub fn url(&self, path: &str) -> String {
        format!("http://{}/{path}", self.address)
    }

    /// What was sent to this path, in order.
    pub fn told(&self, path: &str) -> Vec<Value> {
        let told = self.told.lock().unwrap_or_else(PoisonError::into_inner);
        let path = format!("/{path}");
        told.iter().filter(|(to, _)| *to == path).map(|(_, message)| message.clone()).collect()
    }
}

/// Path and body of one request, which is answered and its connection closed.
fn take(stream: TcpStream) -> Option<(String, Value)> {
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    reader.read_line(&mut line).ok()?;
    let path = line.split(' ').nth(1)?.to_owned();
    let mut length = 0;
    loop {
        let mut header = String::new();
        reader.read_line(&mut header).ok()?;
        if header.trim().is_empty() {
            break;
        }
        if let Some((name, value)) = header.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().ok()?;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    reader.get_mut().write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\nok").ok()?;
    Some((path, serde_json::from_slice(&body).ok()?))
}
