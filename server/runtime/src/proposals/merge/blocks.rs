//! The items and paragraphs of one section, and putting others among them.

use crate::proposals::similarity::is_nearly_equal;

/// An item of a list, or anything else between blank lines.
#[derive(Debug, Clone)]
struct Block {
    /// The item's marker with the white space behind it; empty for what is no item.
    marker: String,
    text: String,
    /// The line ends behind it.
    trailing: String,
}

impl Block {
    fn is_item(&self) -> bool {
        !self.marker.is_empty()
    }

    fn number(&self) -> Option<u32> {
        self.marker.trim_end().trim_end_matches(['.', ')']).parse().ok()
    }
}

/// Returns the content of a section with the items and paragraphs of another one that it lacks. Of
/// its own words none is changed, of its numbers those of a list that got another step.
pub(super) fn with_blocks(ours: &str, proposed: &str) -> String {
    let lead = ours.len() - ours.trim_start_matches(['\n', '\r']).len();
    let (lead, rest) = ours.split_at_checked(lead).unwrap_or(("", ours));
    let mut blocks = blocks(rest);
    let is_one_number = blocks
        .windows(2)
        .any(|pair| matches!(pair, [a, b] if a.number().is_some() && a.number() == b.number()));
    let n_own = blocks.len();
    let mut after = None;
    for new in self::blocks(proposed) {
        let known = blocks.iter().position(|own| is_nearly_equal(&own.text, &new.text));
        after = match known {
            Some(known) => Some(known),
            None => Some(insert(&mut blocks, new, after)),
        };
    }
    if blocks.len() > n_own {
        renumber(&mut blocks, is_one_number);
    }
    let lead = if lead.is_empty() && !blocks.is_empty() { "\n\n" } else { lead };
    let blocks = blocks.iter().map(|it| format!("{}{}{}", it.marker, it.text, it.trailing));
    format!("{lead}{}", blocks.collect::<String>())
}

/// Puts a block behind the one that it follows in its own list, else behind the last of its kind;
/// returns its place.
fn insert(blocks: &mut Vec<Block>, new: Block, after: Option<usize>) -> usize {
    let last_item = || blocks.iter().rposition(Block::is_item);
    let last = blocks.len().checked_sub(1);
    let follows = if new.is_item() {
        let item = after.filter(|idx| blocks.get(*idx).is_some_and(Block::is_item));
        item.or_else(last_item).or(last)
    } else {
        last
    };
    let Some(follows) = follows else {
        blocks.push(Block { trailing: "\n".to_owned(), ..new });
        return 0;
    };
    let is_loose = blocks
        .iter()
        .zip(blocks.iter().skip(1))
        .any(|(a, b)| a.is_item() && b.is_item() && a.trailing.matches('\n').count() > 1);
    let Some(before) = blocks.get_mut(follows) else { return follows };
    let are_items = before.is_item() && new.is_item();
    let separator = if are_items && !is_loose { "\n" } else { "\n\n" };
    let trailing = std::mem::replace(&mut before.trailing, separator.to_owned());
    let trailing = if trailing.is_empty() { "\n".to_owned() } else { trailing };
    // The markers of a list are of one kind; its numbers are put right afterwards.
    let marker = if are_items { before.marker.clone() } else { new.marker };
    blocks.insert(follows + 1, Block { marker, text: new.text, trailing });
    follows + 1
}

/// Numbers each list from its first number on, or with that alone where lists are written so.
fn renumber(blocks: &mut [Block], is_one_number: bool) {
    for list in blocks.chunk_by_mut(|a, b| a.number().is_some() && b.number().is_some()) {
        let Some(first) = list.first().and_then(Block::number) else { continue };
        for (number, block) in (first..).zip(list.iter_mut()) {
            let behind = block.marker.trim_start_matches(|it: char| it.is_ascii_digit());
            let number = if is_one_number { first } else { number };
            block.marker = format!("{number}{behind}");
        }
    }
}

fn blocks(content: &str) -> Vec<Block> {
    let mut blocks: Vec<Block> = Vec::new();
    let mut is_in_fence = false;
    let mut is_behind_blank = true;
    for line in content.split_inclusive('\n') {
        let marker = if is_in_fence { "" } else { item_marker(line) };
        let is_blank = line.trim().is_empty();
        let is_indented = line.starts_with([' ', '\t']);
        let begins = !is_in_fence
            && !is_blank
            && (!marker.is_empty() || is_behind_blank && !is_indented || blocks.is_empty());
        if line.trim_start().starts_with("```") || line.trim_start().starts_with("~~~") {
            is_in_fence = !is_in_fence;
        }
        is_behind_blank = is_blank && !is_in_fence;
        if begins {
            let text = line.get(marker.len()..).unwrap_or_default().to_owned();
            let marker = marker.to_owned();
            blocks.push(Block { marker, text, trailing: String::new() });
        } else if let Some(last) = blocks.last_mut() {
            last.text.push_str(line);
        }
    }
    for block in &mut blocks {
        let n_text = block.text.trim_end().len();
        block.trailing = block.text.split_off(n_text);
    }
    blocks
}

/// Returns the marker that a line begins with, as far as it begins an item of the outermost list.
fn item_marker(line: &str) -> &str {
    let n_digits = line.bytes().take_while(u8::is_ascii_digit).count();
    let behind = line.get(n_digits..).unwrap_or_default();
    let is_marker = match n_digits {
        0 => behind.starts_with(['-', '*', '+']),
        1..=9 => behind.starts_with(['.', ')']),
        _ => false,
    };
    let words = behind.get(1..).unwrap_or_default();
    let n_blanks = words.len() - words.trim_start_matches(' ').len();
    if is_marker && n_blanks > 0 {
        line.get(..n_digits + 1 + n_blanks).unwrap_or_default()
    } else {
        ""
    }
}
