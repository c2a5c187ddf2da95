//! What stands around something written like an address and tells what it is.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv4Addr},
    sync::LazyLock,
};

use regex::Regex;
use skill::CodeBlock;

use crate::{
    SkillFile,
    address::notation::{Candidate, Networks},
    advice::line_in_front,
    char_boundary::head,
    lines::{MAXIMUM_REACH, nearby, nearby_before, nearby_behind},
    pattern::pattern,
};

/// Words in front of versions and of the sections of a standard.
static NUMBER_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:\b(?:\w*version|versions|ver|v|releases?|build|assembly|firmware|driver|sdk|",
        r"sections?|sec|rfc|chapter|clause|appendix|figure|table|ec|oid|kb)\b|§)[^,;|/@]{0,24}$",
        r#"|(?:[=<>~!]=|[~^])\s*["']?$"#,
    ))
});

static PACKAGE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:npm|npx|pnpm|yarn|bunx?|pip3?|uvx?|pipx|brew|cargo|go|gem|uses:)\b.*@$")
});

static PORT_BEHIND: LazyLock<Regex> = LazyLock::new(|| pattern(r"^:(?:[0-9]{2,5}\b|\$\{?\w|<|\{)"));

/// A name that is set to a host, right in front of the value.
static SETTING_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:hosts?|hostname|servers?|ip|ipv[46]|ip[ _-]?addr(?:ess)?|addr(?:ess)?|url|uri|",
        r"endpoint|proxy|gateway|vps|instance|droplet|machine|remote|broker|peer|node)",
        r#"["'`*_)]{0,3}(?:\s*(?::|=>?|:=|,)\s*|\s+(?:is|at|to)\s+|\s+)\(?["'`<\[]{0,2}$"#,
    ))
});

/// A command that takes a host, and anything but the start of another command.
static COMMAND_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:^|[\s`$(|;&])(?:ssh|scp|sftp|rsync|mosh|curl|wget|https?|ping6?|nc|ncat|telnet|psql|",
        r"pg_isready|pg_dump|mysql|mysqldump|mongosh?|redis-cli|mount|smbclient|snmpwalk|snmpget|",
        r"traceroute|ftp|lftp|xfreerdp|vncviewer|ansible|docker|kubectl|adb|Test-Connection|",
        r"Test-NetConnection|Enter-PSSession)\s[^;|`]*$",
    ))
});

/// Asking a service about an address: any address does.
static LOOKUP: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\bwhois\b|geo-?ip|geolocat|ipinfo|ip-?api|ipapi|ipstack|abuseip|virustotal|shodan|",
        r"censys|greynoise|\blook-?\s?ups?\b|\breverse[ -]dns\b|threat[ -]intel|reputation",
    ))
});

/// Machines that a network publishes so that others find their way in.
static PUBLISHED_NODES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:seed|boot(?:strap)?|public|trusted)[ _-]?(?:nodes?|peers?)\b|\bbootnodes?\b|\benode:|/p2p/|\baddnode\b",
    )
});

/// Fields of events and the shape of log lines.
static EVENT_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)(?:\b(?:source|src|client|visitor|attacker|sender|user|caller|requester|victim|dest|",
        r"destination|dst|login)[ _-]?(?:ip|addr|address)|remote_addr|x-forwarded-for|x-real-ip|",
        r#"cf-connecting-ip)["'`]?\s*[:=]\s*\[?["'`]?$"#,
        r"|\bfailed password\b.*$|\baccepted (?:password|publickey)\b.*$|\bsshd\[[0-9]+\].*$",
    ))
});

static LOG_BEHIND: LazyLock<Regex> = LazyLock::new(|| pattern(r"^ \S+ \S+ \["));

/// Addresses that are given out inside a network of containers.
static CONTAINER_BEFORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"(?:ipv[46]_address|clusterIPs?|podIPs?)["']?\s*:\s*\[?["']?$"#));

/// A line that announces what a program printed.
static OUTPUT_IN_FRONT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:outputs?|response|responses|returns?|prints?|sample results?|log (?:lines?|entry|entries))\b[^.]{0,40}:?\W*$",
    )
});

static EXAMPLE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)(?:\be\.g\.,?|\bfor example,?|\bfor instance,?|\bexample:|\bsuch as)\W{0,4}(?:https?://)?$",
    )
});

/// The networks that blocks of code lay out, each block read through once.
#[derive(Debug, Default)]
pub(super) struct LaidOut {
    by_start: HashMap<usize, Networks>,
}

impl LaidOut {
    fn by(&mut self, text: &str, block: &CodeBlock) -> &Networks {
        let networks = self.by_start.entry(block.span.start);
        networks.or_insert_with(|| Networks::of(block.content.of(text)))
    }
}

/// What stands around an address.
#[derive(Debug, Clone, Copy)]
pub(super) struct Surroundings<'a> {
    text: &'a str,
    before: &'a str,
    behind: &'a str,
    line: &'a str,
    heading: &'a str,
    code_block: Option<&'a CodeBlock>,
    is_inline_code: bool,
}

impl<'a> Surroundings<'a> {
    pub(super) fn of(file: &SkillFile<'a>, candidate: &Candidate) -> Self {
        let text = file.text();
        let start = candidate.span.start;
        let body = &file.document.body;
        Self {
            text,
            before: nearby_before(text, start),
            behind: nearby_behind(text, candidate.span.end),
            line: nearby(text, start).of(text),
            heading: body
                .headings_above(start)
                .next()
                .map_or("", |it| head(&it.text, MAXIMUM_REACH)),
            code_block: body.code_block_at(start),
            is_inline_code: body.inline_code_at(start).is_some(),
        }
    }

    /// Tells whether the number is a version, or counts sections of a text.
    pub(super) fn is_number(&self, ip: IpAddr) -> bool {
        let IpAddr::V4(ip) = ip else { return false };
        // No version starts like the other private networks.
        let is_ambiguous = !ip.is_private() || matches!(ip.octets(), [10, ..]);
        is_ambiguous
            && !self.is_in_url()
            && !PORT_BEHIND.is_match(self.behind)
            && (NUMBER_BEFORE.is_match(self.before) || PACKAGE_BEFORE.is_match(self.before))
    }

    /// Tells whether a command or a setting takes an address here.
    pub(super) fn takes_an_address(&self) -> bool {
        let is_code = self.is_inline_code || self.is_command_or_setting();
        let is_taken = self.is_in_url()
            || PORT_BEHIND.is_match(self.behind)
            || SETTING_BEFORE.is_match(self.before)
            || (is_code && COMMAND_BEFORE.is_match(self.before))
            || (is_code && self.before.ends_with('@') && !PACKAGE_BEFORE.is_match(self.before));
        let is_published =
            PUBLISHED_NODES.is_match(self.line) || PUBLISHED_NODES.is_match(self.heading);
        is_taken && !is_published && !LOOKUP.is_match(self.line)
    }

    /// Tells whether the address is part of sample data, of a log or of a made-up network.
    pub(super) fn is_data(&self, laid_out: &mut LaidOut) -> bool {
        let is_event = EVENT_BEFORE.is_match(self.before) || LOG_BEHIND.is_match(self.behind);
        let is_made_up = CONTAINER_BEFORE.is_match(self.before);
        let in_block = self.code_block.is_some_and(|block| {
            let is_output = OUTPUT_IN_FRONT.is_match(line_in_front(self.text, block));
            let address = self.address();
            is_output || address.is_some_and(|ip| laid_out.by(self.text, block).contain(ip))
        });
        is_event || is_made_up || in_block
    }

    /// Tells whether the text calls the address an example.
    pub(super) fn calls_it_an_example(&self) -> bool {
        EXAMPLE_BEFORE.is_match(self.before)
    }

    fn address(&self) -> Option<Ipv4Addr> {
        let end = self.line.len().checked_sub(self.behind.len())?;
        self.line.get(self.before.len()..end)?.parse().ok()
    }

    fn is_in_url(&self) -> bool {
        let authority = self.before.rsplit("//").next().unwrap_or_default();
        let is_user = authority.ends_with('@') && !authority.contains(char::is_whitespace);
        self.before.contains("://") && (authority.is_empty() || is_user)
    }

    /// A block of commands or settings; in the source of a program an address is mostly data.
    fn is_command_or_setting(&self) -> bool {
        const LANGUAGES: [&str; 24] = [
            "",
            "text",
            "sh",
            "bash",
            "zsh",
            "fish",
            "shell",
            "console",
            "terminal",
            "powershell",
            "pwsh",
            "ps1",
            "cmd",
            "bat",
            "yaml",
            "yml",
            "toml",
            "ini",
            "conf",
            "env",
            "dotenv",
            "json",
            "jsonc",
            "nginx",
        ];
        self.code_block
            .is_some_and(|block| LANGUAGES.contains(&block.language().to_lowercase().as_str()))
    }
}
