//! Numbers as people say them.

use std::fmt;
use std::time::Duration;

/// `1 test`, `3 tests`.
pub(crate) struct Count(pub(crate) usize, pub(crate) &'static str);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let plural = if self.0 == 1 { "" } else { "s" };
        write!(f, "{} {}{plural}", self.0, self.1)
    }
}

/// `0.41s`, `2m 03s`.
pub(crate) struct Elapsed(pub(crate) Duration);

impl fmt::Display for Elapsed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self.0.as_secs() {
            seconds if seconds >= 60 => write!(f, "{}m {:02}s", seconds / 60, seconds % 60),
            _ => write!(f, "{:.2}s", self.0.as_secs_f64()),
        }
    }
}

/// `512 B`, `1.5 KiB`, `1 GiB`.
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    #[expect(clippy::cast_precision_loss, reason = "shown with one decimal")]
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut size = self.0 as f64;
        let mut unit = "B";
        for larger in ["KiB", "MiB", "GiB", "TiB"] {
            if size < 1024.0 {
                break;
            }
            (size, unit) = (size / 1024.0, larger);
        }
        let text = format!("{size:.1}");
        write!(f, "{} {unit}", text.strip_suffix(".0").unwrap_or(&text))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_read_as_people_say_them() {
        assert_eq!(Count(1, "test").to_string(), "1 test");
        assert_eq!(Count(0, "test").to_string(), "0 tests");
        assert_eq!(Elapsed(Duration::from_millis(412)).to_string(), "0.41s");
        assert_eq!(Elapsed(Duration::from_secs(123)).to_string(), "2m 03s");
        assert_eq!(Bytes(12).to_string(), "12 B");
        assert_eq!(Bytes(1536).to_string(), "1.5 KiB");
        assert_eq!(Bytes(1 << 30).to_string(), "1 GiB");
    }
}
