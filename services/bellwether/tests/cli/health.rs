//! `health`, as a container asks it.

use crate::Place;
use std::{
    io::{Read, Write},
    net::TcpListener,
    thread::JoinHandle,
};

/// Answers one request, and hands over what was asked.
fn answering(answer: &'static str) -> (String, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap().to_string();
    let asked = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let mut request = [0; 4096];
        let length = stream.read(&mut request).unwrap();
        stream.write_all(answer.as_bytes()).unwrap();
        String::from_utf8_lossy(&request[..length]).lines().next().unwrap().to_owned()
    });
    (address, asked)
}

#[test]
fn a_container_without_curl_asks_the_program_itself() {
    let (address, asked) = answering("HTTP/1.1 200 OK\r\nconnection: close\r\n\r\nBellwether is healthy.\n");
    let place = Place::new().set("BELLWETHER__HTTP__LISTEN", &address);
    assert_eq!(place.run(&["health"]).done(), "Bellwether is healthy.\n");
    assert_eq!(asked.join().unwrap(), "GET /-/healthy HTTP/1.1");
}

#[test]
fn what_is_not_well_says_why_and_ends_with_one() {
    let (address, asked) = answering("HTTP/1.1 503 No\r\nconnection: close\r\n\r\nno evaluation yet\n");
    let place = Place::new().set("BELLWETHER__HTTP__LISTEN", &address);
    place.run(&["health", "--ready"]).refused(1, &["/-/ready answers 503: no evaluation yet"]);
    assert_eq!(asked.join().unwrap(), "GET /-/ready HTTP/1.1");
    // Nobody listens on a port that was let go of.
    place.run(&["health"]).refused(1, &[&address, "does not answer", "http.listen"]);
    place
        .run(&["health", "http://127.0.0.1:1/-/healthy"])
        .refused(1, &["http://127.0.0.1:1/-/healthy does not answer"]);
}
