//! Which of git's settings could have it run a program.
//!
//! Git has many settings that name one and gets more with each version, so those are listed that
//! name none: what is not known counts as one, and so does a line that is not understood.

use std::{collections::BTreeSet, fmt::Write as _};

/// Sections, and the settings in them that are harmless; a `*` stands for all.
const HARMLESS: &[(&str, &[&str])] = &[
    ("advice", &["*"]),
    ("branch", &["autosetuprebase", "description", "merge", "pushremote", "rebase", "remote"]),
    ("color", &["*"]),
    ("commit", &["cleanup", "gpgsign", "verbose"]),
    (
        "core",
        &[
            "abbrev",
            "autocrlf",
            "bare",
            "commitgraph",
            "compression",
            "eol",
            "filemode",
            "ignorecase",
            "logallrefupdates",
            "longpaths",
            "multipackindex",
            "precomposeunicode",
            "quotepath",
            "repositoryformatversion",
            "safecrlf",
            "sharedrepository",
            "sparsecheckout",
            "sparsecheckoutcone",
            "symlinks",
            "untrackedcache",
            "worktree",
        ],
    ),
    (
        "diff",
        &[
            "algorithm",
            "autorefreshindex",
            "binary",
            "colormoved",
            "colormovedws",
            "context",
            "dirstat",
            "ignoresubmodules",
            "indentheuristic",
            "interhunkcontext",
            "mnemonicprefix",
            "noprefix",
            "relative",
            "renamelimit",
            "renames",
            "statgraphwidth",
            "statnamewidth",
            "submodule",
            "suppressblankempty",
            "wordregex",
            "wserrorhighlight",
            "xfuncname",
        ],
    ),
    (
        "extensions",
        &[
            "compatobjectformat",
            "noop",
            "objectformat",
            "partialclone",
            "refstorage",
            "relativeworktrees",
            "worktreeconfig",
        ],
    ),
    ("feature", &["*"]),
    ("fetch", &["parallel", "prune", "prunetags", "recursesubmodules"]),
    ("gc", &["auto", "autodetach", "autopacklimit"]),
    ("index", &["*"]),
    ("init", &["defaultbranch"]),
    ("lfs", &["access", "locksverify", "repositoryformatversion"]),
    ("maintenance", &["auto", "strategy"]),
    (
        "merge",
        &[
            "autostash",
            "branchdesc",
            "conflictstyle",
            "defaulttoupstream",
            "directoryrenames",
            "ff",
            "log",
            "renamelimit",
            "renames",
            "renormalize",
            "stat",
            "suppressdest",
            "verbosity",
        ],
    ),
    ("pack", &["threads", "windowmemory"]),
    ("pull", &["ff", "rebase"]),
    ("push", &["autosetupremote", "default", "followtags"]),
    (
        "rebase",
        &[
            "abbreviatecommands",
            "autosquash",
            "autostash",
            "backend",
            "forkpoint",
            "missingcommitscheck",
            "rebasemerges",
            "reschedulefailedexec",
            "stat",
            "updaterefs",
        ],
    ),
    (
        "remote",
        &[
            "fetch",
            "mirror",
            "partialclonefilter",
            "promisor",
            "prune",
            "push",
            "pushurl",
            "skipdefaultupdate",
            "tagopt",
            "url",
        ],
    ),
    ("rerere", &["enabled"]),
    ("status", &["showuntrackedfiles"]),
    (
        "submodule",
        &["active", "branch", "fetchrecursesubmodules", "ignore", "path", "recurse", "url"],
    ),
    ("tag", &["gpgsign", "sort"]),
    ("user", &["email", "name", "signingkey", "useconfigonly"]),
];

/// A line that could have git run a program.
struct Acting<'a> {
    /// Its number in the text, from 0.
    line: usize,
    /// The header before it in the same line, with both brackets.
    header: Option<&'a str>,
    /// The line without that header and without the space around it.
    rest: &'a str,
    /// The section that it is in, without brackets.
    section: String,
    /// All that makes it what it is: the section, and the lines that it goes on from.
    text: String,
}

impl Acting<'_> {
    /// Returns the name that the setting has, as git compares it.
    fn key(&self) -> (String, String) {
        let name = self.rest.split('=').next().unwrap_or_default();
        (self.section.to_lowercase(), name.trim().to_lowercase())
    }
}

/// Returns what could have git run a program: a line for each such setting, with its section.
pub(super) fn runs(text: &[u8]) -> BTreeSet<String> {
    acting(&String::from_utf8_lossy(text)).into_iter().map(|it| it.text).collect()
}

/// Returns settings in which each line is a comment that could have git run a program and did not
/// stand in `earlier`; what it took the place of is there again. All other lines stay as they are.
/// `None` if that is not possible.
pub(super) fn without_new(text: &[u8], earlier: &[u8]) -> Option<String> {
    let (text, earlier) = (str::from_utf8(text).ok()?, str::from_utf8(earlier).ok()?);
    let (now, before) = (acting(text), acting(earlier));
    let known: BTreeSet<&str> = before.iter().map(|it| it.text.as_str()).collect();
    let still_there: BTreeSet<&str> = now.iter().map(|it| it.text.as_str()).collect();
    let mut lost: Vec<&Acting<'_>> =
        before.iter().filter(|it| !still_there.contains(it.text.as_str())).collect();
    let mut mended = String::with_capacity(text.len());
    for (number, line) in text.split_inclusive('\n').enumerate() {
        let new = now.iter().find(|it| it.line == number && !known.contains(it.text.as_str()));
        let Some(new) = new else {
            mended.push_str(line);
            continue;
        };
        if let Some(header) = new.header {
            mended.push_str(header);
            mended.push('\n');
        }
        let _ = writeln!(mended, "\t# {}", new.rest);
        for old in lost.extract_if(.., |it| it.key() == new.key()) {
            let _ = writeln!(mended, "\t{}", old.rest);
        }
    }
    runs(mended.as_bytes()).iter().all(|it| known.contains(it.as_str())).then_some(mended)
}

fn acting(text: &str) -> Vec<Acting<'_>> {
    let mut found = Vec::new();
    let mut section = "";
    let mut goes_on_from: Option<String> = None;
    for (number, line) in text.lines().enumerate() {
        let mut rest = line.trim();
        let mut header = None;
        let mut is_unclosed = false;
        if let Some(opened) = rest.strip_prefix('[') {
            match end_of_header(opened) {
                Some(end) => {
                    let (name, after) = opened.split_at(end);
                    section = name;
                    let after = after.trim_start_matches(']');
                    header = rest.get(..rest.len() - after.len());
                    rest = after.trim();
                }
                None => is_unclosed = true,
            }
        }
        let is_said = !rest.is_empty() && !rest.starts_with(['#', ';']);
        let text = match goes_on_from.take() {
            Some(first) => Some(format!("{first}\n{}", line.trim())),
            None if is_unclosed => Some(line.trim().to_owned()),
            None if is_said && !is_harmless(section, rest) => Some(format!("[{section}] {rest}")),
            None => None,
        };
        let Some(text) = text else { continue };
        if rest.ends_with('\\') {
            goes_on_from = Some(text.clone());
        }
        found.push(Acting { line: number, header, rest, section: section.to_owned(), text });
    }
    found
}

/// Returns where the bracket is that ends the header of a section; quotes may hold others.
fn end_of_header(header: &str) -> Option<usize> {
    let mut is_quoted = false;
    let mut is_escaped = false;
    header.char_indices().find_map(|(at, character)| {
        match character {
            _ if std::mem::take(&mut is_escaped) => {}
            '\\' => is_escaped = true,
            '"' => is_quoted = !is_quoted,
            ']' if !is_quoted => return Some(at),
            _ => {}
        }
        None
    })
}

fn is_harmless(section: &str, line: &str) -> bool {
    let name = section.split_whitespace().next().unwrap_or_default().to_lowercase();
    let (key, value) = line.split_once('=').unwrap_or((line, ""));
    let key = key.trim().to_lowercase();
    let is_key = key.chars().all(|it| it.is_ascii_alphanumeric() || it == '-');
    // What goes on in the next line is not looked at as a whole; a transport names a program.
    let is_plain = !line.ends_with('\\') && !value.contains("::");
    let is_listed = HARMLESS
        .iter()
        .any(|(listed, keys)| *listed == name && keys.iter().any(|it| *it == "*" || *it == key));
    is_key && is_plain && is_listed
}

#[cfg(test)]
mod tests {
    use expect_test::{Expect, expect};

    use super::{runs, without_new};

    #[track_caller]
    fn check_mended(earlier: &str, text: &str, expected: &Expect) {
        let mended = without_new(text.as_bytes(), earlier.as_bytes()).unwrap();
        expected.assert_eq(&mended);
        let known = runs(earlier.as_bytes());
        assert!(runs(mended.as_bytes()).is_subset(&known), "{mended}");
    }

    #[test]
    fn only_what_acts_and_is_new_becomes_a_comment() {
        check_mended(
            "[core]\n\tbare = false\n",
            "[core]\n\tbare = false\n\tfsmonitor = evil\n[user]\n\tname = N\n; mine\n",
            &expect![[r"
                [core]
                	bare = false
                	# fsmonitor = evil
                [user]
                	name = N
                ; mine
            "]],
        );
        check_mended(
            "[core]\n\thooksPath = mine\n[alias]\n\tst = status\n",
            "[core] hookspath = evil\n\tbare = false\n[alias]\n\tst = status\n\tco = !evil\n",
            &expect![[r"
                [core]
                	# hookspath = evil
                	hooksPath = mine
                	bare = false
                [alias]
                	st = status
                	# co = !evil
            "]],
        );
        check_mended(
            "",
            "[alias]\n\tst = !evil \\\n\t\tmore\n[user]\n\tname = N",
            &expect![[r"
            [alias]
            	# st = !evil \
            	# more
            [user]
            	name = N"]],
        );
        check_mended(
            "[user]\n",
            "[user]\n[core\n\tbare = false\n",
            &expect![[r"
            [user]
            	# [core
            	# bare = false
        "]],
        );
    }

    #[test]
    fn a_line_that_is_gone_on_in_another_way_is_new() {
        let earlier = "[core]\n\tpager = less \\\n-R\n";
        let now = "[core]\n\tpager = less \\\n\teol = x\n";
        assert!(!runs(now.as_bytes()).is_subset(&runs(earlier.as_bytes())));
        assert_eq!(without_new(now.as_bytes(), earlier.as_bytes()), None, "all of it is put back");
    }

    #[test]
    fn settings_that_name_no_program_are_harmless() {
        for text in [
            "",
            "[core]\n\trepositoryformatversion = 0\n\tfilemode = true\n\tbare = false\n",
            "[remote \"origin\"]\n\turl = https://example.org/a]b.git\n\tfetch = +refs/heads/*:refs/remotes/origin/*\n",
            "[branch \"a]b\"]\n\tremote = origin # as cloned\n\tmerge = refs/heads/main\n",
            "[user] name = N\n; a word\n\temail = e@e\n",
            "[submodule \"lib\"]\n\tactive = true\n\turl = ../lib\n",
            "[extensions]\n\tworktreeConfig = true\n",
            "[merge]\n\tconflictStyle = diff3\n\tff = only\n",
            "[diff]\n\trenames = copies\n\talgorithm = histogram\n",
            "[rebase]\n\tautosquash = true\n",
        ] {
            assert!(runs(text.as_bytes()).is_empty(), "{text}: {:?}", runs(text.as_bytes()));
        }
    }

    #[test]
    fn what_names_a_program_or_is_not_understood_is_not() {
        for text in [
            "[core]\n\tfsmonitor = evil\n",
            "[core] fsmonitor = evil\n",
            "[Core]\n\tHooksPath = /x\n",
            "[core]\nbare = false\n sshCommand = evil",
            "[core \"x\"]\n[core]\n\tpager=evil\n",
            "[remote \"o\"]\n\turl = ext::sh -c evil\n",
            "[remote \"o\"]\n\tuploadpack = evil\n",
            "[remote \"o\"]\n\turl = ex\\\nt::evil\n",
            "[submodule \"s\"]\n\tupdate = !evil\n",
            "[include]\n\tpath = ../evil\n",
            "[includeIf \"gitdir:x\"]\n\tpath = ../evil\n",
            "[alias]\n\tst = !evil\n",
            "[filter \"x\"]\n\tclean = evil\n",
            "[diff \"x\"]\n\ttextconv = evil\n",
            "[diff \"x\"]\n\tcommand = evil\n",
            "[diff]\n\texternal = evil\n",
            "[merge \"x\"]\n\tdriver = evil\n",
            "[mergetool \"x\"]\n\tcmd = evil\n",
            "[core]\n\teditor = evil\n",
            "[core.fsmonitor]\n\tx = y\n",
            "[unclosed\n",
        ] {
            assert!(!runs(text.as_bytes()).is_empty(), "{text}");
        }
    }
}
