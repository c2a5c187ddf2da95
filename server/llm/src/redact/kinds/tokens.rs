//! Keys that are known by themselves: blocks of private keys and the tokens of services.

use super::Kind;

/// From this length on, in bytes and with the prefix, a token of Hugging Face needs no digit: real
/// ones may be of letters only, and no word is as long.
const LONG_HUGGINGFACE: usize = 33;

pub(super) fn kinds() -> Vec<Kind> {
    vec![
        Kind::new(
            "private-key",
            r"-----BEGIN\ [A-Z\ ]*PRIVATE\ KEY(?:\ BLOCK)?-----
              (?: [\s\S]*? -----END\ [A-Z\ ]*PRIVATE\ KEY(?:\ BLOCK)?----- | [A-Za-z0-9+/=\s\\]* )",
        ),
        // The same once more in base 64.
        Kind::new("private-key", r"NAME_START (?P<value>LS0tLS1CRUdJTiB(?:QUklW|[SPFE])[A-Za-z0-9+/]+={0,2})"),
        Kind::new(
            "private-key",
            r"NAME_START Private-Lines:[\ \t]*\d+(?:\s|\\[rn])+
              (?P<value> (?: [A-Za-z0-9+/=]{20,}(?:\s|\\[rn])* )+ )",
        ),
        Kind::new("private-key", r"NAME_START (?P<value>AGE-SECRET-KEY-1[A-Z0-9]{20,})"),
        Kind::new(
            "github-token",
            r"NAME_START (?P<value> gh[pousr]_[A-Za-z0-9]{20,} | github_pat_[A-Za-z0-9_]{20,} )",
        ),
        Kind::new("hf-token", r"NAME_START (?P<value>hf_[A-Za-z0-9]{16,})")
            .when(|value, _| value.len() >= LONG_HUGGINGFACE || has_digit(value)),
        Kind::new("aws-key", r"NAME_START (?P<value>(?:AKIA|ASIA)[A-Z0-9]{16})\b"),
        Kind::new("jwt", r"NAME_START (?P<value>eyJ[A-Za-z0-9_-]{8,}\.(?:[A-Za-z0-9_-]*\.){0,3}[A-Za-z0-9_-]{8,})"),
        Kind::new(
            "password-hash",
            r"\$(?:apr1|2[abxy]|[156y]|argon2(?:id|i|d))\$[./A-Za-z0-9$,=+-]{20,}
            | \{SSHA(?:256|512)?\}[A-Za-z0-9+/]{20,}={0,2} | \{SHA\}[A-Za-z0-9+/]{27}=",
        ),
        Kind::new(
            "api-key",
            r"NAME_START (?P<value> [sr]k_(?:live|test)_[A-Za-z0-9]{16,} | pypi-AgE[A-Za-z0-9_-]{16,}
            | SG\.[A-Za-z0-9_-]{16,}\.[A-Za-z0-9_-]{16,} )",
        ),
        Kind::new(
            "api-key",
            r"NAME_START (?P<value> sk-[A-Za-z0-9_-]{16,} | xox[abeoprs]-[A-Za-z0-9-]{10,}
            | xapp-[A-Za-z0-9-]{20,} | AIza[A-Za-z0-9_-]{30,} | ya29\.[A-Za-z0-9_-]{20,}
            | gl(?:pat|dt|rt|cbt|ptt|soat)-[A-Za-z0-9_-]{16,} | npm_[A-Za-z0-9]{30,}
            | pypi-[A-Za-z0-9_-]{32,} | hv[sbr]\.[A-Za-z0-9_-]{20,} | do[por]_v1_[a-f0-9]{40,}
            | shp(?:at|ss|ca|pa)_[a-fA-F0-9]{20,} | dckr_pat_[A-Za-z0-9_-]{20,}
            | rubygems_[a-f0-9]{40,} | ATATT3[A-Za-z0-9_=-]{30,} | tskey-[A-Za-z0-9-]{16,}
            | gsk_[A-Za-z0-9]{20,} | nvapi-[A-Za-z0-9_-]{20,} | whsec_[A-Za-z0-9+/=]{20,}
            | lin_api_[A-Za-z0-9]{20,} | PMAK-[a-f0-9-]{30,} | key-[a-f0-9]{32}\b
            | \d{8,10}:AA[A-Za-z0-9_-]{32,} )",
        )
        .when(|value, _| has_digit(value)),
        Kind::new(
            "webhook",
            r"NAME_START hooks\.slack\.com/(?:services|workflows|triggers)/(?P<value>[A-Za-z0-9_/-]{12,})
            | NAME_START discord(?:app)?\.com/api/webhooks/(?P<value_discord>[A-Za-z0-9_/-]{12,})
            | NAME_START [a-z0-9.-]+\.webhook\.office\.com/webhookb2/(?P<value_teams>[A-Za-z0-9_/@-]{12,})",
        )
        .when(|value, _| has_digit(value)),
    ]
}

/// Words of prose and identifiers can have the shape of a key; keys have digits.
fn has_digit(value: &str) -> bool {
    value.bytes().any(|it| it.is_ascii_digit())
}
