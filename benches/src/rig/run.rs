//! One run: a sender and a client, each in a process of its own, with a deadline.

use super::clients::engine::CREDENTIALS;
use super::clients::{Client, Extra, Job};
use super::files;
use super::joined::{self, Run};
use super::marks::Marked;
use super::scenario::Scenario;
use super::sender::{self, Sent};
use anyhow::{Context, bail, ensure};
use nix::sys::signal::{Signal, kill};
use nix::unistd::Pid;
use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdout, Command, Stdio};
use std::time::{Duration, Instant};

/// Time for everything but the sending: processes, handshakes, files.
const PATIENCE: Duration = Duration::from_secs(60);
/// Pause between two looks at a process.
const LOOK_EVERY: Duration = Duration::from_millis(10);
/// The wall clock may be slewed by so much during a run; a step is more.
const CLOCK_MOVE_NANOS_MAX: i64 = 200_000;

/// Where and how runs take place.
#[derive(Clone, Debug)]
pub struct Rig {
    /// This program.
    pub program: PathBuf,
    /// Folder for the files of a run.
    pub folder: PathBuf,
    /// The engine's plugin.
    pub plugin: PathBuf,
    /// Python, and the script of its client.
    pub python: Option<PathBuf>,
    /// Core of the sender.
    pub sender_core: usize,
    /// Core of the client.
    pub client_core: usize,
    /// Further cores for the engine's strategy and gateway.
    pub more_cores: Vec<usize>,
    /// How the engine's feed thread waits.
    pub poll: String,
    /// Put in front of the client's command line, as for a profiler.
    pub wrapper: Vec<String>,
    /// How many times longer a run may take than it should, as under a profiler.
    pub patience_factor: u32,
}

impl Rig {
    /// Runs one client through one scenario.
    ///
    /// # Errors
    /// When a process fails or hangs, and when the figures cannot be trusted.
    pub fn run(&self, client: Client, scenario: &Scenario) -> anyhow::Result<Run> {
        let [certificate, stamps, arrivals, marks] =
            ["certificate.pem", "stamps", "arrivals", "marks"].map(|name| self.folder.join(name));
        let files = sender::Files { certificate, stamps, arrivals };
        for file in [&files.certificate, &files.stamps, &files.arrivals, &marks] {
            // A file left over from the run before must not be taken for this one's.
            let _ = std::fs::remove_file(file);
        }
        let deadline =
            Instant::now() + (PATIENCE + 3 * scenario.time()) * self.patience_factor.max(1);
        let mut sender = Process::start("sender", self.sender(scenario, &files)?, &self.folder)?;
        let ports = sender.first_line()?;
        let ports = ports.trim().split_once(' ').context("two ports");
        let (port, orders_port) = ports.with_context(|| sender.complaint("gave no ports"))?;
        let job = Job {
            port: port.parse().with_context(|| sender.complaint("gave no port"))?,
            orders_port: orders_port.parse().with_context(|| sender.complaint("gave no port"))?,
            orders_every: scenario.orders_every,
            certificate: files.certificate.clone(),
            marks: marks.clone(),
            frames: scenario.frames() as usize,
            core: self.client_core,
            more_cores: self.more_cores.clone(),
            plugin: self.plugin.clone(),
            poll: self.poll.clone(),
        };
        let command = self.client(client, &job)?;
        let mut process = Process::start(client.name(), command, &self.folder)?;
        if client.ends_by_signal() {
            while sender.is_running()? && process.is_running()? && Instant::now() < deadline {
                std::thread::sleep(LOOK_EVERY);
            }
            process.ask_to_end();
        }
        let said = process.finish(deadline)?;
        let sent = sender.finish(deadline)?;
        let sent: Sent = serde_json::from_str(&sent).context("the sender said nothing useful")?;
        let moved = sent.clock_moved_nanos;
        ensure!(
            moved.abs() <= CLOCK_MOVE_NANOS_MAX,
            "the wall clock moved by {moved} ns during the run: its figures are worth nothing; is \
             something setting the time?"
        );
        let marked = Marked::read(&marks).with_context(|| process.complaint("left no marks"))?;
        let stamps = files::read_words(&files.stamps)?;
        let mut run = joined::join(client, scenario, &stamps, &marked)?;
        let arrivals = files::read_words(&files.arrivals)?;
        run.orders = joined::join_orders(scenario, &stamps, &arrivals)?;
        ensure!(
            sent.stray_orders == 0,
            "{} orders came twice or were caused by no frame",
            sent.stray_orders
        );
        if let Some(Ok(extra)) = said.lines().last().map(serde_json::from_str::<Extra>) {
            run.hops = extra.hops;
        }
        Ok(run)
    }

    fn sender(&self, scenario: &Scenario, paths: &sender::Files) -> anyhow::Result<Command> {
        let mut command = Command::new(&self.program);
        command.arg("sender").arg("--core").arg(self.sender_core.to_string());
        command.arg("--segments").arg(serde_json::to_string(&scenario.segments)?);
        command.arg("--orders").arg(scenario.orders().to_string());
        command.arg("--certificate").arg(&paths.certificate).arg("--stamps").arg(&paths.stamps);
        command.arg("--arrivals").arg(&paths.arrivals);
        Ok(command)
    }

    fn client(&self, client: Client, job: &Job) -> anyhow::Result<Command> {
        if client == Client::Python {
            return self.python_client(job);
        }
        let mut words = self.wrapper.iter();
        let mut command = match words.next() {
            Some(program) => {
                let mut command = Command::new(program);
                command.args(words).arg(&self.program);
                command
            }
            None => Command::new(&self.program),
        };
        command.envs(CREDENTIALS);
        command.arg("client").arg(client.name());
        command.arg("--port").arg(job.port.to_string());
        command.arg("--orders-port").arg(job.orders_port.to_string());
        command.arg("--orders-every").arg(job.orders_every.to_string());
        command.arg("--certificate").arg(&job.certificate).arg("--marks").arg(&job.marks);
        command.arg("--frames").arg(job.frames.to_string());
        command.arg("--core").arg(job.core.to_string());
        if !job.more_cores.is_empty() {
            let cores: Vec<_> = job.more_cores.iter().map(ToString::to_string).collect();
            command.arg("--more-cores").arg(cores.join(","));
        }
        command.arg("--plugin").arg(&job.plugin).arg("--poll").arg(&job.poll);
        Ok(command)
    }

    fn python_client(&self, job: &Job) -> anyhow::Result<Command> {
        let python = self.python.as_ref().context("there is no Python")?;
        let mut command = Command::new(python);
        command.arg(self.folder.join("client.py")).arg(job.port.to_string());
        command.arg(&job.certificate).arg(&job.marks);
        command.arg(job.frames.to_string()).arg(job.core.to_string());
        command.arg(super::frames::NUMBER_BASE.to_string()).arg(super::ORDER_EVERY.to_string());
        command.arg(super::frames::items().join(","));
        command.arg(job.orders_port.to_string()).arg(job.orders_every.to_string());
        command.arg(super::orders::TOKEN);
        Ok(command)
    }
}

/// A child that does not outlive us.
struct Process {
    name: String,
    child: Child,
    output: BufReader<ChildStdout>,
    errors: PathBuf,
}

impl Process {
    fn start(name: &str, mut command: Command, folder: &Path) -> anyhow::Result<Self> {
        let errors = folder.join(format!("{name}.stderr"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(File::create(&errors)?);
        let mut child = command.spawn().with_context(|| format!("cannot start the {name}"))?;
        let output = child.stdout.take().context("standard output is piped")?;
        Ok(Self { name: name.to_owned(), child, output: BufReader::new(output), errors })
    }

    fn first_line(&mut self) -> anyhow::Result<String> {
        let mut line = String::new();
        self.output.read_line(&mut line)?;
        Ok(line)
    }

    fn is_running(&mut self) -> anyhow::Result<bool> {
        Ok(self.child.try_wait()?.is_none())
    }

    /// Sends SIGTERM. Fails when it has ended, which is what is wanted.
    fn ask_to_end(&self) {
        let _ = kill(Pid::from_raw(self.child.id() as i32), Signal::SIGTERM);
    }

    /// Waits for its end; what it said.
    fn finish(&mut self, deadline: Instant) -> anyhow::Result<String> {
        let status = loop {
            if let Some(status) = self.child.try_wait()? {
                break status;
            }
            if Instant::now() > deadline {
                bail!(self.complaint("does not come to an end"));
            }
            std::thread::sleep(LOOK_EVERY);
        };
        if !status.success() {
            bail!(self.complaint(&format!("failed ({status})")));
        }
        let mut said = String::new();
        self.output.read_to_string(&mut said)?;
        Ok(said)
    }

    fn complaint(&self, what: &str) -> String {
        let text = std::fs::read_to_string(&self.errors).unwrap_or_default();
        format!("the {} {what}: {}", self.name, text.trim_end())
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail when it has ended, which is what is wanted.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
