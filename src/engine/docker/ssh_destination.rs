//! The address of an engine behind ssh: whom to ask, and what to say when they do not answer.

/// `[USER@]HOST[:PORT][/SOCKET]`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Destination {
    user: Option<String>,
    host: String,
    port: Option<String>,
    /// A socket at the other end, in place of the one that docker uses there.
    socket: Option<String>,
}

impl Destination {
    /// Reads what follows `ssh://`; the error says what is wrong with it.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let (authority, path) = text.split_at(text.find('/').unwrap_or(text.len()));
        let (user, place) = match authority.rsplit_once('@') {
            Some((user, place)) => (Some(user), place),
            None => (None, authority),
        };
        let (host, port) = match place.rsplit_once(':') {
            Some((host, port)) if !port.contains(']') => (host, Some(port)),
            _ => (place, None),
        };
        let host = host.trim_start_matches('[').trim_end_matches(']');
        if user.is_some_and(|user| user.contains(':')) {
            return Err("a password cannot be part of the address".to_owned());
        }
        if host.is_empty() {
            return Err("the address names no host".to_owned());
        }
        // The path gets to a shell at the other end.
        let plain = |letter: char| letter.is_ascii_alphanumeric() || "/._-+".contains(letter);
        if !path.chars().all(plain) {
            return Err(format!("{path} is not the path of a socket"));
        }
        Ok(Self {
            user: user.map(str::to_owned),
            host: host.to_owned(),
            port: port.map(str::to_owned),
            socket: Some(path).filter(|path| path.len() > 1).map(str::to_owned),
        })
    }

    /// What docker calls ssh with, too; nobody could answer a question of ssh's.
    pub(super) fn arguments(&self) -> Vec<String> {
        let options = ["-o", "BatchMode=yes", "-o", "ConnectTimeout=30", "-T"];
        let mut arguments: Vec<String> = options.map(str::to_owned).to_vec();
        for (option, value) in [("-l", &self.user), ("-p", &self.port)] {
            if let Some(value) = value {
                arguments.extend([option.to_owned(), value.clone()]);
            }
        }
        arguments.extend(["--", &self.host, "docker"].map(str::to_owned));
        if let Some(socket) = &self.socket {
            arguments.extend(["--host".to_owned(), format!("unix://{socket}")]);
        }
        arguments.extend(["system", "dial-stdio"].map(str::to_owned));
        arguments
    }
}

/// What to do when this is why there is no connection.
pub(super) fn hint(destination: &str, reason: &str) -> String {
    let ssh = match Destination::parse(destination) {
        Ok(Destination { user, host, port, .. }) => {
            let user = user.map_or(String::new(), |user| format!("{user}@"));
            let port = port.map_or(String::new(), |port| format!("-p {port} "));
            format!("ssh {port}{user}{host}")
        }
        Err(_) => return "an address is ssh://[USER@]HOST[:PORT]".to_owned(),
    };
    let reason = reason.to_lowercase();
    let says = |words: &str| reason.contains(words);
    if says("ssh is not installed") {
        "install the OpenSSH client, as in `sudo apt-get install openssh-client`".to_owned()
    } else if says("host key") || says("identification has changed") {
        format!("`{ssh}` once by hand shows the key of the host, to accept or to refuse")
    } else if says("permission denied (") || says("too many authentication failures") {
        format!("`{ssh}` has to work without a password: load the key into your agent, as with ssh-add")
    } else if says("docker: command not found") || says("docker: not found") {
        format!("install docker there; `{ssh} docker version` has to work")
    } else if says("docker daemon") || says("dial unix") {
        format!("start the engine there; `{ssh} docker version` says more")
    } else {
        format!("`{ssh} docker version` has to work")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn arguments(text: &str) -> String {
        Destination::parse(text).unwrap().arguments().join(" ")
    }

    #[test]
    fn an_address_becomes_what_docker_calls_ssh_with() {
        for (text, expected) in [
            ("far", "-o BatchMode=yes -o ConnectTimeout=30 -T -- far docker system dial-stdio"),
            (
                "me@far:2222",
                "-o BatchMode=yes -o ConnectTimeout=30 -T -l me -p 2222 -- far docker system dial-stdio",
            ),
            (
                "me@[::1]/run/user/7/docker.sock",
                "-o BatchMode=yes -o ConnectTimeout=30 -T -l me -- ::1 docker --host unix:///run/user/7/docker.sock system dial-stdio",
            ),
            ("far/", "-o BatchMode=yes -o ConnectTimeout=30 -T -- far docker system dial-stdio"),
        ] {
            assert_eq!(arguments(text), expected);
        }
    }

    #[test]
    fn what_could_be_taken_for_something_else_is_refused() {
        for (text, expected) in [
            ("", "the address names no host"),
            ("me@:22", "the address names no host"),
            ("me:secret@far", "a password cannot be part of the address"),
            ("far/x;reboot", "/x;reboot is not the path of a socket"),
        ] {
            assert_eq!(Destination::parse(text), Err(expected.to_owned()));
        }
        // Never an option.
        assert!(arguments("-oProxyCommand=reboot").contains(" -- -oProxyCommand=reboot docker"));
    }

    #[test]
    fn the_hint_fits_what_ssh_says() {
        for (reason, expected) in [
            ("Host key verification failed.", "`ssh -p 22 me@far` once by hand"),
            ("me@far: Permission denied (publickey).", "has to work without a password"),
            ("bash: line 1: docker: command not found", "install docker there"),
            (
                "Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?",
                "start the engine there",
            ),
            (
                "ssh: connect to host far port 22: Connection refused",
                "`ssh -p 22 me@far docker version` has to work",
            ),
            ("the command ssh is not installed", "install the OpenSSH client"),
        ] {
            let hint = hint("me@far:22", reason);
            assert!(hint.contains(expected), "{hint}");
        }
    }
}
