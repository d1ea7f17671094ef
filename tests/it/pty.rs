//! The program at a terminal: keys go in, and what is on its screen is looked at.

use std::fs::File;
use std::io::{Read as _, Write as _};
use std::os::fd::OwnedFd;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::thread;
use std::time::{Duration, Instant};

use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, Winsize, tcgetattr, tcsetwinsize};

use crate::case::{Case, Ran, redact};

/// How long something may take to be on the screen before it is taken for missing.
const PATIENCE: Duration = Duration::from_secs(60);

/// A run of the program at a terminal of 80 columns.
pub(crate) struct Pty {
    child: Child,
    keys: File,
    output: Receiver<Vec<u8>>,
    parser: vt100::Parser,
    raw: Vec<u8>,
    folder: PathBuf,
}

impl Case {
    /// Starts the program at a terminal, which is also what its Ctrl-C comes from.
    pub(crate) fn at_terminal(&self, arguments: &[&str]) -> Pty {
        self.at_terminal_of((80, 40), arguments)
    }

    /// The same at a terminal of so many columns and lines.
    pub(crate) fn at_terminal_of(&self, (columns, rows): (u16, u16), arguments: &[&str]) -> Pty {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY).expect("a pseudo-terminal");
        grantpt(&ours).expect("granted");
        unlockpt(&ours).expect("unlocked");
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&ours, size).expect("a size");
        let name = ptsname(&ours, Vec::new()).expect("a name").into_string().expect("a path");
        let theirs = File::options().read(true).write(true).open(name).expect("a terminal");
        let end = || Stdio::from(theirs.try_clone().expect("another of it"));
        let program = self.command(arguments);
        let mut command = Command::new("setsid");
        command.arg("--ctty").arg(program.get_program()).args(program.get_args());
        command.current_dir(self.path()).env_clear().env("TERM", "xterm-256color");
        command.envs(program.get_envs().filter_map(|(name, value)| Some((name, value?))));
        let child = command.stdin(end()).stdout(end()).stderr(end()).spawn().expect("the program starts");
        let keys = File::from(ours.try_clone().expect("another of it"));
        let parser = vt100::Parser::new(rows, columns, 1000);
        Pty { child, keys, output: follow(ours), parser, raw: Vec::new(), folder: self.path().to_owned() }
    }
}

/// What comes out of a terminal, until nobody has it open any more.
fn follow(terminal: OwnedFd) -> Receiver<Vec<u8>> {
    let (sender, receiver) = channel();
    let mut terminal = File::from(terminal);
    thread::spawn(move || {
        let mut buffer = [0; 4096];
        while let Ok(count @ 1..) = terminal.read(&mut buffer) {
            if sender.send(buffer[..count].to_vec()).is_err() {
                break;
            }
        }
    });
    receiver
}

impl Pty {
    /// Waits until a text is on the screen.
    #[track_caller]
    pub(crate) fn shows(&mut self, text: &str) -> &mut Self {
        self.waits(|screen| screen.contains(text), &format!("{text:?} is not on the screen"))
    }

    /// Waits until a text is not on the screen any more.
    #[track_caller]
    pub(crate) fn hides(&mut self, text: &str) -> &mut Self {
        self.waits(|screen| !screen.contains(text), &format!("{text:?} stays on the screen"))
    }

    #[track_caller]
    fn waits(&mut self, is_right: impl Fn(&str) -> bool, otherwise: &str) -> &mut Self {
        let end = Instant::now() + PATIENCE;
        while !is_right(&self.screen()) {
            match self.output.recv_timeout(end.saturating_duration_since(Instant::now())) {
                Ok(bytes) => self.take(&bytes),
                Err(RecvTimeoutError::Timeout | RecvTimeoutError::Disconnected) => {
                    panic!("{otherwise}:\n{}", self.screen())
                }
            }
        }
        self
    }

    fn take(&mut self, bytes: &[u8]) {
        self.parser.process(bytes);
        self.raw.extend_from_slice(bytes);
    }

    /// Gives the terminal other columns and lines.
    pub(crate) fn resizes(&mut self, columns: u16, rows: u16) -> &mut Self {
        let size = Winsize { ws_row: rows, ws_col: columns, ws_xpixel: 0, ws_ypixel: 0 };
        tcsetwinsize(&self.keys, size).expect("a size");
        self.parser.screen_mut().set_size(rows, columns);
        self
    }

    /// Sends a signal to the program.
    pub(crate) fn signals(&mut self, signal: rustix::process::Signal) -> &mut Self {
        let id = i32::try_from(self.child.id()).expect("a process id");
        let id = rustix::process::Pid::from_raw(id).expect("no zero");
        rustix::process::kill_process(id, signal).expect("sent");
        self
    }

    /// Whether the screen is another one than that of the shell.
    pub(crate) fn has_taken_the_screen(&self) -> bool {
        self.parser.screen().alternate_screen()
    }

    /// What is on the screen.
    pub(crate) fn screen(&self) -> String {
        self.parser.screen().contents()
    }

    /// Types once the program reads keys one by one: before, Ctrl-C is a signal.
    #[track_caller]
    pub(crate) fn presses(&mut self, keys: &str) -> &mut Self {
        let end = Instant::now() + PATIENCE;
        while tcgetattr(&self.keys).expect("a terminal").local_modes.contains(LocalModes::ICANON) {
            assert!(Instant::now() < end, "nobody reads keys:\n{}", self.screen());
            thread::sleep(Duration::from_millis(5));
        }
        self.types(keys)
    }

    /// Types. `\r` is Return, `\x1b` Escape, `\x03` Ctrl-C.
    pub(crate) fn types(&mut self, keys: &str) -> &mut Self {
        self.keys.write_all(keys.as_bytes()).expect("somebody reads the keys");
        self
    }

    /// Waits for the end. What was printed, from first to last, is the standard output; control sequences are left out.
    #[track_caller]
    pub(crate) fn ends(mut self) -> Ran {
        let end = Instant::now() + PATIENCE;
        let status = loop {
            while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(20)) {
                self.take(&bytes);
            }
            if let Some(status) = self.child.try_wait().expect("a child") {
                break status;
            }
            assert!(Instant::now() < end, "it does not end:\n{}", self.screen());
        };
        while let Ok(bytes) = self.output.recv_timeout(Duration::from_millis(200)) {
            self.take(&bytes);
        }
        let sequences =
            regex::bytes::Regex::new(r"\x1b(\[[0-9;?]*[a-zA-Z]|[()][A-Z0-9]|[=>78])|\r").expect("a constant");
        let stdout = sequences.replace_all(&self.raw, &b""[..]);
        let stdout = redact(&String::from_utf8_lossy(&stdout), &self.folder);
        Ran { code: status.code().unwrap_or(-1), stdout, stderr: String::new() }
    }
}

impl Drop for Pty {
    fn drop(&mut self) {
        // One that has ended is no harm.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}
