//! `docker run … -v X:/kratix/input … IMAGE` as what it gives a container.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use super::case::{Given, Mount, Variable};
use crate::kratix::{Target, Workflow};
use crate::script::{Argument, Invocation};
use crate::suite::settings::is_secret;

/// Options that have their value in the next word, besides those that are read.
const VALUED: [&str; 47] = [
    "--add-host",
    "--annotation",
    "--attach",
    "-a",
    "--blkio-weight",
    "--cap-add",
    "--cap-drop",
    "--cgroup-parent",
    "--cgroupns",
    "--cidfile",
    "--cpu-period",
    "--cpu-quota",
    "--cpu-shares",
    "-c",
    "--cpus",
    "--cpuset-cpus",
    "--device",
    "--dns",
    "--dns-search",
    "--domainname",
    "--expose",
    "--gpus",
    "--group-add",
    "--hostname",
    "-h",
    "--ip",
    "--ipc",
    "--isolation",
    "--label",
    "-l",
    "--label-file",
    "--link",
    "--log-driver",
    "--log-opt",
    "--memory-swap",
    "--name",
    "--pid",
    "--publish",
    "-p",
    "--restart",
    "--runtime",
    "--security-opt",
    "--shm-size",
    "--stop-timeout",
    "--tmpfs",
    "--ulimit",
    "--volumes-from",
];
/// Options that mean nothing to a test.
const ASIDE: [&str; 13] = [
    "--rm",
    "-i",
    "-t",
    "-it",
    "-ti",
    "-d",
    "--interactive",
    "--tty",
    "--detach",
    "--name",
    "--init",
    "--label",
    "--pull",
];

/// One command that runs a container with an input of Kratix's.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Run {
    pub(super) line: usize,
    /// What is mounted at `/kratix` or below it, by that path.
    pub(super) kratix: BTreeMap<String, PathBuf>,
    pub(super) given: Given,
    /// Files with more of the environment.
    pub(super) env_files: Vec<PathBuf>,
    /// What is not taken over of it, in words.
    pub(super) left_out: Vec<String>,
}

impl Run {
    /// The folder or file that is mounted as the input.
    pub(super) fn input(&self) -> Option<PathBuf> {
        let file = self.kratix.get("/kratix/input/object.yaml");
        file.cloned().or_else(|| self.folder("input"))
    }

    /// The folder that is mounted as `/kratix/NAME`.
    pub(super) fn folder(&self, name: &str) -> Option<PathBuf> {
        let whole = || Some(self.kratix.get("/kratix")?.join(name));
        self.kratix.get(&format!("/kratix/{name}")).cloned().or_else(whole)
    }
}

/// Reads a command, if it runs a container with something mounted below `/kratix`.
pub(super) fn read(command: &Invocation) -> Option<Run> {
    let words = &command.words;
    let program = Path::new(&words.first()?.text).file_name()?.to_str()?;
    if !["docker", "podman", "nerdctl"].contains(&program) {
        return None;
    }
    let skipped = 1 + usize::from(words.get(1).is_some_and(|word| word.text == "container"));
    if words.get(skipped)?.text != "run" {
        return None;
    }
    let mut run = Run { line: command.line, ..Run::default() };
    let directory = command.directory.as_deref();
    let mut words = words[skipped + 1..].iter();
    while let Some(word) = words.next() {
        if !word.text.starts_with('-') {
            run.given.image.clone_from(&word.value);
            let rest: Vec<Argument> = words.cloned().collect();
            run.command(&rest);
            break;
        }
        let (option, value) = split(word);
        let value = match value {
            None if takes_value(&option) => words.next().cloned(),
            value => value,
        };
        run.option(&option, value.as_ref(), directory);
    }
    (!run.kratix.is_empty() || run.left_out.iter().any(|text| text.contains("/kratix"))).then_some(run)
}

/// An option, and its value if that is in the same word.
fn split(word: &Argument) -> (String, Option<Argument>) {
    let behind = |at: usize| Argument {
        text: word.text[at..].to_owned(),
        value: word.value.as_ref().and_then(|value| value.get(at..)).map(str::to_owned),
    };
    match word.text.find('=') {
        Some(at) if word.text.starts_with("--") => (word.text[..at].to_owned(), Some(behind(at + 1))),
        _ if word.text.len() > 2
            && ["-e", "-v", "-u", "-w", "-m"].iter().any(|short| word.text.starts_with(short)) =>
        {
            (word.text[..2].to_owned(), Some(behind(2)))
        }
        _ => (word.text.clone(), None),
    }
}

fn takes_value(option: &str) -> bool {
    const READ: [&str; 20] = [
        "-e",
        "--env",
        "--env-file",
        "-v",
        "--volume",
        "--mount",
        "--network",
        "--net",
        "--platform",
        "-u",
        "--user",
        "-w",
        "--workdir",
        "--entrypoint",
        "-m",
        "--memory",
        "--userns",
        "--sysctl",
        "--pull",
        "--stop-signal",
    ];
    READ.contains(&option) || VALUED.contains(&option)
}

impl Run {
    fn option(&mut self, option: &str, value: Option<&Argument>, directory: Option<&Path>) {
        let text = value.map(|value| value.text.as_str()).unwrap_or_default();
        let known = value.and_then(|value| value.value.as_deref());
        match (option, known) {
            ("-e" | "--env", _) => self.env(text, known),
            ("-v" | "--volume", Some(volume)) => self.volume(volume, directory),
            ("--mount", Some(mount)) => self.mount(mount, directory),
            ("-v" | "--volume" | "--mount", None) => {
                self.left_out.push(format!("the volume `{text}`, which only a run can tell"));
            }
            ("--network" | "--net", Some(network)) => self.given.network = Some(network.to_owned()),
            ("--platform", Some(platform)) => self.given.platform = Some(platform.to_owned()),
            ("--env-file", Some(file)) => match directory {
                Some(directory) => self.env_files.push(directory.join(file)),
                None => self
                    .left_out
                    .push(format!("`--env-file {file}`, since where it runs only a run can tell")),
            },
            ("-u" | "--user", _) => {
                self.left_out
                    .push(format!("`{option} {text}`: the image's user is who runs it on the platform"));
            }
            ("--entrypoint" | "-w" | "--workdir", _) => {
                self.left_out.push(format!("`{option} {text}`: the Promise says what is run and where"));
            }
            _ if ASIDE.contains(&option) => {}
            _ if text.is_empty() => self.left_out.push(format!("`{option}`")),
            _ => self.left_out.push(format!("`{option} {text}`")),
        }
    }

    /// `NAME=VALUE`, or `NAME` for what it is where the script runs.
    fn env(&mut self, text: &str, known: Option<&str>) {
        let (name, written) = text.split_once('=').map_or((text, None), |(name, value)| (name, Some(value)));
        let known = known.and_then(|known| known.split_once('='));
        let variable = match (known, written) {
            (Some((_, value)), _) => Variable::of(name, value.to_owned()),
            (None, None) => Variable::From(name.to_owned()),
            (None, Some(written)) => {
                let variable = written.trim_start_matches(['$', '{']).trim_end_matches('}');
                let is_one = variable.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric());
                Variable::From(if is_one && !variable.is_empty() { variable } else { name }.to_owned())
            }
        };
        self.given.set(name, variable);
    }

    /// `SOURCE:TARGET[:OPTIONS]`.
    fn volume(&mut self, volume: &str, directory: Option<&Path>) {
        let mut parts = volume.split(':');
        let (Some(source), Some(target)) = (parts.next(), parts.next()) else {
            self.left_out.push(format!("the volume `{volume}`, which nothing is put into"));
            return;
        };
        let read_only = parts.next().is_some_and(|options| options.split(',').any(|option| option == "ro"));
        if !source.contains('/') && source != "." && !source.starts_with('~') {
            self.left_out.push(format!("the engine's own volume `{volume}`"));
            return;
        }
        self.bind(source, target, read_only, directory);
    }

    /// `type=bind,source=SOURCE,target=TARGET[,readonly]`.
    fn mount(&mut self, mount: &str, directory: Option<&Path>) {
        let (mut source, mut target, mut read_only, mut binds) = (None, None, false, false);
        for option in mount.split(',') {
            match option.split_once('=').unwrap_or((option, "true")) {
                ("type", kind) => binds = kind == "bind",
                ("source" | "src", path) => source = Some(path),
                ("target" | "destination" | "dst", path) => target = Some(path),
                ("readonly" | "ro", value) => read_only = value != "false",
                _ => {}
            }
        }
        match (source, target) {
            (Some(source), Some(target)) if binds => self.bind(source, target, read_only, directory),
            _ => self.left_out.push(format!("`--mount {mount}`")),
        }
    }

    fn bind(&mut self, source: &str, target: &str, read_only: bool, directory: Option<&Path>) {
        let target = target.trim_end_matches('/');
        let path = match (source.starts_with(['/', '~']), directory) {
            (true, _) => PathBuf::from(source),
            (false, Some(directory)) => directory.join(source),
            (false, None) => {
                self.left_out
                    .push(format!("the volume `{source}:{target}`, since where it runs only a run can tell"));
                return;
            }
        };
        match target == "/kratix" || target.starts_with("/kratix/") {
            true => drop(self.kratix.insert(target.to_owned(), path)),
            false => self.given.volumes.push(Mount {
                source: path.display().to_string(),
                target: target.to_owned(),
                read_only,
            }),
        }
    }

    /// What is run in place of the image's command.
    fn command(&mut self, words: &[Argument]) {
        let words: Vec<&str> = words.iter().map(|word| word.value.as_deref().unwrap_or(&word.text)).collect();
        self.given.command = match words.as_slice() {
            [] => None,
            ["sh" | "bash" | "/bin/sh" | "/bin/bash", "-c" | "-ec" | "-exc", script, ..] => {
                Some((*script).to_owned())
            }
            words => Some(words.join(" ")),
        };
    }
}

impl Given {
    /// Takes a variable. Those of Kratix are the platform's to set, and tell which workflow is meant.
    pub(super) fn set(&mut self, name: &str, variable: Variable) {
        if !name.starts_with("KRATIX_") {
            self.env.insert(name.to_owned(), variable);
            return;
        }
        let Variable::Value(value) = variable else { return };
        let usual = Workflow::ALL[2];
        let workflow = self.target.as_ref().map_or(usual, |target| target.workflow);
        let workflow = match name {
            "KRATIX_WORKFLOW_TYPE" => value.parse().ok().map(|kind| Workflow { kind, ..workflow }),
            "KRATIX_WORKFLOW_ACTION" => value.parse().ok().map(|action| Workflow { action, ..workflow }),
            _ => None,
        };
        if let Some(workflow) = workflow {
            self.target = Some(Target::workflow(workflow));
        }
    }

    /// Lines of `NAME=VALUE`, as in a file that `--env-file` names.
    pub(super) fn set_lines(&mut self, text: &str) {
        let lines = text.lines().map(str::trim).filter(|line| !line.is_empty() && !line.starts_with('#'));
        for line in lines {
            let (name, variable) = match line.split_once('=') {
                Some((name, value)) => (name, Variable::of(name, value.to_owned())),
                None => (line, Variable::From(line.to_owned())),
            };
            self.set(name, variable);
        }
    }

    /// The variables whose values are not written down, since their names are those of secrets.
    pub(super) fn secrets(&self) -> impl Iterator<Item = &str> {
        let secret = |(name, variable): (&'_ String, &'_ Variable)| {
            matches!(variable, Variable::From(from) if from == name) && is_secret(name)
        };
        self.env
            .iter()
            .filter(move |(name, variable)| secret((name, variable)))
            .map(|(name, _)| name.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::script::{Script, walk};

    fn run(text: &str) -> Run {
        let script = Script { text: text.to_owned(), is_makefile: false };
        let commands = walk(&script, Path::new("/r/scripts/t"), Path::new("/r"), Path::new("/r"));
        commands.iter().find_map(read).expect("a container is run")
    }

    #[test]
    fn what_a_workshops_script_gives_a_container_is_read() {
        let run = run(
            "out=$(pwd)/test/output\ndocker run \\\n  --rm --volume ~/.kube:/root/.kube --network=host \\\n\
                       --volume ${out}:/kratix/output -v ./test/input:/kratix/input/ \\\n\
                       --env MINIO_USER=minioadmin -e MINIO_PASSWORD=hunter2 -eA=b=c -e HERE -e \"X=$Y\" \\\n\
                       acme/x:1 sh -c \"${1:-configure}\"\n",
        );
        assert_eq!(run.line, 2);
        assert_eq!(run.input().expect("an input"), Path::new("/r/./test/input"));
        assert_eq!(run.folder("output").expect("an output"), Path::new("/r/test/output"));
        let kube = Mount { source: "~/.kube".into(), target: "/root/.kube".into(), read_only: false };
        let env = [
            ("A", Variable::Value("b=c".into())),
            ("HERE", Variable::From("HERE".into())),
            ("MINIO_PASSWORD", Variable::From("MINIO_PASSWORD".into())),
            ("MINIO_USER", Variable::Value("minioadmin".into())),
            ("X", Variable::From("Y".into())),
        ];
        let expected = Given {
            image: Some("acme/x:1".into()),
            command: Some("configure".into()),
            network: Some("host".into()),
            volumes: vec![kube],
            env: env.map(|(name, variable)| (name.to_owned(), variable)).into(),
            ..Given::default()
        };
        assert_eq!(run.given, expected);
        assert_eq!(run.given.secrets().collect::<Vec<_>>(), ["MINIO_PASSWORD"]);
        assert!(run.left_out.is_empty(), "{:?}", run.left_out);
    }

    #[test]
    fn what_is_not_taken_over_is_told() {
        let run =
            run("podman run -it -u \"$(id -u)\" -v $DATA:/data -v cache:/cache --cpus 2 --privileged \\\n\
                       --mount type=bind,src=/r/in,dst=/kratix,readonly -e KRATIX_WORKFLOW_TYPE=promise x");
        assert_eq!(
            run.left_out,
            [
                "`-u $(id -u)`: the image's user is who runs it on the platform",
                "the volume `$DATA:/data`, which only a run can tell",
                "the engine's own volume `cache:/cache`",
                "`--cpus 2`",
                "`--privileged`",
            ]
        );
        assert_eq!(run.input().expect("an input"), Path::new("/r/in/input"));
        assert_eq!(run.given.target.expect("a workflow").to_string(), "promise/configure");
    }

    #[test]
    fn other_commands_are_none() {
        for text in [
            "docker build -v a:/kratix/input .",
            "docker run -v /a:/b x",
            "echo docker run -v a:/kratix x",
            "docker",
        ] {
            let script = Script { text: text.to_owned(), is_makefile: false };
            let commands = walk(&script, Path::new("/r/t"), Path::new("/r"), Path::new("/r"));
            assert_eq!(commands.iter().find_map(read), None, "{text}");
        }
    }
}
