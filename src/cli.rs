//! Every argument and its help; no logic.

use std::ffi::OsString;
use std::path::PathBuf;

use clap::{Args, CommandFactory as _, FromArgMatches as _, Parser, Subcommand, ValueEnum};

/// Reads the arguments of the program, which help and usage call by this name.
pub(crate) fn parse(arguments: impl Iterator<Item = OsString>, name: &str) -> Result<Cli, clap::Error> {
    let renamed = |command: clap::Command| {
        let called = |text: &str| text.replace("kratix-test ", &format!("{name} "));
        let command = match command.get_after_help().map(ToString::to_string) {
            Some(help) => command.after_help(called(&help)),
            None => command,
        };
        match command.get_name() {
            "pipeline" => command.override_usage(called(PIPELINE_USAGE)),
            "stage" => command.override_usage(called(STAGE_USAGE)),
            _ => command,
        }
    };
    let mut command = Cli::command().bin_name(name).mut_subcommands(renamed);
    let matches = command.try_get_matches_from_mut(arguments)?;
    Cli::from_arg_matches(&matches).map_err(|error| error.format(&mut command))
}

/// Shorter than what is made of the names of the options.
const PIPELINE_USAGE: &str = "kratix-test pipeline TYPE/ACTION/PIPELINE -i FOLDER -o FOLDER [OPTIONS]";
const STAGE_USAGE: &str = "kratix-test stage TYPE/ACTION/PIPELINE STAGE -i FOLDER -o FOLDER [OPTIONS]
       kratix-test stage --image-tag IMAGE -i FOLDER -o FOLDER [OPTIONS]";

/// Test the pipelines of Kratix Promises, in containers, without a cluster
#[derive(Debug, Parser)]
#[command(name = "kratix-test", version, max_term_width = 100, disable_help_subcommand = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    pub(crate) command: Command,

    #[command(flatten)]
    pub(crate) global: Global,
}

/// Options of every command.
#[derive(Debug, Clone, Args)]
pub(crate) struct Global {
    /// When to use colour
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto")]
    pub(crate) color: Color,

    /// Docker context of the engine to use
    #[arg(long, global = true, value_name = "NAME", conflicts_with = "host")]
    pub(crate) context: Option<String>,

    /// Folder of the Promise, or one with Promises below it
    #[arg(short, long, global = true, value_name = "DIR", default_value = ".", hide_default_value = true)]
    pub(crate) dir: PathBuf,

    /// Address of the engine to use: a unix, tcp or ssh URL
    #[arg(long, global = true, value_name = "ADDRESS")]
    pub(crate) host: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Color {
    Auto,
    Always,
    Never,
}

#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Make what the last run left the new expectations, without running it again
    Accept(Accept),
    /// Build the images that promise.yaml names
    Build(Build),
    /// List what the platform would refuse, without running anything
    Check(Check),
    /// Remove the images, containers, volumes and results that this program made
    Clean(Clean),
    /// Print the completions of a shell
    Completions(Completions),
    /// Look for what could keep tests from running, and say how to mend it
    Doctor(Doctor),
    /// Print a page on a finding, or list them all
    Explain(Explain),
    /// Make the tests that a Promise lacks, with requests from its examples and its API
    Init(Init),
    /// Show tests, pipelines, stages, and where each image is built
    List(List),
    /// Put images into a local cluster, or from an archive into the engine
    Load(Load),
    /// Run one pipeline on an input and compare what it writes, as the enterprise plugin does
    Pipeline(Pipeline),
    /// Drop what the last run left, and keep the expectations
    Reject(Reject),
    /// Go through what of the last run is not what is expected: accept, reject, mark or edit it
    Review(Review),
    /// Build the images, run the pipelines, and compare what they leave with what is expected
    Run(Run),
    /// Print the JSON Schema of kratix-test.yaml, for editors
    Schema,
    /// Run one stage on an input and compare what it writes, as the enterprise plugin does
    Stage(Stage),
}

#[derive(Debug, Args)]
pub(crate) struct Accept {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Accept the results of a run elsewhere: the .kratix-test of a CI job, as a folder, .tar or .tar.gz
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) from: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(crate) struct Reject {
    #[command(flatten)]
    pub(crate) selection: Selection,
}

#[derive(Debug, Args)]
#[command(after_help = "\
At a terminal, one key does for each document that differs:
  a accept   r reject   s skip   f, t accept all of the file, of the test
  m mark the value as one that varies   e edit the expected file   u undo
  q quit: what was decided is written, the rest stays pending   ? all keys
Ctrl-C leaves, and nothing is written. Without a terminal, it is printed.")]
pub(crate) struct Review {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// Print it in place of going through it
    #[arg(long, value_name = "FORMAT")]
    pub(crate) format: Option<Format>,

    /// Go through the results of a run elsewhere: the .kratix-test of a CI job, as a folder, .tar or .tar.gz
    #[arg(long, value_name = "DIR|FILE")]
    pub(crate) from: Option<PathBuf>,

    /// Print more of what differs
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
pub(crate) struct Build {
    /// Put them into a cluster on this machine: kind[:NAME], k3d[:NAME] or minikube[:PROFILE]
    #[arg(long, value_name = "CLUSTER")]
    pub(crate) load: Option<String>,

    /// Part of an image's reference; without any, all images
    #[arg(value_name = "IMAGE")]
    pub(crate) names: Vec<String>,

    /// Show the output of builds as it comes
    #[arg(long)]
    pub(crate) no_capture: bool,

    // Last: what follows a heading stands under it.
    #[command(flatten)]
    pub(crate) images: Images,
}

#[derive(Debug, Args)]
pub(crate) struct Check {}

#[derive(Debug, Args)]
pub(crate) struct Clean {
    /// Every image that was built here, not only those of the Promises here
    #[arg(long)]
    pub(crate) all: bool,

    /// Say what would be removed, and remove nothing
    #[arg(long)]
    pub(crate) dry_run: bool,

    /// Only images and results that are older than this, such as 12h or 7d
    #[arg(long, value_name = "AGE")]
    pub(crate) older_than: Option<String>,
}

/// How images are built, or what stands in for them.
#[derive(Debug, Default, Args)]
#[command(next_help_heading = "Images")]
pub(crate) struct Images {
    /// Set a build argument; without a value, the one of the environment
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) build_arg: Vec<String>,

    /// Import the cache of builds from elsewhere, such as type=registry,ref=IMAGE
    #[arg(long, value_name = "SPEC")]
    pub(crate) cache_from: Vec<String>,

    /// Export the cache of builds, such as to type=registry,ref=IMAGE
    #[arg(long, value_name = "SPEC")]
    pub(crate) cache_to: Vec<String>,

    /// Where an image comes from: a folder with a Dockerfile, another image, or `pull`
    #[arg(long, value_name = "REF=DIR|IMAGE")]
    pub(crate) image: Vec<String>,

    /// Build nothing: use the images that promise.yaml names as they are
    #[arg(long, conflicts_with_all = ["rebuild", "pull", "build_arg"])]
    pub(crate) no_build: bool,

    /// Ask the registries for newer base images
    #[arg(long)]
    pub(crate) pull: bool,

    /// Build what has not changed, too, without the engine's cache
    #[arg(long, visible_alias = "no-cache")]
    pub(crate) rebuild: bool,

    /// Let builds read a secret: id=ID[,src=FILE|,env=VARIABLE]
    #[arg(long, value_name = "SPEC")]
    pub(crate) secret: Vec<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Doctor {
    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,
}

#[derive(Debug, Args)]
pub(crate) struct Explain {
    /// Code of the finding, such as KT112
    pub(crate) code: Option<String>,
}

#[derive(Debug, Args)]
pub(crate) struct Completions {
    /// Shell to print them for
    pub(crate) shell: clap_complete::Shell,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kratix-test init                      ask what to test, make the tests, run them, and store what they leave
  kratix-test init --yes                the same for every test that is lacking, and nothing is asked
  kratix-test init --yes --no-run size  only make the tests with size in their names
  kratix-test init --yes --ci github    with a job for GitHub Actions
  kratix-test init --from internal      take over what internal/ tests in another layout

Nothing that exists is overwritten")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Init {
    /// Part of the name of a test to make; without any, all that are lacking
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// Also write a job that runs the tests in CI
    #[arg(long, value_name = "WHERE")]
    pub(crate) ci: Option<Ci>,

    /// Take over tests in another layout: a folder of them, or a script that runs one
    #[arg(long, value_name = "PATH", conflicts_with_all = ["names", "ci", "gitignore", "pre_commit"])]
    pub(crate) from: Option<PathBuf>,

    /// Also have git ignore what runs keep
    #[arg(long)]
    pub(crate) gitignore: bool,

    /// Only write the tests, and run nothing
    #[arg(long)]
    pub(crate) no_run: bool,

    /// Also write a hook of pre-commit that checks the Promise
    #[arg(long)]
    pub(crate) pre_commit: bool,

    /// Ask nothing: make every test, run it, and store what it leaves
    #[arg(short, long)]
    pub(crate) yes: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Ci {
    #[value(name = "github")]
    GitHub,
    #[value(name = "gitlab")]
    GitLab,
}

#[derive(Debug, Args)]
pub(crate) struct List {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// How to print it
    #[arg(long, value_name = "FORMAT", default_value = "text")]
    pub(crate) format: Format,

    /// Show the settings of each test too, and where each is written
    #[arg(short, long)]
    pub(crate) verbose: bool,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kratix-test load kind:platform        every image that the Promise names
  kratix-test load k3d acme/tool:1.0    one image of the engine
  docker save acme/tool:1.0 | kratix-test load --from-archive -")]
pub(crate) struct Load {
    /// Cluster to load into: kind[:NAME], k3d[:NAME] or minikube[:PROFILE]; the name may be left
    /// out where there is one
    pub(crate) cluster: Option<String>,

    /// Image of the engine to load; without any, all that the Promises name, built where they have changed
    #[arg(value_name = "IMAGE")]
    pub(crate) images: Vec<String>,

    /// Load the images of this archive into the engine; - reads standard input
    #[arg(long, value_name = "FILE", conflicts_with = "cluster")]
    pub(crate) from_archive: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    Json,
    Text,
}

/// Which tests.
#[derive(Debug, Args)]
pub(crate) struct Selection {
    /// Part of a test's name; without any, all tests
    #[arg(value_name = "NAME")]
    pub(crate) names: Vec<String>,

    /// Only tests whose name matches this regular expression
    #[arg(short = 'E', long, value_name = "REGEX")]
    pub(crate) filter: Option<String>,

    /// Only tests of this Promise
    #[arg(short, long, value_name = "NAME")]
    pub(crate) promise: Option<String>,

    /// Only tests of this workflow, such as resource/configure
    #[arg(long, value_name = "TYPE/ACTION")]
    pub(crate) workflow: Option<String>,
}

#[derive(Debug, Args)]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct Run {
    #[command(flatten)]
    pub(crate) selection: Selection,

    /// How files reach the stages: folders that the engine shares, or a volume
    #[arg(long, env = "KRATIX_TEST_FILES", value_name = "HOW", default_value = "auto", hide = true)]
    pub(crate) files: Files,

    /// Stop at the first test that fails
    #[arg(long)]
    pub(crate) fail_fast: bool,

    /// Run every workflow twice, the second time on the status that the first left, and compare
    #[arg(long)]
    pub(crate) idempotent: bool,

    /// How many tests to run at once; by default twice the processors of the engine
    #[arg(short, long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..))]
    pub(crate) jobs: Option<u16>,

    /// Show the output of builds and stages as it comes
    #[arg(long)]
    pub(crate) no_capture: bool,

    /// Run this resource request in place of the tests, and compare nothing
    #[arg(long, value_name = "FILE", conflicts_with = "update")]
    pub(crate) request: Option<PathBuf>,

    /// Kill a stage that runs for longer than this, such as 90s or 5m
    #[arg(long, value_name = "DURATION")]
    pub(crate) timeout: Option<String>,

    /// Write what the pipelines left as the new expectations
    #[arg(short, long)]
    pub(crate) update: bool,

    /// Show more: what each stage printed, also where it passed
    #[arg(short, long)]
    pub(crate) verbose: bool,

    // Last: what follows a heading stands under it.
    #[command(flatten)]
    pub(crate) images: Images,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kratix-test pipeline resource/configure/instance -i inputs -o expected-outputs
  kratix-test pipeline promise/configure/setup -i inputs -o outputs --build

Nothing but /kratix/output is compared; `kratix-test run` compares all that a
pipeline leaves, for many tests at once, and gives it what the platform would")]
pub(crate) struct Pipeline {
    /// Pipeline to run, such as resource/configure/instance
    #[arg(value_name = "TYPE/ACTION/PIPELINE")]
    pub(crate) pipeline: String,

    #[command(flatten)]
    pub(crate) given: Given,
}

#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  kratix-test stage resource/configure/instance create-db -i inputs -o expected-outputs
  kratix-test stage --image-tag acme/create-db:dev -i inputs -o expected-outputs

Nothing but /kratix/output is compared")]
#[expect(clippy::struct_field_names, reason = "a stage is what it is called")]
pub(crate) struct Stage {
    /// Pipeline that the stage is of, such as resource/configure/instance
    #[arg(value_name = "TYPE/ACTION/PIPELINE", required_unless_present = "image_tag", requires = "stage")]
    pub(crate) pipeline: Option<String>,

    /// Stage to run: the name of a container
    #[arg(required_unless_present = "image_tag")]
    pub(crate) stage: Option<String>,

    /// Command to run in place of the container's: a line for `sh -c`
    #[arg(long, value_name = "LINE")]
    pub(crate) command: Option<String>,

    /// Image to run in place of the stage's; without a stage, no Promise is needed
    #[arg(long, value_name = "IMAGE")]
    pub(crate) image_tag: Option<String>,

    #[command(flatten)]
    pub(crate) given: Given,
}

/// What the enterprise plugin's two commands share.
#[derive(Debug, Args)]
pub(crate) struct Given {
    /// Build the images first, where they have changed; without it they are used as they are
    #[arg(long)]
    pub(crate) build: bool,

    /// Options of `docker build` for --build, such as "--build-arg VERSION=2 --no-cache"
    #[arg(long, value_name = "OPTIONS", allow_hyphen_values = true, requires = "build")]
    pub(crate) build_args: Option<String>,

    /// Build with BuildKit, whatever the environment says
    #[arg(long)]
    pub(crate) buildx: bool,

    /// Engine to use
    #[arg(short, long, value_name = "ENGINE", default_value = "docker")]
    pub(crate) engine: EngineKind,

    /// Environment of the stages: NAME=VALUE, or NAME for ours; several with commas between them
    #[arg(long, value_name = "NAME=VALUE,…")]
    pub(crate) env: Vec<String>,

    /// Folder of the files that are expected in /kratix/output
    #[arg(short = 'o', long, value_name = "FOLDER")]
    pub(crate) expected_output_dir: PathBuf,

    /// Folder of the files in /kratix/input: object.yaml, as it is
    #[arg(short, long, value_name = "FOLDER")]
    pub(crate) input_dir: PathBuf,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum EngineKind {
    Docker,
    Podman,
}

/// What may stand in `--build-args`.
#[derive(Debug, Default, Parser)]
#[command(no_binary_name = true, disable_help_flag = true, bin_name = "--build-args")]
#[expect(clippy::struct_excessive_bools, reason = "each is a flag of its own")]
pub(crate) struct BuildOptions {
    #[arg(long, value_name = "NAME[=VALUE]")]
    pub(crate) build_arg: Vec<String>,
    #[arg(long, value_name = "SPEC")]
    pub(crate) cache_from: Vec<String>,
    #[arg(long, value_name = "SPEC")]
    pub(crate) cache_to: Vec<String>,
    #[arg(long)]
    pub(crate) no_cache: bool,
    #[arg(long, value_name = "OS/ARCH")]
    pub(crate) platform: Option<String>,
    #[arg(long)]
    pub(crate) pull: bool,
    #[arg(long, value_name = "SPEC")]
    pub(crate) secret: Vec<String>,
    #[arg(long, value_name = "STAGE")]
    pub(crate) target: Option<String>,

    // What a build here has no use for.
    #[arg(long, hide = true)]
    builder: Option<String>,
    #[arg(long, hide = true)]
    load: bool,
    #[arg(long, hide = true)]
    progress: Option<String>,
    #[arg(short, long, hide = true)]
    quiet: bool,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Files {
    /// Folders where the engine shares ours, else a volume
    Auto,
    /// A volume, even where a folder would do
    Volume,
}
