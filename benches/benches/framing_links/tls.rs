//! TLS in memory: a server that encrypts, and clients that are through with the handshake.

use std::io::{Read, Write};
use std::sync::Arc;

use feed::connection::TlsStream;
use rcgen::{CertificateParams, KeyPair};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer, ServerName};
use rustls::{
    ClientConfig, ClientConnection, RootCertStore, ServerConfig, ServerConnection, StreamOwned,
};

use super::{Empty, Link, Ours, Tape, Tungstenite};

/// Both sides' configuration, for one certificate.
pub(crate) struct Sides {
    pub(crate) client: Arc<ClientConfig>,
    server: Arc<ServerConfig>,
}

impl Sides {
    pub(crate) fn new() -> Self {
        let key = KeyPair::generate().expect("a key");
        let params = CertificateParams::new(vec!["localhost".to_owned()]).expect("a name");
        let certificate = params.self_signed(&key).expect("a certificate");
        let provider = Arc::new(rustls::crypto::aws_lc_rs::default_provider());
        let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
        let server = ServerConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], private)
            .expect("our own certificate");
        let mut roots = RootCertStore::empty();
        roots.add(certificate.der().clone()).expect("our own certificate");
        let client = ClientConfig::builder_with_provider(provider)
            .with_safe_default_protocol_versions()
            .expect("versions")
            .with_root_certificates(roots)
            .with_no_client_auth();
        Self { client: Arc::new(client), server: Arc::new(server) }
    }

    /// A server before its handshake.
    pub(crate) fn server(&self) -> Server {
        Server(ServerConnection::new(Arc::clone(&self.server)).expect("a server"))
    }

    fn client(&self) -> ClientConnection {
        ClientConnection::new(Arc::clone(&self.client), name()).expect("a client")
    }

    /// What the feed has: our TLS stream.
    pub(crate) fn stream(&self) -> (TlsStream<Tape>, Server) {
        let mut stream = TlsStream::new(self.client(), Tape::default());
        let mut server = self.server();
        while !stream.shake_hands().expect("a handshake") {
            server.answer(stream.get_mut());
        }
        server.answer(stream.get_mut());
        // The tickets that came behind it.
        assert!(stream.read(&mut [0; 16]).is_err());
        (stream, server)
    }

    /// What rustls offers.
    pub(crate) fn stock_stream(&self) -> (StreamOwned<ClientConnection, Tape>, Server) {
        let mut stream = StreamOwned::new(self.client(), Tape::default());
        let mut server = self.server();
        while stream.conn.is_handshaking() {
            let _ = stream.conn.complete_io(&mut stream.sock);
            server.answer(&mut stream.sock);
        }
        let _ = stream.flush();
        server.answer(&mut stream.sock);
        assert!(stream.read(&mut [0; 16]).is_err());
        (stream, server)
    }
}

pub(crate) fn name() -> ServerName<'static> {
    ServerName::try_from("localhost").expect("a name")
}

/// The server's side.
pub(crate) struct Server(ServerConnection);

impl Server {
    /// Takes what the client wrote and puts the answer onto its tape, released.
    fn answer(&mut self, tape: &mut Tape) {
        let request = std::mem::take(&mut tape.out);
        if request.is_empty() {
            return;
        }
        let answer = self.reply(&request);
        tape.load(answer);
        tape.release(tape.bytes.len());
    }

    /// Takes bytes of the client, and gives those of the server.
    pub(crate) fn reply(&mut self, mut request: &[u8]) -> Vec<u8> {
        while !request.is_empty() {
            self.0.read_tls(&mut request).expect("bytes in memory");
            self.0.process_new_packets().expect("a valid client");
        }
        self.take()
    }

    /// One TLS record with this in it.
    pub(crate) fn encrypt(&mut self, plaintext: &[u8]) -> Vec<u8> {
        self.0.writer().write_all(plaintext).expect("room");
        self.take()
    }

    fn take(&mut self) -> Vec<u8> {
        let mut bytes = Vec::new();
        while self.0.wants_write() {
            self.0.write_tls(&mut bytes).expect("a vector");
        }
        bytes
    }
}

macro_rules! tls_links {
    ($($link:ty: $link_self:ident => $tape:expr;)*) => {$(
        impl Link for $link {
            fn tape(&mut self) -> &mut Tape {
                let $link_self = self;
                $tape
            }

            #[inline]
            fn drain(&mut self, sink: impl FnMut(&[u8])) -> usize {
                self.pour(sink)
            }
        }
    )*};
}

tls_links! {
    Empty<TlsStream<Tape>>: link => link.stream.get_mut();
    Ours<TlsStream<Tape>>: link => link.stream.get_mut();
    Ours<StreamOwned<ClientConnection, Tape>>: link => &mut link.stream.sock;
    Tungstenite<StreamOwned<ClientConnection, Tape>>: link => &mut link.socket.get_mut().sock;
}
