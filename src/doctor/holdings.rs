//! What there is of ours in the engine.

use super::Probe;
use crate::called;
use crate::engine::Holdings;

/// More than a cache of small images comes to.
const MUCH: u64 = 10 << 30;

/// Images, and what killed runs left. `size` says a number of bytes.
pub(crate) fn of_ours(holdings: &Holdings, size: &dyn Fn(u64) -> String) -> Probe {
    let Holdings { images, image_bytes, left_behind } = *holdings;
    let plural = |count: usize| if count == 1 { "" } else { "s" };
    let built = match images {
        0 => "no image of ours".to_owned(),
        _ => format!("{images} image{} of ours, at most {}", plural(images), size(image_bytes)),
    };
    let clean = format!("{} clean", called::name());
    if left_behind > 0 {
        let left = format!(
            "{built}; {left_behind} container{} or volume{0} of runs that were killed",
            plural(left_behind)
        );
        return Probe::warning("leftovers", left).mend(clean);
    }
    let text = format!("{built}; nothing is left of earlier runs");
    if image_bytes > MUCH {
        return Probe::warning("leftovers", text).mend(clean);
    }
    Probe::ok("leftovers", text)
}

#[cfg(test)]
mod tests {
    use super::super::Verdict;
    use super::*;

    #[test]
    fn what_killed_runs_left_and_much_space_are_warnings() {
        let probe = |images, image_bytes, left_behind| {
            of_ours(&Holdings { images, image_bytes, left_behind }, &|bytes| format!("{bytes} B"))
        };
        let clean = probe(1, 7, 0);
        assert_eq!(clean.text, "1 image of ours, at most 7 B; nothing is left of earlier runs");
        assert_eq!(clean.verdict, Verdict::Ok);
        let killed = probe(0, 0, 2);
        assert_eq!(killed.text, "no image of ours; 2 containers or volumes of runs that were killed");
        assert_eq!((killed.verdict, killed.mend.as_deref()), (Verdict::Warning, Some("kratix-test clean")));
        assert_eq!(probe(90, MUCH + 1, 0).verdict, Verdict::Warning);
    }
}
