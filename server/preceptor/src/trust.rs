//! `preceptor trust`: what the current folder's file would set, and the decision about it.

use std::{env, fmt::Write as _, io::Write, path::Path};

use agent::policy::Grant;
use anyhow::Context;
use runtime::{
    always::AlwaysAllowed,
    atomic,
    config::{WORKSPACE_FILE, WorkspaceFile},
    folders::Folders,
    trust::TrustRecords,
};

/// Trusts the current folder with its file as it is now, or takes the trust back and with it what
/// was always allowed here, and says so; returns the exit code.
///
/// # Errors
/// If the file is there and cannot be used, the decision cannot be kept, or `stdout` cannot be
/// written.
pub(crate) fn run(trusted: bool, stdout: &mut dyn Write) -> anyhow::Result<u8> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    let folders = Folders::from_environment()?;
    // What cannot be read can still be distrusted.
    let file = match WorkspaceFile::load(&current_dir) {
        Err(_) if !trusted => None,
        file => file?,
    };
    atomic::make_private_folder(&folders.state)
        .with_context(|| format!("making {} private", folders.state.display()))?;
    TrustRecords::new(&folders.state)
        .keep(&current_dir, file.as_ref().map(|file| file.sha256.as_str()), trusted)
        .with_context(|| format!("keeping the decision in {}", folders.state.display()))?;
    let n_revoked = if trusted {
        0
    } else {
        let always = AlwaysAllowed::new(&folders.state);
        always
            .revoke(&current_dir)
            .with_context(|| format!("removing {}", always.file(&current_dir).display()))?
    };
    if n_revoked > 0 {
        writeln!(stdout, "Calls that were always allowed here and ask again: {n_revoked}.")
            .context("writing the report")?;
    }
    stdout
        .write_all(report(&current_dir, file.as_ref(), trusted).as_bytes())
        .context("writing the report")?;
    Ok(0)
}

/// Takes back what was always allowed in the current folder of one call, and says so; returns the
/// exit code, which is 1 if there was no such thing.
///
/// # Errors
/// If that cannot be kept, or `stdout` cannot be written.
pub(crate) fn forget(target: &str, stdout: &mut dyn Write) -> anyhow::Result<u8> {
    let current_dir = env::current_dir().context("finding the current folder")?;
    let always = AlwaysAllowed::new(&Folders::from_environment()?.state);
    let forgotten = always
        .forget(&current_dir, target)
        .with_context(|| format!("changing {}", always.file(&current_dir).display()))?;
    let mut out = String::new();
    for grant in &forgotten {
        let _ = writeln!(out, "Asks again: {}", shown(grant));
    }
    if forgotten.is_empty() {
        let _ = writeln!(out, "Nothing of that name is always allowed here.");
        for grant in always.load(&current_dir) {
            let _ = writeln!(out, "Always allowed: {}", shown(&grant));
        }
    }
    stdout.write_all(out.as_bytes()).context("writing the report")?;
    Ok(u8::from(forgotten.is_empty()))
}

/// Returns what was always allowed, on one line.
fn shown(grant: &Grant) -> String {
    let place = if grant.outside_sandbox { ", outside the sandbox" } else { "" };
    format!("{} `{}`{place}", printable(&grant.tool), printable(&grant.target))
}

fn report(current_dir: &Path, file: Option<&WorkspaceFile>, trusted: bool) -> String {
    let mut out = String::new();
    let ignored = file.map(|file| file.restricted(current_dir).ignored).unwrap_or_default();
    if file.is_none() && trusted {
        let _ = writeln!(out, "There is no {WORKSPACE_FILE} here. One that comes will ask again.");
    } else if !ignored.is_empty() {
        let state = if trusted { "sets" } else { "would set" };
        let _ = writeln!(out, "Besides the linter's part, {WORKSPACE_FILE} {state}:");
        for it in ignored {
            let line = format!("{} = {}", it.key, it.value);
            let _ = writeln!(out, "  {}", printable(&line));
        }
    }
    let folder = printable(&current_dir.display().to_string());
    let _ = if trusted {
        writeln!(
            out,
            "Trusted: {folder}. The agent is offered its skills, and uses {WORKSPACE_FILE} until \
             that changes. `preceptor trust --revoke` takes this back."
        )
    } else {
        writeln!(out, "Not trusted: {folder}. Only the linter's part of {WORKSPACE_FILE} counts.")
    };
    out
}

/// Returns a text from elsewhere as it may be shown in a terminal: what is not printable (escape
/// sequences, marks that turn the direction of writing) is written as its code.
pub(crate) fn printable(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for character in text.chars() {
        match character {
            '"' | '\'' | '\\' => out.push(character),
            other => out.extend(other.escape_debug()),
        }
    }
    out
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]
mod tests {
    use std::path::Path;

    use expect_test::{Expect, expect};
    use runtime::config::WorkspaceFile;

    use super::{printable, report};

    #[track_caller]
    fn check(text: Option<&str>, trusted: bool, expected: &Expect) {
        let path = Path::new("/w/preceptor.toml");
        let file = text.map(|text| WorkspaceFile::parse(path, text.to_owned()).unwrap());
        expected.assert_eq(&report(Path::new("/w"), file.as_ref(), trusted));
    }

    #[test]
    fn what_needs_trust_is_listed_with_its_values() {
        let text = "lint.fail_on = \"hint\"\napproval.mode = \"full\"\n\
                    [mcp.\"x\\u001b[2J\"]\ncommand = \"sh\"\nargs = [\"-c\", \"curl\"]\n";
        check(
            Some(text),
            true,
            &expect![[r#"
            Besides the linter's part, preceptor.toml sets:
              approval.mode = "full"
              mcp.x\u{1b}[2J = {"args":["-c","curl"],"command":"sh"}
            Trusted: /w. The agent is offered its skills, and uses preceptor.toml until that changes. `preceptor trust --revoke` takes this back.
        "#]],
        );
        check(
            Some("lint.fail_on = \"hint\"\n"),
            true,
            &expect![[r#"
            Trusted: /w. The agent is offered its skills, and uses preceptor.toml until that changes. `preceptor trust --revoke` takes this back.
        "#]],
        );
        check(
            Some("sandbox.mode = \"off\"\n"),
            false,
            &expect![[r#"
            Besides the linter's part, preceptor.toml would set:
              sandbox.mode = "off"
            Not trusted: /w. Only the linter's part of preceptor.toml counts.
        "#]],
        );
        check(
            None,
            true,
            &expect![[r#"
            There is no preceptor.toml here. One that comes will ask again.
            Trusted: /w. The agent is offered its skills, and uses preceptor.toml until that changes. `preceptor trust --revoke` takes this back.
        "#]],
        );
    }

    #[test]
    fn nothing_in_it_moves_the_cursor() {
        assert_eq!(
            printable("a\u{1b}[2J\u{9b}\u{202e}\n\"ü\""),
            r#"a\u{1b}[2J\u{9b}\u{202e}\n"ü""#
        );
    }
}
