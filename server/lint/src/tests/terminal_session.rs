//! The rule for sessions of tmux and screen: what it finds, what it leaves alone.

use expect_test::expect;

use crate::{
    Severity,
    tests::report::{check, check_fix, check_silent, findings},
};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that the session in the body, and nothing else, is found.
#[track_caller]
fn found(session: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [session], "{body}");
}

#[test]
fn the_name_alone_is_marked_once_for_all_places() {
    check(
        &skill(
            "🎬 Größe: `tmux attach -t grid-night`\r\n\r\n```sh\r\ntmux send-keys -t grid-night:0.1 ls Enter\r\n```",
        ),
        &expect![[r#"
            6 | 🎬 Größe: `tmux attach -t grid-night`
              |                          ^^^^^^^^^^ warning portability/terminal-session: No step creates the session `grid-night`: on another machine there is nothing to go into. Create it in a step, or write `<session>`
              = 9:19 `grid-night` is also here
              = fix (Safe): Write `<session>` instead
            6 | 🎬 Größe: `tmux attach -t grid-night`
              |                                     ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
}

#[test]
fn every_way_into_a_session_is_found() {
    found("grid-night", "`tmux a -t grid-night`, `tmux kill-session -t=grid-night`");
    found("grid-night", "`tmux -L sock -f x.conf capture-pane -pt grid-night -S -40`");
    found("grid-night", "`tmux capture-pane -p -J -t \"grid-night:0\"`");
    found(
        "grid-night",
        "`screen -r grid-night`, `screen -d -r grid-night`, `screen -x grid-night`",
    );
    found("grid-night", "`screen -S grid-night -X stuff 'ls'`");
    found("grid-night", "Type into the tmux session `grid-night`.");
    found("grid-night", "Look at it with tmux attach -t grid-night, then leave.");
}

#[test]
fn sessions_that_the_skill_creates_are_silent() {
    for creation in [
        "tmux new -s grid-night",
        "tmux new-session -d -s grid-night './x'",
        "tmux new -ds grid-night",
        "screen -S grid-night",
        "screen -dmS grid-night ./x",
        "./start.sh --session grid-night",
        "./start.sh --session-name=grid-night",
        "SESSION=grid-night",
        "tmux rename-session grid-night",
        "tmux new -s grid-$WHEN",
        "tmux new -s \"grid-${WHEN}\"",
    ] {
        silent(&format!("```sh\n{creation}\n```\n\nThen `tmux attach -t grid-night`."));
    }
    silent("Start a tmux session named `grid-night`. Then `tmux attach -t grid-night`.");
    found("grid-night", "`tmux new -s grid-day`, then `tmux attach -t grid-night`");
    found("grid-night", "`screen -S grid-night -X stuff x`, `screen -r grid-night`");
}

#[test]
fn variables_placeholders_and_numbers_are_silent() {
    silent("`tmux attach -t $SESSION`, `tmux attach -t \"$SESSION\"`, `tmux attach -t job-$n`");
    silent("`tmux attach -t <session>`, `tmux attach -t {name}`, `tmux attach -t {{ name }}`");
    silent("`tmux attach -t session-name`, `tmux a -t my-session`, `tmux a -t mysession`");
    silent("`tmux attach -t 0`, `tmux kill-session -t SESSION`, `screen -r 4711`, `tmux a -t %3`");
    silent("`tmux attach`, `tmux ls`, `screen -ls`, `screen -r`, `tmux set -g status off`");
}

#[test]
fn other_words_are_silent() {
    silent("A tmux session keeps running. The screen session ends. Split screen -r x.");
    silent("`cat ~/.tmux attach -t grid-night`, `touchscreen -r grid-night`");
}

#[test]
fn advice_against_it_is_silent() {
    silent("## Pitfalls\n\n- `tmux attach -t grid-night` is gone after a restart.");
    silent("```sh\n# Bad: hard-coded\ntmux attach -t grid-night\n```");
}

#[test]
fn skills_about_multiplexers_get_hints() {
    let text = skill("`tmux attach -t grid-night`").replace("count-rows", "tmux-cheatsheet");
    let severities: Vec<_> = findings(&text, None).iter().map(|it| it.severity).collect();
    assert_eq!(severities, [Severity::Hint]);
}

#[test]
fn every_place_gets_the_placeholder() {
    check_fix(
        &skill(
            "Go in with tmux attach -t grid-night and `tmux send -t grid-night:1 ls Enter`.\r\n\r\n```sh\r\nscreen -x grid-night\r\n```",
        ),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            Go in with tmux attach -t `<session>` and `tmux send -t <session>:1 ls Enter`.

            ```sh
            screen -x <session>
            ```
        "#]],
    );
}

#[test]
fn the_process_in_front_of_a_session_of_screen_belongs_to_it() {
    let text = skill("`screen -r 48213.eval`");
    let found = findings(&text, None);
    assert_eq!(found.iter().map(|it| it.span.of(&text)).collect::<Vec<_>>(), ["48213.eval"]);
    check_silent(&skill("```sh\nscreen -dmS eval x\nscreen -r 48213.eval\n```"));
}
