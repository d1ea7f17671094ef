//! Images on their way into a cluster, in words.

use super::paint::Paint;
use super::words::{Bytes, Count, Elapsed};
use crate::cluster::Event;

/// What a bar says while an image is on its way.
pub(super) fn title(image: &str, nodes: usize) -> String {
    format!("Loading {image} into {}", Count(nodes, "node"))
}

/// A line on how it went in a node, or nothing for what only moves a bar.
pub(super) fn result(event: &Event<'_>, paint: Paint) -> Option<String> {
    match event {
        Event::Loaded { image, node, bytes, elapsed } => {
            let how = paint.dim(format!("({} in {})", Bytes(*bytes), Elapsed(*elapsed)));
            Some(format!("{} {image} into {node} {how}\n", paint.green("Loaded")))
        }
        Event::Present { image, node } => Some(format!("{image} is already in {node}\n")),
        _ => None,
    }
}

/// Why a node did not take an image, with what its command printed.
pub(super) fn failure(event: &Event<'_>, paint: Paint) -> Option<String> {
    let Event::Failed { image, node, reason, output } = event else { return None };
    let what = match image {
        Some(image) => format!("{image} was not loaded into {node}"),
        None => format!("nothing was loaded into {node}"),
    };
    let mut text = format!("{} {what}: {reason}\n", paint.red("error:"));
    for line in output.lines() {
        text.push_str(&format!("  {} {line}\n", paint.dim("|")));
    }
    Some(text)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use super::*;

    const PLAIN: Paint = Paint { on: false };

    #[test]
    fn a_line_says_what_went_where() {
        let (image, node) = ("acme/x:1", "kind-worker");
        let loaded = Event::Loaded { image, node, bytes: 10 << 20, elapsed: Duration::from_millis(412) };
        assert_eq!(result(&loaded, PLAIN).unwrap(), "Loaded acme/x:1 into kind-worker (10 MiB in 0.41s)\n");
        let present = Event::Present { image, node };
        assert_eq!(result(&present, PLAIN).unwrap(), "acme/x:1 is already in kind-worker\n");
        assert_eq!(title(image, 2), "Loading acme/x:1 into 2 nodes");
    }

    #[test]
    fn a_failure_shows_all_that_the_command_printed() {
        let node = "kind-worker";
        let failed =
            Event::Failed { image: Some("x"), node, reason: "`ctr` failed", output: "ctr: one\nand two" };
        assert_eq!(
            failure(&failed, PLAIN).unwrap(),
            "error: x was not loaded into kind-worker: `ctr` failed\n  | ctr: one\n  | and two\n"
        );
        let stopped = Event::Failed { image: None, node, reason: "it is exited", output: "" };
        assert_eq!(
            failure(&stopped, PLAIN).unwrap(),
            "error: nothing was loaded into kind-worker: it is exited\n"
        );
    }
}
