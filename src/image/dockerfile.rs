//! Which Dockerfile builds each image of a Promise: the rules in their order, and what is left when none knows.
//!
//! A rule is asked for all images before the next one is. A Dockerfile that builds one image is no answer for another,
//! and one that two images claim by the same rule is the answer for neither: a wrong guess is worse than a question.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::{Path, PathBuf};

use super::commands::{self, Built};
use super::question::{PlanError, quoted};
use super::repository::Home;
use super::rules::{self, Claim, Image};
use super::survey::{Candidate, Survey, dockerfile_anywhere};
use super::{ImageUse, Override, Overrides, Planned, Recipe, Rule, Source, bases, context, reference};

/// Where every image that is used comes from, in the order of their first use, and after them the images of the
/// repository that they build on. An image that stands in for a
/// container's own is what the settings say, or is used as it is.
pub(crate) fn plan(
    home: &Home<'_>,
    uses: &[ImageUse],
    stand_ins: &[&str],
    overrides: &Overrides,
) -> Vec<Planned> {
    let mut plan = Plan::new(home, uses, stand_ins);
    plan.settings(overrides);
    plan.claims(Rule::CliLayout, |image, plan| rules::cli_layout(image, plan.home));
    if !plan.incomplete {
        plan.claims(Rule::FolderName, |image, plan| rules::folder_name(image, &plan.candidates, plan.home));
        plan.claims(Rule::Prefix, |image, plan| rules::prefix(image, &plan.candidates, plan.home));
    }
    if let Some(all) = plan.all_candidates() {
        plan.claims(Rule::Repository, |image, plan| rules::repository_wide(image, &all, plan.home));
        plan.eliminate();
    }
    plan.build_commands();
    let mut planned = plan.finish();
    bases::add(&mut planned, home, overrides);
    planned
}

/// What is known so far.
struct Plan<'a> {
    home: &'a Home<'a>,
    images: Vec<Image<'a>>,
    /// By index of the image.
    decided: BTreeMap<usize, Result<Source, PlanError>>,
    /// Names of the images that a Dockerfile builds.
    taken: BTreeMap<PathBuf, BTreeSet<&'a str>>,
    /// Stage and arguments that settings give to an image whose Dockerfile they leave to the rules.
    extras: BTreeMap<usize, (String, BTreeMap<String, String>)>,
    /// The Dockerfiles below the Promise's folder.
    candidates: Vec<Candidate>,
    /// Set when there are too many files to know them all.
    incomplete: bool,
}

impl<'a> Plan<'a> {
    fn new(home: &'a Home<'a>, uses: &'a [ImageUse], stand_ins: &[&'a str]) -> Self {
        let mut images: Vec<Image<'a>> = Vec::new();
        for used in uses {
            match images.iter_mut().find(|image| image.reference == used.reference) {
                Some(image) => image.uses.push(used),
                None => images.push(Image { reference: &used.reference, uses: vec![used] }),
            }
        }
        for reference in stand_ins {
            if !images.iter().any(|image| image.reference == *reference) {
                images.push(Image { reference, uses: Vec::new() });
            }
        }
        let near = Survey::of(&home.folder, home.root());
        let candidates = near.candidates(home);
        let (decided, taken, extras) = Default::default();
        Self { home, images, decided, taken, extras, candidates, incomplete: near.incomplete }
    }

    /// R0: what the settings say.
    fn settings(&mut self, overrides: &Overrides) {
        for index in 0..self.images.len() {
            let reference = self.images[index].reference;
            let found = overrides.get(reference).or_else(|| overrides.get(reference::name(reference)));
            match found {
                None if self.images[index].uses.is_empty() => {
                    let image = reference.to_owned();
                    self.decided.insert(index, Ok(Source::Use { image, rule: Rule::AsItIs }));
                }
                None => {}
                Some(Override::Pull) => self.use_as(index, reference),
                Some(Override::Image(image)) => self.use_as(index, image),
                Some(Override::Build { context, dockerfile, target, args }) => {
                    self.extras.insert(index, (target.clone(), args.clone()));
                    if context.is_some() || dockerfile.is_some() {
                        self.build_named(index, context.as_deref(), dockerfile.as_deref());
                    }
                }
            }
        }
    }

    fn build_named(&mut self, index: usize, context: Option<&Path>, dockerfile: Option<&Path>) {
        match named(context, dockerfile) {
            Ok(dockerfile) => self.build(index, dockerfile, context.map(settled), Rule::Settings),
            Err((path, problem)) => {
                let image = self.images[index].reference.to_owned();
                self.decided.insert(index, Err(PlanError::NoSuchPath { image, path, problem }));
            }
        }
    }

    fn use_as(&mut self, index: usize, image: &str) {
        self.decided.insert(index, Ok(Source::Use { image: image.to_owned(), rule: Rule::Settings }));
    }

    /// Asks a rule for every image that is not decided, and then settles who has which Dockerfile.
    fn claims(&mut self, rule: Rule, ask: impl Fn(&Image<'a>, &Self) -> Option<Claim>) {
        let claims: Vec<(usize, Claim)> = self
            .undecided()
            .into_iter()
            .filter_map(|index| Some((index, ask(&self.images[index], self)?)))
            .collect();
        let granted: Vec<usize> = (0..claims.len()).filter(|&at| self.is_granted(at, &claims)).collect();
        for at in granted {
            let (index, claim) = &claims[at];
            self.build(*index, claim.dockerfile.clone(), None, rule);
        }
    }

    /// Whether no image of another name has the Dockerfile, or claims it as strongly.
    fn is_granted(&self, at: usize, claims: &[(usize, Claim)]) -> bool {
        let (index, claim) = &claims[at];
        let name = self.images[*index].name();
        let free = self.taken.get(&claim.dockerfile).is_none_or(|names| names.contains(name));
        let contested = claims.iter().any(|(other, rival)| {
            let another = self.images[*other].name() != name;
            another && rival.dockerfile == claim.dockerfile && rival.strength >= claim.strength
        });
        free && !contested
    }

    /// R4: one image and one Dockerfile are left. An image that the Dockerfile builds on is not what it builds.
    fn eliminate(&mut self) {
        let (mut left, candidates) = (self.undecided(), self.left_over());
        let [candidate] = candidates.as_slice() else { return };
        let bases = bases::of(&candidate.dockerfile, &BTreeMap::new());
        let is_base = |name: &str| bases.iter().any(|base| reference::name(&base.image) == name);
        left.retain(|&index| !is_base(self.images[index].name()));
        let names: BTreeSet<&str> = left.iter().map(|&index| self.images[index].name()).collect();
        if names.len() != 1 {
            return;
        }
        for index in left {
            if rules::fits_workflow(&self.images[index], candidate, self.home) {
                self.build(index, candidate.dockerfile.clone(), None, Rule::Elimination);
            }
        }
    }

    /// R6: what scripts say.
    fn build_commands(&mut self) {
        for index in self.undecided() {
            let found = commands::build_command(self.images[index].reference, self.home.repository.builds());
            if let Some(Built { dockerfile, context, target, args }) = found {
                self.extras.entry(index).or_insert((target, args));
                self.build(index, dockerfile, Some(context), Rule::BuildCommand);
            }
        }
    }

    fn build(&mut self, index: usize, dockerfile: PathBuf, context: Option<PathBuf>, rule: Rule) {
        let (target, args) = self.extras.get(&index).cloned().unwrap_or_default();
        let context = context.unwrap_or_else(|| context::choose(&dockerfile, self.home.root(), &args));
        let tests = ["test", "tests"].map(|name| self.home.folder.join(name)).into_iter();
        // Those elsewhere are left out anyhow, and would tell equal recipes apart.
        let tests = tests.filter(|folder| folder.starts_with(&context)).collect();
        self.taken.entry(dockerfile.clone()).or_default().insert(self.images[index].name());
        self.decided
            .insert(index, Ok(Source::Build(Recipe { dockerfile, context, target, args, rule, tests })));
    }

    /// R7: with every Dockerfile assigned, an image is used as it is; else only its author knows.
    fn finish(mut self) -> Vec<Planned> {
        let left_over = self.left_over();
        for index in self.undecided() {
            let source = self.without_rule(index, &left_over);
            self.decided.insert(index, source);
        }
        let images = self.images.iter().map(|image| image.reference.to_owned());
        images
            .zip(self.decided.into_values())
            .map(|(reference, source)| Planned { reference, source })
            .collect()
    }

    fn without_rule(&self, index: usize, left_over: &[Candidate]) -> Result<Source, PlanError> {
        let image = self.images[index].reference;
        let name = reference::name(image);
        let pull = format!("{}: pull", quoted(name));
        if self.incomplete {
            let folder = self.home.folder.clone();
            return Err(PlanError::TooManyFiles { image: image.to_owned(), folder, entries: vec![pull] });
        }
        if left_over.is_empty() && self.extras.contains_key(&index) {
            return Err(PlanError::NothingToBuild { image: image.to_owned() });
        }
        if left_over.is_empty() {
            return Ok(Source::Use { image: image.to_owned(), rule: Rule::AsItIs });
        }
        let entries = left_over.iter().map(|candidate| self.entry(name, candidate)).chain([pull]);
        Err(PlanError::Undecided {
            image: image.to_owned(),
            candidates: left_over.iter().map(|candidate| self.home.shown(&candidate.dockerfile)).collect(),
            entries: entries.collect(),
        })
    }

    /// The entry of `images:` that says that a candidate builds an image.
    fn entry(&self, name: &str, candidate: &Candidate) -> String {
        let context = context::choose(&candidate.dockerfile, self.home.root(), &BTreeMap::new());
        let shown = |path: &Path| quoted(&self.home.shown(path));
        format!(
            "{}: {{ context: {}, dockerfile: {} }}",
            quoted(name),
            shown(&context),
            shown(&candidate.dockerfile)
        )
    }

    fn undecided(&self) -> Vec<usize> {
        (0..self.images.len()).filter(|index| !self.decided.contains_key(index)).collect()
    }

    /// The Dockerfiles below the Promise's folder that build no image so far.
    fn left_over(&self) -> Vec<Candidate> {
        let free = |candidate: &&Candidate| !self.taken.contains_key(&candidate.dockerfile);
        let mut left: Vec<Candidate> = self.candidates.iter().filter(free).cloned().collect();
        if left.len() > 1 {
            let bases = self.dockerfiles_of_bases();
            left.retain(|candidate| !bases.contains(&candidate.dockerfile));
        }
        left
    }

    /// Those that a script builds an image with which other Dockerfiles build on: they are there for that.
    fn dockerfiles_of_bases(&self) -> Vec<PathBuf> {
        let bases =
            self.candidates.iter().flat_map(|candidate| bases::of(&candidate.dockerfile, &BTreeMap::new()));
        let used = |base: &str| self.images.iter().any(|image| reference::same(image.reference, base));
        let bases = bases.filter(|base| !used(&base.image));
        let built =
            bases.filter_map(|base| commands::build_command(&base.image, self.home.repository.builds()));
        built.map(|built| built.dockerfile).collect()
    }

    /// Those of the repository and of the Promise, if somebody needs them and they can be known.
    fn all_candidates(&self) -> Option<Vec<Candidate>> {
        let needed = !self.incomplete && !self.undecided().is_empty();
        let survey = needed.then(|| self.home.repository.survey()).filter(|survey| !survey.incomplete)?;
        let mut all = survey.candidates(self.home);
        all.retain(|candidate| !self.candidates.contains(candidate));
        all.extend(self.candidates.iter().cloned());
        Some(all)
    }
}

/// The Dockerfile that settings name, by itself or by its context; or what is wrong with which path.
pub(super) fn named(
    context: Option<&Path>,
    dockerfile: Option<&Path>,
) -> Result<PathBuf, (PathBuf, &'static str)> {
    if let Some(context) = context.filter(|context| !context.is_dir()) {
        return Err((context.to_owned(), "is not a folder"));
    }
    match (dockerfile, context) {
        (Some(dockerfile), _) if dockerfile.is_file() => Ok(settled(dockerfile)),
        (Some(dockerfile), _) => Err((dockerfile.to_owned(), "is not a file")),
        (None, context) => {
            let context = context.unwrap_or(Path::new("."));
            dockerfile_anywhere(&settled(context)).ok_or((context.to_owned(), "has no Dockerfile"))
        }
    }
}

/// The path through real folders, so that equal files have equal paths.
fn settled(path: &Path) -> PathBuf {
    let real = |path: &Path| fs::canonicalize(path).unwrap_or_else(|_| path.to_owned());
    match (path.parent(), path.file_name()) {
        (Some(folder), Some(name)) if path.is_file() => real(folder).join(name),
        _ => real(path),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::Repository;
    use crate::image::testing::Files;

    /// `TYPE/ACTION/PIPELINE/CONTAINER=REFERENCE`.
    fn uses(uses: &[&str]) -> Vec<ImageUse> {
        let read = |text: &&str| {
            let (place, reference) = text.split_once('=').unwrap();
            let place: Vec<String> = place.split('/').map(str::to_owned).collect();
            let [workflow, action, pipeline, container] = place.try_into().unwrap();
            ImageUse { reference: reference.to_owned(), workflow, action, pipeline, container }
        };
        uses.iter().map(read).collect()
    }

    /// What comes of a Promise called `redis` in the folder `redis` of a repository called `repo`.
    fn plan_redis(files: &Files, images: &[&str], overrides: &Overrides) -> Vec<Planned> {
        let repository = Repository::new(&files.path(""));
        plan(&repository.home(&files.path("redis"), "redis"), &uses(images), &[], overrides)
    }

    /// As one line for each image: the Dockerfile, its context if that is another folder, and the rule.
    fn planned(paths: &[&str], images: &[&str]) -> Vec<String> {
        let files = Files::new(&[("redis/promise.yaml", "kind: Promise\nmetadata:\n  name: redis\n")]);
        for path in paths {
            files.write(path, "FROM x\n");
        }
        shown(&files, &plan_redis(&files, images, &Overrides::new()))
    }

    fn shown(files: &Files, planned: &[Planned]) -> Vec<String> {
        let relative = |path: &Path| path.strip_prefix(files.path("")).unwrap_or(path).display().to_string();
        let line = |planned: &Planned| match &planned.source {
            Ok(Source::Build(recipe)) => {
                let folder = recipe.dockerfile.parent().unwrap();
                let context =
                    (recipe.context != folder).then(|| format!(" in {}", relative(&recipe.context)));
                format!("{}{} {:?}", relative(&recipe.dockerfile), context.unwrap_or_default(), recipe.rule)
            }
            Ok(Source::Use { image, rule }) => format!("{image} {rule:?}"),
            Err(PlanError::Undecided { candidates, .. }) => format!("? {}", candidates.join(" ")),
            Err(other) => other.to_string(),
        };
        planned.iter().map(line).collect()
    }

    #[test]
    fn the_layout_of_the_cli_goes_by_the_place_of_the_container() {
        let found = planned(
            &[
                "redis/workflows/resource/configure/main/setup/Dockerfile",
                "redis/workflows/resource/configure/main/notify/Dockerfile",
                "redis/workflows/promise/configure/deps/setup/Containerfile",
            ],
            &[
                "resource/configure/main/setup=acme/one:v1",
                "resource/configure/main/notify=localhost:5000/acme/two",
                "promise/configure/deps/setup=acme/three@sha256:0123",
                "resource/configure/main/other=acme/one:v1",
            ],
        );
        assert_eq!(
            found,
            [
                "redis/workflows/resource/configure/main/setup/Dockerfile CliLayout",
                "redis/workflows/resource/configure/main/notify/Dockerfile CliLayout",
                "redis/workflows/promise/configure/deps/setup/Containerfile CliLayout",
            ]
        );
    }

    #[test]
    fn containers_with_a_dockerfile_each_leave_open_which_builds_their_image() {
        let found = planned(
            &[
                "redis/workflows/resource/configure/main/one/Dockerfile",
                "redis/workflows/resource/configure/main/two/Dockerfile",
            ],
            &["resource/configure/main/one=acme/x", "resource/configure/main/two=acme/x"],
        );
        assert_eq!(found[0].split(' ').count(), 3, "{found:?}");
        assert!(found[0].starts_with('?'));
    }

    #[test]
    fn a_container_name_leads_nowhere_else() {
        let found = planned(
            &["redis/workflows/resource/configure/Dockerfile", "redis/b/Dockerfile"],
            &["resource/configure/../..=acme/x", "resource/configure//=acme/y"],
        );
        assert!(found.iter().all(|line| line.starts_with('?')), "{found:?}");
    }

    #[test]
    fn a_folder_is_named_like_the_end_of_the_image_or_like_the_container() {
        for (folder, image) in [
            ("app", "resource/configure/p/c=ghcr.io/acme/app:v1"),
            ("acme-app", "resource/configure/p/c=ghcr.io/acme/app:v1"),
            ("ghcr-io-acme-app", "resource/configure/p/c=ghcr.io/acme/app:v1"),
            ("b-c-d", "resource/configure/p/c=a/b.c/d"),
            ("my_app", "resource/configure/p/c=acme/my-app"),
            ("setup", "resource/configure/p/setup=acme/x@sha256:0123"),
            ("configure", "resource/configure/p/c=acme/configure"),
        ] {
            let dockerfile = format!("redis/any/{folder}/Dockerfile");
            let found = planned(&[&dockerfile, "redis/zzz/Dockerfile"], &[image]);
            assert_eq!(found, [format!("{dockerfile} FolderName")], "{image}");
        }
    }

    #[test]
    fn a_place_in_a_workflow_is_no_name() {
        let found = planned(
            &["redis/configure/Dockerfile", "redis/zzz/Dockerfile"],
            &["resource/configure/p/configure=acme/x"],
        );
        assert_eq!(found, ["? configure/Dockerfile zzz/Dockerfile"]);
        let found = planned(
            &["redis/workflows/promise/configure/Dockerfile", "redis/zzz/Dockerfile"],
            &["resource/configure/p/c=acme/configure"],
        );
        assert!(found[0].starts_with('?'), "{found:?}");
    }

    #[test]
    fn two_folders_of_one_name_answer_nothing() {
        let found = planned(
            &["redis/a/app/Dockerfile", "redis/b/app/Dockerfile"],
            &["resource/configure/p/c=acme/app"],
        );
        assert_eq!(found, ["? a/app/Dockerfile b/app/Dockerfile"]);
    }

    #[test]
    fn an_image_named_like_the_folder_comes_before_a_container_named_like_it() {
        let found = planned(
            &["redis/setup/Dockerfile"],
            &["resource/configure/p/main=acme/setup", "resource/delete/p/setup=busybox:1.36"],
        );
        assert_eq!(found, ["redis/setup/Dockerfile FolderName", "busybox:1.36 AsItIs"]);
    }

    #[test]
    fn a_dockerfile_that_builds_one_image_is_no_answer_for_another() {
        let found = planned(
            &["redis/workflows/resource/configure/main/setup/Dockerfile"],
            &["resource/configure/main/setup=acme/one", "resource/delete/main/setup=acme/two"],
        );
        assert_eq!(
            found,
            ["redis/workflows/resource/configure/main/setup/Dockerfile CliLayout", "acme/two AsItIs"]
        );
    }

    #[test]
    fn two_images_that_claim_one_dockerfile_both_have_to_be_told() {
        let found = planned(
            &["redis/setup/Dockerfile"],
            &["resource/configure/p/a=acme/one/setup", "resource/configure/p/b=acme/two/setup"],
        );
        assert_eq!(found, ["? setup/Dockerfile", "? setup/Dockerfile"]);
    }

    #[test]
    fn tags_of_one_image_are_built_from_one_dockerfile() {
        let found = planned(
            &["redis/setup/Dockerfile", "redis/zzz/Dockerfile"],
            &["resource/configure/p/a=acme/setup:v1", "resource/delete/p/b=acme/setup:v2"],
        );
        assert_eq!(found, ["redis/setup/Dockerfile FolderName"; 2]);
    }

    #[test]
    fn internal_folders_are_told_apart_by_the_end_of_the_image() {
        let found = planned(
            &[
                "redis/internal/configure-pipeline/Dockerfile",
                "redis/internal/delete-pipeline/Dockerfile",
                "redis/internal/pipeline/Dockerfile",
                "redis/internal/test/Dockerfile",
                "redis/docs/redis-configure-pipeline/Dockerfile",
            ],
            &[
                "resource/configure/p/c=ghcr.io/acme/market/redis-configure-pipeline:v0.1.0",
                "resource/delete/p/c=ghcr.io/acme/market/redis-delete-pipeline:v0.1.0",
                "promise/configure/p/c=ghcr.io/acme/market/redis-promise-pipeline",
            ],
        );
        assert_eq!(
            found,
            [
                "redis/internal/configure-pipeline/Dockerfile Prefix",
                "redis/internal/delete-pipeline/Dockerfile Prefix",
                "redis/internal/pipeline/Dockerfile Prefix",
            ]
        );
    }

    #[test]
    fn the_folders_above_tell_equal_folders_apart() {
        let found = planned(
            &[
                "redis/workflows/promise/configure/Dockerfile",
                "redis/workflows/resource/configure/Dockerfile",
            ],
            &[
                "promise/configure/p/c=acme/redis-promise-configure",
                "resource/configure/p/c=acme/redis-resource-configure",
            ],
        );
        assert_eq!(
            found,
            [
                "redis/workflows/promise/configure/Dockerfile Prefix",
                "redis/workflows/resource/configure/Dockerfile Prefix"
            ]
        );
    }

    #[test]
    fn a_prefix_of_something_else_says_nothing() {
        let found = planned(
            &["redis/internal/pipeline/Dockerfile", "redis/internal/other/Dockerfile"],
            &["resource/configure/p/c=acme/kafka-pipeline"],
        );
        assert_eq!(found, ["? internal/other/Dockerfile internal/pipeline/Dockerfile"]);
    }

    #[test]
    fn a_dockerfile_elsewhere_in_the_repository_is_found_by_its_path() {
        let images = &["resource/configure/p/c=acme/redis-pipeline:dev"];
        for (paths, expected) in [
            (&["containers/redis-pipeline/Dockerfile", "containers/kafka-pipeline/Dockerfile"][..], 0),
            (&["redis-images/pipeline/Dockerfile", "zzz/Dockerfile"], 0),
            // What the path says whole outdoes the same folder without it.
            (&["images/redis/any/pipeline/Dockerfile", "images/kafka/pipeline/Dockerfile"], 0),
        ] {
            assert_eq!(planned(paths, images), [format!("{} Repository", paths[expected])]);
        }
        let found = planned(&["a/redis-pipeline/Dockerfile", "b/redis-pipeline/Dockerfile"], images);
        assert_eq!(found, ["acme/redis-pipeline:dev AsItIs"]);
    }

    #[test]
    fn a_place_in_a_workflow_is_no_name_elsewhere() {
        let found =
            planned(&["kafka/configure/Dockerfile"], &["resource/configure/p/c=acme/redis/configure"]);
        assert_eq!(found, ["acme/redis/configure AsItIs"]);
    }

    #[test]
    fn a_sibling_promise_keeps_its_own() {
        let files = Files::new(&[
            ("redis/promise.yaml", "kind: Promise\nmetadata:\n  name: redis\n"),
            ("redis/sub/promise.yaml", "kind: Promise\nmetadata:\n  name: sub\n"),
            ("redis/sub/pipeline/Dockerfile", "FROM x"),
            ("kafka/promise.yaml", "kind: Promise\nmetadata:\n  name: kafka\n"),
            ("kafka/pipeline/Dockerfile", "FROM x"),
        ]);
        let found = plan_redis(&files, &["resource/configure/p/c=acme/redis-pipeline"], &Overrides::new());
        assert_eq!(shown(&files, &found), ["acme/redis-pipeline AsItIs"]);
    }

    #[test]
    fn the_last_dockerfile_builds_the_last_image() {
        let found = planned(
            &["redis/pipeline/Dockerfile", "redis/test/decoy/Dockerfile", "redis/examples/decoy/Dockerfile"],
            &[
                "resource/configure/p/c=kratix-workshop/elastic:dev",
                "resource/delete/p/c=kratix-workshop/elastic:dev",
            ],
        );
        assert_eq!(found, ["redis/pipeline/Dockerfile Elimination"]);
        // One that is assigned is not left.
        let found = planned(
            &["redis/pipeline/Dockerfile", "redis/other/Dockerfile"],
            &["resource/configure/p/c=acme/other", "resource/configure/p/d=acme/whatever"],
        );
        assert_eq!(found, ["redis/other/Dockerfile FolderName", "redis/pipeline/Dockerfile Elimination"]);
    }

    #[test]
    fn the_last_dockerfile_is_no_answer_for_another_type_of_workflow() {
        let paths = &["redis/workflows/promise/configure/Dockerfile"];
        let found = planned(paths, &["resource/configure/p/c=acme/x"]);
        assert_eq!(found, ["? workflows/promise/configure/Dockerfile"]);
        let found = planned(paths, &["resource/configure/p/c=acme/x", "promise/configure/p/c=acme/x"]);
        assert_eq!(found, ["redis/workflows/promise/configure/Dockerfile Elimination"]);
    }

    #[test]
    fn an_image_is_not_built_on_itself() {
        let files = Files::new(&[("redis/pipeline/Dockerfile", "FROM busybox:1.36")]);
        let found = plan_redis(&files, &["resource/configure/p/c=busybox:1.37"], &Overrides::new());
        assert_eq!(shown(&files, &found), ["? pipeline/Dockerfile"]);
        let both = ["resource/configure/p/c=busybox:1.37", "resource/configure/p/d=acme/x"];
        let found = plan_redis(&files, &both, &Overrides::new());
        assert_eq!(shown(&files, &found), ["busybox:1.37 AsItIs", "redis/pipeline/Dockerfile Elimination"]);
    }

    #[test]
    fn several_images_or_several_dockerfiles_are_a_question() {
        let found = planned(
            &["redis/a/Dockerfile"],
            &["resource/configure/p/c=acme/x", "resource/configure/p/d=bitnami/kubectl:1.30"],
        );
        assert_eq!(found, ["? a/Dockerfile", "? a/Dockerfile"]);
    }

    #[test]
    fn a_script_that_builds_the_image_answers() {
        let files = Files::new(&[
            ("redis/one/Dockerfile", "FROM x"),
            ("redis/two/Dockerfile", "FROM x"),
            ("redis/scripts/build.sh", "docker build --tag acme/x:dev --target last --file two/Dockerfile ."),
        ]);
        let found = plan_redis(&files, &["resource/configure/p/c=acme/x:dev"], &Overrides::new());
        assert_eq!(shown(&files, &found), ["redis/two/Dockerfile in redis BuildCommand"]);
        assert!(matches!(&found[0].source, Ok(Source::Build(recipe)) if recipe.target == "last"));
    }

    #[test]
    fn without_dockerfiles_images_are_used_as_they_are() {
        let found =
            planned(&[], &["resource/configure/p/c=alpine", "resource/configure/p/d=localhost:5000/a/b:1"]);
        assert_eq!(found, ["alpine AsItIs", "localhost:5000/a/b:1 AsItIs"]);
        assert!(planned(&["redis/Dockerfile"], &[]).is_empty());
    }

    #[test]
    fn the_context_of_a_shared_folder_lies_above_the_dockerfile() {
        let files = Files::new(&[
            (
                "redis/workflows/resource/configure/Dockerfile",
                "FROM x\nCOPY workflows/resource/configure/run shared /",
            ),
            ("redis/workflows/resource/configure/run", ""),
            ("redis/shared/x", ""),
            ("containers/redis-pipeline/Dockerfile", "FROM x\nCOPY containers/lib /lib"),
            ("containers/lib/x", ""),
        ]);
        let images = &["resource/configure/p/c=acme/x", "resource/configure/p/d=acme/redis-pipeline"];
        let found = shown(&files, &plan_redis(&files, images, &Overrides::new()));
        assert_eq!(found[0], "redis/workflows/resource/configure/Dockerfile in redis Elimination");
        assert_eq!(found[1], "containers/redis-pipeline/Dockerfile in  Repository");
    }

    fn build(context: Option<PathBuf>, dockerfile: Option<PathBuf>) -> Override {
        Override::Build { context, dockerfile, target: "last".into(), args: BTreeMap::new() }
    }

    #[test]
    fn settings_come_before_all_rules() {
        let files = Files::new(&[
            ("redis/x/Dockerfile", "FROM x"),
            ("away/Dockerfile.x", ""),
            ("redis/y/Dockerfile", ""),
        ]);
        let images = &[
            "resource/configure/p/c=acme/x:1",
            "resource/configure/p/d=acme/x:2",
            "resource/delete/p/c=acme/y",
        ];
        let overrides = Overrides::from([
            ("acme/x:1".into(), build(None, Some(files.path("redis/../away/Dockerfile.x")))),
            ("acme/x".into(), build(Some(files.path("redis")), Some(files.path("redis/x/Dockerfile")))),
            ("acme/y".into(), Override::Pull),
        ]);
        let found = plan_redis(&files, images, &overrides);
        assert_eq!(
            shown(&files, &found),
            ["away/Dockerfile.x Settings", "redis/x/Dockerfile in redis Settings", "acme/y Settings"]
        );
        let overrides = Overrides::from([("acme/y".into(), Override::Image("acme/z".into()))]);
        assert_eq!(shown(&files, &plan_redis(&files, &images[2..], &overrides)), ["acme/z Settings"]);
    }

    #[test]
    fn a_dockerfile_that_settings_name_is_not_left_for_another_image() {
        let files = Files::new(&[("redis/x/Dockerfile", "FROM x"), ("redis/y/Dockerfile", "FROM x")]);
        let images = &["resource/configure/p/c=acme/one", "resource/configure/p/d=acme/two"];
        let overrides = Overrides::from([("acme/one".into(), build(Some(files.path("redis/y/../x")), None))]);
        assert_eq!(
            shown(&files, &plan_redis(&files, images, &overrides)),
            ["redis/x/Dockerfile Settings", "redis/y/Dockerfile Elimination"]
        );
    }

    #[test]
    fn settings_may_leave_the_dockerfile_to_the_rules() {
        let files = Files::new(&[("redis/x/Dockerfile", "FROM x")]);
        let overrides =
            Overrides::from([("acme/x".into(), build(None, None)), ("acme/y".into(), build(None, None))]);
        let found = plan_redis(
            &files,
            &["resource/configure/p/c=acme/x", "resource/configure/p/d=acme/y"],
            &overrides,
        );
        assert!(matches!(&found[0].source, Ok(Source::Build(recipe)) if recipe.target == "last"));
        assert_eq!(
            found[1].source.as_ref().unwrap_err().to_string(),
            "images: says how to build acme/y, but no Dockerfile is left for it"
        );
    }

    #[test]
    fn a_path_in_the_settings_that_is_not_there_is_named() {
        let files = Files::new(&[("redis/x/", "")]);
        let here = |path: &str| Some(files.path(path));
        for (context, dockerfile, problem) in [
            (here("no"), None, "is not a folder"),
            (here("redis/x"), None, "has no Dockerfile"),
            (None, here("redis/x"), "is not a file"),
        ] {
            let overrides = Overrides::from([("acme/x".into(), build(context, dockerfile))]);
            let found = plan_redis(&files, &["resource/configure/p/c=acme/x"], &overrides);
            let error = found[0].source.as_ref().unwrap_err().to_string();
            assert!(error.ends_with(problem), "{error}");
        }
    }

    #[test]
    fn an_open_question_comes_with_the_lines_that_answer_it() {
        let files = Files::new(&[
            ("redis/a b/Dockerfile", ""),
            ("redis/d/Dockerfile", "FROM x\nCOPY lib.sh /"),
            ("redis/lib.sh", ""),
        ]);
        let found = plan_redis(&files, &["resource/configure/p/c=localhost:5000/a/x:1"], &Overrides::new());
        let error = found[0].source.as_ref().unwrap_err();
        assert_eq!(
            error.to_string(),
            "cannot tell what builds localhost:5000/a/x:1; Dockerfiles that build no other image: \
             a b/Dockerfile, d/Dockerfile"
        );
        let hint = error.hint();
        let (_, yaml) = hint.split_once("images:\n").unwrap();
        assert!(yaml.starts_with("images:"));
        assert_eq!(
            yaml,
            "images:\n  localhost:5000/a/x: { context: \"a b\", dockerfile: \"a b/Dockerfile\" }\n  \
             localhost:5000/a/x: { context: ., dockerfile: d/Dockerfile }\n  localhost:5000/a/x: pull"
        );
        for line in yaml.lines().skip(1) {
            assert!(serde_yaml::from_str::<serde_yaml::Value>(line).unwrap().is_mapping(), "{line}");
        }
    }
}
