//! Where a text has something that is written like one address: not a network, not a range, not
//! a part of a longer number.

use std::{
    collections::BTreeSet,
    net::{IpAddr, Ipv4Addr, Ipv6Addr},
    sync::LazyLock,
};

use memchr::memchr2_iter;
use regex::Regex;
use skill::Span;

use crate::{
    lines::{lines_with, nearby_before, nearby_behind},
    pattern::pattern,
};

/// Something written like an address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Candidate {
    /// The address, brackets included.
    pub(super) span: Span,
    /// What it means.
    pub(super) ip: IpAddr,
}

static ADDRESS: LazyLock<Regex> = LazyLock::new(|| {
    pattern(concat!(
        r"(?<v4>[0-9]{1,3}(?:\.[0-9]{1,3}){3})",
        r"|(?<v6>(?:[0-9A-Fa-f]{0,4}:){2,7}[0-9A-Fa-f]{0,4})",
    ))
});

/// What follows the first address of a range, and the size of a network.
static RANGE_BEHIND: LazyLock<Regex> = LazyLock::new(|| {
    pattern(r"^(?:\s?(?:-|–|—|\.\.+|~|to|through)\s?[0-9]{1,3}(?:\.[0-9]|\b)|-\*|[.:][*xX]\b)")
});

static RANGE_BEFORE: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"(?:[0-9]{1,3}\.){3}[0-9]{1,3}\s?(?:-|–|—|\.\.+|~|to|through)\s?$"));

static NETWORK_BEHIND: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"^/(?:[0-9]{1,3}|<[^>\n]*>|\{[^}\n]*\}|\$\w+|[xXnN])(?:[^\w.]|$)"));

/// A network: an address and the number of its leading bits.
static NETWORK: LazyLock<Regex> =
    LazyLock::new(|| pattern(r"\b(?<base>[0-9]{1,3}(?:\.[0-9]{1,3}){3})/(?<bits>[0-9]{1,2})\b"));

/// Returns what is written like one address, in the order of the text.
pub(super) fn addresses(text: &str) -> impl Iterator<Item = Candidate> {
    let bytes = text.as_bytes();
    let signs = memchr2_iter(b'.', b':', bytes).filter(|&at| is_within_an_address(bytes, at));
    lines_with(text, signs).flat_map(|line| addresses_in(text, line))
}

fn addresses_in(text: &str, line: Span) -> impl Iterator<Item = Candidate> {
    ADDRESS.captures_iter(line.of(text)).filter_map(move |captures| {
        let whole = captures.get(0)?;
        let span = Span::new(whole.start(), whole.end()).shifted(line.start);
        if captures.name("v4").is_some() { v4(text, span) } else { v6(text, span) }
    })
}

/// Tells whether the full stop or colon at `at` can be part of an address: it stands between two
/// digits, or a colon follows with four digits between them at most.
fn is_within_an_address(bytes: &[u8], at: usize) -> bool {
    let is_digit =
        |at: Option<usize>| at.and_then(|at| bytes.get(at)).is_some_and(u8::is_ascii_digit);
    if bytes.get(at) == Some(&b'.') {
        return is_digit(at.checked_sub(1)) && is_digit(Some(at + 1));
    }
    let behind = bytes.get(at + 1..).unwrap_or_default();
    let next = behind.iter().take(5).find(|byte| !byte.is_ascii_hexdigit());
    next == Some(&b':')
}

/// The networks of at least 16 bits that a text names.
#[derive(Debug, Default)]
pub(super) struct Networks {
    /// The number of leading bits, and these bits.
    prefixes: BTreeSet<(u32, u32)>,
}

impl Networks {
    pub(super) fn of(content: &str) -> Self {
        let prefixes = NETWORK.captures_iter(content).filter_map(|captures| {
            let base = captures.name("base")?.as_str().parse::<Ipv4Addr>().ok()?;
            let bits = captures.name("bits")?.as_str().parse::<u32>().ok()?;
            (16..=31).contains(&bits).then(|| (bits, base.to_bits() >> (32 - bits)))
        });
        Self { prefixes: prefixes.collect() }
    }

    /// Tells whether `ip` lies in one of them.
    pub(super) fn contain(&self, ip: Ipv4Addr) -> bool {
        (16..=31).any(|bits| self.prefixes.contains(&(bits, ip.to_bits() >> (32 - bits))))
    }
}

fn v4(text: &str, span: Span) -> Option<Candidate> {
    let ip: Ipv4Addr = span.of(text).parse().ok()?;
    let (before, behind) = (text.get(..span.start)?, text.get(span.end..)?);
    let starts = match before.chars().next_back() {
        // The part of a path: a version of something, mostly.
        Some('/') => before.ends_with("//") || before.ends_with("/dev/tcp/") || !is_ambiguous(ip),
        Some('.' | '_' | '-' | '%' | '$' | '\\' | '–') => false,
        Some(it) => !it.is_alphanumeric(),
        None => true,
    };
    let mut following = behind.chars();
    let ends = match following.next() {
        Some('.') => !following.next().is_some_and(|it| it.is_ascii_alphanumeric()),
        Some('_') => false,
        Some(it) => !it.is_alphanumeric(),
        None => true,
    };
    let in_url = before.ends_with("//") || before.ends_with('@');
    let line_behind = nearby_behind(text, span.end);
    let is_network = !in_url && NETWORK_BEHIND.is_match(line_behind);
    let is_range = RANGE_BEHIND.is_match(line_behind)
        || RANGE_BEFORE.is_match(nearby_before(text, span.start));
    (starts && ends && !is_network && !is_range).then_some(Candidate { span, ip: IpAddr::V4(ip) })
}

/// Tells whether four such numbers are also used for versions.
fn is_ambiguous(ip: Ipv4Addr) -> bool {
    !ip.is_private() || matches!(ip.octets(), [10, ..])
}

fn v6(text: &str, span: Span) -> Option<Candidate> {
    let written = span.of(text);
    // A colon behind the address belongs to the sentence.
    let is_colon_behind = written.ends_with(':') && !written.ends_with("::");
    let span = if is_colon_behind { Span::new(span.start, span.end - 1) } else { span };
    let ip: Ipv6Addr = span.of(text).parse().ok()?;
    let (before, behind) = (text.get(..span.start)?, text.get(span.end..)?);
    let is_part = |it: char| it.is_alphanumeric() || matches!(it, '_' | ':' | '.' | '-');
    let is_followed = |it: char| it.is_alphanumeric() || matches!(it, '_' | '%');
    let is_alone = !before.ends_with(is_part) && !behind.starts_with(is_followed);
    let is_bracketed = before.ends_with('[') && behind.starts_with(']');
    let is_network = !is_bracketed && NETWORK_BEHIND.is_match(nearby_behind(text, span.end));
    let span = if is_bracketed { Span::new(span.start - 1, span.end + 1) } else { span };
    (is_alone && !is_network).then_some(Candidate { span, ip: IpAddr::V6(ip) })
}
