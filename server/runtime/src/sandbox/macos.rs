//! Confinement on macOS, by its `sandbox-exec`.

use std::{fmt::Write as _, path::Path};

use crate::sandbox::Policy;

/// The system's program; no other of that name is used.
#[cfg(target_os = "macos")]
pub(super) const PROGRAM: &str = "/usr/bin/sandbox-exec";

/// How long the machine may take to show that it has a sandbox.
#[cfg(target_os = "macos")]
const PROBE_LIMIT: std::time::Duration = std::time::Duration::from_secs(5);

/// Finds out whether the machine takes a profile.
#[cfg(target_os = "macos")]
pub(super) async fn probe() -> crate::sandbox::Ability {
    let profile = profile(&Policy::default());
    let mut command = tokio::process::Command::new(PROGRAM);
    command.args(["-p", &profile, "/usr/bin/true"]).kill_on_drop(true);
    match tokio::time::timeout(PROBE_LIMIT, command.status()).await {
        Ok(Ok(status)) if status.success() => crate::sandbox::Ability {
            layers: [crate::sandbox::Layer::Seatbelt].into(),
            ..Default::default()
        },
        _ => crate::sandbox::Ability::default(),
    }
}

/// Returns the profile of a policy. What is allowed comes first, for the last rule that fits wins.
pub(super) fn profile(policy: &Policy) -> String {
    let mut out = String::from(
        "(version 1)\n\
         (deny default)\n\
         (allow process-exec process-fork)\n\
         (allow signal (target same-sandbox))\n\
         (allow process-info* (target same-sandbox))\n\
         (allow sysctl-read)\n\
         (allow file-read-metadata)\n\
         (allow pseudo-tty)\n\
         (allow file-read* file-write* (literal \"/dev/null\") (literal \"/dev/tty\") (regex #\"^/dev/ttys[0-9]+$\"))\n",
    );
    let mut rule = |verdict: &str, what: &str, path: &Path| {
        let path = quoted(path);
        let _ = writeln!(out, "({verdict} {what} (literal {path}) (subpath {path}))");
    };
    for path in policy.read.iter().chain(&policy.write) {
        rule("allow", "file-read*", path);
    }
    for path in policy.write.iter().chain([&policy.temp]) {
        rule("allow", "file-read* file-write*", path);
    }
    for path in &policy.read_only {
        rule("deny", "file-write*", path);
    }
    for path in &policy.hidden {
        rule("deny", "file-read* file-write*", path);
    }
    if policy.network {
        // Unix sockets stay closed but for the one that looks names up.
        out.push_str(
            "(allow network-outbound (remote ip))\n\
             (allow network-inbound (local ip))\n\
             (allow network-bind (local ip))\n\
             (allow network-outbound (literal \"/private/var/run/mDNSResponder\"))\n\
             (allow system-socket)\n",
        );
    }
    out
}

fn quoted(path: &Path) -> String {
    format!("\"{}\"", path.display().to_string().replace('\\', "\\\\").replace('"', "\\\""))
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::profile;
    use crate::sandbox::Policy;

    #[track_caller]
    fn check(policy: &Policy, expected: &Expect) {
        let profile = profile(policy);
        // What every profile has is above.
        let (_, own) = profile.split_once("]+$\"))\n").unwrap();
        expected.assert_eq(own);
    }

    #[test]
    fn a_profile_says_what_the_policy_says() {
        let policy = Policy {
            read: vec!["/usr".into()],
            write: vec!["/w \"q\"".into()],
            read_only: vec!["/w/.git/hooks".into()],
            hidden: vec!["/home/.ssh".into()],
            temp: "/t".into(),
            ..Policy::default()
        };
        check(
            &policy,
            &expect![[r#"
            (allow file-read* (literal "/usr") (subpath "/usr"))
            (allow file-read* (literal "/w \"q\"") (subpath "/w \"q\""))
            (allow file-read* file-write* (literal "/w \"q\"") (subpath "/w \"q\""))
            (allow file-read* file-write* (literal "/t") (subpath "/t"))
            (deny file-write* (literal "/w/.git/hooks") (subpath "/w/.git/hooks"))
            (deny file-read* file-write* (literal "/home/.ssh") (subpath "/home/.ssh"))
        "#]],
        );
        check(
            &Policy { network: true, ..Policy::default() },
            &expect![[r#"
            (allow file-read* file-write* (literal "") (subpath ""))
            (allow network-outbound (remote ip))
            (allow network-inbound (local ip))
            (allow network-bind (local ip))
            (allow network-outbound (literal "/private/var/run/mDNSResponder"))
            (allow system-socket)
        "#]],
        );
    }
}
