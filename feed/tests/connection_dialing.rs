//! Opening a connection: what works, and what each failure says.

mod connection_support;

use std::io::{Read, Write};
use std::net::TcpListener;
use std::time::Duration;

use connection_support::{Client, Identity, PATIENCE, Server};
use feed::connection::{
    CertificateProblem, ConnectError, ConnectionOptions, Connector, DialStage, OptionsError,
    TrustedRoots,
};
use tungstenite::Message;

fn refusal(result: Result<Client, ConnectError>) -> ConnectError {
    match result {
        Ok(_) => panic!("it connected"),
        Err(error) => {
            assert!(!error.to_string().contains('\n'), "one line: {error}");
            error
        }
    }
}

/// Reads the head of a request and gives it.
fn read_request(stream: &mut impl Read) -> String {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1);
        head.push(byte[0]);
    }
    String::from_utf8(head).unwrap()
}

#[test]
fn plain_and_tls_carry_text_both_ways() {
    let identity = Identity::new(&["localhost"]);
    let mut clients = Vec::new();
    let plain = Server::plain(|mut socket| {
        let message = socket.read().unwrap();
        socket.send(message).unwrap();
    });
    clients.push((Client::plain(plain.address).unwrap(), plain));
    let tls = Server::tls(&identity, |mut socket| {
        let message = socket.read().unwrap();
        socket.send(message).unwrap();
    });
    let url = format!("wss://localhost:{}/api/dostk/websocket", tls.address.port());
    clients.push((Client::tls(&url, &identity).unwrap(), tls));
    for (mut client, server) in clients {
        client.connection.send_text("{\"trnm\":\"삼성\"}").unwrap();
        assert_eq!(client.next_text(), "{\"trnm\":\"삼성\"}");
        server.finish();
    }
}

#[test]
fn the_request_names_us_and_offers_no_compression_and_no_credentials() {
    let server = Server::tcp(|mut stream| {
        let request = read_request(&mut stream).to_ascii_lowercase();
        assert!(request.starts_with("get /api/dostk/websocket http/1.1\r\n"), "{request}");
        assert!(request.contains("\r\nuser-agent: hft-feed/"), "{request}");
        for absent in ["authorization", "extensions", "deflate", "cookie", "origin"] {
            assert!(!request.contains(absent), "{absent} in {request}");
        }
    });
    let error = refusal(Client::plain(server.address));
    assert!(
        matches!(error, ConnectError::ClosedEarly { stage: DialStage::WebSocket, .. }),
        "{error:?}"
    );
    server.finish();
}

#[test]
fn a_refused_upgrade_tells_status_and_body() {
    let server = Server::tcp(|mut stream| {
        read_request(&mut stream);
        let answer = "HTTP/1.1 400 Bad Request\r\nContent-Length: 17\r\n\r\nRequest\r\n Blocked";
        stream.write_all(answer.as_bytes()).unwrap();
    });
    let error = refusal(Client::plain(server.address));
    let ConnectError::HttpStatus { status: 400, body, .. } = &error else { panic!("{error:?}") };
    assert_eq!(body, "Request Blocked");
    assert!(error.is_permanent());
    assert!(error.to_string().ends_with("HTTP status 400: Request Blocked"), "{error}");
    server.finish();
}

#[test]
fn a_busy_server_may_be_asked_again() {
    let server = Server::tcp(|mut stream| {
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 503 Service Unavailable\r\n\r\n").unwrap();
    });
    let error = refusal(Client::plain(server.address));
    assert!(!error.is_permanent(), "{error:?}");
    server.finish();
}

#[test]
fn a_port_where_nobody_listens_is_named() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let error = refusal(Client::plain(address));
    assert!(matches!(error, ConnectError::Refused { address: to } if to == address), "{error:?}");
    assert!(error.to_string().contains("check host and port"), "{error}");
    assert!(!error.is_permanent());
}

#[test]
fn a_name_that_leads_nowhere_is_named() {
    let roots = TrustedRoots::default();
    let error = refusal(Client::dial("ws://no-such-host.invalid:1/", roots, PATIENCE));
    assert!(matches!(error, ConnectError::HostNotFound { .. }), "{error:?}");
    assert!(error.to_string().contains("no-such-host.invalid"), "{error}");
}

#[test]
fn a_name_is_looked_up_and_every_address_is_tried() {
    // The server has an IPv4 address only; where localhost is ::1 as well, that one is refused first.
    let server = Server::plain(|_| {});
    let url = format!("ws://localhost:{}/", server.address.port());
    assert!(Client::dial(&url, TrustedRoots::default(), PATIENCE).is_ok());
    server.finish();
}

#[test]
fn certificates_that_do_not_fit_are_refused_with_the_reason() {
    let stranger = Identity::new(&["localhost"]);
    for (identity, trusted, problem) in [
        (Identity::new(&["other.example"]), None, CertificateProblem::WrongName),
        (Identity::new(&["localhost"]), Some(&stranger), CertificateProblem::UnknownIssuer),
        (Identity::expired(&["localhost"]), None, CertificateProblem::Expired),
    ] {
        let server = Server::tls(&identity, |_| panic!("the client must not go on"));
        let url = format!("wss://localhost:{}/", server.address.port());
        let error = refusal(Client::tls(&url, trusted.unwrap_or(&identity)));
        let ConnectError::Certificate { problem: found, .. } = &error else { panic!("{error:?}") };
        assert_eq!(found, &problem);
        assert!(error.is_permanent());
        server.finish();
    }
}

#[test]
fn an_address_is_a_name_that_a_certificate_can_have() {
    let identity = Identity::new(&["127.0.0.1"]);
    let server = Server::tls(&identity, |_| {});
    let url = format!("wss://{}/", server.address);
    assert!(Client::tls(&url, &identity).is_ok());
    server.finish();
}

#[test]
fn tls_to_a_plain_port_and_plain_to_a_tls_port_are_told_apart() {
    let identity = Identity::new(&["localhost"]);
    let server = Server::tcp(|mut stream| {
        let _ = stream.read(&mut [0; 4096]);
        let _ = stream.write_all(b"HTTP/1.1 400 Bad Request\r\n\r\n");
    });
    let error = refusal(Client::tls(&format!("wss://{}/", server.address), &identity));
    assert!(matches!(error, ConnectError::NotTls { .. }), "{error:?}");
    server.finish();

    let server = Server::tls(&identity, |_| panic!("no handshake can work"));
    let error = refusal(Client::plain(server.address));
    assert!(
        matches!(error, ConnectError::NotWebSocket { .. } | ConnectError::ClosedEarly { .. }),
        "{error:?}"
    );
    server.finish();
}

#[test]
fn a_server_of_something_else_is_no_websocket_server() {
    let server = Server::tcp(|mut stream| {
        read_request(&mut stream);
        stream.write_all(b"HTTP/1.1 101 Switching Protocols\r\nUpgrade: chess\r\n\r\n").unwrap();
    });
    let error = refusal(Client::plain(server.address));
    assert!(matches!(error, ConnectError::NotWebSocket { .. }), "{error:?}");
    server.finish();
}

#[test]
fn a_server_that_says_nothing_runs_into_the_deadline() {
    let (release, held) = std::sync::mpsc::channel::<()>();
    let server = Server::tcp(move |_stream| {
        let _ = held.recv();
    });
    let url = format!("ws://{}/", server.address);
    let error = refusal(Client::dial(&url, TrustedRoots::default(), Duration::from_millis(50)));
    assert!(
        matches!(error, ConnectError::TimedOut { stage: DialStage::WebSocket, .. }),
        "{error:?}"
    );
    drop(release);
    server.finish();
}

#[test]
fn options_that_cannot_work_are_refused_before_dialing() {
    let with = |roots| ConnectionOptions {
        roots,
        ..ConnectionOptions::new("wss://localhost:1/".parse().unwrap())
    };
    let nobody = TrustedRoots { system: false, pem: None };
    assert!(matches!(Connector::new(&with(nobody)), Err(OptionsError::NoRoots { .. })));
    for pem in ["", "no pem", "-----BEGIN CERTIFICATE-----\n!!\n-----END CERTIFICATE-----"] {
        let error = Connector::new(&with(TrustedRoots::only(pem))).unwrap_err();
        assert!(matches!(error, OptionsError::RootsMalformed { .. }), "{pem}: {error:?}");
    }
    let mut options = with(TrustedRoots::only(Identity::new(&["localhost"]).pem));
    assert!(Connector::new(&options).is_ok());
    options.user_agent = "two\nlines".to_owned();
    assert!(matches!(Connector::new(&options), Err(OptionsError::UserAgent { .. })));
}

#[test]
fn frames_sent_together_with_the_handshake_answer_are_not_lost() {
    let server = Server::plain(|mut socket| {
        socket.write(Message::text("first")).unwrap();
        socket.flush().unwrap();
        let _ = socket.read();
    });
    let mut client = Client::plain(server.address).unwrap();
    assert_eq!(client.next_text(), "first");
    drop(client);
    server.finish();
}
