//! Where tokens come from. The feed knows no REST: somebody outside fetches them.

use std::io;
use std::sync::mpsc;

use secrecy::SecretString;

use crate::connection::WakeHandle;
use crate::session::TokenFailure;

/// Gives out tokens. It is called on a thread of its own, so it may take its time.
pub trait TokenSource: Send {
    /// A token that is good now. `refresh`: the broker refused the last one, so a remembered one
    /// will not do.
    ///
    /// # Errors
    /// When there is none; the kind of failure decides whether it is tried again.
    fn token(&mut self, refresh: bool) -> Result<SecretString, TokenFailure>;
}

impl<F> TokenSource for F
where
    F: FnMut(bool) -> Result<SecretString, TokenFailure> + Send,
{
    fn token(&mut self, refresh: bool) -> Result<SecretString, TokenFailure> {
        self(refresh)
    }
}

/// The feed thread's end of the thread that asks the source.
#[derive(Debug)]
pub(super) struct TokenDesk {
    ask: mpsc::Sender<bool>,
    answers: mpsc::Receiver<Result<SecretString, TokenFailure>>,
    /// Questions without an answer.
    open: u32,
}

impl TokenDesk {
    /// Starts the thread. It ends when the desk is dropped (after the call it is in, if any).
    pub(super) fn open(mut source: Box<dyn TokenSource>, wake: WakeHandle) -> io::Result<Self> {
        let (ask, asked) = mpsc::channel();
        let (answer, answers) = mpsc::channel();
        std::thread::Builder::new().name("feed-token".to_owned()).spawn(move || {
            // Dropped last, after `answer`, also when the source panics: the desk sees the end.
            let wake = WakeAtEnd(wake);
            let answer = answer;
            for refresh in asked {
                if answer.send(source.token(refresh)).is_err() {
                    return;
                }
                wake.0.wake();
            }
        })?;
        Ok(Self { ask, answers, open: 0 })
    }

    pub(super) fn ask(&mut self, refresh: bool) {
        self.open += 1;
        // Fails only when the source has panicked; `answer` tells that.
        let _ = self.ask.send(refresh);
    }

    /// The next answer, if there is one.
    pub(super) fn answer(&mut self) -> Option<Result<SecretString, TokenFailure>> {
        let open = self.open.checked_sub(1)?;
        let answer = match self.answers.try_recv() {
            Ok(answer) => answer,
            Err(mpsc::TryRecvError::Empty) => return None,
            Err(mpsc::TryRecvError::Disconnected) => {
                let text = "what fetches tokens has ended unexpectedly; this is a bug".to_owned();
                Err(TokenFailure::Refused { text })
            }
        };
        self.open = open;
        Some(answer)
    }
}

struct WakeAtEnd(WakeHandle);

impl Drop for WakeAtEnd {
    fn drop(&mut self) {
        self.0.wake();
    }
}
