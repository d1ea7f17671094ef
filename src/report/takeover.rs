//! What is taken over from another layout, as text.

use super::paint::Paint;
use crate::suite::takeover::Takeover;

/// The tests that would be written.
pub(crate) fn question(takeover: &Takeover, paint: Paint) -> String {
    let tests = takeover.offers.iter().map(|offer| (offer.name.clone(), &offer.what));
    let completed = takeover.completed.iter();
    let completed =
        completed.map(|completed| (completed.folder.display().to_string(), &completed.offer.what));
    let lines: Vec<(String, &String)> = tests.chain(completed).collect();
    let width = lines.iter().map(|(name, _)| name.chars().count()).max().unwrap_or_default();
    let line = |(name, what): &(String, &String)| format!("  {name:width$}  {}\n", paint.dim(what));
    lines.iter().map(line).collect()
}
