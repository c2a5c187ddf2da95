//! The blocks of a body, for those few who need them: the model does without.

use pulldown_cmark::{Event, Parser, Tag};

use crate::{SkillDocument, Span, body::markdown_options};

impl SkillDocument {
    /// Returns where the blocks of the body stand: paragraphs, headings, items of lists, tables,
    /// code and HTML, in the order of the text, the outer one before what it holds. A block of
    /// HTML is as long as its lines.
    ///
    /// Reads the body once more.
    pub fn blocks(&self) -> Vec<Span> {
        self.events_where(is_start_of_block)
    }

    /// Returns where the lists of the body and their items stand, in the order of the text, the
    /// outer one before what it holds.
    ///
    /// Reads the body once more.
    pub fn lists(&self) -> Vec<Span> {
        self.events_where(|event| matches!(event, Event::Start(Tag::List(_) | Tag::Item)))
    }

    fn events_where(&self, is_wanted: fn(&Event<'_>) -> bool) -> Vec<Span> {
        let start = self.body.span.start;
        let source = self.body.span.of(&self.text);
        Parser::new_ext(source, markdown_options())
            .into_offset_iter()
            .filter(|(event, _)| is_wanted(event))
            .map(|(_, range)| {
                let written = source.get(range.clone()).unwrap_or_default();
                Span::new(range.start, range.start + written.trim_end().len()).shifted(start)
            })
            .collect()
    }
}

const fn is_start_of_block(event: &Event<'_>) -> bool {
    matches!(
        event,
        Event::Start(
            Tag::Paragraph
                | Tag::Heading { .. }
                | Tag::Item
                | Tag::Table(_)
                | Tag::CodeBlock(_)
                | Tag::HtmlBlock
        )
    )
}
