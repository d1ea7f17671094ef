//! Secrets of a build, as `docker build --secret` takes them.

use std::fmt;
use std::fs::File;
use std::io::Read as _;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use super::csv;
use crate::tree::plain;

/// More than this no builder takes.
const MAX_BYTES: u64 = 500 << 10;

/// Where a secret is: nothing is read before [`SecretSource::read`].
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct SecretSource {
    pub id: String,
    from: From,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum From {
    /// A file; `~` is not expanded, shells do that.
    File(PathBuf),
    Variable(String),
    /// The variable of the secret's name if it is set, else the file of that name.
    Name,
}

/// A secret that a build may read. Its value is in no output, not even a debugging one.
#[derive(Clone, PartialEq, Eq)]
pub(crate) struct Secret {
    pub id: String,
    value: Vec<u8>,
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secret").field("id", &self.id).finish_non_exhaustive()
    }
}

impl Secret {
    pub(crate) fn new(id: impl Into<String>, value: impl Into<Vec<u8>>) -> Self {
        Self { id: id.into(), value: value.into() }
    }

    /// What the build reads.
    pub(crate) fn value(&self) -> &[u8] {
        &self.value
    }
}

impl FromStr for SecretSource {
    type Err = String;

    /// Reads `id=ID[,src=FILE|,env=VARIABLE]`, with `type=file` or `type=env` where it is wanted.
    fn from_str(text: &str) -> Result<Self, String> {
        let (mut id, mut kind, mut source, mut variable) = (None, None, None, None);
        for (key, value) in csv::pairs(text)? {
            let slot = match key.as_str() {
                "id" => &mut id,
                "type" => &mut kind,
                "src" | "source" => &mut source,
                "env" => &mut variable,
                other => return Err(format!("there is no {other}= of a secret: {FORM}")),
            };
            if slot.replace(value).is_some() {
                return Err(format!("{key}= is there twice: {FORM}"));
            }
        }
        let id = id.filter(|id| !id.is_empty()).ok_or(format!("id= is missing: {FORM}"))?;
        let from = match (kind.as_deref(), source, variable) {
            (_, Some(_), Some(_)) => return Err(format!("src= and env= exclude each other: {FORM}")),
            // As docker has it, `src` names the variable where the type says so.
            (None | Some("env"), None, Some(variable)) | (Some("env"), Some(variable), None) => {
                From::Variable(variable)
            }
            (Some("env"), None, None) => From::Variable(id.clone()),
            (None | Some("file"), Some(file), None) => From::File(file.into()),
            (Some("file"), None, None) => From::File(id.clone().into()),
            (None, None, None) => From::Name,
            (Some("file"), None, Some(_)) => return Err(format!("a file has no env=: {FORM}")),
            (Some(other), ..) => return Err(format!("type={other} is neither file nor env")),
        };
        Ok(Self { id, from })
    }
}

const FORM: &str = "write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE";

impl SecretSource {
    /// The secret, given our environment.
    pub(crate) fn read(&self, variable: impl Fn(&str) -> Option<String>) -> Result<Secret, String> {
        let file = |path: &Path| read(path).map_err(|why| format!("secret {}: {why}", self.id));
        let value = match &self.from {
            From::File(path) => file(path)?,
            From::Variable(name) => variable(name)
                .ok_or_else(|| format!("secret {}: the variable {name} is not set", self.id))?
                .into_bytes(),
            From::Name => match variable(&self.id) {
                Some(value) => value.into_bytes(),
                None => file(Path::new(&self.id))
                    .map_err(|why| format!("{why}, and no variable {} is set: {FORM}", self.id))?,
            },
        };
        if value.len() as u64 > MAX_BYTES {
            return Err(format!("secret {} is larger than {} KiB", self.id, MAX_BYTES >> 10));
        }
        Ok(Secret::new(self.id.clone(), value))
    }
}

fn read(path: &Path) -> Result<Vec<u8>, String> {
    let failed = |error: std::io::Error| format!("cannot read {}: {}", path.display(), plain(&error));
    let mut value = Vec::new();
    let file = File::open(path).map_err(failed)?;
    file.take(MAX_BYTES + 1).read_to_end(&mut value).map_err(failed)?;
    Ok(value)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn source(text: &str) -> Result<SecretSource, String> {
        text.parse()
    }

    fn from(text: &str) -> From {
        source(text).unwrap().from
    }

    #[test]
    fn a_secret_is_written_as_docker_has_it() {
        assert_eq!(source("id=a,src=b/c").unwrap().id, "a");
        assert_eq!(from("id=a,src=b/c"), From::File("b/c".into()));
        assert_eq!(from("source=b,id=a"), From::File("b".into()));
        assert_eq!(from("id=a,env=B"), From::Variable("B".to_owned()));
        assert_eq!(from("type=env,id=A"), From::Variable("A".to_owned()));
        assert_eq!(from("type=env,id=a,src=B"), From::Variable("B".to_owned()));
        assert_eq!(from("type=file,id=a"), From::File("a".into()));
        assert_eq!(from("id=a"), From::Name);
        assert_eq!(from("id=a,\"src=with,comma\""), From::File("with,comma".into()));
    }

    #[test]
    fn what_is_wrong_is_said_with_how_to_write_it() {
        for (text, expected) in [
            ("src=b", "id= is missing: write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE"),
            ("id=", "id= is missing: write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE"),
            (
                "id=a,src=b,env=C",
                "src= and env= exclude each other: write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE",
            ),
            ("id=a,id=b", "id= is there twice: write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE"),
            (
                "id=a,file=b",
                "there is no file= of a secret: write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE",
            ),
            ("id=a,type=ssh", "type=ssh is neither file nor env"),
            ("a", "a is not KEY=VALUE"),
            ("", "there is nothing in it"),
        ] {
            assert_eq!(source(text).unwrap_err(), expected);
        }
    }

    #[test]
    fn a_secret_is_read_from_a_file_or_a_variable() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("token");
        std::fs::write(&file, "from file\n").unwrap();
        let read =
            |text: &str| source(text).unwrap().read(|name| (name == "SET").then(|| "value".to_owned()));
        let file = format!("id=t,src={}", file.display());
        assert_eq!(read(&file).unwrap(), Secret::new("t", "from file\n"));
        assert_eq!(read("id=t,env=SET").unwrap(), Secret::new("t", "value"));
        assert_eq!(read("id=SET").unwrap().value(), b"value");
        assert_eq!(read("id=t,env=UNSET").unwrap_err(), "secret t: the variable UNSET is not set");
        assert_eq!(
            read("id=t,src=/nowhere/t").unwrap_err(),
            "secret t: cannot read /nowhere/t: no such file or directory"
        );
        assert_eq!(
            read("id=/nowhere/t").unwrap_err(),
            "secret /nowhere/t: cannot read /nowhere/t: no such file or directory, and no variable /nowhere/t is \
             set: write id=ID, id=ID,src=FILE or id=ID,env=VARIABLE"
        );
    }

    #[test]
    fn a_secret_that_is_too_large_is_refused_and_no_output_holds_one() {
        let large = |_: &str| Some("x".repeat(501 << 10));
        assert_eq!(source("id=a,env=B").unwrap().read(large).unwrap_err(), "secret a is larger than 500 KiB");
        assert_eq!(format!("{:?}", Secret::new("a", "hidden")), "Secret { id: \"a\", .. }");
    }
}
