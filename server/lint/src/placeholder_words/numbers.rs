//! Whether `$1` is an argument of the skill: it is a price, or a variable of another program, as
//! often.

use skill::{NodeKind, SkillDocument, Span};

use crate::line_text::line_at;

/// Words in front of a price.
const BEFORE_PRICES: &[&str] = &[
    "budget", "charge", "charged", "charges", "cost", "costing", "costs", "earn", "pay", "paying",
    "pays", "price", "priced", "prices", "save", "saves", "spend", "spends", "worth",
];

/// Words behind a price.
const BEHIND_PRICES: &[&str] = &[
    "a", "an", "billion", "daily", "dollars", "each", "million", "monthly", "per", "thousand",
    "usd", "yearly",
];

/// Tells whether the `$` at `dollar` stands where a price is written: behind words for it, and in a
/// cell of a table.
pub(crate) fn is_price_place(text: &str, dollar: usize) -> bool {
    let line = line_at(text, dollar);
    let before = Span::new(line.start, dollar).of(text).trim_end();
    let word = before.rsplit(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
    let is_price = BEFORE_PRICES.iter().any(|it| it.eq_ignore_ascii_case(word));
    is_price || before.ends_with(|it: char| it.is_ascii_digit() || "~|".contains(it))
}

/// Tells whether the `$` and number at `span` are one of the skill's arguments, of which it has
/// `n_arguments`.
pub(super) fn is_argument(document: &SkillDocument, span: Span, n_arguments: usize) -> bool {
    let text = &*document.text;
    let number = span.of(text).trim_start_matches('$').parse::<usize>();
    // People count from 1 too.
    if n_arguments == 0 || !number.is_ok_and(|number| number <= n_arguments) {
        return false;
    }
    let line = line_at(text, span.start);
    let before = Span::new(line.start, span.start).of(text);
    let behind = Span::new(span.end, line.end).of(text);
    let body = &document.body;
    let block = body.code_block_at(span.start).map(|block| block.content);
    let code = block.or_else(|| body.inline_code_at(span.start).map(|code| code.span));
    let Some(code) = code else {
        let next = behind.strip_prefix(' ').unwrap_or_default();
        let next = next.split(|it: char| !it.is_alphanumeric()).next().unwrap_or_default();
        let is_cell = before.trim_end().ends_with('|') && behind.trim_start().starts_with('|');
        let is_rate = behind.starts_with(['/', '-', '–', '+']);
        let is_price = is_rate || BEHIND_PRICES.iter().any(|it| it.eq_ignore_ascii_case(next));
        return !(is_cell || is_price || is_price_place(text, span.start));
    };
    let code = code.of(text);
    let has_word = |word: &str| {
        let mut words = code.split(|it: char| !it.is_alphanumeric());
        words.any(|it| it == word)
    };
    // The programs whose variables look so, a function's own arguments, and what a shell leaves
    // alone.
    let is_of_other = ["awk", "gawk", "mawk", "perl", "function"].into_iter().any(has_word);
    let is_quoted = before.matches('\'').count() % 2 == 1;
    !(is_of_other || is_quoted || code.contains("()"))
}

/// Returns how many arguments a skill says that it takes; 0 if it speaks of none one by one.
pub(super) fn n_arguments_of(document: &SkillDocument) -> usize {
    let named = document.field("arguments").map_or(0, |node| match &node.kind {
        NodeKind::Sequence(items) => items.len(),
        _ => {
            node.as_text().map_or(0, |it| it.split([' ', ',']).filter(|it| !it.is_empty()).count())
        }
    });
    let hint = document.field("argument-hint").map_or(0, |node| {
        let hint = node.span.of(&document.text).trim_matches(['"', '\'']);
        match hint.matches(['[', '<', '{']).count() {
            0 => hint.split_whitespace().count(),
            n_bracketed => n_bracketed,
        }
    });
    let body = document.body.span.of(&document.text);
    let written = body.match_indices("$ARGUMENTS[").filter_map(|(at, mark)| {
        let number = body.get(at + mark.len()..)?.split(']').next()?;
        number.parse::<usize>().ok().filter(|it| *it < 100).map(|it| it + 1)
    });
    named.max(hint).max(written.max().unwrap_or_default())
}
