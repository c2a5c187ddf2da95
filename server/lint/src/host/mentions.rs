//! Hosts in URLs, options, settings and sentences.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    char_boundary::tail,
    host::{
        HostPlace, Taker,
        names::{Kind, kind},
    },
    lines::{MAXIMUM_REACH, nearby, nearby_before},
    pattern::pattern,
};

/// Where a name can end that lies in a network's own domain.
static DOMAIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"\.(?:lan|corp|intranet|intra|localdomain|localnet|ts\.net|home\.arpa|fritz\.box|local|",
        r"internal|home|private|lab)",
    ))
});

/// A URL with a host that has no dots.
static URL: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?<scheme>https?|wss?|ssh|sftp|ftps?|rsync|rediss?|postgres|postgresql|mysql|mariadb|mongodb|amqps?|",
        r"mqtts?|rtsp|vnc|rdp|smb|nfs|grpcs?|tcp|udp|ldaps?|telnet|nats|clickhouse)://(?:(?<user>[A-Za-z_][\w.-]*)@|[^\s@/]*@)?(?<host>[A-Za-z][A-Za-z0-9-]*)",
        r"(?:[:/\s\x22'`)>,]|$)",
    ))
});

/// The same without a scheme, and the share of a machine.
static BARE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?-u:\b)(?:curl|wget|nc|telnet)[ \t](?:-\S+[ \t]+)*(?<host>[A-Za-z][A-Za-z0-9-]*)[:/ ]",
        r"|\\\\(?:\\\\)?(?<share>[A-Za-z][A-Za-z0-9-]*)\\",
    ))
});

/// An option or a setting with a host that has no dots.
static SETTING: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:(?:host|HOST|Host)(?:name|NAME|Name)?[\x22'`*]{0,3}(?:[ \t]*[:=][ \t]*)[\x22'`]?",
        r"|--host(?:name)? |[ \t]-h |HostName[ \t]+)(?<host>[A-Za-z][A-Za-z0-9-]*)(?:[^\w.-]|\.\s|$)",
    ))
});

/// A user at a machine, wherever it stands.
static ACCOUNT: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"@(?<host>[A-Za-z][A-Za-z0-9.-]*[A-Za-z0-9])"));

/// A word written like a host.
static WORD: LazyLock<Regex> = LazyLock::new(|| pattern(r"[A-Za-z0-9][A-Za-z0-9.-]*"));

/// What takes a host, right in front of it.
static TAKES_HOST: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:://(?:[^\s/@]*@)?|(?:^|\s)(?:-h|-H|--?(?:host(?:name)?|server|url|address|remote|endpoint))[= ][\x22']?",
        r"|(?i:(?:host|hostname|server|addr|address|endpoint|broker|machine|node|remote|peer|registry|vps))",
        r"[\x22'`*_)]{0,3}(?:\s*[:=]\s*|\s+is\s+)[\x22'`*]{0,3}|\bHostName\s+)$",
    ))
});

/// A command that takes a host, and anything but the start of another command.
static COMMAND_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?:^|[\s`$(|;&])(?:curl|wget|https?|nc|ncat|telnet|nslookup|dig|traceroute|mtr|ldapsearch|",
        r"smbclient|smbget|snmpwalk|snmpget|openssl|xfreerdp|vncviewer|showmount|Test-Connection|",
        r"Test-NetConnection|Enter-PSSession)\s[^;|`]*[\s\x22'=]$",
    ))
});

/// Words in front of a machine in a sentence.
static SENTENCE_BEFORE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:on|at|from|to|into|via|host|server|machine|node|box|reach|open|ping)\s+[\x22'`*]{0,3}$",
    )
});

/// Lines that are about logging in.
static LOGIN: LazyLock<Regex> = LazyLock::new(|| {
    pattern(
        r"(?i)\b(?:ssh|scp|rsync|sftp|sshfs|log(?:ged|s)? ?in(?:to)?|git (?:clone|remote|push|pull|fetch))\b|ssh://",
    )
});

/// Lines in which `a@b` is a package.
static PACKAGES: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\b(?:npm|npx|pnpm|yarn|bunx?|plugins?|uses:|marketplace|e-?mails?|version)\b")
});

/// Returns the hosts in `file` outside of the commands of remote shells, in no order.
pub(super) fn mentions(file: &SkillFile<'_>) -> Vec<HostPlace> {
    let text = file.text();
    let mut places = Vec::new();
    places
        .extend(DOMAIN.find_iter(text).filter_map(|it| in_own_domain(file, it.start(), it.end())));
    let counted = |span: &Span| kind(span.of(text)) == Kind::Numbered;
    for captures in URL.captures_iter(text) {
        let user = captures.name("user").map(|it| Span::new(it.start(), it.end()));
        // The user of a database is none of its machine.
        let scheme = captures.name("scheme").map_or("", |it| it.as_str());
        let user = user.filter(|_| matches!(scheme, "ssh" | "sftp"));
        let host = captures.name("host").map(|it| Span::new(it.start(), it.end()));
        let host = host.filter(counted);
        places.extend(host.map(|span| HostPlace { span, user, taker: Taker::Other }));
    }
    for captures in SETTING.captures_iter(text).chain(BARE.captures_iter(text)) {
        let host = captures.name("host").or(captures.name("share"));
        let host = host.map(|it| Span::new(it.start(), it.end()));
        let host = host.filter(counted);
        places.extend(host.map(|span| HostPlace { span, user: None, taker: Taker::Other }));
    }
    if text.contains('@') {
        let hosts = ACCOUNT.captures_iter(text).filter_map(|captures| captures.name("host"));
        places.extend(hosts.filter_map(|it| account(file, Span::new(it.start(), it.end()))));
    }
    places
}

/// Returns the words of `text` that are written like a host and are no ordinary words.
pub(super) fn telling_words(text: &str) -> impl Iterator<Item = Span> {
    WORD.find_iter(text).filter_map(|word| {
        let written = word.as_str().trim_end_matches(['.', '-']);
        let span = Span::new(word.start(), word.start() + written.len());
        let is_telling =
            written.contains(|it: char| it.is_ascii_digit() || matches!(it, '.' | '-'));
        let before = text.get(..span.start)?;
        let behind = text.get(word.end()..)?;
        let is_part = |it: char| it.is_alphanumeric() || matches!(it, '_' | '@' | '.' | '-');
        (is_telling && !before.ends_with(is_part) && !behind.starts_with(['_', '@']))
            .then_some(span)
    })
}

/// Returns what is written like a user at a host, wherever it stands.
pub(super) fn users_at_hosts(text: &str) -> impl Iterator<Item = Span> {
    ACCOUNT.captures_iter(text).filter_map(|captures| {
        let host = captures.name("host")?;
        let host = Span::new(host.start(), host.end());
        Some(Span::new(user_before(text, host)?.start, host.end))
    })
}

/// A name that ends with the domain at `domain_start..end`.
fn in_own_domain(file: &SkillFile<'_>, domain_start: usize, end: usize) -> Option<HostPlace> {
    let text = file.text();
    let behind = text.get(end..)?;
    let goes_on = behind.starts_with(|it: char| it.is_alphanumeric() || "_-(".contains(it))
        || behind.strip_prefix('.').is_some_and(|it| it.starts_with(char::is_alphanumeric));
    let head = tail(text.get(..domain_start)?, MAXIMUM_REACH);
    let is_part = |it: char| it.is_ascii_alphanumeric() || matches!(it, '-' | '.');
    let start = domain_start - (head.len() - head.trim_end_matches(is_part).len());
    let span = Span::new(start, end);
    let before = nearby_before(text, start);
    let is_inside = before.ends_with(|it: char| it.is_alphanumeric() || "_$}>]\\%".contains(it))
        || (before.ends_with('/') && !before.ends_with("//"));
    if goes_on || is_inside {
        return None;
    }
    let body = &file.document.body;
    let is_code = body.code_block_at(start).is_some() || body.inline_code_at(start).is_some();
    let kind = kind(span.of(text));
    let is_taken = TAKES_HOST.is_match(before)
        || (is_code && COMMAND_BEFORE.is_match(before))
        || (kind == Kind::Private && SENTENCE_BEFORE.is_match(before));
    let is_login = before.rsplit_once("://").is_some_and(|(scheme, user)| {
        scheme.ends_with("ssh") || (scheme.ends_with("sftp") && !user.contains(':'))
    });
    let user = user_before(text, span).filter(|_| is_login);
    is_taken.then_some(HostPlace { span, user, taker: Taker::Other })
}

/// `ana@forge` in a line about logging in.
fn account(file: &SkillFile<'_>, span: Span) -> Option<HostPlace> {
    let text = file.text();
    let user = user_before(text, span)?;
    let line = nearby(text, span.start).of(text);
    let is_login = LOGIN.is_match(line) && !PACKAGES.is_match(line);
    let host = span.of(text);
    // `git clone ana@forge:x` takes nothing but a host there.
    let takes_a_path = text.get(span.end..)?.starts_with(':')
        && line.contains("git ")
        && file.document.body.code_block_at(span.start).is_some();
    let is_shaped = match kind(host) {
        Kind::Private | Kind::Local | Kind::Numbered | Kind::Role => true,
        Kind::Plain => host.contains('-') || takes_a_path,
        Kind::Nobodys | Kind::Public => false,
    };
    (is_login && is_shaped).then_some(HostPlace {
        span,
        user: Some(user),
        taker: Taker::RemoteShell,
    })
}

/// Returns where the user in front of the `@` of `host` stands.
fn user_before(text: &str, host: Span) -> Option<Span> {
    let head = text.get(..host.start)?.strip_suffix('@')?;
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '-' | '_' | '.');
    let start = head.trim_end_matches(is_part).len();
    (start < head.len()).then(|| Span::new(start, head.len()))
}
