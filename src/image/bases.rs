//! Images of the repository that others build on: they are built here too, and first.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use super::commands::{self, Built};
use super::dockerfile::named;
use super::instructions::{Base, Instructions};
use super::repository::Home;
use super::{Override, Overrides, Planned, Recipe, Rule, Source, context, reference};
use crate::image::question::PlanError;

impl Recipe {
    /// The images that its Dockerfile takes from.
    pub(crate) fn bases(&self) -> Vec<Base> {
        of(&self.dockerfile, &self.args)
    }

    /// Whether its Dockerfile has a use for a build argument.
    pub(crate) fn declares(&self, argument: &str) -> bool {
        const PREDEFINED: [&str; 5] = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "NO_PROXY", "ALL_PROXY"];
        PREDEFINED.iter().any(|name| name.eq_ignore_ascii_case(argument))
            || read(&self.dockerfile, &self.args).args.iter().any(|name| name == argument)
    }
}

/// The images that a Dockerfile takes from.
pub(super) fn of(dockerfile: &Path, args: &BTreeMap<String, String>) -> Vec<Base> {
    read(dockerfile, args).bases
}

fn read(dockerfile: &Path, args: &BTreeMap<String, String>) -> Instructions {
    // What cannot be read is reported when the context is packed.
    let text = fs::read(dockerfile).unwrap_or_default();
    Instructions::parse(&String::from_utf8_lossy(&text), args)
}

/// Adds the bases, and theirs, that the settings or a script say how to build.
pub(super) fn add(planned: &mut Vec<Planned>, home: &Home<'_>, overrides: &Overrides) {
    let mut next = 0;
    while let Some(image) = planned.get(next) {
        next += 1;
        let Ok(Source::Build(recipe)) = &image.source else { continue };
        for base in recipe.bases() {
            let known = planned.iter().any(|image| reference::same(&image.reference, &base.image));
            if !known && let Some(source) = source(&base.image, home, overrides) {
                planned.push(Planned { reference: base.image, source });
            }
        }
    }
}

fn source(image: &str, home: &Home<'_>, overrides: &Overrides) -> Option<Result<Source, PlanError>> {
    let said = overrides.get(image).or_else(|| overrides.get(reference::name(image)));
    match said {
        Some(Override::Pull) => None,
        Some(Override::Image(image)) => Some(Ok(Source::Use { image: image.clone(), rule: Rule::Settings })),
        Some(Override::Build { context, dockerfile, target, args })
            if context.is_some() || dockerfile.is_some() =>
        {
            let found = named(context.as_deref(), dockerfile.as_deref()).map(|dockerfile| {
                let context = context.clone();
                let context = context.unwrap_or_else(|| context::choose(&dockerfile, home.root(), args));
                let (target, args) = (target.clone(), args.clone());
                Source::Build(Recipe {
                    dockerfile,
                    context,
                    target,
                    args,
                    rule: Rule::Settings,
                    tests: Vec::new(),
                })
            });
            Some(found.map_err(|(path, problem)| PlanError::NoSuchPath {
                image: image.to_owned(),
                path,
                problem,
            }))
        }
        Some(Override::Build { .. }) | None => {
            let built = commands::build_command(image, home.repository.builds())?;
            let Built { dockerfile, context, target, args } = built;
            let rule = Rule::BuildCommand;
            Some(Ok(Source::Build(Recipe { dockerfile, context, target, args, rule, tests: Vec::new() })))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::image::testing::Files;
    use crate::image::{ImageUse, Repository, plan};

    fn planned(files: &Files, overrides: &Overrides) -> Vec<String> {
        let repository = Repository::new(&files.path(""));
        let used = ImageUse { reference: "acme/app:dev".into(), ..ImageUse::default() };
        let home = repository.home(&files.path("redis"), "redis");
        let images = plan(&home, &[used], &[], overrides);
        let below = |path: &Path| path.strip_prefix(files.path("")).unwrap().display().to_string();
        let line = |planned: Planned| match planned.source {
            Ok(Source::Build(recipe)) => format!("{} {}", planned.reference, below(&recipe.dockerfile)),
            Ok(Source::Use { image, .. }) => format!("{} {image}", planned.reference),
            Err(error) => error.to_string(),
        };
        images.into_iter().map(line).collect()
    }

    #[test]
    fn bases_that_a_script_builds_are_built_here_too() {
        let files = Files::new(&[
            ("redis/app/Dockerfile", "ARG V=1\nFROM acme/base:$V\nCOPY --from=acme/other /a /a\n"),
            ("images/base/Dockerfile", "FROM acme/root\n"),
            ("images/root/Dockerfile", "FROM acme/app:dev\n"),
            (
                "Makefile",
                "all:\n\tdocker build -t acme/base:1 images/base\n\tdocker build -t acme/root images/root\n",
            ),
        ]);
        assert_eq!(
            planned(&files, &Overrides::new()),
            [
                "acme/app:dev redis/app/Dockerfile",
                "acme/base:1 images/base/Dockerfile",
                "acme/root images/root/Dockerfile"
            ]
        );
    }

    #[test]
    fn a_dockerfile_of_a_base_is_not_left_for_an_image() {
        let files = Files::new(&[
            ("redis/pipeline/Dockerfile", "FROM acme/base\n"),
            ("redis/base/Dockerfile", "FROM x\n"),
            ("redis/build.sh", "docker build -t acme/base base\n"),
        ]);
        assert_eq!(
            planned(&files, &Overrides::new()),
            ["acme/app:dev redis/pipeline/Dockerfile", "acme/base redis/base/Dockerfile"]
        );
    }

    #[test]
    fn settings_say_where_a_base_is_built() {
        let files = Files::new(&[
            ("redis/app/Dockerfile", "FROM acme/base\nCOPY --from=acme/b /a /a\n"),
            ("x/Dockerfile", "FROM x"),
        ]);
        let build = |path: &str| Override::Build {
            context: Some(files.path(path)),
            dockerfile: None,
            target: String::new(),
            args: BTreeMap::new(),
        };
        let overrides = |base: Override| {
            Overrides::from([("acme/base".into(), base), ("acme/b".into(), Override::Image("acme/c".into()))])
        };
        assert_eq!(
            planned(&files, &overrides(build("x"))),
            ["acme/app:dev redis/app/Dockerfile", "acme/base x/Dockerfile", "acme/b acme/c"]
        );
        assert!(planned(&files, &overrides(build("none")))[1].ends_with("is not a folder"));
        assert_eq!(planned(&files, &overrides(Override::Pull)).len(), 2);
    }
}
