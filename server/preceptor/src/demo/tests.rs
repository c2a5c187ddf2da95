//! The story, told through the real server in this process.

use std::{io, path::PathBuf};

use expect_test::{Expect, expect, expect_file};
use runtime::config::{Config, Layer};
use tokio::{io::DuplexStream, task::JoinHandle};

use super::{
    CONFIG, EXIT_BEAT_FAILED, EXIT_TOLD,
    client::Client,
    essence,
    playground::Playground,
    screen::{Look, ReaderGone, Screen},
    tell,
};
use crate::lsp;

/// Bytes in flight between editor and server.
const PIPE: usize = 64 * 1024;

const README: &str = include_str!("../../../../README.md");

fn connect() -> (Client, DuplexStream, DuplexStream) {
    let (writer, stdin) = tokio::io::duplex(PIPE);
    let (stdout, reader) = tokio::io::duplex(PIPE);
    (Client::new(reader, writer), stdin, stdout)
}

#[expect(clippy::disallowed_methods, reason = "a user's settings are on a disk")]
fn serve(playground: &Playground, stdin: DuplexStream, stdout: DuplexStream) -> JoinHandle<u8> {
    // The program that confines commands is not the one that runs these tests, and without it
    // there are no replays.
    let user_config = playground.config_home().join("preceptor/config.toml");
    std::fs::create_dir_all(user_config.parent().unwrap()).unwrap();
    std::fs::write(&user_config, "sandbox.mode = \"off\"\nverify.enabled = false\n").unwrap();
    let options = lsp::Options {
        user_config: Some(user_config),
        state_dir: Some(playground.state_home().join("preceptor")),
        ..lsp::Options::default()
    };
    tokio::spawn(lsp::serve(stdin, stdout, options))
}

async fn story(playground: &Playground, client: Client) -> (u8, String) {
    let mut out = Vec::new();
    let mut screen = Screen::new(&mut out, Look { has_color: false, is_paced: false });
    let config_file = Some(PathBuf::from("$CONFIG/preceptor/config.toml"));
    let code = tell(&mut screen, client, playground, config_file).await.unwrap();
    (code, String::from_utf8(out).unwrap())
}

fn check_last_line(story: &str, expected: &Expect) {
    expected.assert_eq(story.lines().last().unwrap_or_default());
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_story_is_told() {
    let playground = Playground::create(/*is_watched*/ false).unwrap();
    let (client, stdin, stdout) = connect();
    let server = serve(&playground, stdin, stdout);
    let (code, story) = story(&playground, client).await;
    expect_file!["story.txt"].assert_eq(&story);
    assert_eq!(code, EXIT_TOLD);
    assert_eq!(server.await.unwrap(), 0);

    let workspace = playground.workspace();
    playground.remove().unwrap();
    assert!(!workspace.exists());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_beat_that_fails_is_named() {
    let playground = Playground::create(/*is_watched*/ false).unwrap();
    tokio::fs::write(playground.scenario("student"), "reply = []").await.unwrap();
    let (client, stdin, stdout) = connect();
    let _server = serve(&playground, stdin, stdout);
    let (code, story) = story(&playground, client).await;
    assert_eq!(code, EXIT_BEAT_FAILED);
    let story = story.replace(&playground.scenario("student").display().to_string(), "$STUDENT");
    check_last_line(
        &story,
        &expect![
            "The demo failed at beat 3 (The student, a small model, works on it and fails): the turn ended with an error: The scenario $STUDENT has no reply to step 0 of this request (with tools)."
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn a_server_that_says_nothing_ends_the_demo() {
    let playground = Playground::create(/*is_watched*/ false).unwrap();
    let (client, _stdin, _stdout) = connect();
    let (code, story) = story(&playground, client).await;
    assert_eq!(code, EXIT_BEAT_FAILED);
    check_last_line(
        &story,
        &expect!["The demo failed before its first beat: no answer to initialize came within 10 s"],
    );
}

#[tokio::test]
async fn a_server_that_ends_ends_the_demo() {
    let playground = Playground::create(/*is_watched*/ false).unwrap();
    let (client, stdin, stdout) = connect();
    drop((stdin, stdout));
    let (code, story) = story(&playground, client).await;
    assert_eq!(code, EXIT_BEAT_FAILED);
    check_last_line(
        &story,
        &expect!["The demo failed before its first beat: writing to the server: broken pipe"],
    );
}

/// Somebody who reads the first lines and goes away.
struct ShortReader {
    n_writes_left: usize,
}

impl io::Write for ShortReader {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        self.n_writes_left = self.n_writes_left.checked_sub(1).ok_or(io::ErrorKind::BrokenPipe)?;
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_failed_beat() {
    let playground = Playground::create(/*is_watched*/ false).unwrap();
    let (client, stdin, stdout) = connect();
    let _server = serve(&playground, stdin, stdout);
    let mut reader = ShortReader { n_writes_left: 20 };
    let mut screen = Screen::new(&mut reader, Look { has_color: false, is_paced: false });
    let error = tell(&mut screen, client, &playground, None).await.unwrap_err();
    assert!(error.is::<ReaderGone>(), "{error:#}");
}

#[test]
fn the_configuration_that_is_shown_is_valid_and_in_the_readme() {
    let layer = Layer::from_toml("config.toml", CONFIG).unwrap();
    let config = Config::merged([&layer]).unwrap();
    assert!(config.teacher.enabled);
    assert!(README.contains(CONFIG), "the README shows another configuration");
}

#[test]
fn a_skill_is_shown_without_its_metadata() {
    let skill = "---\nname: a\nmetadata:\n  source: \"b\"\nlicense: c\n---\n\n# A\n";
    let lines: Vec<_> = essence(skill).collect();
    assert_eq!(lines, ["---", "name: a", "license: c", "---", "# A"]);
}
