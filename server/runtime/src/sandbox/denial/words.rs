//! The words in which programs say that something was refused.

use super::Attempt;

/// What is said when a file is refused.
const REFUSED_FILE: [&str; 8] = [
    "permission denied",
    "read-only file system",
    "operation not permitted",
    "permissionerror",
    // A file that is kept as it is cannot be replaced by another one either.
    "device or resource busy",
    CONNECT,
    LISTEN,
    MISSING,
];

/// What Node says of a socket.
const CONNECT: &str = "connect eperm";
const LISTEN: &str = "listen eperm";

/// What is said of a file that is not there.
const MISSING: &str = "no such file or directory";

/// What is said when there is no network.
const NETWORK: [&str; 13] = [
    "network is unreachable",
    "network unreachable",
    "unable to resolve host",
    "failed to lookup address",
    "getaddrinfo enotfound",
    "could not resolve host",
    "couldn't resolve host",
    "temporary failure in name resolution",
    "temporary failure resolving",
    "name or service not known",
    "getaddrinfo eai_again",
    "enetunreach",
    "no such host",
];

/// What is said when nobody answers at an address.
const REFUSED: [&str; 4] = [
    "connection refused",
    "econnrefused",
    "couldn't connect to server",
    "could not connect to server",
];

/// The names of this machine.
const LOOPBACK: [&str; 4] = ["127.0.0.1", "localhost", "::1", "0.0.0.0"];

/// What is said about a file that should have been written.
const WRITING: [&str; 40] = [
    "cannot change",
    "cannot create",
    "cannot delete",
    "cannot link",
    "cannot make",
    "cannot mkdir",
    "cannot move",
    "cannot open for writing",
    "cannot overwrite",
    "cannot remove",
    "cannot rename",
    "cannot set",
    "cannot touch",
    "cannot unlink",
    "cannot write",
    "can't create",
    "can't write",
    "changing ownership",
    "changing permissions",
    "could not create",
    "could not lock",
    "could not write",
    "couldn't create",
    "couldn't write",
    "create directory",
    "create file",
    "device or resource busy",
    "error writing",
    "failed to create",
    "failed to remove",
    "failed to write",
    "for writing",
    "mkdir",
    "read-only file system",
    "setting permissions",
    "setting times",
    "tee: ",
    "unable to create",
    "unable to write",
    "writing to",
];

/// What is said about a file that should have been read.
const READING: [&str; 14] = [
    "cannot access",
    "cannot open",
    "cannot read",
    "cannot stat",
    "can't open",
    "could not open directory",
    "could not read",
    "failed to read",
    "unable to read",
    "cat: ",
    "grep: ",
    "head: ",
    "ls: ",
    "tail: ",
];

pub(super) fn says_file_size(lower: &str) -> bool {
    lower.contains("file size limit exceeded") || lower.contains("file too large")
}

pub(super) fn says_processes(lower: &str) -> bool {
    lower.contains("resource temporarily unavailable") && lower.contains("fork")
}

/// Returns whether a line says that there is no network. That nobody answers says so of another
/// machine, and of the one that looks names up.
pub(super) fn says_network(lower: &str) -> bool {
    let is_of_names = lower.contains("lookup ") && lower.contains(":53");
    NETWORK.iter().any(|words| lower.contains(words))
        || says_refused(lower)
            && (is_of_names
                || lower.contains("connect to ")
                    && lower.contains(" port ")
                    && !LOOPBACK.iter().any(|name| lower.contains(name)))
}

pub(super) fn says_refused(lower: &str) -> bool {
    REFUSED.iter().any(|words| lower.contains(words))
}

/// Returns the words by which a line says that a file was refused.
pub(super) fn says_refused_file(lower: &str) -> Option<&'static str> {
    REFUSED_FILE.into_iter().find(|words| lower.contains(words))
}

pub(super) fn says_missing(lower: &str) -> bool {
    says_refused_file(lower) == Some(MISSING)
}

/// Returns whether a line says that the kernel did not permit a socket. What is refused of a file,
/// another layer does, in other words.
pub(super) fn says_refused_socket(lower: &str) -> bool {
    let is_of_node = lower.contains(CONNECT) || lower.contains(LISTEN);
    let is_of_socket = lower.contains("operation not permitted")
        && ["socket:", "socket()", "socketpair:"].iter().any(|it| lower.contains(it));
    is_of_node || is_of_socket
}

/// Returns whether a line says that a process is not there that the command names by its number: one
/// that has ended is named by a variable.
pub(super) fn says_no_process(line: &str, command: &str) -> bool {
    let is_said = line.contains("No such process");
    let numbers = |text: &str| -> Vec<String> {
        let runs = text.split(|it: char| !it.is_ascii_digit()).filter(|it| it.len() > 1);
        runs.map(str::to_owned).collect()
    };
    is_said && {
        let named = numbers(command);
        let told = numbers(line.trim_start_matches(|it| it != '('));
        command.contains("kill")
            && if told.is_empty() {
                !named.is_empty()
            } else {
                told.iter().any(|it| named.contains(it))
            }
    }
}

/// Returns whether a line says that looking into a process was not permitted.
pub(super) fn says_refused_trace(lower: &str) -> bool {
    lower.contains("ptrace") && lower.contains("operation not permitted")
}

/// Programs that nobody uses without rights over the whole machine.
const PRIVILEGED: [&str; 6] = ["chroot", "mknod", "mount", "nsenter", "umount", "unshare"];

/// Returns whether such a program says that it was refused something.
pub(super) fn says_privileged(lower: &str) -> bool {
    let is_refused = ["permission denied", "operation not permitted", "superuser", "only root"];
    let name = lower.split(": ").next().unwrap_or_default();
    PRIVILEGED.contains(&name) && is_refused.iter().any(|words| lower.contains(words))
}

/// Returns whether a line says that a mount is only read.
pub(super) fn says_read_only(lower: &str) -> bool {
    lower.contains("read-only file system") || lower.contains("erofs")
}

/// Returns what was tried, by the words that programs have for it.
pub(super) fn attempt(lower: &str) -> Attempt {
    if WRITING.iter().any(|words| lower.contains(words)) {
        Attempt::Writing
    } else if READING.iter().any(|words| lower.contains(words)) {
        Attempt::Reading
    } else {
        Attempt::Either
    }
}

/// Returns whether a line begins as one of these programs, or the shell, begins what it complains
/// of.
pub(super) fn is_said_by(line: &str, speakers: &[String]) -> bool {
    let Some((speaker, _)) = line.split_once(": ") else { return false };
    let name = speaker.rsplit_once('/').map_or(speaker, |(_, name)| name);
    speakers.iter().any(|it| it == name)
        || matches!(name, "bash" | "sh")
        || is_of_git(line, speakers)
}

/// Returns whether a line ends what an interpreter, which is one of these programs, says of an error
/// that nobody caught: where it was comes before it.
pub(super) fn is_raised_by(line: &str, before: &[&str], speakers: &[String]) -> bool {
    let is_there = |name: &str| speakers.iter().any(|it| it.starts_with(name));
    // Pytest puts a mark in front of it.
    let line = line.strip_prefix("E ").unwrap_or(line).trim_start();
    let name = line.split(": ").next().unwrap_or_default();
    let is_name = !name.is_empty()
        && name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '.' | '_'));
    let python = || before.iter().any(|it| it.trim_start().starts_with("File \""));
    let node = || before.iter().any(|it| it.starts_with("node:"));
    is_name && (is_there("python") && python() || is_there("node") && node())
        || is_there("ruby") && name.contains(".rb:")
}

/// Returns whether a line begins as git begins what it complains of, by its own words.
pub(super) fn is_of_git(line: &str, speakers: &[String]) -> bool {
    let is_there = speakers.iter().any(|it| it == "git");
    is_there && ["error: ", "fatal: "].iter().any(|start| line.starts_with(start))
}

/// Returns the port behind the first name of this machine in a text.
pub(super) fn loopback_port(text: &str) -> Option<u16> {
    LOOPBACK.iter().find_map(|name| {
        let (_, rest) = text.split_once(name)?;
        let number = rest.get(..rest.find(|it: char| it.is_ascii_digit())?)?;
        // Between a machine and its port stand a colon, quotes, or the word.
        let is_near = number.chars().all(|it| " :]'\",port=/".contains(it));
        let digits = rest.get(number.len()..)?;
        let end = digits.find(|it: char| !it.is_ascii_digit()).unwrap_or(digits.len());
        digits.get(..end)?.parse().ok().filter(|_| is_near)
    })
}

#[cfg(test)]
mod tests {
    use super::loopback_port;

    #[test]
    fn a_port_stands_behind_the_machine() {
        for (text, port) in [
            ("curl: (7) Failed to connect to 127.0.0.1 port 8080 after 0 ms", Some(8080)),
            ("connect(('localhost', 99))", Some(99)),
            ("http://[::1]:3000/x", Some(3000)),
            ("nc -z localhost 22", Some(22)),
            ("echo > /dev/tcp/127.0.0.1/99", Some(99)),
            ("http://localhost/page/12", None),
            ("connect to 10.0.0.1 port 80", None),
            ("127.0.0.1:123456", None),
        ] {
            assert_eq!(loopback_port(text), port, "{text}");
        }
    }
}
