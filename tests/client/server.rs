//! A server on loopback that plays scripts, byte for byte.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What the server does with one connection.
#[derive(Clone)]
pub(crate) enum Script {
    /// Reads one request after the other, and answers each with the next of these bytes; then closes.
    Answer(Vec<Vec<u8>>),
    /// Reads a request and never answers; closes when the client does.
    Silence,
    /// Reads the head of a request up to its empty line, and closes with the body unread.
    CloseAfterHead,
    /// Reads a request and closes.
    CloseAfterBody,
    /// Says this at the first bytes that arrive, whatever they are, and closes.
    Interrupt(&'static str),
    /// Closes at once.
    CloseAtOnce,
}

/// A server on loopback, one script per connection, the last one repeated.
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    connections: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Server {
    pub(crate) fn start(scripts: &[Script]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let connections = Arc::new(Mutex::new(Vec::new()));
        let (scripts, seen) = (scripts.to_vec(), Arc::clone(&connections));
        std::thread::spawn(move || {
            for (index, stream) in listener.incoming().enumerate() {
                let script = scripts.get(index).or(scripts.last()).unwrap().clone();
                seen.lock().unwrap().push(Vec::new());
                let seen = Arc::clone(&seen);
                std::thread::spawn(move || {
                    let mut connection = Connection {
                        stream: stream.unwrap(),
                        index,
                        seen,
                    };
                    connection.play(&script);
                });
            }
        });
        Self { address, connections }
    }

    pub(crate) fn answering(answers: &[&str]) -> Self {
        let answers = answers.iter().map(|answer| answer.as_bytes().to_vec()).collect();
        Self::start(&[Script::Answer(answers)])
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/services/v2", self.address)
    }

    /// All that arrived, as text, one entry per connection.
    pub(crate) fn received(&self) -> Vec<String> {
        let connections = self.connections.lock().unwrap();
        connections
            .iter()
            .map(|bytes| String::from_utf8_lossy(bytes).into_owned())
            .collect()
    }

    /// The first lines of all requests.
    pub(crate) fn requests(&self) -> Vec<String> {
        let all = self.received().concat();
        let lines = all.split("\r\n").filter_map(|line| line.rsplit_once(" HTTP/1.1"));
        // A body is followed by the next request without a line end.
        lines
            .map(|(line, _)| line.rsplit('}').next().unwrap().to_owned())
            .collect()
    }
}

struct Connection {
    stream: TcpStream,
    index: usize,
    seen: Arc<Mutex<Vec<Vec<u8>>>>,
}

impl Connection {
    fn play(&mut self, script: &Script) {
        match script {
            Script::Answer(answers) => {
                for answer in answers {
                    if !self.read_request() {
                        return;
                    }
                    // A client that has read enough may be gone.
                    if self.stream.write_all(answer).is_err() {
                        return;
                    }
                }
            }
            Script::Silence => while self.read_some() {},
            Script::CloseAfterHead => while !self.text().contains("\r\n\r\n") && self.read_some() {},
            Script::CloseAfterBody => {
                self.read_request();
            }
            Script::Interrupt(words) => {
                self.read_some();
                self.stream.write_all(words.as_bytes()).unwrap();
            }
            Script::CloseAtOnce => {}
        }
    }

    /// Reads until another request is complete. `false`: the client closed.
    fn read_request(&mut self) -> bool {
        let start = self.text().len();
        loop {
            let text = self.text().split_off(start);
            if let Some((head, body)) = text.split_once("\r\n\r\n") {
                let length = head
                    .lines()
                    .find_map(|line| line.strip_prefix("content-length: "));
                if body.len() >= length.map_or(0, |length| length.parse().unwrap()) {
                    return true;
                }
            }
            if !self.read_some() {
                return false;
            }
        }
    }

    fn read_some(&mut self) -> bool {
        let mut buffer = [0; 4096];
        match self.stream.read(&mut buffer) {
            Ok(0) | Err(_) => false,
            Ok(length) => {
                self.seen.lock().unwrap()[self.index].extend_from_slice(&buffer[..length]);
                true
            }
        }
    }

    fn text(&self) -> String {
        String::from_utf8_lossy(&self.seen.lock().unwrap()[self.index]).into_owned()
    }
}
