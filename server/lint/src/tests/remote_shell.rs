//! The rule for remote launches: what it finds and what it leaves alone.

use expect_test::expect;

use crate::{
    Severity,
    tests::report::{check, check_silent, findings},
};

/// A skill with this body.
fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

/// Claims that the way to the machine, and nothing else, is found.
#[track_caller]
fn found(way: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [way], "{body}");
}

#[test]
fn the_way_to_the_machine_is_marked() {
    check(
        &skill(
            "1. 🎬 Größe:\r\n\r\n   ```sh\r\n   ssh -p 2222 box 'tmux new -d -s x \"./x\"'\r\n   ```",
        ),
        &expect![[r#"
            6 | 1. 🎬 Größe:
              |            ^ warning text/encoding: The file mixes line ends: this one is CRLF, and most are LF. Tools that compare or edit lines stumble over it
              = fix (Safe): Make every line end LF
            9 |    ssh -p 2222 box 'tmux new -d -s x "./x"'
              |    ^^^^^^^^^^^^^^^ error portability/remote-shell: `ssh -p 2222 box` leaves something running on another machine (`tmux`): nobody else has this way in, and nothing keeps track of what runs there
        "#]],
    );
}

#[test]
fn the_same_command_is_one_finding_with_all_places() {
    check(
        &skill("`ssh box nohup ./x`, again `ssh box nohup ./x`, and `ssh box nohup ./y`"),
        &expect![[r#"
            6 | `ssh box nohup ./x`, again `ssh box nohup ./x`, and `ssh box nohup ./y`
              |  ^^^^^^^ error portability/remote-shell: `ssh box` leaves something running on another machine (`nohup`): nobody else has this way in, and nothing keeps track of what runs there
              = 6:29 the same command is also here
            6 | `ssh box nohup ./x`, again `ssh box nohup ./x`, and `ssh box nohup ./y`
              |                                                      ^^^^^^^ error portability/remote-shell: `ssh box` leaves something running on another machine (`nohup`): nobody else has this way in, and nothing keeps track of what runs there
        "#]],
    );
}

#[test]
fn every_way_to_leave_something_running_is_found() {
    found("ssh box", "`ssh box 'screen -dmS x ./y'`");
    found("ssh box", "`ssh box \"cd a && nohup ./y > log 2>&1 &\"`");
    found("ssh box", "`ssh box './y > log &'`");
    found("ssh box", "```\nssh box \\\n  vllm serve m\n```");
    found("ssh box", "```sh\nssh box << 'EOF'\ncd a\nnohup ./y\nEOF\n```");
    found("ssh box", "```sh\nsshpass -p x ssh box \"bash -lc 'tmux new -d -s x'\"\n```");
    found("ssh -p 2222 box", "`ssh -p 2222 box python -m vllm.entrypoints.openai.api_server`");
    found("ssh box", "```python\nos.system(\"ssh box 'nohup python train.py'\")\n```");
    found("ssh box", "Start it with ssh box 'tmux new -d -s x'.");
}

#[test]
fn a_placeholder_for_the_host_makes_no_difference() {
    for host in ["<host>", "$HOST", "\"$HOST\"", "{host}", "{{ host }}", "<user>@<host>"] {
        found(&format!("ssh {host}"), &format!("`ssh {host} 'nohup ./x &'`"));
    }
}

#[test]
fn commands_that_end_by_themselves_are_silent() {
    silent("`ssh box uptime`, `ssh box`, `ssh -N -L 80:localhost:80 box`, `ssh -T git@github.com`");
    silent("`ssh box 'tail -f server.log'`, `ssh box \"pkill -f 'vllm serve'\"`");
    silent("`ssh box 'sudo apt install tmux'`, `ssh box 'which screen'`");
    silent("```sh\nfor host in a b; do ssh $host uptime & done\nssh box\ntmux new -d -s x\n```");
    silent("```sh\nssh box ls && nohup ./x &\n```");
}

#[test]
fn programs_handed_to_a_manager_are_silent() {
    silent("`ssh box 'systemctl --user restart gunicorn'`, `ssh box 'docker compose up -d'`");
}

#[test]
fn the_shells_of_providers_are_silent() {
    silent("`fly ssh console -a app -C \"nohup ./x\"`, `gcloud compute ssh box -- nohup ./x`");
    silent("`tailscale ssh box 'nohup ./x'`, `vagrant ssh box 'nohup ./x'`");
}

#[test]
fn words_and_paths_are_no_commands() {
    silent("Log in with ssh and start tmux there. Use ssh to nohup things.");
    silent("`~/.ssh nohup`, `openssh box nohup ./x`, `my-ssh box nohup ./x`");
}

#[test]
fn advice_against_it_is_silent() {
    silent("Never start servers with `ssh box 'tmux new -d -s x'`.");
    silent("Use `serve_model` instead of `ssh box 'tmux new -d -s x'`.");
    silent("## Pitfalls\n\n- `ssh box 'nohup ./x'` loses the log.");
    silent("```sh\n# Don't:\nssh box 'nohup ./x'\n```");
    found("ssh box", "Do not wait. Run `ssh box 'nohup ./x'`.");
}

#[test]
fn skills_about_remote_shells_get_hints() {
    let text = skill("`ssh box 'tmux new -d -s x'`").replace("count-rows", "tmux-cheatsheet");
    let severities: Vec<_> = findings(&text, None).iter().map(|it| it.severity).collect();
    assert_eq!(severities, [Severity::Hint]);
}
