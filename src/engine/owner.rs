//! Which process made something, and whether it still runs: how leftovers of killed runs are told from live runs.

use std::fmt;
use std::fs;
use std::time::Duration;

use rustix::io::Errno;
use rustix::process::{Pid, test_kill_process};

/// After this, what another machine or boot made counts as left behind, since its process cannot be asked for.
const OLD: Duration = Duration::from_secs(24 * 60 * 60);

/// A process, told from all others of any machine: pids are used again, also after a boot or in a container.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Owner {
    machine: String,
    /// The boot and the pid namespace: in another of either the pid means something else.
    boot: String,
    pid: i32,
    /// In clock ticks since the boot.
    start: u64,
}

impl Owner {
    /// This process.
    pub(super) fn ourselves() -> Self {
        let pid = std::process::id().cast_signed();
        let namespace = fs::read_link("/proc/self/ns/pid").unwrap_or_default();
        let namespace: String = namespace.to_string_lossy().chars().filter(char::is_ascii_digit).collect();
        Self {
            machine: line("/etc/machine-id").or_else(|| line("/etc/hostname")).unwrap_or_default(),
            boot: format!("{}.{namespace}", line("/proc/sys/kernel/random/boot_id").unwrap_or_default()),
            pid,
            start: start_of(pid).unwrap_or_default(),
        }
    }

    /// Reads what [`Owner`] displays.
    pub(super) fn parse(label: &str) -> Option<Self> {
        let mut parts = label.rsplitn(4, ':');
        let start = parts.next()?.parse().ok()?;
        let pid = parts.next()?.parse().ok()?;
        let boot = parts.next()?.to_owned();
        Some(Self { machine: parts.next()?.to_owned(), boot, pid, start })
    }

    /// Whether the process has ended, as far as can be known: `age` decides for other machines and boots.
    pub(super) fn is_gone(&self, ours: &Self, age: Duration) -> bool {
        if self.machine != ours.machine || self.boot != ours.boot || ours.start == 0 {
            return age > OLD;
        }
        !self.runs()
    }

    /// Asks the kernel rather than /proc, which may hide the processes of other users.
    fn runs(&self) -> bool {
        let Some(pid) = Pid::from_raw(self.pid).filter(|_| self.pid > 0) else {
            return false;
        };
        match test_kill_process(pid) {
            Err(Errno::SRCH) => false,
            _ => start_of(self.pid).is_none_or(|start| start == self.start),
        }
    }
}

impl fmt::Display for Owner {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}:{}:{}", self.machine, self.boot, self.pid, self.start)
    }
}

/// The first line of a file of the system, without the separator of our label.
fn line(path: &str) -> Option<String> {
    let text = fs::read_to_string(path).ok()?;
    let line = text.lines().next()?.trim().replace(':', "-");
    (!line.is_empty()).then_some(line)
}

/// When a process started: the 22nd field of its stat, whose 2nd is a name that may hold spaces and brackets.
fn start_of(pid: i32) -> Option<u64> {
    let stat = fs::read_to_string(format!("/proc/{pid}/stat")).ok()?;
    let after_name = &stat[stat.rfind(')')? + 1..];
    after_name.split_whitespace().nth(19)?.parse().ok()
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    /// A process of this machine and boot that has ended.
    pub(in crate::engine) fn dead() -> Owner {
        let mut child = std::process::Command::new("true").spawn().unwrap();
        let pid = child.id().cast_signed();
        child.wait().unwrap();
        Owner { pid, ..Owner::ourselves() }
    }

    const NOW: Duration = Duration::ZERO;
    const DAYS: Duration = Duration::from_secs(200_000);

    #[test]
    fn an_owner_reads_back_from_its_label() {
        let ours = Owner::ourselves();
        assert_eq!(Owner::parse(&ours.to_string()), Some(ours));
        assert_eq!(Owner::parse("x:y:z"), None);
    }

    #[test]
    fn a_live_process_is_never_gone() {
        let ours = Owner::ourselves();
        assert!(!ours.is_gone(&ours, DAYS));
    }

    #[test]
    fn a_dead_process_is_gone_at_once() {
        assert!(dead().is_gone(&Owner::ourselves(), NOW));
    }

    #[test]
    fn a_pid_that_is_used_again_is_gone() {
        let ours = Owner::ourselves();
        let before = Owner { start: ours.start - 1, ..ours.clone() };
        assert!(before.is_gone(&ours, NOW));
    }

    #[test]
    fn other_machines_and_boots_are_gone_when_old() {
        let ours = Owner::ourselves();
        for other in
            [Owner { machine: "other".to_owned(), ..dead() }, Owner { boot: "other".to_owned(), ..dead() }]
        {
            assert!(!other.is_gone(&ours, NOW));
            assert!(other.is_gone(&ours, DAYS));
        }
    }
}
