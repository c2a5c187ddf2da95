//! E-mail addresses of people.

use std::sync::LazyLock;

use regex::Regex;
use skill::Span;

use crate::{
    SkillFile,
    account::{Account, AccountKind, is_placeholder},
    advice::{is_advised_against, sentence_before},
    char_boundary::head,
    lines::{MAXIMUM_REACH, nearby, nearby_before, nearby_behind},
    pattern::pattern,
};

/// Mailboxes of a role: whoever has it reads them.
const ROLES: [&str; 60] = [
    "abuse",
    "accounts",
    "admin",
    "administrator",
    "agent",
    "alerts",
    "api",
    "billing",
    "bot",
    "calendar",
    "careers",
    "ci",
    "contact",
    "cs",
    "dev",
    "devs",
    "events",
    "feedback",
    "finance",
    "founders",
    "git",
    "hello",
    "help",
    "helpdesk",
    "hi",
    "hr",
    "info",
    "it",
    "jobs",
    "legal",
    "list",
    "marketing",
    "media",
    "news",
    "newsletter",
    "no-reply",
    "noreply",
    "notifications",
    "office",
    "oncall",
    "ops",
    "oss",
    "partners",
    "postmaster",
    "pr",
    "press",
    "privacy",
    "reply",
    "root",
    "sales",
    "security",
    "service",
    "services",
    "staff",
    "support",
    "system",
    "team",
    "webmaster",
    "welcome",
    "www",
];

/// Words that companies of examples are called by.
const EXAMPLE_COMPANIES: [&str; 44] = [
    "acme",
    "adatum",
    "agency",
    "attacker",
    "bigco",
    "bigcorp",
    "biz",
    "business",
    "client",
    "clients",
    "co",
    "company",
    "contoso",
    "corp",
    "corporation",
    "customer",
    "customers",
    "domain",
    "email",
    "empresa",
    "enterprise",
    "evil",
    "fabrikam",
    "firm",
    "foo",
    "globex",
    "host",
    "hooli",
    "initech",
    "mail",
    "malicious",
    "newco",
    "northwind",
    "northwindtraders",
    "oldco",
    "org",
    "organization",
    "school",
    "server",
    "service",
    "site",
    "team",
    "umbrella",
    "vendor",
];

/// Parts of such words.
const EXAMPLE_PARTS: [&str; 14] = [
    "example",
    "sample",
    "company",
    "startup",
    "yourco",
    "mycompany",
    "yourdomain",
    "mydomain",
    "somewhere",
    "phish",
    "hacker",
    "placeholder",
    "acme",
    "testing",
];

/// Where everybody may have a mailbox, so that a plain word in front of it is hardly anybody's.
const MAIL_PROVIDERS: [&str; 20] = [
    "aol",
    "fastmail",
    "free",
    "gmail",
    "gmx",
    "googlemail",
    "hey",
    "hotmail",
    "icloud",
    "kindle",
    "live",
    "mac",
    "me",
    "msn",
    "outlook",
    "pm",
    "proton",
    "protonmail",
    "yahoo",
    "yandex",
];

/// Domains of addresses that are no person's mailbox.
const NO_MAILBOXES: [&str; 9] = [
    "gserviceaccount.com",
    "googlegroups.com",
    "whatsapp.net",
    "g.us",
    "noreply.github.com",
    "agentmail.to",
    "calendar.google.com",
    "lists.sourceforge.net",
    "appspot.com",
];

/// First names of people in examples, in front of a family name at a mail provider.
const STOCK_NAMES: [&str; 12] = [
    "john", "jane", "sarah", "mike", "michael", "emily", "max", "erika", "juan", "maria", "anna",
    "david",
];

/// Lines that tell whom to write to, or who wrote the skill.
static CONTACT: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:authors?|authored|maintain\w*|copyright|credits?|created by|written by|",
        r"signed-off-by|co-authored-by|licen[sc]e|citation|cite|mailing list|inquir\w*|feedback|",
        r"reach (?:me|us|out)|e-?mail us|support|bug reports?|developed by|developer)\b|©",
        r"|^[-*\s>|]*\**e-?mail\**\s*:",
    ))
});

/// The same, unless it is a step.
static CONTACT_OUTSIDE_STEPS: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?i)\b(?:contact|questions?|report|reports?|reach|help)\b"));

static CONTACT_SECTION: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?i)\b(?:contacts?|support|authors?|credits?|community|maintainers?|license|about|",
        r"resources|acknowledg\w+|getting help|links|references?|attribution)\b",
    ))
});

/// What introduces an example.
static EXAMPLE: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"(?i)\be\.\s?g\.|\bfor example\b|\bfor instance\b|\bsuch as\b|\bexamples?:")
});

/// A field of a record: sample data, mostly.
static RECORD_FIELD: LazyLock<Regex> =
    LazyLock::new(|| pattern(r#"["'][\w. -]*["']\s*:\s*\[?\s*\\?["']$|\b[Ee]mail\s*=\s*'$"#));

/// Returns the addresses of people that `file` works with.
pub(super) fn addresses(file: &SkillFile<'_>) -> Vec<Account> {
    let text = file.text();
    text.match_indices('@')
        .filter_map(|(at, _)| mailbox(text, at))
        .filter(|mailbox| mailbox.is_persons() && !is_innocent(file, mailbox.span))
        .map(|mailbox| Account { span: mailbox.span, kind: AccountKind::Email })
        .collect()
}

#[derive(Debug, Clone, Copy)]
struct Mailbox<'a> {
    span: Span,
    local: &'a str,
    domain: &'a str,
}

/// The longest part of an address in front of the `@`, in bytes.
const MAXIMUM_LOCAL: usize = 64;

/// Returns the address around the `@` at this offset.
fn mailbox(text: &str, at: usize) -> Option<Mailbox<'_>> {
    let bytes = text.as_bytes();
    let is_local = |byte: &u8| byte.is_ascii_alphanumeric() || b"._%+-".contains(byte);
    let is_domain = |byte: &u8| byte.is_ascii_alphanumeric() || b".-".contains(byte);
    let before = bytes.get(..at)?;
    let n_local = before.iter().rev().take(MAXIMUM_LOCAL + 1).take_while(|it| is_local(it)).count();
    let n_domain = bytes.get(at + 1..)?.iter().take_while(|it| is_domain(it)).count();
    if n_local == 0 || n_local > MAXIMUM_LOCAL {
        return None;
    }
    let start = at - n_local;
    let local = text.get(start..at)?;
    let domain = text.get(at + 1..at + 1 + n_domain)?.trim_end_matches(['.', '-']);
    let end = at + 1 + domain.len();
    let top_level = domain.rsplit_once('.')?.1;
    let is_domain =
        (2..=12).contains(&top_level.len()) && top_level.bytes().all(|it| it.is_ascii_alphabetic());
    // A password in an address, a package in a registry, a path on another machine.
    let in_front = text.get(..start)?.chars().next_back();
    let behind = text.get(end..)?.chars().next();
    let belongs_to_more = matches!(in_front, Some(':' | '/' | '@' | '$' | '}'))
        && !text.get(..start)?.ends_with("mailto:")
        || in_front.is_some_and(char::is_alphanumeric)
        || matches!(behind, Some('/' | '@'))
        || text.get(end..)?.starts_with(':') && !text.get(end..)?.starts_with(": ");
    (is_domain && !belongs_to_more && local.starts_with(|it: char| it.is_ascii_alphanumeric()))
        .then_some(Mailbox { span: Span::new(start, end), local, domain })
}

impl Mailbox<'_> {
    /// Tells whether a person reads it, as far as the address says.
    fn is_persons(&self) -> bool {
        let domain = self.domain.to_lowercase();
        let local = self.local.to_lowercase();
        let mut labels: Vec<&str> = domain.split('.').collect();
        let top_level = labels.pop().unwrap_or_default();
        // The company of `company.co.uk`.
        if labels.len() > 1 && labels.last().is_some_and(|it| it.len() <= 3) {
            labels.pop();
        }
        let company = labels.last().copied().unwrap_or_default();
        let is_reserved =
            ["example", "test", "invalid", "local", "localhost", "lan", "internal", "db", "py"]
                .contains(&top_level);
        let is_example = company.len() <= 2
            || EXAMPLE_COMPANIES.contains(&company)
            || EXAMPLE_PARTS.iter().any(|part| company.contains(part))
            || company.split('-').any(|word| ["my", "your", "our", "test", "demo"].contains(&word))
            || company.starts_with("your");
        let is_no_mailbox =
            NO_MAILBOXES.iter().any(|it| domain == *it || domain.ends_with(&format!(".{it}")));
        let is_role = local.split(['.', '_', '-', '+']).any(|word| ROLES.contains(&word))
            || ROLES.contains(&local.as_str())
            || local.split(['.', '_', '-', '+']).any(|word| word == company);
        let is_short = local.len() <= 2 || local.starts_with("xxx");
        if is_reserved || is_example || is_no_mailbox || is_role || is_short {
            return false;
        }
        if is_placeholder(&local) || is_stock_name(&local) {
            return false;
        }
        let is_plain = local.bytes().all(|it| it.is_ascii_lowercase());
        let first = local.split(['.', '_']).next().unwrap_or_default();
        !MAIL_PROVIDERS.contains(&company) || !(is_plain || STOCK_NAMES.contains(&first))
    }
}

/// People whom examples are about.
fn is_stock_name(local: &str) -> bool {
    const NAMES: [&str; 10] = [
        "john.smith",
        "jane.smith",
        "jsmith",
        "john.doe",
        "jane.doe",
        "johndoe",
        "janedoe",
        "john.d",
        "jane.d",
        "joe.bloggs",
    ];
    NAMES.contains(&local)
}

fn is_innocent(file: &SkillFile<'_>, span: Span) -> bool {
    let text = file.text();
    let body = &file.document.body;
    if span.start < body.span.start && !is_in_description(file, span) {
        return true;
    }
    let before = nearby_before(text, span.start);
    let is_step = before.trim_start().starts_with(|it: char| it.is_ascii_digit())
        || before.trim_start().to_lowercase().starts_with("step ");
    // Who it is stands in front, or in brackets behind. A command's options do not tell it.
    let behind = nearby_behind(text, span.end);
    let is_explained = behind.trim_start_matches(['`', '>', '*']).starts_with(" (");
    let words = match (body.code_block_at(span.start).is_some(), is_explained) {
        (true, _) => "",
        (false, true) => nearby(text, span.start).of(text),
        (false, false) => before,
    };
    CONTACT.is_match(words)
        || (!is_step && CONTACT_OUTSIDE_STEPS.is_match(words))
        || EXAMPLE.is_match(sentence_before(text, span.start))
        || RECORD_FIELD.is_match(before)
        || body
            .headings_above(span.start)
            .any(|it| CONTACT_SECTION.is_match(head(&it.text, MAXIMUM_REACH)))
        || is_advised_against(file, span)
}

fn is_in_description(file: &SkillFile<'_>, span: Span) -> bool {
    file.document.field("description").is_some_and(|value| value.span.contains(span))
}
