//! The text of a skill, understood: a lossless model with byte spans, and edits to it.
//!
//! A `SKILL.md` goes in as text and comes out as a [`SkillDocument`]: its frontmatter as a tree
//! and the parts of its body that tools look at, each with the place where it stands. Parsing
//! never fails; what is broken is part of the model. This crate must never know files, time,
//! the language server protocol or models.

#![warn(missing_docs)]

mod body;
mod document;
mod draft;
mod edit;
mod format;
mod frontmatter;
mod position;
mod protected_regions;
mod slug;
mod span;
mod tokens;

pub use crate::{
    body::{Body, CodeBlock, Heading, InlineCode, Link, Paragraph},
    document::SkillDocument,
    draft::{SkillDraft, quoted_yaml, render, yaml_value},
    edit::{EditError, TextEdit, apply_edits},
    format::format,
    frontmatter::{Entry, Frontmatter, Node, NodeKind, ScalarStyle, YamlError},
    position::{LineIndex, Position, PositionEncoding},
    slug::{MAXIMUM_NAME_LENGTH, slugify},
    span::Span,
    tokens::estimated_tokens,
};
