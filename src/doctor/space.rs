//! How much room the engine has for images.

use std::io;
use std::path::Path;

use super::Probe;

const NAME: &str = "space";

/// Less than this, and nothing can be built.
const NONE: u64 = 64 << 20;
/// Less than this, and an image of some size does not fit.
const LITTLE: u64 = 2 << 30;

/// The room in a folder of this machine. `size` says a number of bytes.
pub(crate) fn free(folder: &Path, size: &dyn Fn(u64) -> String) -> Probe {
    match available(folder) {
        Ok(bytes) => judged(bytes, &format!("{} free in {}", size(bytes), folder.display())),
        Err(error) => Probe::unknown(NAME, format!("{} cannot be looked at: {error}", folder.display())),
    }
}

/// Of an engine of another machine.
pub(crate) fn elsewhere() -> Probe {
    Probe::unknown(NAME, "not looked at: the engine is on another machine")
}

fn judged(bytes: u64, text: &str) -> Probe {
    match bytes {
        0..NONE => Probe::problem(NAME, text).mend("docker system prune"),
        NONE..LITTLE => Probe::warning(NAME, text).mend("docker system prune"),
        _ => Probe::ok(NAME, text),
    }
}

fn available(folder: &Path) -> io::Result<u64> {
    let found = rustix::fs::statvfs(folder)?;
    Ok(found.f_bavail.saturating_mul(found.f_frsize))
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn the_less_room_the_worse() {
        let verdicts = [0, NONE, LITTLE].map(|bytes| judged(bytes, "").verdict);
        assert_eq!(verdicts, [Verdict::Problem, Verdict::Warning, Verdict::Ok]);
    }

    #[test]
    fn a_folder_that_is_not_there_is_unknown() {
        let probe = free(Path::new("/nowhere/at/all"), &|bytes| bytes.to_string());
        assert_eq!(probe.verdict, Verdict::Unknown);
        assert!(probe.text.starts_with("/nowhere/at/all cannot be looked at: "));
    }
}
