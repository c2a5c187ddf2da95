//! A page of the guide as a terminal shows it: Markdown of the few kinds that pages use.

/// The longest line, in characters; code is never broken.
const WIDTH: usize = 88;

const BOLD: &str = "\u{1b}[1m";
const CYAN: &str = "\u{1b}[36m";
const RESET: &str = "\u{1b}[0m";

/// Returns the page with bold headings, indented examples and wrapped paragraphs.
pub(super) fn render(page: &str) -> String {
    let mut out = String::new();
    let mut paragraph = String::new();
    let mut fence = None;
    for line in page.lines() {
        if let Some(end) = fence {
            if line == end {
                fence = None;
            } else if line.is_empty() {
                out.push('\n');
            } else {
                out.extend(["    ", line, "\n"]);
            }
            continue;
        }
        let is_item = line.starts_with("- ");
        let heading = line.trim_start_matches('#');
        if line.is_empty() || is_item || line.starts_with("```") || heading != line {
            write_paragraph(&mut out, &mut paragraph);
        }
        if line.is_empty() {
            out.push('\n');
        } else if line.starts_with("```") {
            let n_ticks = line.bytes().take_while(|byte| *byte == b'`').count();
            fence = line.get(..n_ticks);
        } else if heading != line {
            out.extend([BOLD, heading.trim(), RESET, "\n"]);
        } else {
            paragraph.push_str(line);
            paragraph.push(' ');
        }
    }
    write_paragraph(&mut out, &mut paragraph);
    out
}

/// Wraps a paragraph or an item of a list, which goes on below its first word.
fn write_paragraph(out: &mut String, paragraph: &mut String) {
    let indent = if paragraph.starts_with("- ") { "  " } else { "" };
    let mut column = 0;
    let mut is_code = false;
    for word in paragraph.split_whitespace() {
        let width = word.chars().count();
        if column > 0 && column + 1 + width > WIDTH {
            out.push('\n');
            out.push_str(indent);
            column = indent.len();
        } else if column > 0 {
            out.push(' ');
            column += 1;
        }
        for (idx, part) in word.split('`').enumerate() {
            if idx > 0 {
                is_code = !is_code;
                out.push_str(if is_code { CYAN } else { RESET });
            }
            out.push_str(part);
        }
        column += width;
    }
    if column > 0 {
        out.push_str(if is_code { RESET } else { "" });
        out.push('\n');
    }
    paragraph.clear();
}

#[cfg(test)]
#[expect(clippy::needless_raw_string_hashes, reason = "the snapshots are written by a tool")]
mod tests {
    use expect_test::{Expect, expect};

    use super::{BOLD, CYAN, RESET, WIDTH, render};

    #[track_caller]
    fn check(page: &str, expected: &Expect) {
        let shown = render(page);
        let shown = shown.replace("\u{1b}[1m", "<b>").replace("\u{1b}[36m", "<c>");
        expected.assert_eq(&shown.replace("\u{1b}[0m", "</>"));
    }

    #[test]
    fn headings_code_and_lists_are_told_apart() {
        check(
            "# name/x\n\n## What\n\nFinds `a b`, and\nmore.\n\n```markdown\n# a\n\n`b`\n```\n\n- one\n- two\n",
            &expect![[r#"
                <b>name/x</>

                <b>What</>

                Finds <c>a b</>, and more.

                    # a

                    `b`

                - one
                - two
            "#]],
        );
    }

    #[test]
    fn long_paragraphs_are_wrapped_and_items_hang() {
        let words = "word ".repeat(20);
        check(
            &format!("{words}\n{words}\n\n- {words}\n"),
            &expect![[r#"
                word word word word word word word word word word word word word word word word word
                word word word word word word word word word word word word word word word word word
                word word word word word word

                - word word word word word word word word word word word word word word word word word
                  word word word
            "#]],
        );
    }

    #[test]
    fn every_page_keeps_its_words_and_fits() {
        for rule in lint::rules() {
            let shown = render(rule.page);
            let plain = [BOLD, CYAN, RESET].iter().fold(shown, |it, code| it.replace(code, ""));
            let plain_words: Vec<_> = plain.split_whitespace().collect();
            let is_fence = |line: &&str| line.starts_with("```");
            let prose = rule.page.lines().filter(|line| !is_fence(line));
            for word in prose.flat_map(str::split_whitespace) {
                let word = word.trim_matches(['#', '`']);
                let is_shown = plain_words.iter().any(|it| it.contains(&word.replace('`', "")));
                assert!(is_shown || plain.contains(word), "{word} of {}", rule.code);
            }
            let prose = plain.lines().filter(|line| !line.starts_with("    "));
            assert!(prose.map(|it| it.chars().count()).max() <= Some(WIDTH), "{}", rule.code);
        }
    }
}
