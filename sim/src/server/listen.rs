//! Accepts connections on the two ports and gives each its task.

use super::certificate::Certificate;
use super::hub::Hub;
use super::line::Line;
use super::{rest, session};
use std::rc::Rc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::spawn_local;
use tokio::time::{sleep, timeout};
use tokio_rustls::TlsAcceptor;

/// Longest time for a TLS handshake.
const TLS_TIMEOUT: Duration = Duration::from_secs(10);
/// Time to wait after the system refused to hand out a connection, when files have run out.
const REFUSED_PAUSE: Duration = Duration::from_millis(20);

/// Which protocol a port speaks.
#[derive(Clone, Copy)]
pub(super) enum Port {
    WebSocket,
    Rest,
}

/// Accepts for ever.
pub(super) async fn accept(
    hub: Rc<Hub>,
    port: Port,
    listener: TcpListener,
    certificate: Option<Rc<Certificate>>,
) {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            sleep(REFUSED_PAUSE).await;
            continue;
        };
        let acceptor = certificate.as_ref().map(|certificate| certificate.acceptor.clone());
        spawn_local(serve(Rc::clone(&hub), port, stream, acceptor));
    }
}

async fn serve(hub: Rc<Hub>, port: Port, stream: TcpStream, acceptor: Option<TlsAcceptor>) {
    // Without it small frames would wait for the client's acknowledgements.
    if stream.set_nodelay(true).is_err() {
        return;
    }
    if let Port::WebSocket = port {
        while hub.stalled.get() {
            hub.stall_ended.notified().await;
        }
    }
    let (stream, line) = Line::new(stream);
    match (acceptor, port) {
        (None, Port::WebSocket) => session::serve(hub, stream, line).await,
        (None, Port::Rest) => rest::serve(hub, stream, line).await,
        (Some(acceptor), port) => {
            let accepted = timeout(TLS_TIMEOUT, acceptor.accept(stream)).await;
            match (accepted, port) {
                (Ok(Ok(stream)), Port::WebSocket) => session::serve(hub, stream, line).await,
                (Ok(Ok(stream)), Port::Rest) => rest::serve(hub, stream, line).await,
                (Ok(Err(_)) | Err(_), _) => {}
            }
        }
    }
}
