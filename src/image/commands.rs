//! `docker build` commands in scripts and Makefiles: which image a repository says it builds from what.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::reference;
use super::survey::{dockerfile_in, is_within};
use crate::script::Script;
use crate::script::shell::{Word, simple_commands};

/// Options that have their value in the next word, besides those that are read.
const VALUED: [&str; 26] = [
    "--add-host",
    "--allow",
    "--annotation",
    "--attest",
    "--build-context",
    "--builder",
    "--cache-from",
    "--cache-to",
    "--call",
    "--cgroup-parent",
    "--iidfile",
    "--isolation",
    "--label",
    "--memory",
    "--metadata-file",
    "--network",
    "--no-cache-filter",
    "--output",
    "--platform",
    "--progress",
    "--secret",
    "--security-opt",
    "--shm-size",
    "--ssh",
    "--ulimit",
    "-o",
];

/// How a script builds an image.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Built {
    pub(super) dockerfile: PathBuf,
    pub(super) context: PathBuf,
    pub(super) target: String,
    pub(super) args: BTreeMap<String, String>,
}

/// Every literal `docker build … -t IMAGE … CONTEXT` of scripts and Makefiles, by the image, with all that it can mean.
pub(super) fn read(scripts: &[PathBuf], root: &Path) -> Vec<(String, Built)> {
    let mut builds = Vec::new();
    for path in scripts {
        let Some(script) = Script::read(path) else { continue };
        let commands = commands(&script);
        for (command, base) in commands
            .iter()
            .flat_map(|command| bases(path, script.is_makefile, root).map(move |base| (command, base)))
        {
            let built = command.resolve(base, root);
            builds.extend(
                built
                    .into_iter()
                    .flat_map(|built| command.tags.iter().map(move |tag| (tag.clone(), built.clone()))),
            );
        }
    }
    builds
}

/// R6: what the commands that build an image build it from, if they all agree and can mean one thing only.
pub(super) fn build_command(image: &str, builds: &[(String, Built)]) -> Option<Built> {
    let mut found = builds.iter().filter(|(tag, _)| reference::same(tag, image)).map(|(_, built)| built);
    let first = found.next()?;
    found.all(|other| other == first).then(|| first.clone())
}

/// Where a script may be started: a Makefile in its folder, another one anywhere above it too.
fn bases<'a>(script: &'a Path, is_makefile: bool, root: &Path) -> impl Iterator<Item = &'a Path> {
    let above = script.ancestors().skip(1).take_while(move |above| above.starts_with(root));
    above.take(if is_makefile { 1 } else { usize::MAX })
}

/// One `docker build`, as far as it is literal.
#[derive(Debug, Default, PartialEq, Eq)]
struct Command {
    /// Where it runs, relative to where the script does.
    directory: String,
    tags: Vec<String>,
    file: Option<String>,
    context: String,
    target: String,
    args: BTreeMap<String, String>,
}

impl Command {
    /// The Dockerfile and context, if started from `base`.
    fn resolve(&self, base: &Path, root: &Path) -> Option<Built> {
        let directory = base.join(&self.directory);
        let context = fs::canonicalize(directory.join(&self.context)).ok()?;
        let dockerfile = match &self.file {
            Some(file) => {
                let folder = fs::canonicalize(directory.join(file).parent()?).ok()?;
                folder.join(Path::new(file).file_name()?)
            }
            None => dockerfile_in(&context, root)?,
        };
        let inside = context.is_dir() && context.starts_with(root) && is_within(&dockerfile, root);
        inside.then(|| Built { dockerfile, context, target: self.target.clone(), args: self.args.clone() })
    }
}

/// The commands of a script. Each line of a Makefile starts in its folder.
fn commands(script: &Script) -> Vec<Command> {
    let mut shell = Shell::default();
    let mut commands = Vec::new();
    for line in script.lines() {
        if script.is_makefile {
            shell = Shell::default();
        }
        commands.extend(shell.line(line.text.trim()));
    }
    commands
}

/// What is known of the current directory.
struct Shell {
    /// Relative to where the script starts; `None` once it went where we cannot tell.
    directory: Option<String>,
}

impl Default for Shell {
    fn default() -> Self {
        Self { directory: Some(String::new()) }
    }
}

impl Shell {
    fn line(&mut self, line: &str) -> Vec<Command> {
        let before = self.directory.clone();
        let commands = simple_commands(line).iter().filter_map(|words| self.command(words)).collect();
        match (line.matches('(').count(), line.matches(')').count()) {
            (0, 0) => {}
            // What a subshell does to the directory ends with it.
            (opened, closed) if opened == closed => self.directory = before,
            _ => self.directory = None,
        }
        commands
    }

    fn command(&mut self, words: &[Word]) -> Option<Command> {
        let is_prefix = |word: &Word| {
            let assignment = word.text.split_once('=').is_some_and(|(name, _)| !name.starts_with('-'));
            assignment
                || matches!(
                    word.text.as_str(),
                    "sudo" | "exec" | "then" | "do" | "else" | "if" | "!" | "{" | "time"
                )
        };
        let words = &words[words.iter().take_while(|word| is_prefix(word)).count()..];
        let (first, rest) = words.split_first()?;
        match first.text.trim_start_matches(['@', '-', '+']) {
            "cd" => self.enter(rest),
            "pushd" | "popd" => self.directory = None,
            "docker" | "podman" | "nerdctl" => {
                let skip = usize::from(
                    rest.first().is_some_and(|word| matches!(word.text.as_str(), "buildx" | "image")),
                );
                let build = rest.get(skip).is_some_and(|word| word.text == "build");
                return build.then(|| self.build(&rest[skip + 1..])).flatten();
            }
            _ => {}
        }
        None
    }

    fn enter(&mut self, words: &[Word]) {
        let known = match words {
            [word] if word.is_relative() => {
                self.directory.take().map(|directory| format!("{directory}{}/", word.text))
            }
            _ => None,
        };
        self.directory = known;
    }

    fn build(&self, words: &[Word]) -> Option<Command> {
        let mut command = Command { directory: self.directory.clone()?, ..Command::default() };
        let mut contexts = Vec::new();
        let mut words = words.iter();
        while let Some(word) = words.next() {
            if !word.text.starts_with('-') || word.text == "-" {
                contexts.push(word);
                continue;
            }
            let (option, value) = match word.text.split_once('=') {
                Some((option, value)) => (option, Some(word.with_text(value))),
                None if takes_value(&word.text) => (word.text.as_str(), words.next().cloned()),
                None => (word.text.as_str(), None),
            };
            command.option(option, value)?;
        }
        match contexts.as_slice() {
            [context] if context.is_relative() => command.context.clone_from(&context.text),
            _ => return None,
        }
        Some(command)
    }
}

impl Command {
    /// `None` where the Dockerfile or the stage cannot be known.
    fn option(&mut self, option: &str, value: Option<Word>) -> Option<()> {
        let literal = value.filter(|value| value.literal);
        match option {
            "-t" | "--tag" => self.tags.extend(literal.map(|tag| tag.text)),
            "-f" | "--file" => self.file = Some(literal.filter(Word::is_relative)?.text),
            "--target" => self.target = literal?.text,
            "--build-arg" => {
                let literal = literal
                    .and_then(|arg| arg.text.split_once('=').map(|(k, v)| (k.to_owned(), v.to_owned())));
                self.args.extend(literal);
            }
            _ => {}
        }
        Some(())
    }
}

fn takes_value(option: &str) -> bool {
    matches!(option, "-t" | "--tag" | "-f" | "--file" | "--target" | "--build-arg")
        || VALUED.contains(&option)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::testing::Files;

    /// What a script says builds `acme/x:1`, relative to the repository.
    fn built(files: &Files, scripts: &[&str]) -> Option<(String, String)> {
        let scripts: Vec<PathBuf> = scripts.iter().map(|script| files.path(script)).collect();
        let found = build_command("acme/x:1", &read(&scripts, &files.path("")))?;
        let shown = |path: &Path| path.strip_prefix(files.path("")).unwrap().display().to_string();
        Some((shown(&found.dockerfile), shown(&found.context)))
    }

    fn files() -> Files {
        Files::new(&[
            ("promise/pipeline/Dockerfile", ""),
            ("promise/pipeline/Dockerfile.two", ""),
            ("b/Dockerfile", ""),
        ])
    }

    #[test]
    fn a_literal_command_is_found_however_it_is_written() {
        for text in [
            "docker build -t acme/x:1 pipeline",
            "set -e\ndocker build \\\n  --tag=acme/x:1 \\\n  --platform linux/amd64 ./pipeline/ # builds",
            "sudo docker buildx build --load --progress plain --tag \"acme/x:1\" -t other 'pipeline' >/dev/null 2>&1",
            "if true; then DOCKER_BUILDKIT=1 podman build -q pipeline -t docker.io/acme/x:1; fi",
            "(cd b && ls)\ncd pipeline && docker image build -t acme/x:1 .",
            "X=$(pwd)\ndocker build -f pipeline/Dockerfile -t acme/x:1 --label $X pipeline || exit 1",
        ] {
            let files = files();
            files.write("promise/scripts/build.sh", text);
            let found = built(&files, &["promise/scripts/build.sh"]);
            assert_eq!(
                found,
                Some(("promise/pipeline/Dockerfile".into(), "promise/pipeline".into())),
                "{text}"
            );
        }
    }

    #[test]
    fn a_command_that_is_not_literal_says_nothing() {
        for text in [
            "docker build -t $IMAGE pipeline",
            "docker build -t acme/x:$TAG pipeline",
            "docker build -t acme/x:2 pipeline",
            "docker build -t acme/x pipeline",
            "docker build -t acme/x:1 $DIR/pipeline",
            "docker build -t acme/x:1 -f $FILE pipeline",
            "docker build -t acme/x:1 --target `stage` pipeline",
            "docker build -t acme/x:1 pipe*",
            "docker build -t acme/x:1 pipeline other",
            "docker build -t acme/x:1 -",
            "docker build -t acme/x:1 https://example.com/pipeline.git",
            "docker build -t acme/x:1 /pipeline",
            "cd $DIR\ndocker build -t acme/x:1 pipeline",
            "pushd b\ndocker build -t acme/x:1 pipeline",
            "(\ncd b\n)\ndocker build -t acme/x:1 pipeline",
            "(\ncd b\n)\ndocker build -t acme/x:1 ../promise/pipeline",
            "# docker build -t acme/x:1 pipeline",
            "echo 'docker build -t acme/x:1 pipeline'",
            "docker buildx bake -t acme/x:1 pipeline",
            "docker",
        ] {
            let files = files();
            files.write("promise/build.sh", text);
            assert_eq!(built(&files, &["promise/build.sh"]), None, "{text}");
        }
    }

    #[test]
    fn a_makefile_runs_every_line_in_its_own_folder() {
        let files = files();
        files.write(
            "promise/Makefile",
            "build:\n\tcd pipeline && ls\n\t@docker build -t acme/x:1 -f pipeline/Dockerfile.two .\n",
        );
        assert_eq!(
            built(&files, &["promise/Makefile"]),
            Some(("promise/pipeline/Dockerfile.two".into(), "promise".into()))
        );
        files.write("promise/deep/Makefile", "build:\n\tdocker build -t acme/x:1 pipeline\n");
        assert_eq!(built(&files, &["promise/deep/Makefile"]), None);
    }

    #[test]
    fn commands_that_disagree_say_nothing() {
        let files = files();
        files.write("one.sh", "docker build -t acme/x:1 b");
        files.write("promise/two.sh", "docker build -t acme/x:1 pipeline");
        assert!(built(&files, &["one.sh"]).is_some());
        assert_eq!(built(&files, &["one.sh", "promise/two.sh"]), None);
        // Nor does one that may be started from two folders.
        files.write("promise/b/Dockerfile", "");
        files.write("promise/one.sh", "docker build -t acme/x:1 b");
        assert_eq!(built(&files, &["promise/one.sh"]), None);
    }

    #[test]
    fn a_file_without_extension_is_a_script_if_it_says_so() {
        let files = files();
        files.write("promise/build", "docker build -t acme/x:1 pipeline");
        assert_eq!(built(&files, &["promise/build"]), None);
        files.write("promise/build", "#!/usr/bin/env bash\ndocker build -t acme/x:1 pipeline");
        assert!(built(&files, &["promise/build"]).is_some());
    }

    #[test]
    fn literal_arguments_and_the_stage_are_kept() {
        let files = files();
        files.write("a.sh", "docker build -t acme/x:1 --build-arg A=1 --build-arg=B=2=3 --build-arg C=$C --build-arg D --target last b");
        let found = build_command("acme/x:1", &read(&[files.path("a.sh")], &files.path(""))).unwrap();
        assert_eq!(found.target, "last");
        assert_eq!(found.args, BTreeMap::from([("A".into(), "1".into()), ("B".into(), "2=3".into())]));
    }

    #[test]
    fn a_command_that_leads_out_of_the_repository_says_nothing() {
        let files = files();
        files.write("b/a.sh", "docker build -t acme/x:1 ../promise/pipeline");
        assert_eq!(build_command("acme/x:1", &read(&[files.path("b/a.sh")], &files.path("b"))), None);
    }

    proptest::proptest! {
        #[test]
        fn no_script_is_refused(text in "(docker build|-t|--tag=| |a|'|\"|\\\\|\\$|;|&&|\\(|\\)|>|#|\n|cd |é){0,30}") {
            for is_makefile in [false, true] {
                let _ = commands(&Script { text: text.clone(), is_makefile });
            }
        }
    }
}
