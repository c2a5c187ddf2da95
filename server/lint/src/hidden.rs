//! Characters that nobody sees and that change what a reader or a program makes of the text.

use skill::Span;

/// A run of hidden characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct HiddenRun {
    /// The whole run.
    pub(crate) span: Span,
    /// What its first character is.
    pub(crate) kind: HiddenKind,
}

/// The kinds of hidden characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum HiddenKind {
    /// Changes the order in which the text is shown.
    Bidirectional,
    /// Takes no room.
    ZeroWidth,
    /// An invisible copy of an ASCII character.
    Tag,
    /// Chooses among the looks of a character, but stands behind another one that does.
    VariationSelector,
}

/// Returns the runs of hidden characters that no script or emoji needs.
///
/// A byte order mark at the start of the text is none of them: it is about encoding.
pub(crate) fn hidden_runs(text: &str) -> Vec<HiddenRun> {
    let mut runs: Vec<HiddenRun> = Vec::new();
    for (start, character) in candidates(text) {
        let before = text.get(..start).unwrap_or_default();
        let end = start + character.len_utf8();
        let behind = text.get(end..).unwrap_or_default();
        let Some(kind) = kind(character, before, behind) else { continue };
        match runs.last_mut() {
            Some(last) if last.span.end == start && last.kind == kind => last.span.end = end,
            _ => runs.push(HiddenRun { span: Span::new(start, end), kind }),
        }
    }
    runs
}

/// Returns the ASCII text that a run of tag characters spells.
pub(crate) fn spelled_by_tags(run: &str) -> String {
    run.chars()
        .filter_map(|it| u32::from(it).checked_sub(0xe_0000).and_then(char::from_u32))
        .filter(|it| (' '..='~').contains(it))
        .collect()
}

/// Returns the characters that may be hidden ones, by the first bytes of their encoding.
fn candidates(text: &str) -> impl Iterator<Item = (usize, char)> {
    let bytes = text.as_bytes();
    let mut at = 0;
    std::iter::from_fn(move || {
        loop {
            // Most texts are ASCII, and whole blocks of it are told as fast as they can be read.
            while bytes.get(at..at + BLOCK).is_some_and(<[u8]>::is_ascii) {
                at += BLOCK;
            }
            at += bytes.get(at..)?.iter().position(|byte| !byte.is_ascii())?;
            let character = text.get(at..)?.chars().next()?;
            let start = at;
            at += character.len_utf8();
            if first_look(character).is_some() {
                return Some((start, character));
            }
        }
    })
}

/// How many bytes are passed over at once.
const BLOCK: usize = 64;

fn first_look(character: char) -> Option<HiddenKind> {
    Some(match character {
        '\u{200e}' | '\u{200f}' | '\u{61c}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' => {
            HiddenKind::Bidirectional
        }
        '\u{200b}'..='\u{200d}'
        | '\u{2060}'..='\u{2064}'
        | '\u{206a}'..='\u{206f}'
        | '\u{180e}'
        | '\u{feff}' => HiddenKind::ZeroWidth,
        '\u{e0000}'..='\u{e007f}' => HiddenKind::Tag,
        '\u{fe00}'..='\u{fe0f}' | '\u{e0100}'..='\u{e01ef}' => HiddenKind::VariationSelector,
        _ => return None,
    })
}

/// Returns what `character` is between these texts, unless it belongs there.
fn kind(character: char, before: &str, behind: &str) -> Option<HiddenKind> {
    let kind = first_look(character)?;
    let last = before.chars().next_back();
    let next = behind.chars().next();
    let belongs = match character {
        // A byte order mark.
        '\u{feff}' => before.is_empty(),
        // Emoji are joined to one; scripts choose the shape of a letter by joiners.
        '\u{200d}' => {
            (last.is_some_and(is_emoji_part) && next.is_some_and(is_pictograph))
                || last.is_some_and(joins)
        }
        '\u{200c}' => last.is_some_and(joins),
        // Scripts without spaces mark where a line may break.
        '\u{200b}' => last.is_some_and(has_no_spaces) || next.is_some_and(has_no_spaces),
        // A mark next to a number or sign of a text that runs from right to left.
        '\u{200e}' | '\u{200f}' | '\u{61c}' => {
            nearby_back(before).any(runs_right_to_left) || nearby(behind).any(runs_right_to_left)
        }
        _ => match kind {
            // The flags of parts of countries.
            HiddenKind::Tag => {
                let in_front = before.chars().rev().take(MAXIMUM_FLAG);
                let mut in_front =
                    in_front.skip_while(|it| matches!(it, '\u{e0020}'..='\u{e007e}'));
                in_front.next() == Some('\u{1f3f4}')
            }
            HiddenKind::VariationSelector => {
                !last.is_some_and(|it| first_look(it) == Some(HiddenKind::VariationSelector))
            }
            HiddenKind::Bidirectional | HiddenKind::ZeroWidth => false,
        },
    };
    (!belongs).then_some(kind)
}

/// How far in front of its last tag a flag begins, in characters.
const MAXIMUM_FLAG: usize = 7;

/// How far a mark's neighbors are looked for, so that long lines cost no more than short ones.
const N_NEARBY: usize = 64;

fn nearby(text: &str) -> impl Iterator<Item = char> {
    text.chars().take(N_NEARBY).take_while(|it| *it != '\n')
}

fn nearby_back(text: &str) -> impl Iterator<Item = char> {
    text.chars().rev().take(N_NEARBY).take_while(|it| *it != '\n')
}

const fn is_emoji_part(it: char) -> bool {
    is_pictograph(it) || matches!(it, '\u{fe0f}' | '\u{1f3fb}'..='\u{1f3ff}' | '\u{20e3}')
}

const fn is_pictograph(it: char) -> bool {
    matches!(it, '\u{2190}'..='\u{21ff}' | '\u{2300}'..='\u{27bf}' | '\u{2b00}'..='\u{2bff}'
        | '\u{1f000}'..='\u{1faff}')
}

/// Letters of scripts with joiners: Arabic and its kin, the scripts of India and its neighbors,
/// Mongolian.
const fn joins(it: char) -> bool {
    matches!(it, '\u{600}'..='\u{8ff}' | '\u{900}'..='\u{dff}' | '\u{1000}'..='\u{109f}'
        | '\u{1780}'..='\u{18af}' | '\u{fb50}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}'
        | '\u{a840}'..='\u{abff}' | '\u{11000}'..='\u{11fff}')
}

/// Letters of Thai, Lao, Tibetan, Myanmar and Khmer.
const fn has_no_spaces(it: char) -> bool {
    matches!(it, '\u{e00}'..='\u{fff}' | '\u{1000}'..='\u{109f}' | '\u{1780}'..='\u{17ff}')
}

const fn runs_right_to_left(it: char) -> bool {
    matches!(it, '\u{590}'..='\u{60b}' | '\u{60d}'..='\u{61b}' | '\u{61d}'..='\u{8ff}'
        | '\u{fb1d}'..='\u{fdff}' | '\u{fe70}'..='\u{fefc}')
}
