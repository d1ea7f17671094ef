//! One finding as text: the code, the platform's words whole, the place, and what to do.

use super::paint::Paint;
use crate::kratix::{Code, Finding, Severity};

/// What the platform would refuse, or do otherwise than the author means.
pub(crate) fn render(finding: &Finding, paint: Paint) -> String {
    let head = format!("{} {}", finding.severity, finding.code);
    let head = match finding.severity {
        Severity::Error => paint.red(head),
        Severity::Warning => paint.yellow(head),
    };
    let mut text = format!("{head} {}\n", finding.text.trim_end());
    if let Some(place) = &finding.at {
        let at = place.position.map_or_else(String::new, |at| format!(":{}:{}", at.line, at.column));
        text.push_str(&format!("  {}\n", paint.dim(format!("{}{at}", place.file.display()))));
    }
    if let Some(hint) = &finding.hint {
        text.push_str(&format!("  {} {hint}\n", paint.cyan("hint:")));
    }
    text.trim_end().to_owned()
}

/// The page on a code.
pub(crate) fn page(code: Code) -> String {
    let rule = code.rule();
    format!("{}\n", rule.page.trim_end())
}
