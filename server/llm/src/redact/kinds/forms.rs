//! Secrets whose place gives them away: arguments of commands, headers, URLs, connection strings
//! and files with a format of their own.

use super::{
    Kind,
    judged::{has_digit, is_argument, is_encoded, is_no_placeholder, is_random},
};

pub(super) fn kinds() -> Vec<Kind> {
    [commands(), requests(), files()].into_iter().flatten().collect()
}

fn commands() -> Vec<Kind> {
    vec![
        // Printed by one command, read by another.
        Kind::new(
            "secret",
            r#"NAME_START (?:echo|printf)[\ \t]+ (?:-[neE]+[\ \t]+|--[\ \t]+)* (?: QUOTE%s(?:\\{1,2}n)?QUOTE[\ \t]+ )?
            (?: (?P<opened>\\?["']) (?P<value>[^"'\\\n$`{<\[][^"'\\\n]*) (?:\\{1,2}n)?\\?["']
              | (?P<value_bare>[^\s"'\\|;&$`{<\[-][^\s"'\\|;&<>]*) )
            [\ \t]*\|[\ \t]*
            (?: [^\n|;&]*? --?[a-z-]*stdin\b | [^\n|;&]*? --with-token\b | sudo\b[^\n|;&]*?[\ \t](?:-[a-zA-Z]*S\b|--stdin)
              | [^\n|;&]*? --passphrase-fd[\ \t=]+0 | [^\n|;&]*? -pass(?:in)?[\ \t]+stdin )"#,
        ),
        Kind::new(
            "secret",
            r#"--[a-z-]*(?:stdin|with-token)\b [^\n|;&<]*? <<<[\ \t]*QUOTE(?P<value>[^\s"'\\$`{<\[][^\s"'\\`]*)"#,
        ),
        Kind::new(
            "secret",
            r#"NAME_START echo[\ \t]+QUOTE[a-z0-9_.-]+:(?P<value>[^\s"'\\$`{<\[|][^\s"'\\`|]*)QUOTE[\ \t]*\|[\ \t]*(?:sudo[\ \t]+)?chpasswd\b"#,
        ),
        Kind::new(
            "secret",
            r#"(?: NAME_START (?:curl|https?|xh)\b SAME_COMMAND \s
                    (?: -[a-zA-Z]*[uU][\ \t]* | --(?:proxy-)?user[\ \t=]+ | (?:-a|--auth)[\ \t=]+ )
                    QUOTE [^\s:"'\\/]* :
                | NAME_START curl\b SAME_COMMAND \s --oauth2-bearer[\ \t=]+
                | NAME_START (?: mysql(?:dump|admin|import)? | mariadb(?:-dump|-admin)? )[\ \t]
                    (?: SAME_COMMAND [\ \t] )? -p
                | NAME_START sshpass[\ \t]+-p[\ \t]*
                | NAME_START (?:docker|podman|buildah|skopeo|helm\ registry|oras|crane(?:\ auth)?)[\ \t]+login\b
                    SAME_COMMAND [\ \t](?:-p[\ \t]*|--password[\ \t=]+)
                | NAME_START (?:az|oc|nerdctl)[\ \t]+login\b SAME_COMMAND [\ \t]-p[\ \t]+
                | NAME_START configure[\ \t]+set[\ \t]+[a-z0-9_.-]*(?:aws_secret_access_key|aws_session_token)[\ \t]+
                | NAME_START (?:machine(?:\s|\\n)+[^\s\\]+|default)(?:\s|\\n)+login(?:\s|\\n)+[^\s\\]+
                    (?:\s|\\n)+password[\ \t]+
                | NAME_START (?:redis-cli|valkey-cli)\b SAME_COMMAND [\ \t]-a[\ \t]+
                | NAME_START (?:mongo(?:sh|dump|restore|export|import)?|twine|sqlcmd|bcp)\b SAME_COMMAND [\ \t]-[pP][\ \t]+
                | NAME_START ldap(?:search|modify|add|delete|whoami|passwd)\b SAME_COMMAND [\ \t]-w[\ \t]+
                | NAME_START (?:zip|unzip)\b SAME_COMMAND [\ \t]-P[\ \t]+
                | \b7za?\b SAME_COMMAND [\ \t]-p
                | NAME_START smbclient\b SAME_COMMAND [\ \t](?:-U|--user)[\ \t=]*QUOTE[^\s%"'\\]+%
                | NAME_START openssl\b SAME_COMMAND [\ \t]-pass(?:in|out)?[\ \t]+pass:
                | NAME_START htpasswd\b SAME_COMMAND [\ \t]-[a-zA-Z]*b[a-zA-Z]*[\ \t]+(?:-\S+[\ \t]+)*[^\s-]\S*[\ \t]+\S+[\ \t]+
                | --from-literal[\ \t=]+QUOTE[A-Za-z0-9_.-]+=
                | NAME_START net[\ \t]+use\b SAME_COMMAND [\ \t]/user:\S+[\ \t]+
            ) QUOTE
            (?P<value> [^\s"'\\$<{\[`-][^\s"'\\`]* )"#,
        )
        .when(|value, _| is_no_placeholder(value)),
        Kind::new(
            "secret",
            r#"NAME_START (?: cargo[\ \t]+login | vault[\ \t]+login | npm[\ \t]+config[\ \t]+set[\ \t]+\S*(?:_authToken|_auth|_password)[\ \t=]
              | poetry[\ \t]+config[\ \t]+(?:pypi-token|http-basic)\.\S+(?:[\ \t]+[^\s-]\S*)??
              | docker[\ \t]+swarm[\ \t]+join\b SAME_COMMAND --token )
              [\ \t]*QUOTE (?P<value> [^\s"'\\$<{\[`-][^\s"'\\`]* )"#,
        )
        .when(|value, _| is_argument(value)),
        Kind::new(
            "secret",
            r#"SECRET_OPTION=QUOTE
              (?P<value> [^\s"'\\$<{\[][^\s"'\\]* )"#,
        )
        .when(|value, _| is_no_placeholder(value)),
        Kind::new(
            "secret",
            r#"SECRET_OPTION[\ \t]+
              (?P<opened>\\?["'])? (?P<value> [^\s"'\\$<{\[`-][^\s"'\\`]* )"#,
        )
        .when(|value, captures| {
            is_no_placeholder(value) && (captures.name("opened").is_some() || is_argument(value))
        }),
    ]
}

fn requests() -> Vec<Kind> {
    vec![
        Kind::new(
            "bearer-token",
            r"NAME_START (?i:bearer)[\ \t]+(?P<value>[A-Za-z0-9._~+/-]{12,}=*)",
        )
        .when(|value, _| has_digit(value)),
        Kind::new(
            "password",
            r"NAME_START (?i:authorization) QUOTE [\ \t]*[:=][\ \t]* QUOTE (?i:basic)[\ \t]+
              (?P<value> [A-Za-z0-9+/_-]{6,}={0,2} )",
        )
        .when(|value, _| is_encoded(value)),
        Kind::new(
            "secret",
            r"NAME_START (?i:(?:proxy-)?authorization) QUOTE [\ \t]*[:=][\ \t]* QUOTE
              (?: (?i:token|api-?key|key|secret|ntlm|negotiate|genie-?key|pve-?api-?token|splunk|sso-key)[\ \t=]+ (?:token=)? )?
              QUOTE (?P<value> [A-Za-z0-9._~+/:!=-]{8,} )",
        )
        .when(|value, _| has_digit(value) && !value.contains("://") && !value.starts_with("AWS4")),
        Kind::new("signature", r"NAME_START Signature=(?P<value>[0-9a-f]{32,})"),
        Kind::new(
            "cookie",
            r#"NAME_START (?i:cookie):[\ \t]*[A-Za-z0-9_.-]+=
              (?P<value> [^\s;"'\\$<{\[`,][^\s;"'\\]* (?: ;[\ \t]*[A-Za-z0-9_.-]+=[^;"'\\\n]* )* )"#,
        ),
        Kind::new(
            "password",
            r#"NAME_START [a-zA-Z][a-zA-Z0-9+.-]*://[^\s/:@"'\\]*: (?P<value> [^\s/@"'\\$<{\[][^\s/"'\\]* ) @"#,
        ),
        Kind::new("password", r"NAME_START https?://(?P<value>[A-Za-z0-9_-]{20,})@")
            .when(|value, _| has_digit(value)),
        Kind::new(
            "secret",
            r#"[?&;](?i: access_token|refresh_token|id_token|auth_token|token|api_?key|apikey|client_secret
                |secret|password|passwd|pwd|auth|sig|signature|x-amz-signature|x-amz-security-token
                |x-goog-signature|private_token|job_token )=
              (?P<value> [^\s"'\\&\#$<{\[`][^\s"'\\&\#<>;`]{3,} )"#,
        )
        .when(|value, _| is_no_placeholder(value)),
        Kind::new("secret", r"[?&](?i:key|code|state|sv_sig)=(?P<value>[A-Za-z0-9_.~%-]{20,})")
            .when(|value, _| is_random(value)),
    ]
}

fn files() -> Vec<Kind> {
    let element =
        r"[a-z0-9_.:-]*(?:password|passwd|passphrase|api[_-]?key|secret[_-]?key|client[_-]?secret)";
    vec![
        Kind::new(
            "secret",
            &format!(r"<(?i:{element})> (?P<value> [^\s<>$\{{\[][^\s<>]* | \{{[A-Za-z0-9+/=]{{8,}}\}} ) <\\?/"),
        )
        .when(|value, _| is_no_placeholder(value)),
        Kind::new(
            "secret",
            r"NAME_START (?i:accountkey|sharedaccesskey) QUOTE [\ \t]*[:=][\ \t]* QUOTE
              (?P<value> [A-Za-z0-9+/]{8,}={1,2} | [A-Za-z0-9+/]{40,} )",
        ),
        // The settings of a database's connection, of which only the password is one.
        Kind::new(
            "secret",
            r#"[;"'=][\ \t]*(?i:password|pwd)[\ \t]*=[\ \t]*
                (?P<value> [^\s;"'$<{\[(][^;"'()\n\\]* ) ;[\ \t]*(?: [A-Za-z][A-Za-z\ ]*= | (?m:$) | ["'\\] )
            | [;][\ \t]*(?i:password|pwd)[\ \t]*=[\ \t]*
                (?P<value_last> [^\s;"'$<{\[(][^;"'()\n\\]* ) (?: (?m:$) | ["'\\] )"#,
        ),
        Kind::new(
            "secret",
            r#"NAME_START (?:host|hostaddr|user|dbname|port)=[^\s"'\\,]+[\ \t] (?:[a-z_]+=[^\s"'\\,]*[\ \t]+)*? password=QUOTE
              (?P<value> [^\s"'\\$<{\[]+ )"#,
        ),
        Kind::new(
            "password",
            r#"NAME_START jdbc:oracle:[a-z]+:[^\s/"']+/(?P<value>[^@\s"']+)@
            | NAME_START [A-Za-z0-9_]+:(?P<value_dsn>[^@\s:\]/"'$<{\[]+)@(?:tcp|unix)\("#,
        ),
        // A line of `.pgpass`: server, port, database, user, password.
        Kind::new(
            "password",
            r#"LINE_START [^\s:\#"'\\]+ :(?:\d{2,5}|\*) :(?:[A-Za-z_*][^\s:]*) :[^\s:]+
              :(?P<value> [^\s"'\\:][^\s"'\\]* ) LINE_END"#,
        ),
        // A name and its value alone on a line.
        Kind::new(
            "secret",
            r#"LINE_START [\ \t]* (?i:password|passwd|passphrase|secret|token|api[_-]?key)[\ \t]+
              (?P<value> [^\s"'\\:=$<{\[][^\s"'\\]* ) LINE_END"#,
        )
        .when(|value, _| is_argument(value) && has_digit(value)),
        Kind::new(
            "secret",
            r#"NAME_START (?:login|machine)[\ \t]+\S+[\ \t]+(?:password|passwd)[\ \t]+(?P<value>[^\s"'\\]+)"#,
        )
        .when(|value, _| is_argument(value)),
        // A container's registry, and a package's.
        Kind::new("secret", r#""auth\\?"[\ \t]*:[\ \t]*\\?"(?P<value>[A-Za-z0-9+/]{8,}={0,2})\\?""#)
            .when(|value, _| is_encoded(value)),
        Kind::new("secret", r#":_(?:authToken|auth|password)[\ \t]*=[\ \t]*QUOTE(?P<value>[^\s"'\\$<{\[][^\s"'\\]*)"#),
        Kind::new(
            "secret",
            r#"LINE_START [\ \t]*(?:PrivateKey|PresharedKey|psk|wpa_passphrase|wpa_psk)[\ \t]*=[\ \t]*QUOTE
              (?P<value>[^\s"'\\$<{\[][^\s"'\\]{7,}) LINE_END"#,
        ),
        // Everything in a secret of Kubernetes but the names.
        Kind::new(
            "secret",
            r"(?m:^)(?:\ \ )?(?:data|stringData):[\ \t]*\r?\n (?P<value> (?:[\ \t]+[^\s-].*\n?)+ )",
        )
        .only_with("kind: Secret")
        .around(
            Kind::new(
                "secret",
                r#"(?m:^)[\ \t]+[A-Za-z0-9._-]+:[\ \t]+QUOTE(?P<value>[^\s"'|>$<\[{][^\s"']*)"#,
            ),
        ),
        Kind::new("secret", r#""(?:data|stringData)\\?"\s*:\s*\{(?P<value>[^{}]*)\}"#)
            .only_with("Secret")
            .around(Kind::new(
                "secret",
                r#""[A-Za-z0-9._-]+\\?"\s*:\s*\\?"(?P<value>[^"\\\[]+)\\?""#,
            )),
    ]
}
