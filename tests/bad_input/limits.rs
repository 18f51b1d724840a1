//! Answers that are far too long, or that never end: no more is read than the client keeps, and no longer than it waits.

use std::io::{Read as _, Write as _};
use std::net::TcpListener;
use std::sync::atomic::Ordering;
use std::time::Duration;

use bytes::Bytes;
use docsign::certcentral::{Class, Client, PlaceOutcome, Timeouts, UnknownReason, Unreachable};

use crate::answers::{Answers, READS, client, read, settings};

/// The size of an answer that is far too long, and the pieces in which it comes.
const HUGE: usize = 48 << 20;
const PIECE: usize = 64 << 10;
/// What the client keeps of a page of a list, and of any other answer; and one piece that is one too many.
const PAGE: usize = (32 << 20) + PIECE;
const OTHER: usize = (4 << 20) + PIECE;

#[tokio::test]
async fn no_more_is_read_of_an_answer_than_the_client_keeps() {
    let mut most = 0;
    for status in [200, 400, 503] {
        for call in READS.into_iter().chain(["place"]) {
            let answers = Answers {
                status,
                body: Bytes::from(vec![b'['; PIECE]),
                times: HUGE / PIECE,
                ..Answers::default()
            };
            let (calls, read_bytes) = answers.counters();
            let client = client(answers);
            if call == "place" {
                let outcome = client.place(Bytes::from_static(b"{}"), || true).await;
                assert!(matches!(outcome, PlaceOutcome::Unknown(_)), "{outcome:?}");
            } else {
                assert!(read(&client, call).await.is_err());
            }
            let read_bytes = read_bytes.load(Ordering::SeqCst);
            let kept = if ["alternate", "list"].contains(&call) {
                PAGE
            } else {
                OTHER
            };
            assert!(read_bytes <= kept, "{call}: {read_bytes}");
            assert_eq!(calls.load(Ordering::SeqCst), 1, "{call}");
            most = most.max(read_bytes);
        }
    }
    println!("answers of {HUGE} bytes: at most {most} were read");
}

/// A server that answers every connection byte by byte, for ever.
fn dripping() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}/services/v2", listener.local_addr().unwrap());
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            std::thread::spawn(move || {
                let _ = stream.read(&mut [0; 4096]);
                let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000\r\n\r\n{\"id\": 1";
                let mut alive = stream.write_all(head.as_bytes()).is_ok();
                while alive {
                    wait(Duration::from_millis(20));
                    alive = stream.write_all(b"1").is_ok();
                }
            });
        }
    });
    url
}

#[expect(clippy::disallowed_methods, reason = "a server that is slow in real time")]
fn wait(time: Duration) {
    std::thread::sleep(time);
}

#[tokio::test]
async fn an_answer_that_only_drips_is_given_up_in_time() {
    let short = Duration::from_millis(400);
    let timeouts = Timeouts {
        connect: Duration::from_secs(10),
        idle: Duration::from_secs(10),
        read: short,
        place: short,
    };
    let client = Client::new(settings(&dripping(), timeouts)).unwrap();
    for call in READS {
        let error = read(&client, call).await.unwrap_err();
        assert_eq!(error.kind(), &Class::Unreachable(Unreachable::TimedOut), "{call}");
    }
    // A number that may go on is no number.
    let outcome = client.place(Bytes::from_static(b"{}"), || true).await;
    assert_eq!(outcome, PlaceOutcome::Unknown(UnknownReason::TimedOut));
}
