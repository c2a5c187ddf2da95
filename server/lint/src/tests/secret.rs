//! The rule for keys, tokens and passwords. The values here were drawn for these tests.

use expect_test::expect;

use crate::tests::report::{check, check_fix, check_silent, findings};

fn skill(body: &str) -> String {
    format!("---\nname: count-rows\ndescription: Counts rows. Use for rows.\n---\n\n{body}\n")
}

#[track_caller]
fn silent(body: &str) {
    check_silent(&skill(body));
}

#[track_caller]
fn found(secret: &str, body: &str) {
    let text = skill(body);
    let findings = findings(&text, Some("count-rows"));
    let spans: Vec<_> = findings.iter().map(|it| it.span.of(&text)).collect();
    assert_eq!(spans, [secret], "{body}");
}

#[test]
fn a_secret_is_marked_and_not_shown() {
    check(
        &skill(
            "Größe 🦀: `login ghp_b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3d`.\n\nAgain: ghp_b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3d",
        ),
        &expect![[r#"
            6 | Größe 🦀: `login ghp_b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3d`.
              |                 ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^ error portability/secret: `ghp_…` has the shape of a GitHub token: everybody who gets the skill gets it. Revoke it, and let the skill read it from the environment
              = 8:8 the same value is also here
              = fix (Safe): Read it from `GITHUB_TOKEN`
        "#]],
    );
    check(
        &skill("```sh\nexport COUNT_TOKEN=\"b7RkQ2vLxN9mTzW4cYbJ\"\n```"),
        &expect![[r#"
        7 | export COUNT_TOKEN="b7RkQ2vLxN9mTzW4cYbJ"
          |                     ^^^^^^^^^^^^^^^^^^^^ error portability/secret: This value of `COUNT_TOKEN` looks like a real one: everybody who gets the skill gets it. Revoke it, and let the skill read it from the environment
          = fix (Safe): Read it from `COUNT_TOKEN`
    "#]],
    );
}

#[test]
fn shapes_of_providers_are_found() {
    for secret in [
        "glpat-b7RkQ2vLxN9mTzW4cYbJ",
        "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",
        "AKIAQ4TZ7BXNWK2RLM5D",
        "sk-ant-api03-b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3d-b7RkQ2vLxN9mTz_A",
        "sk-proj-b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3db7RkQ2",
        "xoxb-5829304716-b7RkQ2vLxN9mTzW4cYbJ8sPd",
        "npm_b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3d",
    ] {
        found(secret, &format!("Use `{secret}`."));
        found(secret, &format!("```json\n{{\"key\": \"{secret}\"}}\n```"));
    }
    let key = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----",
        "b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3db7RkQ2vLxN9mTzW4cYbJ8sPdG5f"
    );
    found(&key, &format!("```\n{key}\n```"));
}

#[test]
fn random_values_behind_a_name_are_found() {
    found("b7RkQ2vLxN9mTzW4cYbJ", "`curl -H \"Authorization: Bearer b7RkQ2vLxN9mTzW4cYbJ\" x`");
    found("b7RkQ2vLxN9mTzW4cYbJ", "- **API key**: `b7RkQ2vLxN9mTzW4cYbJ`");
    found(
        "b7RkQ2vLxN9mTzW4cYbJ",
        "`x --api-key b7RkQ2vLxN9mTzW4cYbJ`, `x?token=b7RkQ2vLxN9mTzW4cYbJ`",
    );
    found("hT7#kw2!Qz9p", "The password: `hT7#kw2!Qz9p`");
    found(
        "r2vkx7nq3mzt5wcyb4jd6spg2faeuqvoklh7xr3kbtqw5zn4m6ya",
        "When it asks for a token, paste r2vkx7nq3mzt5wcyb4jd6spg2faeuqvoklh7xr3kbtqw5zn4m6ya and go on.",
    );
}

#[test]
fn the_fix_reads_the_environment() {
    check_fix(
        &skill(
            "Run `x --api-key b7RkQ2vLxN9mTzW4cYbJ`, the token is b7RkQ2vLxN9mTzW4cYbJ8sPd.\r\n\r\n```sh\nexport X_TOKEN=b7RkQ2vLxN9mTzW4cYbW\ncurl -d '{\"k\": \"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\"}' x\n```\n\n```python\nx(api_key=\"c7RkQ2vLxN9mTzW4cYbJ\")\n```\n\n```yaml\nsecret: d7RkQ2vLxN9mTzW4cYbJ\n```",
        ),
        &expect![[r#"
            ---
            name: count-rows
            description: Counts rows. Use for rows.
            ---

            Run `x --api-key $API_KEY`, the token is `$TOKEN`.

            ```sh
            export X_TOKEN=$X_TOKEN
            curl -d '{"k": "'"$HF_TOKEN"'"}' x
            ```

            ```python
            x(api_key=os.environ["API_KEY"])
            ```

            ```yaml
            secret: ${SECRET}
            ```
        "#]],
    );
}

#[test]
fn placeholders_and_words_are_silent() {
    silent(
        "`sk-your-key-here`, `sk-xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx`, `AKIAIOSFODNN7EXAMPLE`, `hf_...`",
    );
    silent("`task-force-coordination-board-templates`, `sk-1234567890abcdef1234567890abcdef`");
    silent("`export API_KEY=\"$API_KEY\"`, `Bearer <token>`, `${{ secrets.DEPLOY_KEY }}`");
    silent("`token: test-admin-token-12345`, `password=newpassword123`, `password: P@ssw0rd2024!`");
    silent("`API_KEY=generate-with-openssl-rand-base64-32`, `api_key = os.environ[\"MY_KEY_2\"]`");
    silent("`-----BEGIN PRIVATE KEY-----\\n...\\n-----END PRIVATE KEY-----`");
    silent(
        "The token `eyJhbGciOiJIUzI1NiIsInR5cCI6IkpXVCJ9.eyJzdWIiOiIxMjM0NTY3ODkwIiwibmFtZSI6IkpvaG4gRG9lIiwiaWF0IjoxNTE2MjM5MDIyfQ.SflKxwRJSMeKKF2QT4fwpMeJf36POk6yJV_adQssw5c` is a sample.",
    );
}

#[test]
fn other_random_values_are_silent() {
    silent("`SPL_TOKEN=\"b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3db7RkQ2vL\"`");
    silent("The token sits at 0x7a3F9c2E51b8D4067fA1c95e83B2d64f0E9a7C18.");
    silent("Secret file `sha256-b7RkQ2vLxN9mTzW4cYbJ8sPdG5fAeUqVoK3db7RkQ2v=`");
    silent("`page_token=b7RkQ2vLxN9mTzW4cYbJ`, `nextPageToken: b7RkQ2vLxN9mTzW4cYbJ`");
    silent("`--private-key ~/.ssh/id_ed25519`, `password: hunter2hunter2`");
    silent("Never commit keys like `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`.");
}

#[test]
fn passwords_in_addresses_are_found() {
    found("v8Kq2ZxLr9Tn", "`psql postgresql://app:v8Kq2ZxLr9Tn@db.example.com/shop`");
    silent("`postgres://postgres:postgres@db:5432/app`, `redis://:password123@cache:6379`");
    silent("`https://user:$TOKEN@host/x`, `https://x:${{ secrets.KEY }}@host/x`, `ssh://a@b:22/x`");
}

#[test]
fn the_key_that_a_tool_is_logged_in_with_is_found() {
    found(
        "8e3a1c9f7b2d4f6a0c5e8b1d3f7a9c2e4b6d8f0a",
        "```sh\nwandb login 8e3a1c9f7b2d4f6a0c5e8b1d3f7a9c2e4b6d8f0a\n```",
    );
    silent("`wandb login`, `wandb login --relogin`, `wandb login <key>`, `wandb login $KEY`");
}
