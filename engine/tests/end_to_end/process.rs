//! The engine as a child process with a deadline, its output collected while it runs.

use std::io::{Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// A process that takes longer hangs. Some build strategies first, on machines that may be slow.
const DEADLINE: Duration = Duration::from_secs(400);

/// The engine's binary.
pub(crate) fn engine() -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_engine"));
    command.stdin(Stdio::null());
    // What the machine has set must not decide a test.
    for name in ["KIWOOM_APP_KEY", "KIWOOM_SECRET_KEY", "RUST_BACKTRACE", "RUST_LOG"] {
        command.env_remove(name);
    }
    command
}

/// A process that has ended.
pub(crate) struct Finished {
    /// Exit code; `None` when a signal killed it.
    pub(crate) code: Option<i32>,
    pub(crate) stdout: String,
    pub(crate) stderr: String,
}

impl Finished {
    /// Asserts the exit code, and that nothing panicked.
    #[track_caller]
    pub(crate) fn ended_with(self, code: i32) -> Self {
        let Self { stdout, stderr, .. } = &self;
        let whole = format!("exit {:?}\nstdout:\n{stdout}\nstderr:\n{stderr}", self.code);
        assert_eq!(self.code, Some(code), "{whole}");
        assert!(!stderr.contains("panicked at") && !stdout.contains("panicked at"), "{whole}");
        self
    }
}

/// A process that runs. Killed when dropped.
pub(crate) struct Running {
    child: Child,
    started: Instant,
    output: [Arc<Mutex<Vec<u8>>>; 2],
    readers: Vec<JoinHandle<()>>,
}

impl Running {
    pub(crate) fn start(mut command: Command) -> Self {
        command.stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap();
        let output = [Arc::default(), Arc::default()];
        let readers = vec![
            collect(child.stdout.take().unwrap(), Arc::clone(&output[0])),
            collect(child.stderr.take().unwrap(), Arc::clone(&output[1])),
        ];
        Self { child, started: Instant::now(), output, readers }
    }

    /// Standard output and standard error so far.
    fn text(&self) -> [String; 2] {
        self.output
            .each_ref()
            .map(|bytes| String::from_utf8_lossy(&bytes.lock().unwrap()).into_owned())
    }

    /// The same for a person: the beginning and the end of what is long, and what its threads do.
    fn shown(&self) -> String {
        let [stdout, stderr] = self.text().map(|text| shorten(&text));
        format!("stdout:\n{stdout}\nstderr:\n{stderr}\nthreads:\n{}", self.threads())
    }

    /// Each thread's name, state and system call, where the system tells.
    fn threads(&self) -> String {
        let folder = format!("/proc/{}/task", self.child.id());
        let tasks = std::fs::read_dir(folder).into_iter().flatten().flatten();
        let read = |path: std::path::PathBuf| std::fs::read_to_string(path).unwrap_or_default();
        let line = |task: std::fs::DirEntry| {
            let (name, call) = (read(task.path().join("comm")), read(task.path().join("syscall")));
            let status = read(task.path().join("status"));
            let state = status.lines().find(|line| line.starts_with("State")).unwrap_or_default();
            let call = call.split(' ').next().unwrap_or_default();
            format!("{}: {state}, system call {}\n", name.trim(), call.trim())
        };
        tasks.map(line).collect()
    }

    /// Waits until a condition holds.
    #[track_caller]
    pub(crate) fn wait_until(&mut self, what: &str, mut condition: impl FnMut() -> bool) {
        while !condition() {
            let over = self.child.try_wait().unwrap();
            if over.is_some() || self.started.elapsed() > DEADLINE {
                panic!("never: {what} ({over:?})\n{}", self.shown());
            }
            std::thread::sleep(Duration::from_millis(10));
        }
    }

    /// The first line of standard output that begins with a text, without it, once it is there.
    #[allow(dead_code, reason = "only one of the test binaries that share this file uses it")]
    #[track_caller]
    pub(crate) fn line_after(&mut self, beginning: &str) -> String {
        let output = Arc::clone(&self.output[0]);
        let find = || {
            let text = String::from_utf8_lossy(&output.lock().unwrap()).into_owned();
            let whole = &text[..text.rfind('\n').map_or(0, |end| end + 1)];
            whole.lines().find_map(|line| Some(line.strip_prefix(beginning)?.trim().to_owned()))
        };
        self.wait_until(beginning, || find().is_some());
        find().unwrap()
    }

    /// Waits until standard output or standard error contains a text.
    #[track_caller]
    pub(crate) fn wait_for(&mut self, wanted: &str) {
        let output = self.output.clone();
        self.wait_until(wanted, || {
            output
                .iter()
                .any(|bytes| String::from_utf8_lossy(&bytes.lock().unwrap()).contains(wanted))
        });
    }

    /// The system's number of the process.
    #[allow(dead_code, reason = "only one of the test binaries that share this file uses it")]
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// What ctrl-C does.
    pub(crate) fn interrupt(&self) {
        self.signal("INT");
    }

    /// Sends a signal: `STOP`, `CONT`, `KILL`, ….
    pub(crate) fn signal(&self, name: &str) {
        let kill = format!("kill -{name} {}", self.child.id());
        assert!(Command::new("sh").args(["-c", &kill]).status().unwrap().success());
    }

    /// Waits for the end.
    #[track_caller]
    pub(crate) fn finish(mut self) -> Finished {
        let status = loop {
            if let Some(status) = self.child.try_wait().unwrap() {
                break status;
            }
            if self.started.elapsed() > DEADLINE {
                panic!("it does not end\n{}", self.shown());
            }
            std::thread::sleep(Duration::from_millis(5));
        };
        for reader in self.readers.drain(..) {
            reader.join().unwrap();
        }
        let [stdout, stderr] = self.text();
        Finished { code: status.code(), stdout, stderr }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Where it has ended already there is nothing to kill and nothing to report.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Runs a process to its end.
#[track_caller]
pub(crate) fn run(command: Command) -> Finished {
    Running::start(command).finish()
}

/// Runs a process to its end with this standard input.
#[track_caller]
pub(crate) fn run_with_input(mut command: Command, input: &[u8]) -> Finished {
    command.stdin(Stdio::piped());
    let mut running = Running::start(command);
    let mut stdin = running.child.stdin.take().unwrap();
    let input = input.to_vec();
    // Of its own thread: a child that does not read must meet the deadline, not block the test.
    std::thread::spawn(move || {
        let _ = stdin.write_all(&input);
    });
    running.finish()
}

fn shorten(text: &str) -> String {
    const LINES: usize = 15;
    let lines: Vec<&str> = text.lines().collect();
    match lines.len() {
        0..=30 => text.to_owned(),
        count => [&lines[..LINES], &["…"], &lines[count - LINES..]].concat().join("\n"),
    }
}

fn collect(mut pipe: impl Read + Send + 'static, into: Arc<Mutex<Vec<u8>>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut piece = [0; 4096];
        while let Ok(length @ 1..) = pipe.read(&mut piece) {
            into.lock().unwrap().extend_from_slice(&piece[..length]);
        }
    })
}
