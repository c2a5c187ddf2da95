//! What each kind looks like, and that nothing but the secret goes.

use std::borrow::Cow;

use expect_test::{Expect, expect};

use super::{Redactor, redact};

#[track_caller]
fn check(text: &str, expected: &Expect) {
    let redacted = redact(text);
    assert_eq!(redact(&redacted), redacted, "redacting twice changes something");
    expected.assert_eq(&redacted);
}

/// Puts a key together, so that no scanner takes this file for a leak.
fn key(prefix: &str) -> String {
    format!("{prefix}{}", "Ab3dEf6hIj9kLm2nOp5q".repeat(2))
}

#[test]
fn keys_are_replaced_by_their_kind() {
    let aws = format!("AKIA{}", "ABCDEFGH12345678");
    let text = [
        key("hf_"),
        key("sk-"),
        key("sk-ant-api03-"),
        key("ghp_"),
        key("ghs_"),
        key("github_pat_"),
        aws,
        format!("Authorization: Bearer {}", key("")),
    ];
    check(
        &text.join("\n"),
        &expect![[r"
            [redacted:hf-token]
            [redacted:api-key]
            [redacted:api-key]
            [redacted:github-token]
            [redacted:github-token]
            [redacted:github-token]
            [redacted:aws-key]
            Authorization: Bearer [redacted:bearer-token]"]],
    );
}

#[test]
fn assignments_keep_their_name_and_quotes() {
    check(
        "export HF_TOKEN=abc\nOPENAI_API_KEY='x y'\nDB_PASSWORD=\"hunter2\" run\nCLIENT_SECRET = \"s3\"",
        &expect![[r#"
            export HF_TOKEN=[redacted:secret]
            OPENAI_API_KEY='[redacted:secret]'
            DB_PASSWORD="[redacted:secret]" run
            CLIENT_SECRET = "[redacted:secret]""#]],
    );
}

#[test]
fn well_known_keys_of_other_services_are_replaced() {
    let keys = ["xoxb-", "AIza", "glpat-", "npm_"].map(key).join("\n");
    check(
        &keys,
        &expect![[r"
            [redacted:api-key]
            [redacted:api-key]
            [redacted:api-key]
            [redacted:api-key]"]],
    );
}

#[test]
fn keys_of_a_certain_shape_need_no_digit() {
    let letters = "abCdEfghiJ".repeat(4);
    let (first, second) = (&letters[..22], &letters[..40]);
    let text = [
        format!("hf_{}", &letters[..34]),
        format!("sk_live_{first}"),
        format!("rk_live_{first}"),
        format!("pypi-AgE{second}"),
        format!("SG.{first}.{second}"),
    ];
    check(
        &text.join("\n"),
        &expect![[r"
            [redacted:hf-token]
            [redacted:api-key]
            [redacted:api-key]
            [redacted:api-key]
            [redacted:api-key]"]],
    );
}

#[test]
fn arguments_of_commands_go_and_the_rest_of_the_command_stays() {
    let token = key("");
    check(
        &format!(
            "curl -su bob:words https://a.example/x\n\
             curl -H 'Authorization: Bearer {token}' --user \"bob:words\" https://a.example\n\
             {{\"command\":\"curl \\\\\\n -u bob:words a.example\"}}\n\
             mysql -u root -pwords shop && mkdir -pv out\n\
             mysqldump -p'words' shop\n\
             curl -u :words a.example\n\
             sshpass -p words ssh bob@a.example\n\
             docker login -u bob -p words a.example\n\
             tool --password hunter22 --token 'words' --api-key p@sswords -v\n\
             aws configure set aws_secret_access_key words --profile x"
        ),
        &expect![[r#"
            curl -su bob:[redacted:secret] https://a.example/x
            curl -H 'Authorization: Bearer [redacted:bearer-token]' --user "bob:[redacted:secret]" https://a.example
            {"command":"curl \\\n -u bob:[redacted:secret] a.example"}
            mysql -u root -p[redacted:secret] shop && mkdir -pv out
            mysqldump -p'[redacted:secret]' shop
            curl -u :[redacted:secret] a.example
            sshpass -p [redacted:secret] ssh bob@a.example
            docker login -u bob -p [redacted:secret] a.example
            tool --password [redacted:secret] --token '[redacted:secret]' --api-key [redacted:secret] -v
            aws configure set aws_secret_access_key [redacted:secret] --profile x"#]],
    );
}

#[test]
fn headers_and_files_of_settings_keep_all_but_the_secret() {
    let account = key("").repeat(2);
    check(
        &format!(
            "Authorization: Basic Ym9iOndvcmRz\n\
             {{\"Authorization\": \"Basic Ym9iOndvcmRz\"}}\n\
             machine a.example login bob password words\n\
             machine a.example\n  login bob\n  password words\n\
             Cookie: session=words; theme=dark\n\
             Set-Cookie: sid=words; HttpOnly\n\
             <password>words</password>\n\
             AccountName=shop;AccountKey={account}==;EndpointSuffix=x"
        ),
        &expect![[r#"
            Authorization: Basic [redacted:password]
            {"Authorization": "Basic [redacted:password]"}
            machine a.example login bob password [redacted:secret]
            machine a.example
              login bob
              password [redacted:secret]
            Cookie: session=[redacted:cookie]
            Set-Cookie: sid=[redacted:cookie]; HttpOnly
            <password>[redacted:secret]</password>
            AccountName=shop;AccountKey=[redacted:secret];EndpointSuffix=x"#]],
    );
}

#[test]
fn a_private_key_goes_as_a_whole_even_where_its_end_is_missing() {
    let (begin, end) = ("-----BEGIN RSA PRIVATE KEY", "-----END RSA PRIVATE KEY-----");
    let body = key("MII");
    check(
        &format!("a\n{begin}-----\n{body}\n{body}\n{end}\nb"),
        &expect![[r"
            a
            [redacted:private-key]
            b"]],
    );
    let cut = redact(&format!("{begin}-----\\n{body}\\n{body}")).into_owned();
    assert_eq!(cut, "[redacted:private-key]");
}

#[test]
fn names_in_lower_case_options_and_urls_keep_all_but_the_secret() {
    check(
        "password: hunter2secretpw\n\"db_password\": \"s3cr3tjson\"\n{\\\"api_key\\\": \\\"abcdefgh\\\"}\n\
         token=abc123tokenvalue9\nmysql --password=plainwords -u x\n\
         postgres://bob:words@db.example.com/x\nexport DB_PASS='quotedpassw0rd'",
        &expect![[r#"
            password: [redacted:secret]
            "db_password": "[redacted:secret]"
            {\"api_key\": \"[redacted:secret]\"}
            token=[redacted:secret]
            mysql --password=[redacted:secret] -u x
            postgres://bob:[redacted:password]@db.example.com/x
            export DB_PASS='[redacted:secret]'"#]],
    );
}

#[test]
fn references_to_secrets_stay() {
    for text in
        ["API_KEY=$KEY", "API_KEY=\"${KEY}\"", "API_KEY=<your key>", "API_KEY=", "TOKEN == 1"]
    {
        assert!(matches!(redact(text), Cow::Borrowed(_)) || redact(text) == text, "{text}");
    }
}

#[test]
fn words_of_the_shape_of_a_key_stay() {
    for text in [
        "sk-learn-is-a-long-word-with-hyphens",
        "the bearer authorization-scheme is meant",
        "let max_tokens=4096;",
        "TOKEN = next_token()",
        "task-1234567890123456789",
        "login(user, password=password, token=self.token2.value)",
        "fn check(password: &str, token: Option<Token64>, secret: Secret256Key<'_>)",
        "let token = next_token2(input);",
        "\"password\": \"Please enter your password\"",
        "The password: it is asked for at http://localhost:8080/a@b",
        "usage: tool --token=TOKEN --password=<password> --secret=$SECRET",
        "token: str, secret: bytes, api_key=None",
        "pip install hf_transfer; from huggingface_hub import hf_hub_download",
        "hf_hub_download_with_a_very_long_name_of_a_function",
        "def sk_live_reload_of_the_whole_page(): pass",
        "uses: pypi-publish-with-a-long-name-of-an-action",
        "Give --password or --token, else --api-key is asked for.",
        "  --password string   the password\n  --token TOKEN  the token",
        "tool --token $TOKEN --password \"$PASSWORD\" --secret /run/secrets/key2",
        "gh auth login --with-token < token.txt",
        "docker login --password-stdin -u bob",
        "docker run -u 1000:1000 -p 8080:80 image",
        "curl https://a.example && docker run -u 1000:1000 image",
        "curl -u bob https://a.example:8080/x",
        "mysql -u root -p shop; mkdir -pv out",
        "mysql -uUSER -pPASSWORD",
        "the login and password fields of this machine",
        "Authorization: Basic authentication is needed",
        "cookie: it is set by the server; a cookie: str = value",
        "<password>${env.PASSWORD}</password> <label>Password</label>",
        "accountKey = read_account_key()",
    ] {
        assert_eq!(redact(text), text);
    }
}

#[test]
fn known_values_go_even_without_a_pattern() {
    let redactor = Redactor::new(["plainvalue".to_owned(), "plainvalue-longer".to_owned()]);
    assert_eq!(
        redactor.redact("a plainvalue-longer b plainvalue c"),
        "a [redacted:api-key] b [redacted:api-key] c"
    );
    assert_eq!(format!("{redactor:?}"), "Redactor(2 known values)");
}

#[test]
fn short_known_values_are_ignored() {
    assert_eq!(Redactor::new(["key".to_owned()]).redact("a key"), "a key");
}
