//! `kratix test pipeline … --input-dir DIR -o DIR`, as the plugin of that name that is not ours reads it.

use std::path::{Path, PathBuf};

use super::case::{Given, Variable};
use crate::kratix::Target;
use crate::script::{Argument, Invocation};

/// One command that compares what a pipeline or a stage leaves with a folder.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Golden {
    pub(super) line: usize,
    /// The Promise's folder.
    pub(super) folder: PathBuf,
    pub(super) input: PathBuf,
    pub(super) output: PathBuf,
    pub(super) given: Given,
    /// What is not taken over of it, in words.
    pub(super) left_out: Vec<String>,
}

/// Reads a command, if it is one.
pub(super) fn read(command: &Invocation) -> Option<Golden> {
    let texts: Vec<&str> = command.words.iter().map(|word| word.text.as_str()).collect();
    let program = Path::new(texts.first()?).file_name()?.to_str()?;
    let skipped = match (program, texts.get(1)) {
        ("kratix", Some(&"test")) => 2,
        ("kratix-test", _) => 1,
        _ => return None,
    };
    let kind = *texts.get(skipped).filter(|kind| ["pipeline", "stage"].contains(*kind))?;
    let directory = command.directory.as_deref()?;
    let mut golden = Golden { line: command.line, folder: directory.to_owned(), ..Golden::default() };
    let mut names = Vec::new();
    let mut words = command.words[skipped + 1..].iter();
    while let Some(word) = words.next() {
        let known = word.value.as_deref();
        let (option, value) = match known
            .and_then(|text| text.split_once('='))
            .filter(|(option, _)| option.starts_with("--"))
        {
            Some((option, value)) => {
                (option, Some(Argument { text: value.to_owned(), value: Some(value.to_owned()) }))
            }
            None if takes_value(&word.text) => (word.text.as_str(), words.next().cloned()),
            None => (word.text.as_str(), None),
        };
        if !option.starts_with('-') {
            names.push(known?.to_owned());
            continue;
        }
        let text = value.as_ref().map(|value| value.text.clone()).unwrap_or_default();
        let value = value.and_then(|value| value.value);
        match (option, value) {
            ("-i" | "--input-dir", Some(path)) => golden.input = directory.join(path),
            ("-o" | "--expected-output-dir", Some(path)) => golden.output = directory.join(path),
            ("-d" | "--dir", Some(path)) => golden.folder = directory.join(path),
            ("--env", Some(env)) => golden.env(&env),
            // How images are built is found out, and which engine is asked is the user's to say.
            ("--build" | "--buildx" | "-e" | "--engine", _) => {}
            (option, _) => golden.left_out.push(format!("`{option} {text}`").replace(" `", "`")),
        }
    }
    if kind == "pipeline" {
        names.truncate(1);
    }
    let target: Target = names.join("/").parse().ok()?;
    golden.given.target = Some(target);
    (!golden.input.as_os_str().is_empty()).then_some(golden)
}

fn takes_value(option: &str) -> bool {
    [
        "-i",
        "--input-dir",
        "-o",
        "--expected-output-dir",
        "-d",
        "--dir",
        "--env",
        "-e",
        "--engine",
        "--build-args",
        "--command",
        "--image-tag",
    ]
    .contains(&option)
}

impl Golden {
    /// `NAME=VALUE,NAME=VALUE`.
    fn env(&mut self, text: &str) {
        for pair in text.split(',') {
            match pair.split_once('=') {
                Some((name, value)) => self.given.set(name, Variable::of(name, value.to_owned())),
                None => self.given.set(pair, Variable::From(pair.to_owned())),
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Script, walk};

    fn golden(text: &str) -> Option<Golden> {
        let script = Script { text: text.to_owned(), is_makefile: false };
        let commands = walk(&script, Path::new("/r/t"), Path::new("/r"), Path::new("/r"));
        commands.iter().find_map(read)
    }

    #[test]
    fn a_pipeline_and_a_stage_are_read() {
        let found = golden(
            "kratix test pipeline resource/configure/p --build --input-dir in -o out --env A=1,B_KEY=2",
        )
        .expect("one");
        assert_eq!(
            (found.input.as_path(), found.output.as_path()),
            (Path::new("/r/in"), Path::new("/r/out"))
        );
        assert_eq!(found.given.target.expect("a target").to_string(), "resource/configure/p");
        assert_eq!(found.given.env.len(), 2);
        assert!(found.left_out.is_empty(), "{:?}", found.left_out);
        let found = golden("./bin/kratix-test stage promise/configure/p s --input-dir=in --expected-output-dir=out -d sub --command run").expect("one");
        assert_eq!(found.given.target.expect("a target").to_string(), "promise/configure/p/s");
        assert_eq!((found.folder, found.left_out), ("/r/sub".into(), vec!["`--command run`".to_owned()]));
    }

    #[test]
    fn other_commands_are_none() {
        for text in [
            "kratix test",
            "kratix build -i a",
            "kratix-test run -i a",
            "kratix test pipeline $X -i a",
            "kratix test pipeline resource/configure/p",
        ] {
            assert_eq!(golden(text), None, "{text}");
        }
    }
}
