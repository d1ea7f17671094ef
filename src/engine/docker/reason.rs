//! Errors of the engine's in words: what helps of what it says.

use std::io;

use bollard::errors::Error;

use crate::engine::EngineError;
use crate::tree::plain;

/// Whether the engine answered, and refused; and not that it could not be asked.
pub(super) fn is_refusal(error: &Error) -> bool {
    matches!(error, Error::DockerResponseServerError { .. } | Error::DockerStreamError { .. })
}

pub(super) fn is_status(error: &Error, status: u16) -> bool {
    matches!(error, Error::DockerResponseServerError { status_code, .. } if *status_code == status)
}

/// What the engine or the connection to it says.
pub(super) fn reason(error: &Error) -> String {
    match error {
        Error::DockerResponseServerError { message, status_code } if message.is_empty() => {
            format!("the engine answered with status {status_code}")
        }
        Error::DockerResponseServerError { message, .. } => message.trim().to_owned(),
        Error::DockerStreamError { error } => error.trim().to_owned(),
        Error::RequestTimeoutError => "the engine did not answer in time".to_owned(),
        Error::JsonDataError { message, .. } => format!("the engine's answer is not understood: {message}"),
        other => root_cause(other),
    }
}

/// The innermost error says it best: `client error (Connect)` is what the outer ones add.
fn root_cause(error: &Error) -> String {
    if let Some(error) = io_error(error) {
        // TLS errors end with the address of a manual for programmers.
        return plain(error).split(": https://").next().unwrap_or_default().to_owned();
    }
    let mut cause: &dyn std::error::Error = error;
    while let Some(source) = cause.source() {
        cause = source;
    }
    cause.to_string()
}

/// The error of the system below all others, if that is what it was.
pub(super) fn io_error(error: &Error) -> Option<&io::Error> {
    // That variant is transparent: its source is the source of what it holds.
    let mut found = if let Error::IOError { err } = error { Some(err) } else { None };
    let mut cause: Option<&(dyn std::error::Error + 'static)> = Some(error);
    while let Some(error) = cause {
        found = error.downcast_ref::<io::Error>().or(found);
        cause = error.source();
    }
    found
}

/// An error of a request, told by what was being done.
pub(super) fn request(doing: impl Into<String>) -> impl FnOnce(Error) -> EngineError {
    move |error| EngineError::Request { doing: doing.into(), reason: reason(&error) }
}

/// What runtimes put around the reason for which a container did not start.
const NOISE: [&str; 14] = [
    "Error response from daemon: ",
    "failed to create task for container: ",
    "failed to start shim: ",
    "failed to create shim task: ",
    "failed to create shim: ",
    "OCI runtime create failed: ",
    "OCI runtime start failed: ",
    "runc create failed: ",
    "runc did not terminate successfully: exit status 1: ",
    "starting container process caused: ",
    "unable to start container process: ",
    "error during container init: ",
    "runc: ",
    "crun: ",
];

/// The part of a runtime's message that says what to mend.
pub(super) fn without_noise(message: &str) -> String {
    let mut rest = message.trim();
    while let Some(shorter) =
        NOISE.iter().find_map(|noise| rest.strip_prefix(noise)).or_else(|| after_place(rest))
    {
        rest = shorter;
    }
    let rest = rest.strip_suffix(": unknown").unwrap_or(rest);
    rest.split(": OCI ").next().unwrap_or(rest).to_owned()
}

/// What follows `container_linux.go:380: ` or `preparing container 6a6a59e6407f for attach: `.
fn after_place(message: &str) -> Option<&str> {
    if let Some(rest) = message.strip_prefix("preparing container ") {
        return rest.split_once(" for attach: ").map(|(_, rest)| rest);
    }
    let (file, rest) = message.split_once(".go:")?;
    let (line, rest) = rest.split_once(": ")?;
    let is_name = file.chars().all(|letter| letter.is_alphanumeric() || letter == '_');
    (is_name && line.chars().all(|digit| digit.is_ascii_digit())).then_some(rest)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runtimes_are_cut_down_to_what_helps() {
        for (message, expected) in [
            (
                r#"OCI runtime create failed: container_linux.go:380: starting container process caused: exec: "/nope": stat /nope: no such file or directory: unknown"#,
                r#"exec: "/nope": stat /nope: no such file or directory"#,
            ),
            (
                r#"failed to create task for container: failed to create shim task: OCI runtime create failed: runc create failed: unable to start container process: error during container init: exec: "nope": executable file not found in $PATH"#,
                r#"exec: "nope": executable file not found in $PATH"#,
            ),
            (
                "crun: executable file `nope` not found in $PATH: No such file or directory: OCI runtime attempted to invoke a command that was not found",
                "executable file `nope` not found in $PATH: No such file or directory",
            ),
            (
                r#"preparing container 6a6a59e6407f for attach: runc: runc create failed: unable to start container process: exec: "nope": executable file not found in $PATH"#,
                r#"exec: "nope": executable file not found in $PATH"#,
            ),
            (
                r#"exec: "/etc/passwd": permission denied: OCI permission denied"#,
                r#"exec: "/etc/passwd": permission denied"#,
            ),
            (
                "unable to find user nobody2: no matching entries in passwd file",
                "unable to find user nobody2: no matching entries in passwd file",
            ),
        ] {
            assert_eq!(without_noise(message), expected);
        }
    }

    #[test]
    fn a_refusal_without_words_says_its_status() {
        let error = Error::DockerResponseServerError { status_code: 503, message: String::new() };
        assert_eq!(reason(&error), "the engine answered with status 503");
    }

    #[test]
    fn the_systems_error_is_told_without_its_wrapping() {
        let error = Error::IOError { err: io::Error::from_raw_os_error(111) };
        assert_eq!(reason(&error), "connection refused");
    }
}
