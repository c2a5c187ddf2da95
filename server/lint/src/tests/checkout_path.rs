//! The rule for checkouts: what it finds, what it leaves alone.

use expect_test::expect;

use crate::tests::report::{check, check_silent, check_unsafe_fix, findings};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that the checkout in the body, and nothing else, is found.
#[track_caller]
fn found(checkout: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [checkout], "{body}");
}

#[test]
fn the_checkout_alone_is_marked_once_for_all_places() {
    check(
        &skill("🎬 Größe in ~/src/table-tools/x.log.\r\n\r\n```sh\r\ncd ~/src/table-tools\r\n```"),
        &expect![[r#"
            6 | 🎬 Größe in ~/src/table-tools/x.log.
              |            ^^^^^^^^^^^^^^^^^ info portability/checkout-path: `~/src/table-tools` is where the author keeps a checkout; others have it elsewhere or not at all. Bundle what the skill needs, or say where to get it
              = 9:4 `~/src/table-tools` is also here
              = fix (Unsafe): Write `<checkout>` instead
            6 | 🎬 Größe in ~/src/table-tools/x.log.
              |                                    ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
}

#[test]
fn the_usual_places_are_found() {
    found("~/code/table-tools", "`~/code/table-tools/run.sh`");
    found("~/Projects/table-tools", "Look into ~/Projects/table-tools.");
    found("$HOME/repos/table-tools", "```sh\ncd \"$HOME/repos/table-tools\"\n```");
    found("${HOME}/dev/table-tools", "`${HOME}/dev/table-tools/x`");
    found("~/go/src/github.com/ana/tables", "`cd ~/go/src/github.com/ana/tables`");
    found("~/Documents/GitHub/tables", "`ls ~/Documents/GitHub/tables/x`");
    found("%USERPROFILE%\\source\\repos\\tables", "`cd %USERPROFILE%\\source\\repos\\tables`");
    found("~/code/größen", "`cd ~/code/größen/x`");
}

#[test]
fn checkouts_that_the_skill_makes_are_silent() {
    silent("`git clone https://example.org/x ~/src/table-tools`, then `cd ~/src/table-tools`");
    silent("```sh\nmkdir -p ~/src/table-tools\ncd ~/src/table-tools\n```");
    silent("`git worktree add ~/work/table-fix`, `cd ~/work/table-fix`");
}

#[test]
fn placeholders_patterns_and_examples_are_silent() {
    silent(
        "`~/projects/my-app`, `~/code/your-repo/x`, `~/src/project`, `~/Projects/some-other-repo`",
    );
    silent("`~/src/<name>`, `~/src/$NAME`, `~/src/*`, `~/src/app-$n`, `~/src/{name}`, `~/src/`");
    silent("Choose a folder, for example `~/code/table-tools`, e.g. ~/src/tables.");
    silent("`~/projects/app1`, `~/projects/REPO`, `~/src/foo/bar`, `~/git/myproject`");
}

#[test]
fn other_paths_are_silent() {
    silent("`~/.config/x`, `~/Documents/x.pdf`, `~/data/x.csv`, `/src/tables`, `src/code/tables`");
    silent("`x~/src/tables`, `a/~/src/tables`");
}

#[test]
fn advice_against_it_is_silent() {
    silent("Never hard-code `~/src/table-tools`.");
    silent("## Pitfalls\n\n- `~/src/table-tools` may be old.");
}

#[test]
fn every_place_gets_a_placeholder_that_is_seen() {
    check_unsafe_fix(
        &skill("See ~/src/tables/x.log.\n\n```sh\ncd ~/src/tables/bin\n```\n\n`ls ~/src/tables`"),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            See `<checkout>/x.log`.

            ```sh
            cd <checkout>/bin
            ```

            `ls <checkout>`
        "#]],
    );
}
