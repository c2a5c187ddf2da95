//! The rule for raw launchers: what it finds with the launchers of [`crate::tests::report`].

use expect_test::expect;

use crate::{
    Severity,
    tests::report::{check, check_silent, check_unsafe_fix, findings},
};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that the launcher in the body, and nothing else, is found.
#[track_caller]
fn found(launcher: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [launcher], "{body}");
}

#[test]
fn the_launcher_alone_is_marked_once_for_all_places() {
    check(
        &skill("🎬 Größe: `vllm serve m`\r\n\r\n```sh\r\nA=1 vllm serve \"$M\" --port 1\r\n```"),
        &expect![[r#"
            6 | 🎬 Größe: `vllm serve m`
              |           ^^^^^^^^^^ warning portability/raw-launcher: `vllm serve` is started by hand here, so nothing keeps track of it. Call the tool `serve_model`, which wraps it
              = 9:5 `vllm serve` is also here
              = fix (Unsafe): Name the tool `serve_model` instead
            6 | 🎬 Größe: `vllm serve m`
              |                        ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
        "#]],
    );
}

#[test]
fn every_way_to_start_it_is_found() {
    found("vllm serve", "```sh\ncd a && CUDA_VISIBLE_DEVICES=0 nohup vllm serve m > log &\n```");
    found("vllm serve", "```sh\n/opt/venv/bin/vllm serve m\n```");
    found("vllm serve", "```python\nsubprocess.run(\"vllm serve m\")\n```");
    found("vllm serve", "If that fails, use vllm serve in place of it.");
    found("vllm serve", "Run `vllm serve`.");
    found("vllm serve", "1. `vllm serve`");
    found("vllm serve", "`tmux new -d -s x 'vllm serve m'`");
    found("llama-server", "`llama-server -m x.gguf`");
    found("llama-server", "Start llama-server -m x.gguf and wait.");
    found("python3 -m vllm.api", "```sh\npython3 -m vllm.api --port 1\n```");
    found("python -u -m vllm.api", "`python -u -m vllm.api`, then wait");
}

#[test]
fn names_and_questions_are_silent() {
    silent("The process of `vllm serve` is large. While vllm serve loads, wait.");
    silent("`pgrep -f 'vllm serve'`, `pkill -f \"vllm serve\"`, `vllm serve --help`");
    silent("```sh\n# vllm serve is slow\nps aux | grep 'vllm serve'\nwhich llama-server\n```");
    silent("`llama-server` is a program. See llama-server.log and `my-vllm serve x`.");
    silent("`vllm server`, `vllm serve_x`, `python -m vllm.api_x`, `apt install llama-server`");
}

#[test]
fn advice_against_it_is_silent() {
    silent("Use `serve_model` instead of `vllm serve m`.");
    silent("Do not run `vllm serve m` yourself. Never start it with vllm serve.");
    silent("## Pitfalls\n\n- `vllm serve m` on a port in use dies.");
}

#[test]
fn launches_on_other_machines_are_left_to_their_rule() {
    let text = skill("`ssh <host> 'vllm serve m'`");
    let codes: Vec<_> = findings(&text, None).iter().map(|it| it.rule.code).collect();
    assert_eq!(codes, ["portability/remote-shell"]);
}

#[test]
fn skills_about_the_program_get_hints() {
    let text = skill("`vllm serve m`").replace("count-rows", "vllm-tuning");
    let severities: Vec<_> = findings(&text, None).iter().map(|it| it.severity).collect();
    assert_eq!(severities, [Severity::Hint]);
}

#[test]
fn the_tool_is_named_where_the_command_stood() {
    check_unsafe_fix(
        &skill(
            "1. Start it:\n\n   ```sh\n   vllm serve m \\\n     --port 1\n   ```\n\n2. Or run vllm serve again, or `vllm serve m`.",
        ),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            1. Start it:

               Call `serve_model`.

            2. Or run `serve_model` again, or `serve_model`.
        "#]],
    );
}

#[test]
fn one_command_among_others_has_no_fix() {
    let text = skill("`vllm serve m`\n\n```sh\ncd x\nvllm serve m\n```");
    assert!(findings(&text, None).iter().all(|it| it.fixes.is_empty()));
}
