//! Replaces secrets in text that leaves memory: journals, bundles, logs, messages to a person.
//!
//! Patterns find what looks like a key; known values find what the patterns cannot. Whoever calls
//! this must never apply it to a user's own files.

use std::{borrow::Cow, fmt, sync::LazyLock};

use regex::{Captures, Regex};

/// Known values shorter than this are left alone: replacing them would ravage ordinary text.
const SHORTEST_KNOWN_VALUE: usize = 8;

/// No name of a field is as long as this, in bytes.
const LONG_PIECE: usize = 20;

/// One alternative for each kind of secret; the name of the group that matched tells which.
///
/// Names in lower case stand in code, settings and prose as well: behind them a quoted word counts,
/// and a bare one that is long and has digits. An option of a command line and the password of a
/// URL count whatever they are.
///
/// Assignments come in two forms: in the shell's, without blanks, any value counts; around blanks
/// only a quoted one does, so that `TOKEN = next_token()` in source code stays readable.
#[expect(
    clippy::expect_used,
    reason = "the pattern is a constant that every test of this file compiles"
)]
static SECRETS: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(
        r#"(?x)
        (?P<private>
            -----BEGIN\ [A-Z\ ]*PRIVATE\ KEY-----
            (?: [\s\S]*? -----END\ [A-Z\ ]*PRIVATE\ KEY----- | [A-Za-z0-9+/=\s\\]* )
        )
        | (?P<assigned>
            \b[A-Z0-9_]*(?:TOKEN|API_?KEY|SECRET|SECRET_KEY|ACCESS_KEY|PASSWORD|PASSWD)
            (?: = (?: "[^"\n]+" | '[^'\n]+' | [^\s"'&;|=][^\s"'&;|)]* )
              | [\ \t]* = [\ \t]* (?: "[^"\n]+" | '[^'\n]+' ) )
        )
        | (?P<bearer> \b(?i:bearer)[\ \t]+[A-Za-z0-9._~+/-]{12,}=* )
        | (?P<github> \b(?: gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} ) )
        | (?P<huggingface> \bhf_[A-Za-z0-9]{16,} )
        | (?P<aws> \b(?:AKIA|ASIA)[A-Z0-9]{16}\b )
        | (?P<key> \b(?: sk-[A-Za-z0-9_-]{16,} | xox[abeoprs]-[A-Za-z0-9-]{10,}
            | AIza[A-Za-z0-9_-]{30,} | glpat-[A-Za-z0-9_-]{16,} | npm_[A-Za-z0-9]{30,} ) )
        | (?P<url_head> \b[a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"'\\]*: )
          (?P<url_value> [^\s/@"'\\$<{\[][^\s/@"'\\]* ) @
        | (?P<option_head>
            --[a-z-]*(?: password|passwd|token|api-?key|secret(?:-key)?|access-key )=(?:\\?["'])? )
          (?P<option_value> [^\s"'\\$<{\[][^\s"'\\]* )
        | (?P<named_head>
            \b(?i: [a-z0-9_-]*(?: token|api[_-]?key|secret|secret[_-]?key|access[_-]?key
                |password|passwd|_pass ) )
            (?:\\?["'])? [\ \t]* [:=] [\ \t]* (?P<opened>\\?["'])? )
          (?P<named_value> [^\s"'\\,;()\[\]{}<>$`&|=][^\s"'\\,;()\[\]{}<>`&|]{5,} )
          (?P<closed>\\?["']|[(<])?
        "#,
    )
    .expect("the pattern of secrets is valid")
});

/// Returns `text` with everything that looks like a secret replaced by a placeholder that says
/// what kind of secret stood there, such as `[redacted:api-key]`. Redacting twice changes nothing.
pub fn redact(text: &str) -> Cow<'_, str> {
    SECRETS.replace_all(text, |captures: &Captures<'_>| placeholder(captures))
}

/// Redacts known values as well as what the patterns of [`redact`] find.
#[derive(Clone, Default)]
pub struct Redactor {
    /// Longest first, so that a value that contains another one disappears as a whole.
    values: Vec<String>,
}

impl Redactor {
    /// Takes the values that must not appear in any output. Values of fewer than eight bytes are
    /// ignored.
    pub fn new(values: impl IntoIterator<Item = String>) -> Redactor {
        let mut values: Vec<String> =
            values.into_iter().filter(|it| it.len() >= SHORTEST_KNOWN_VALUE).collect();
        values.sort_by(|a, b| b.len().cmp(&a.len()).then_with(|| a.cmp(b)));
        values.dedup();
        Redactor { values }
    }

    /// Returns `text` without known values and without what looks like a secret.
    pub fn redact<'t>(&self, text: &'t str) -> Cow<'t, str> {
        let mut text = Cow::Borrowed(text);
        for value in &self.values {
            if text.contains(value.as_str()) {
                text = Cow::Owned(text.replace(value.as_str(), "[redacted:api-key]"));
            }
        }
        match redact(&text) {
            Cow::Borrowed(_) => text,
            Cow::Owned(redacted) => Cow::Owned(redacted),
        }
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Redactor({} known values)", self.values.len())
    }
}

fn placeholder(captures: &Captures<'_>) -> String {
    let found = captures.get_match().as_str();
    // Words of prose and identifiers can have the shape of a key; keys have digits.
    let has_digit = found.bytes().any(|it| it.is_ascii_digit());
    let is = |group| captures.name(group).is_some();
    let part = |group| captures.name(group).map_or("", |it| it.as_str());
    if is("private") {
        "[redacted:private-key]".to_owned()
    } else if is("url_head") {
        format!("{}[redacted:password]@", part("url_head"))
    } else if is("option_head") {
        // The usage of a command names its values so.
        if part("option_value").bytes().all(|it| it.is_ascii_uppercase() || it == b'_') {
            return found.to_owned();
        }
        format!("{}[redacted:secret]", part("option_head"))
    } else if is("named_head") {
        let (opened, value, closed) = (part("opened"), part("named_value"), part("closed"));
        let is_secret =
            if opened.is_empty() { is_bare_secret(value, closed) } else { opened == closed };
        if !is_secret {
            return found.to_owned();
        }
        format!("{}[redacted:secret]{closed}", part("named_head"))
    } else if is("assigned") {
        redacted_assignment(found)
    } else if is("github") {
        "[redacted:github-token]".to_owned()
    } else if is("aws") {
        "[redacted:aws-key]".to_owned()
    } else if !has_digit {
        found.to_owned()
    } else if is("huggingface") {
        "[redacted:hf-token]".to_owned()
    } else if is("bearer") {
        let scheme = found.split_whitespace().next().unwrap_or_default();
        format!("{scheme} [redacted:bearer-token]")
    } else {
        "[redacted:api-key]".to_owned()
    }
}

/// Tells a secret from an expression: it is long, has digits and is neither called nor a path of
/// fields.
fn is_bare_secret(value: &str, closed: &str) -> bool {
    let is_called = matches!(closed, "(" | "<");
    let is_path = (value.contains('.') || value.contains("::"))
        && value.split(['.', ':']).all(|it| it.len() < LONG_PIECE);
    value.len() >= SHORTEST_KNOWN_VALUE
        && value.bytes().any(|it| it.is_ascii_digit())
        && !is_called
        && !is_path
}

/// Keeps the name and the quotes, and the value too where it only refers to a secret.
fn redacted_assignment(found: &str) -> String {
    let Some((name, value)) = found.split_once('=') else { return found.to_owned() };
    let blanks = value.len() - value.trim_start().len();
    let (blanks, value) = value.split_at(blanks);
    let quote = value.chars().next().filter(|it| matches!(it, '"' | '\'')).map(String::from);
    let quote = quote.as_deref().unwrap_or_default();
    let bare = value.trim_matches(['"', '\'']);
    if bare.starts_with(['$', '<', '{']) || bare.starts_with("[redacted:") {
        return found.to_owned();
    }
    format!("{name}={blanks}{quote}[redacted:secret]{quote}")
}

#[cfg(test)]
mod tests {
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
}
