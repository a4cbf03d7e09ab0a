//! An open connection: frames in every shape, and the end of it.

mod connection_support;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use connection_support::{Client, Got, Identity, PATIENCE, Server};
use feed::connection::{ConnectError, ConnectionError, MESSAGE_BYTES_MAX, NextFrame, Poller};
use tungstenite::handshake::derive_accept_key;
use tungstenite::protocol::CloseFrame;
use tungstenite::protocol::frame::coding::CloseCode;
use tungstenite::{Bytes, Message};

/// A server frame with its header, as RFC 6455 has it.
fn raw_frame(first_byte: u8, payload: &[u8]) -> Vec<u8> {
    let mut frame = vec![first_byte];
    match payload.len() {
        len @ 0..126 => frame.push(len as u8),
        len @ 126..65_536 => {
            frame.push(126);
            frame.extend((len as u16).to_be_bytes());
        }
        len => {
            frame.push(127);
            frame.extend((len as u64).to_be_bytes());
        }
    }
    frame.extend(payload);
    frame
}

/// Reads the request of a client, and gives the head that accepts it.
fn handshake_answer(stream: &mut TcpStream) -> Vec<u8> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        assert_eq!(stream.read(&mut byte).unwrap(), 1);
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap();
    let key = head
        .lines()
        .find_map(|line| line.strip_prefix("Sec-WebSocket-Key: "))
        .expect("the request has a key");
    let accept = derive_accept_key(key.as_bytes());
    format!(
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\
         Sec-WebSocket-Accept: {accept}\r\n\r\n"
    )
    .into_bytes()
}

/// A server that does the handshake by hand and then writes these bytes, in these pieces.
fn raw_server(pieces: Vec<Vec<u8>>) -> Server {
    Server::tcp(move |mut stream| {
        let answer = handshake_answer(&mut stream);
        stream.write_all(&answer).unwrap();
        for piece in pieces {
            // A client that has seen enough hangs up.
            if stream.write_all(&piece).is_err() {
                return;
            }
        }
        // Until the client hangs up.
        let _ = stream.read_to_end(&mut Vec::new());
    })
}

#[test]
fn a_frame_that_dribbles_in_byte_by_byte_arrives_whole() {
    let text = "{\"trnm\":\"PING\",\"x\":\"가나다\"}".repeat(5);
    let bytes = raw_frame(0x81, text.as_bytes());
    let pieces = bytes.iter().map(|byte| vec![*byte]).collect();
    let server = raw_server(pieces);
    let mut client = Client::plain(server.address).unwrap();
    assert_eq!(client.next_text(), text);
    drop(client);
    server.finish();
}

#[test]
fn fragments_are_put_together_even_around_a_ping_and_inside_a_character() {
    let text = "삼성전자";
    let (head, tail) = text.as_bytes().split_at(4);
    let pieces = [raw_frame(0x01, head), raw_frame(0x89, b"p"), raw_frame(0x80, tail)];
    let server = raw_server(vec![pieces.concat()]);
    let mut client = Client::plain(server.address).unwrap();
    assert_eq!(client.next().unwrap(), Got::Control);
    assert_eq!(client.next_text(), text);
    drop(client);
    server.finish();
}

#[test]
fn a_message_of_one_mebibyte_is_taken_and_one_byte_more_is_not() {
    let whole = vec![b'x'; MESSAGE_BYTES_MAX];
    let (first, second) = whole.split_at(MESSAGE_BYTES_MAX / 2);
    for (bytes, fits) in [
        (raw_frame(0x81, &whole), true),
        ([raw_frame(0x01, first), raw_frame(0x80, second)].concat(), true),
        (raw_frame(0x81, &[&whole[..], b"x"].concat()), false),
        ([raw_frame(0x01, &whole), raw_frame(0x80, b"x")].concat(), false),
    ] {
        let server = raw_server(vec![bytes]);
        let mut client = Client::plain(server.address).unwrap();
        match client.next() {
            Ok(Got::Text(text)) => assert!(fits && text.len() == MESSAGE_BYTES_MAX),
            Err(ConnectionError::MessageTooLong { bytes, max }) => {
                assert!(!fits);
                assert_eq!((bytes, max), (MESSAGE_BYTES_MAX as u64 + 1, MESSAGE_BYTES_MAX));
            }
            other => panic!("{other:?}"),
        }
        drop(client);
        server.finish();
    }
}

#[test]
fn text_that_is_no_utf8_and_frames_against_the_protocol_end_the_connection() {
    for (bytes, wanted) in [
        (raw_frame(0x81, b"\xff\xfe"), "a text message is no UTF-8"),
        (raw_frame(0xC1, b"x"), "the peer broke the WebSocket protocol"),
        (raw_frame(0x83, b"x"), "the peer broke the WebSocket protocol"),
        (raw_frame(0x80, b"x"), "the peer broke the WebSocket protocol"),
    ] {
        let server = raw_server(vec![bytes]);
        let mut client = Client::plain(server.address).unwrap();
        let error = client.next().unwrap_err();
        assert!(error.to_string().starts_with(wanted), "{error}");
        drop(client);
        server.finish();
    }
}

#[test]
fn binary_messages_are_told_and_do_no_harm() {
    let server = raw_server(vec![raw_frame(0x82, b"abc"), raw_frame(0x81, b"after")]);
    let mut client = Client::plain(server.address).unwrap();
    assert_eq!(client.next().unwrap(), Got::Binary(3));
    assert_eq!(client.next_text(), "after");
    drop(client);
    server.finish();
}

#[test]
fn a_close_of_the_peer_comes_with_code_and_reason_after_everything_else() {
    let server = Server::plain(|mut socket| {
        for number in 0..100 {
            socket.write(Message::text(number.to_string())).unwrap();
        }
        let close = CloseFrame { code: CloseCode::Normal, reason: "동일한 key".into() };
        socket.close(Some(close)).unwrap();
        // The client's answer to the Close.
        assert!(matches!(socket.read(), Ok(Message::Close(_))));
    });
    let mut client = Client::plain(server.address).unwrap();
    for number in 0..100 {
        assert_eq!(client.next_text(), number.to_string());
    }
    assert_eq!(client.next().unwrap(), Got::Closed(Some(1000), "동일한 key".into()));
    assert!(matches!(client.next(), Err(ConnectionError::AlreadyClosed)));
    drop(client);
    server.finish();
}

#[test]
fn after_our_close_everything_that_was_sent_still_arrives() {
    let identity = Identity::new(&["localhost"]);
    let server = Server::tls(&identity, |mut socket| {
        assert_eq!(socket.read().unwrap(), Message::text("go"));
        // More than the socket buffers between us hold, so that Close finds it under way.
        let body = "x".repeat(10_000);
        for number in 0..500 {
            socket.send(Message::text(format!("{number} {body}"))).unwrap();
        }
        assert!(matches!(socket.read(), Ok(Message::Close(_))));
        let _ = socket.flush();
    });
    let url = format!("wss://localhost:{}/", server.address.port());
    let mut client = Client::tls(&url, &identity).unwrap();
    client.connection.send_text("go").unwrap();
    assert!(client.next_text().starts_with("0 "));
    client.connection.send_close().unwrap();
    for number in 1..500 {
        assert!(client.next_text().starts_with(&format!("{number} ")));
    }
    assert_eq!(client.next().unwrap(), Got::Closed(Some(1000), String::new()));
    assert!(client.connection.send_text("late").is_err());
    drop(client);
    server.finish();
}

#[test]
fn hanging_up_without_a_close_is_an_error_on_both_kinds_of_lines() {
    let identity = Identity::new(&["localhost"]);
    let plain = Server::plain(drop);
    let mut client = Client::plain(plain.address).unwrap();
    assert!(matches!(client.next(), Err(ConnectionError::HungUp | ConnectionError::Io(_))));
    plain.finish();
    let tls = Server::tls(&identity, drop);
    let url = format!("wss://localhost:{}/", tls.address.port());
    let mut client = Client::tls(&url, &identity).unwrap();
    let error = client.next().unwrap_err();
    assert!(matches!(error, ConnectionError::HungUp | ConnectionError::Io(_)), "{error:?}");
    tls.finish();
}

#[test]
fn a_ping_of_the_websocket_layer_is_answered() {
    let server = Server::plain(|mut socket| {
        socket.send(Message::Ping(Bytes::from_static(b"there?"))).unwrap();
        assert_eq!(socket.read().unwrap(), Message::Pong(Bytes::from_static(b"there?")));
        socket.send(Message::text("done")).unwrap();
    });
    let mut client = Client::plain(server.address).unwrap();
    assert_eq!(client.next().unwrap(), Got::Control);
    assert_eq!(client.next_text(), "done");
    server.finish();
}

#[test]
fn a_read_knows_when_its_bytes_reached_the_kernel_and_us() {
    let server = Server::plain(|mut socket| {
        while let Ok(Message::Text(_)) = socket.read() {
            socket.send(Message::text("one")).unwrap();
        }
    });
    let mut client = Client::plain(server.address).unwrap();
    let mut kernel_stamps = 0;
    // The kernel switches its stamps on in the background, so the first reads may have none.
    for _ in 0..1_000 {
        client.connection.send_text("go").unwrap();
        let before = client.connection.bytes_read();
        assert_eq!(client.next_text(), "one");
        assert_eq!(client.connection.bytes_read(), before + 5, "header of two, text of three");
        let stamp = client.connection.last_read();
        let now = client.clock.now().raw();
        assert!(stamp.reading.unix.raw() <= now);
        assert!(now - stamp.reading.unix.raw() < PATIENCE.as_nanos() as u64);
        if let Some(kernel) = stamp.kernel.get() {
            assert!(kernel <= stamp.reading.unix.raw(), "the kernel has the bytes before us");
            assert!(now - kernel < PATIENCE.as_nanos() as u64);
            kernel_stamps += 1;
        }
        if kernel_stamps == 10 {
            break;
        }
        std::thread::sleep(Duration::from_millis(1));
    }
    // Linux stamps what TCP receives.
    assert_eq!(kernel_stamps, if cfg!(target_os = "linux") { 10 } else { 0 });
    drop(client);
    server.finish();
}

#[test]
fn another_thread_wakes_the_poller() {
    let mut poller = Poller::new().unwrap();
    let wake = poller.wake_handle();
    let thread = std::thread::spawn(move || wake.wake());
    // Without the wake-up this would never end.
    poller.wait(None).unwrap();
    thread.join().unwrap();
}

#[test]
fn the_libraries_cannot_trace_a_frame_that_holds_the_token() {
    // The WebSocket library traces whole frames; at this level such lines are not even compiled.
    assert!(log::STATIC_MAX_LEVEL <= log::LevelFilter::Debug);
}

/// What a client says after it was sent this: its last frame, unmasked.
fn last_word_after(bytes: Vec<u8>) -> Vec<u8> {
    let (tell, told) = std::sync::mpsc::channel();
    let server = Server::plain(move |mut socket| {
        let stream = socket.get_mut();
        stream.write_all(&bytes).unwrap();
        let mut said = Vec::new();
        let _ = stream.read_to_end(&mut said);
        tell.send(said).unwrap();
    });
    let mut client = Client::plain(server.address).unwrap();
    while client.next().is_ok() {}
    drop(client);
    server.finish();
    let said = told.recv().unwrap();
    let [0x88, length, mask @ ..] = &said[..] else { panic!("no Close frame: {said:?}") };
    assert!(length & 0x80 != 0, "a client's frame is masked");
    let (mask, payload) = mask.split_at(4);
    assert_eq!(payload.len(), usize::from(length & 0x7F), "nothing comes after a Close");
    payload.iter().zip(mask.iter().cycle()).map(|(byte, key)| byte ^ key).collect()
}

#[test]
fn the_peer_is_told_by_its_code_what_it_did_wrong() {
    let too_long = [&[0x82, 127][..], &(MESSAGE_BYTES_MAX as u64 + 1).to_be_bytes()].concat();
    for (bytes, code) in [
        (raw_frame(0x81, b"\xff"), 1007_u16),
        (raw_frame(0x88, b"\x03\xe8\xff"), 1007),
        (raw_frame(0xC1, b"x"), 1002),
        (raw_frame(0x83, b"x"), 1002),
        (raw_frame(0x80, b"x"), 1002),
        (raw_frame(0x09, b"x"), 1002),
        (vec![0x81, 0x81, 0, 0, 0, 0, b'x'], 1002),
        (vec![0x81, 126, 0, 1, b'x'], 1002),
        (raw_frame(0x88, b"\x03\xed"), 1002),
        (too_long, 1009),
    ] {
        assert_eq!(last_word_after(bytes.clone()), code.to_be_bytes(), "{bytes:?}");
    }
}

#[test]
fn a_close_is_answered_with_its_own_code() {
    assert_eq!(last_word_after(raw_frame(0x88, b"\x0f\xa0bye")), 4000_u16.to_be_bytes());
    assert_eq!(last_word_after(raw_frame(0x88, b"")), b"");
}

#[test]
fn frames_right_behind_the_handshake_are_not_lost() {
    // Head and frames in one write, and the head cut in two.
    for cut in [0, 20] {
        let server = Server::tcp(move |mut stream| {
            let mut bytes = handshake_answer(&mut stream);
            for number in 0..20 {
                bytes.extend(raw_frame(0x81, format!("number {number}").as_bytes()));
            }
            let (head, tail) = bytes.split_at(cut);
            stream.write_all(head).unwrap();
            std::thread::sleep(Duration::from_millis(2));
            stream.write_all(tail).unwrap();
            let _ = stream.read_to_end(&mut Vec::new());
        });
        let mut client = Client::plain(server.address).unwrap();
        for number in 0..20 {
            assert_eq!(client.next_text(), format!("number {number}"));
        }
        drop(client);
        server.finish();
    }
}

#[test]
fn an_extension_that_nobody_asked_for_ends_the_handshake() {
    let server = Server::tcp(|mut stream| {
        let answer = String::from_utf8(handshake_answer(&mut stream)).unwrap();
        let answer = answer.replace(
            "Upgrade: websocket\r\n",
            "Upgrade: websocket\r\nSec-WebSocket-Extensions: permessage-deflate\r\n",
        );
        stream.write_all(answer.as_bytes()).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let Err(error) = Client::plain(server.address) else { panic!("it was accepted") };
    assert!(matches!(&error, ConnectError::NotWebSocket { .. }), "{error}");
    assert!(error.to_string().contains("an extension"), "{error}");
    server.finish();
}

#[test]
fn pings_between_the_fragments_of_a_message_are_answered_at_once_with_their_payload() {
    let server = Server::plain(|mut socket| {
        let stream = socket.get_mut();
        stream.write_all(&raw_frame(0x01, b"first ")).unwrap();
        for length in [0, 1, 125] {
            stream.write_all(&raw_frame(0x89, &vec![b'p'; length])).unwrap();
            let mut head = [0; 6];
            stream.read_exact(&mut head).unwrap();
            assert_eq!(head[..2], [0x8A, 0x80 | length as u8]);
            let mut payload = vec![0; length];
            stream.read_exact(&mut payload).unwrap();
            let plain = payload.iter().zip(head[2..].iter().cycle()).all(|(b, k)| b ^ k == b'p');
            assert!(plain);
        }
        stream.write_all(&raw_frame(0x80, b"second")).unwrap();
        let _ = stream.read_to_end(&mut Vec::new());
    });
    let mut client = Client::plain(server.address).unwrap();
    for _ in 0..3 {
        assert_eq!(client.next().unwrap(), Got::Control);
    }
    assert_eq!(client.next_text(), "first second");
    drop(client);
    server.finish();
}

#[test]
fn a_peer_that_takes_nothing_fills_the_queue_and_that_is_an_error() {
    let (done, wait) = std::sync::mpsc::channel::<()>();
    let server = Server::plain(move |_socket| {
        // Reads nothing until the test is over.
        let _ = wait.recv();
    });
    let mut client = Client::plain(server.address).unwrap();
    let text = "x".repeat(1 << 20);
    // The socket buffers and 4 MiB of ours are far below this.
    let error = (0..64).find_map(|_| client.connection.send_text(&text).err());
    assert!(matches!(error, Some(ConnectionError::SendBufferFull)), "{error:?}");
    drop((client, done));
    server.finish();
}

#[test]
fn large_messages_go_out_whole_over_both_kinds_of_lines() {
    fn echo<S: Read + Write>(mut socket: tungstenite::WebSocket<S>) {
        while let Ok(message) = socket.read() {
            if (message.is_text() || message.is_binary()) && socket.send(message).is_err() {
                break;
            }
        }
    }
    let identity = Identity::new(&["localhost"]);
    let (plain, tls) = (Server::plain(echo), Server::tls(&identity, echo));
    let url = format!("wss://localhost:{}/", tls.address.port());
    for (mut client, server) in [
        (Client::plain(plain.address).unwrap(), plain),
        (Client::tls(&url, &identity).unwrap(), tls),
    ] {
        for length in [0, 125, 126, 65_535, 65_536, MESSAGE_BYTES_MAX] {
            let text = "abcdefghij".repeat(length / 10 + 1)[..length].to_owned();
            client.connection.send_text(&text).unwrap();
            assert!(client.next_text() == text, "{length}");
        }
        client.connection.send_binary(&[0xFF; 300]).unwrap();
        assert_eq!(client.next().unwrap(), Got::Binary(300));
        drop(client);
        server.finish();
    }
}
