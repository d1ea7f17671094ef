//! The user's editor.

use std::collections::BTreeMap;
use std::path::Path;
use std::process::Command;

use anyhow::{Context as _, bail};

/// Opens a file in what `VISUAL` or `EDITOR` says, which may be a command with arguments, and waits until it is closed.
pub(super) fn edit(file: &Path, environment: &BTreeMap<String, String>) -> anyhow::Result<()> {
    let set = |name: &str| environment.get(name).filter(|editor| !editor.trim().is_empty());
    let editor = set("VISUAL").or_else(|| set("EDITOR")).map_or("vi", String::as_str);
    // The shell reads the command as it reads one that is typed.
    let status = Command::new("sh").arg("-c").arg(format!("{editor} \"$@\"")).arg(editor).arg(file).status();
    let status = status.with_context(|| format!("{editor} cannot be started"))?;
    if !status.success() {
        bail!("{editor} failed, and nothing is changed");
    }
    Ok(())
}
