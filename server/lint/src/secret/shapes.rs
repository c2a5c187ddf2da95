//! Shapes of the keys and tokens of well-known providers.
//!
//! Prefixes, lengths and alphabets are what the providers document or their tokens show; most
//! chose a prefix so that leaks can be found. A row is a fact about one kind of token.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    pattern::pattern,
    secret::randomness::{is_random, is_thought_up},
};

/// One kind of key.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Shape {
    /// What it starts with.
    prefix: &'static str,
    /// What the rest is made of.
    alphabet: Alphabet,
    /// How long the rest is, at least and at most, in bytes.
    length: (usize, usize),
    /// Whose key it is, with the kind of key.
    pub(crate) provider: &'static str,
    /// The environment variable that programs mostly take it from.
    pub(crate) variable: &'static str,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Alphabet {
    /// Letters and digits.
    Alphanumeric,
    /// Small hexadecimal digits.
    Hex,
    /// Capitals and 2 to 7.
    Base32,
    /// Capitals and digits.
    Capitals,
    /// Letters, digits, `_` and `-`.
    UrlSafe,
    /// The same and `.`.
    Dotted,
    /// The same and `/`.
    Path,
}

impl Alphabet {
    const fn has(self, byte: u8) -> bool {
        match self {
            Self::Alphanumeric => byte.is_ascii_alphanumeric(),
            Self::Hex => byte.is_ascii_digit() || matches!(byte, b'a'..=b'f'),
            Self::Base32 => matches!(byte, b'A'..=b'Z' | b'2'..=b'7'),
            Self::Capitals => byte.is_ascii_uppercase() || byte.is_ascii_digit(),
            Self::UrlSafe => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-'),
            Self::Dotted => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.'),
            Self::Path => byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'/'),
        }
    }
}

macro_rules! shapes {
    ($($prefix:literal $alphabet:ident $least:literal $most:literal $provider:literal $variable:literal)*) => {
        &[$(Shape {
            prefix: $prefix,
            alphabet: Alphabet::$alphabet,
            length: ($least, $most),
            provider: $provider,
            variable: $variable,
        }),*]
    };
}

/// Longer prefixes stand before shorter ones that they start with.
static SHAPES: &[Shape] = shapes! {
    "ghp_" Alphanumeric 36 255 "a GitHub token" "GITHUB_TOKEN"
    "gho_" Alphanumeric 36 255 "a GitHub token" "GITHUB_TOKEN"
    "ghu_" Alphanumeric 36 255 "a GitHub token" "GITHUB_TOKEN"
    "ghs_" Alphanumeric 36 255 "a GitHub token" "GITHUB_TOKEN"
    "ghr_" Alphanumeric 36 255 "a GitHub token" "GITHUB_TOKEN"
    "github_pat_" UrlSafe 80 255 "a GitHub token" "GITHUB_TOKEN"
    "glpat-" Dotted 20 300 "a GitLab token" "GITLAB_TOKEN"
    "gldt-" UrlSafe 20 64 "a GitLab deploy token" "GITLAB_DEPLOY_TOKEN"
    "glrt-" Dotted 20 300 "a GitLab runner token" "GITLAB_RUNNER_TOKEN"
    "glptt-" UrlSafe 40 64 "a GitLab trigger token" "GITLAB_TRIGGER_TOKEN"
    "hf_" Alphanumeric 30 64 "a Hugging Face token" "HF_TOKEN"
    "npm_" Alphanumeric 36 36 "an npm token" "NPM_TOKEN"
    "pypi-AgEI" UrlSafe 60 512 "a PyPI token" "PYPI_TOKEN"
    "dckr_pat_" UrlSafe 27 64 "a Docker Hub token" "DOCKER_TOKEN"
    "AKIA" Base32 16 16 "an AWS access key id" "AWS_ACCESS_KEY_ID"
    "ASIA" Base32 16 16 "an AWS access key id" "AWS_ACCESS_KEY_ID"
    "AIza" UrlSafe 35 35 "a Google API key" "GOOGLE_API_KEY"
    "ya29." UrlSafe 40 2048 "a Google access token" "GOOGLE_ACCESS_TOKEN"
    "GOCSPX-" UrlSafe 28 28 "a Google client secret" "GOOGLE_CLIENT_SECRET"
    "xoxb-" UrlSafe 24 255 "a Slack token" "SLACK_BOT_TOKEN"
    "xoxp-" UrlSafe 24 255 "a Slack token" "SLACK_USER_TOKEN"
    "xoxs-" UrlSafe 24 255 "a Slack token" "SLACK_TOKEN"
    "xoxc-" UrlSafe 24 255 "a Slack token" "SLACK_TOKEN"
    "xapp-" UrlSafe 24 255 "a Slack token" "SLACK_APP_TOKEN"
    "hooks.slack.com/services/T" Path 32 80 "a Slack webhook" "SLACK_WEBHOOK"
    "discord.com/api/webhooks/" Path 60 120 "a Discord webhook" "DISCORD_WEBHOOK"
    "discordapp.com/api/webhooks/" Path 60 120 "a Discord webhook" "DISCORD_WEBHOOK"
    "sk_live_" Alphanumeric 24 255 "a Stripe key" "STRIPE_SECRET_KEY"
    "rk_live_" Alphanumeric 24 255 "a Stripe key" "STRIPE_SECRET_KEY"
    "whsec_" Alphanumeric 32 64 "a webhook secret" "WEBHOOK_SECRET"
    "sk-ant-" UrlSafe 40 200 "an Anthropic key" "ANTHROPIC_API_KEY"
    "sk-or-v1-" Hex 64 64 "an OpenRouter key" "OPENROUTER_API_KEY"
    "sk-proj-" UrlSafe 40 255 "an OpenAI key" "OPENAI_API_KEY"
    "sk-svcacct-" UrlSafe 40 255 "an OpenAI key" "OPENAI_API_KEY"
    "sk-admin-" UrlSafe 40 255 "an OpenAI key" "OPENAI_API_KEY"
    "sk-" Alphanumeric 32 96 "an API key" "API_KEY"
    "gsk_" Alphanumeric 40 96 "a Groq key" "GROQ_API_KEY"
    "xai-" Alphanumeric 60 128 "an xAI key" "XAI_API_KEY"
    "pplx-" Alphanumeric 40 96 "a Perplexity key" "PERPLEXITY_API_KEY"
    "nvapi-" UrlSafe 60 96 "an NVIDIA key" "NVIDIA_API_KEY"
    "tvly-" UrlSafe 28 64 "a Tavily key" "TAVILY_API_KEY"
    "r8_" Alphanumeric 37 37 "a Replicate token" "REPLICATE_API_TOKEN"
    "rpa_" Alphanumeric 40 64 "a RunPod key" "RUNPOD_API_KEY"
    "fc-" Hex 32 32 "a Firecrawl key" "FIRECRAWL_API_KEY"
    "SG." Dotted 66 66 "a SendGrid key" "SENDGRID_API_KEY"
    "dop_v1_" Hex 64 64 "a DigitalOcean token" "DIGITALOCEAN_TOKEN"
    "shpat_" Hex 32 32 "a Shopify token" "SHOPIFY_TOKEN"
    "shpss_" Hex 32 32 "a Shopify secret" "SHOPIFY_SECRET"
    "ntn_" Alphanumeric 40 64 "a Notion token" "NOTION_TOKEN"
    "lin_api_" Alphanumeric 40 40 "a Linear key" "LINEAR_API_KEY"
    "figd_" UrlSafe 40 64 "a Figma token" "FIGMA_TOKEN"
    "dapi" Hex 32 32 "a Databricks token" "DATABRICKS_TOKEN"
    "glsa_" UrlSafe 41 41 "a Grafana token" "GRAFANA_TOKEN"
    "hvs." UrlSafe 90 255 "a Vault token" "VAULT_TOKEN"
    "tskey-" UrlSafe 24 96 "a Tailscale key" "TS_AUTHKEY"
    "PMAK-" UrlSafe 59 59 "a Postman key" "POSTMAN_API_KEY"
    "ATATT3x" UrlSafe 100 255 "an Atlassian token" "ATLASSIAN_TOKEN"
    "AGE-SECRET-KEY-1" Capitals 58 58 "an age key" "AGE_KEY"
    "eyJ" Dotted 100 4096 "a signed token (JWT)" "ACCESS_TOKEN"
};

static PREFIXES: LazyLock<Regex> = LazyLock::new(|| {
    let prefixes: Vec<_> = SHAPES.iter().map(|shape| regex::escape(shape.prefix)).collect();
    pattern(&prefixes.join("|"))
});

/// Returns the keys in `text` that have a provider's shape.
pub(super) fn shaped(text: &str) -> impl Iterator<Item = (Span, &'static Shape)> {
    PREFIXES.find_iter(text).filter_map(move |found| {
        let shape = SHAPES.iter().find(|shape| shape.prefix == found.as_str())?;
        let before = text.get(..found.start())?.chars().next_back();
        // `sk-` ends "task-", and `fc-` begins a part of many an id.
        let is_inside = before.is_some_and(|it| it.is_alphanumeric() || "_-+".contains(it))
            || (before == Some('/') && !shape.prefix.contains('/'));
        if is_inside {
            return None;
        }
        let (least, most) = shape.length;
        let rest = text.get(found.end()..)?;
        let of_key = rest.bytes().take_while(|byte| shape.alphabet.has(*byte));
        // One more than the longest key, so that what is longer is told from it.
        let value = rest.get(..of_key.take(most + 1).count())?.trim_end_matches(['.', '-', '/']);
        let goes_on = rest.get(value.len()..)?.starts_with(|it: char| it.is_alphanumeric());
        let is_long_enough = (least..=most).contains(&value.len());
        (!goes_on && is_long_enough && shape.is_drawn(value))
            .then(|| (Span::new(found.start(), found.end() + value.len()), shape))
    })
}

impl Shape {
    fn is_drawn(&self, value: &str) -> bool {
        match (self.prefix, self.alphabet) {
            ("eyJ", _) => is_signed_token(value),
            ("SG.", _) => value.matches('.').count() == 1 && is_random(value),
            (_, Alphabet::Base32 | Alphabet::Capitals) => {
                !is_thought_up(value) && n_different(value) >= 8
            }
            _ => is_random(value),
        }
    }

    /// What of the key may be shown.
    pub(crate) fn shown(&self) -> &'static str {
        self.prefix
    }
}

fn n_different(value: &str) -> usize {
    let mut bytes: Vec<u8> = value.bytes().collect();
    bytes.sort_unstable();
    bytes.dedup();
    bytes.len()
}

/// Three parts, of which the second holds a record too and is not that of the well-known sample
/// (its subject is "1234567890").
fn is_signed_token(value: &str) -> bool {
    let mut parts = value.split('.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return false;
    };
    let is_sample = claims.contains("IxMjM0NTY3ODkw") || claims.contains("MTIzNDU2Nzg5M");
    header.len() >= 12
        && claims.starts_with("eyJ")
        && signature.len() >= 32
        && !is_sample
        && is_random(signature)
}
