//! One thread of the engine stands still while the others go on.

use crate::process::Running;
use crate::setup::{MANY, STOPPED, Setup, Wanted, problems, summary};
use std::thread::JoinHandle;

#[test]
fn a_gateway_that_stands_still_is_worked_around() {
    let setup = Setup::new(&Wanted {
        kill: "gateway_max_ms = 1000",
        strategies: &["orders = 50"],
        ..Wanted::default()
    });
    let running = setup.start(MANY, &[]);
    let holder = hold(thread_of(&running, "gateway"));
    let finished = running.finish().ended_with(STOPPED);
    holder.join().unwrap();
    assert_eq!(setup.open(), 0, "{}", finished.stderr);
    let summary = summary(&finished);
    assert!(summary["ended"].as_str().unwrap().contains("gateway_stalled"), "{summary:#}");
    let problems = problems(&summary);
    assert!(problems.contains("50 orders found working, 50 of them gone"), "{problems}");
    let latch = std::fs::read_to_string(setup.latch()).unwrap();
    assert!(latch.contains("gateway_stalled"), "{latch}");
    setup.stays_killed_until_rearmed();
}

/// The system's number of a thread of the engine.
#[track_caller]
fn thread_of(running: &Running, name: &str) -> libc::pid_t {
    let tasks = std::fs::read_dir(format!("/proc/{}/task", running.id())).unwrap();
    let found = tasks.map(|task| task.unwrap().path()).find(|task| {
        std::fs::read_to_string(task.join("comm")).is_ok_and(|comm| comm.trim() == name)
    });
    let path = found.unwrap_or_else(|| panic!("no thread {name}"));
    path.file_name().unwrap().to_str().unwrap().parse().unwrap()
}

/// Holds one thread of a child as a debugger does, until its process has ended. No signal can: SIGSTOP
/// stops the whole process.
#[allow(unsafe_code, reason = "ptrace has no safe form in std")]
fn hold(thread: libc::pid_t) -> JoinHandle<()> {
    let (sender, held) = std::sync::mpsc::channel();
    let holder = std::thread::spawn(move || {
        let nothing = std::ptr::null_mut::<libc::c_void>();
        // SAFETY: both requests take numbers and null pointers only, and no memory of ours is shared with
        // the other process.
        let ok = unsafe {
            libc::ptrace(libc::PTRACE_SEIZE, thread, nothing, nothing) == 0
                && libc::ptrace(libc::PTRACE_INTERRUPT, thread, nothing, nothing) == 0
        };
        let error = std::io::Error::last_os_error();
        sender.send(if ok { Ok(()) } else { Err(error) }).unwrap();
        let mut status = 0;
        loop {
            // SAFETY: `status` outlives the call.
            let waited = unsafe { libc::waitpid(thread, &mut status, libc::__WALL) };
            let over = libc::WIFEXITED(status) || libc::WIFSIGNALED(status);
            if waited < 0 || over {
                return;
            }
        }
    });
    held.recv().unwrap().unwrap_or_else(|error| panic!("the thread cannot be held: {error}"));
    holder
}
