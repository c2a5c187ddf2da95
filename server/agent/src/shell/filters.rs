//! Programs that pass on what they are fed, looking at no file: `| tail -20`.

use crate::shell::{
    Command, Word, handover,
    wrappers::{NO_OPTIONS, Options, skip_options},
};

/// What a filter may be given.
struct Filter {
    names: &'static [&'static str],
    options: Options,
    /// Most arguments that are no options; one more would be a file.
    n_operands: usize,
}

const FILTERS: &[Filter] = &[
    Filter {
        names: &["head", "tail"],
        options: Options {
            flags: "0123456789qz",
            valued: "cn",
            long_flags: &["quiet", "silent"],
            long_valued: &["bytes", "lines"],
        },
        n_operands: 0,
    },
    Filter {
        names: &["grep", "egrep", "fgrep"],
        options: Options {
            flags: "0123456789EFGHLPUabchilnoqsvwxyz",
            valued: "ABCm",
            long_flags: &[
                "color",
                "count",
                "extended-regexp",
                "fixed-strings",
                "ignore-case",
                "invert-match",
                "line-buffered",
                "line-number",
                "only-matching",
                "perl-regexp",
                "quiet",
                "text",
                "word-regexp",
            ],
            long_valued: &[
                "after-context",
                "before-context",
                "color",
                "colour",
                "context",
                "max-count",
            ],
        },
        n_operands: 1,
    },
    Filter {
        names: &["wc"],
        options: Options {
            flags: "Lclmw",
            long_flags: &["bytes", "chars", "lines", "words"],
            ..NO_OPTIONS
        },
        n_operands: 0,
    },
    Filter {
        names: &["cat"],
        options: Options { flags: "AETbenstuv", ..NO_OPTIONS },
        n_operands: 0,
    },
    Filter { names: &["tac", "rev", "nl"], options: NO_OPTIONS, n_operands: 0 },
    Filter {
        names: &["sort"],
        options: Options {
            flags: "MRVbdfghinrsuz",
            valued: "kt",
            long_flags: &["numeric-sort", "reverse", "unique", "version-sort"],
            long_valued: &["field-separator", "key"],
        },
        n_operands: 0,
    },
    Filter {
        names: &["uniq"],
        options: Options {
            flags: "Dcdiuz",
            valued: "fsw",
            long_flags: &["count", "repeated", "unique"],
            long_valued: &[],
        },
        n_operands: 0,
    },
    Filter {
        names: &["cut"],
        options: Options {
            flags: "nsz",
            valued: "bcdf",
            long_flags: &["complement", "only-delimited"],
            long_valued: &["bytes", "characters", "delimiter", "fields"],
        },
        n_operands: 0,
    },
    Filter {
        names: &["tr"],
        options: Options {
            flags: "Ccdst",
            long_flags: &["complement", "delete", "squeeze-repeats"],
            ..NO_OPTIONS
        },
        n_operands: 2,
    },
    Filter {
        names: &["sed"],
        options: Options {
            flags: "Enrsuz",
            long_flags: &["quiet", "regexp-extended", "silent"],
            ..NO_OPTIONS
        },
        n_operands: 1,
    },
];

/// Returns whether a command reads its standard input only, writes its standard output only and
/// starts nothing.
pub(super) fn is_filter(command: &Command) -> bool {
    let Some(filter) = FILTERS.iter().find(|it| it.names.contains(&command.program())) else {
        return false;
    };
    let arguments = command.words.get(1..).unwrap_or_default();
    let Some(operands) = skip_options(arguments, &filter.options) else { return false };
    // Options may stand behind the operands, too.
    let is_one_word = |word: &Word| !word.may_be_option() && !word.may_be_several();
    operands.len() <= filter.n_operands
        && (filter.names != ["sed"] || operands.len() == 1)
        && operands.iter().all(is_one_word)
        && handover::of(command).is_empty()
}
