//! `preceptor rules` and `preceptor explain`: what is checked, and why.

mod terminal_page;

use std::io::{self, Write};

use anyhow::Context;
use lint::Rule;
use serde::Serialize;

/// Exit code: it was printed.
pub const EXIT_FOUND: u8 = 0;
/// Exit code: there is no such rule.
pub const EXIT_UNKNOWN: u8 = 2;

/// The list for programs. Field names are part of the interface.
#[derive(Serialize)]
struct Listed {
    rules: Vec<ListedRule>,
}

#[derive(Serialize)]
struct ListedRule {
    code: &'static str,
    level: &'static str,
    summary: &'static str,
}

/// Prints every rule with its level and a summary, one a line; returns the exit code.
pub fn list(stdout: &mut dyn Write) -> anyhow::Result<u8> {
    let rules = lint::rules();
    let width = rules.iter().map(|rule| rule.code.len()).max().unwrap_or_default();
    let line = |Rule { code, level, summary, .. }: &Rule| {
        format!("{code:width$}  {:7}  {summary}\n", level.as_str())
    };
    let lines: Vec<_> = rules.iter().copied().map(line).collect();
    print(stdout, &lines.concat())?;
    Ok(EXIT_FOUND)
}

/// Prints the same as one object for programs; returns the exit code.
pub fn list_as_json(stdout: &mut dyn Write) -> anyhow::Result<u8> {
    let listed = |rule: &&Rule| ListedRule {
        code: rule.code,
        level: rule.level.as_str(),
        summary: rule.summary,
    };
    let listed = Listed { rules: lint::rules().iter().map(listed).collect() };
    let mut out = serde_json::to_string_pretty(&listed).context("writing the rules as JSON")?;
    out.push('\n');
    print(stdout, &out)?;
    Ok(EXIT_FOUND)
}

/// Prints the page of the rule `code`, as Markdown or with colors for a terminal; for an unknown
/// one says on `stderr` which were meant. Returns the exit code.
pub fn explain(
    code: &str,
    color: bool,
    stdout: &mut dyn Write,
    stderr: &mut dyn Write,
) -> anyhow::Result<u8> {
    if let Some(page) = lint::rule_page(code) {
        if color {
            print(stdout, &terminal_page::render(page))?;
        } else {
            print(stdout, page)?;
        }
        return Ok(EXIT_FOUND);
    }
    let suggestions = lint::similar_codes(code);
    let advice = if suggestions.is_empty() {
        "`preceptor rules` lists them all".to_owned()
    } else {
        format!("did you mean {}?", suggestions.join(" or "))
    };
    writeln!(stderr, "error: there is no rule `{code}`: {advice}").context("writing to stderr")?;
    Ok(EXIT_UNKNOWN)
}

/// Writes what was asked for; a reader that went away is no failure.
pub(crate) fn print(stdout: &mut dyn Write, text: &str) -> anyhow::Result<()> {
    match stdout.write_all(text.as_bytes()).and_then(|()| stdout.flush()) {
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            Err(error).context("writing to stdout")
        }
        _ => Ok(()),
    }
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]
mod tests {
    use agent::tool::{BUILT_IN_TOOLS, BuiltInTool};
    use expect_test::{Expect, expect};
    use serde_json::Value;

    use super::{explain, list, list_as_json};

    #[track_caller]
    fn check(code: &str, expected_code: u8, expected: &Expect) {
        let (mut stdout, mut stderr) = (Vec::new(), Vec::new());
        let exit_code = explain(code, false, &mut stdout, &mut stderr).unwrap();
        assert_eq!(exit_code, expected_code);
        let first_line = String::from_utf8(stdout).unwrap();
        let first_line = first_line.lines().next().unwrap_or_default();
        expected.assert_eq(&format!("{first_line}{}", String::from_utf8(stderr).unwrap()));
    }

    #[test]
    fn every_rule_is_listed_with_its_level() {
        let mut stdout = Vec::new();
        list(&mut stdout).unwrap();
        let listed = String::from_utf8(stdout).unwrap();
        assert_eq!(listed.lines().count(), lint::rules().len());
        for (line, rule) in listed.lines().zip(lint::rules()) {
            assert!(line.starts_with(rule.code) && line.contains(rule.level.as_str()), "{line}");
        }
    }

    #[test]
    fn programs_get_the_same_list() {
        let mut stdout = Vec::new();
        list_as_json(&mut stdout).unwrap();
        let listed: Value = serde_json::from_slice(&stdout).unwrap();
        let listed = listed["rules"].as_array().unwrap();
        assert_eq!(listed.len(), lint::rules().len());
        for (listed, rule) in listed.iter().zip(lint::rules()) {
            assert_eq!(listed["code"], rule.code);
            assert_eq!(listed["level"], rule.level.as_str());
            assert_eq!(listed["summary"], rule.summary);
        }
    }

    #[test]
    fn a_known_rule_is_explained() {
        check("description/missing", 0, &expect!["# description/missing"]);
    }

    #[test]
    fn similar_codes_are_suggested_for_an_unknown_one() {
        check(
            "description-mising",
            2,
            &expect![[r#"
                error: there is no rule `description-mising`: did you mean description/missing or description/too-long or description/no-trigger?
            "#]],
        );
        check(
            "directory-mismach",
            2,
            &expect![[r#"
            error: there is no rule `directory-mismach`: did you mean name/directory-mismatch?
        "#]],
        );
        check(
            "zzz",
            2,
            &expect![[r#"
            error: there is no rule `zzz`: `preceptor rules` lists them all
        "#]],
        );
    }

    #[test]
    fn the_linter_knows_the_tools_of_the_agent() {
        let own = lint::tool_sets().first().unwrap();
        assert_eq!(own.owner, "Preceptor");
        assert_eq!(own.names, BUILT_IN_TOOLS.map(BuiltInTool::name));
    }
}
