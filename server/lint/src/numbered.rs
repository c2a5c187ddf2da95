//! Numbers that steps are counted with: items of lists, and headings such as "Step 2".

use std::collections::HashMap;

use skill::Span;

use crate::SkillFile;

/// A number in front of a step.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StepNumber {
    /// The digits.
    pub(crate) span: Span,
    /// Their value.
    pub(crate) value: u32,
}

/// Returns the numbered lists of the body: the numbers of each, in their order.
///
/// A list goes on behind code and prose up to the next heading; a 1 starts a new one.
pub(crate) fn numbered_lists(file: &SkillFile<'_>) -> Vec<Vec<StepNumber>> {
    let body = &file.document.body;
    let text = file.text();
    let mut lists: Vec<Vec<StepNumber>> = Vec::new();
    // Indentation and list of the items that the next one may follow, outermost first.
    let mut open: Vec<(usize, usize)> = Vec::new();
    let mut section = 0;
    let mut at = body.span.start;
    for line in body.span.of(text).split_inclusive('\n') {
        let start = at;
        at += line.len();
        let Some((indent, number)) = item(line) else { continue };
        let number = StepNumber { span: number.span.shifted(start), ..number };
        if body.code_block_at(number.span.start).is_some() {
            continue;
        }
        let own_section = body.headings.partition_point(|it| it.span.start <= start);
        if own_section != section {
            open.clear();
            section = own_section;
        }
        open.retain(|(other, _)| *other <= indent);
        let known = open.last().filter(|(other, _)| *other == indent).map(|(_, list)| *list);
        match known.and_then(|list| lists.get_mut(list)) {
            Some(list) if number.value != 1 => list.push(number),
            _ => {
                open.retain(|(other, _)| *other < indent);
                open.push((indent, lists.len()));
                lists.push(vec![number]);
            }
        }
    }
    lists
}

/// Returns indentation and number of a line that is an item of a numbered list.
fn item(line: &str) -> Option<(usize, StepNumber)> {
    let rest = line.trim_start_matches(' ');
    let indent = line.len() - rest.len();
    let number = leading_number(rest)?;
    let behind = rest.get(number.span.end..)?;
    let is_item = behind.starts_with(". ") || behind.starts_with(") ");
    is_item.then_some((indent, StepNumber { span: number.span.shifted(indent), ..number }))
}

/// One or two digits: a year at the start of a line is no step.
fn leading_number(text: &str) -> Option<StepNumber> {
    let length = text.bytes().take_while(u8::is_ascii_digit).count();
    let value = text.get(..length).filter(|_| length <= 2)?.parse().ok()?;
    Some(StepNumber { span: Span::new(0, length), value })
}

/// Returns the headings that are counted, those of each section and of each word by themselves.
pub(crate) fn numbered_headings(file: &SkillFile<'_>) -> Vec<Vec<StepNumber>> {
    let mut order: Vec<Vec<StepNumber>> = Vec::new();
    let mut known: HashMap<(Option<usize>, u8, &str), Option<usize>> = HashMap::new();
    for heading in &file.document.body.headings {
        let written = heading.span.of(file.text());
        let text = written.trim_start_matches(['#', ' ']);
        let offset = heading.span.start + written.len() - text.len();
        let (word, rest) = ["Step ", "Phase ", "Stage "]
            .iter()
            .find_map(|word| text.strip_prefix(word).map(|rest| (*word, rest)))
            .unwrap_or(("", text));
        let Some(number) = leading_number(rest) else { continue };
        let behind = rest.get(number.span.end..).unwrap_or_default();
        let is_counted = behind.is_empty()
            || behind.starts_with([':', '.', ')', '—', '–'])
            || [" -", " –", " —", " ("].iter().any(|it| behind.starts_with(it));
        let is_number_of_its_own = is_counted
            && !behind.get(1..).is_some_and(|it| it.starts_with(|it: char| it.is_ascii_digit()))
            && (!word.is_empty() || behind.starts_with(['.', ')']));
        let key = (heading.parent, heading.level, word);
        if !is_number_of_its_own {
            // "Step 2b", "2.1": whoever counts like this has a reason.
            if (!word.is_empty() || behind.starts_with('.'))
                && let Some(Some(list)) = known.insert(key, None)
            {
                order.get_mut(list).into_iter().for_each(Vec::clear);
            }
            continue;
        }
        let span = number.span.shifted(offset + text.len() - rest.len());
        let number = StepNumber { span, ..number };
        match known.get(&key).copied() {
            Some(None) => {}
            Some(Some(list)) if number.value != 1 => {
                order.get_mut(list).into_iter().for_each(|it| it.push(number));
            }
            _ => {
                known.insert(key, Some(order.len()));
                order.push(vec![number]);
            }
        }
    }
    order
}
