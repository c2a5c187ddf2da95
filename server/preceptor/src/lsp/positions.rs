//! Positions, ranges and encodings at the edge of the protocol.

use skill::{Position, PositionEncoding};
use tower_lsp::lsp_types::{self, PositionEncodingKind};

/// Returns the crate's position for one of the protocol.
pub(crate) fn from_proto(position: lsp_types::Position) -> Position {
    Position { line: to_usize(position.line), character: to_usize(position.character) }
}

/// Returns the protocol's position; what does not fit 32 bits is clamped.
pub(crate) fn to_proto(position: Position) -> lsp_types::Position {
    lsp_types::Position::new(to_u32(position.line), to_u32(position.character))
}

/// Returns the number clamped to the protocol's 32 bits.
pub(crate) fn to_u32(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Returns the number as an index.
pub(crate) fn to_usize(number: u32) -> usize {
    usize::try_from(number).unwrap_or(usize::MAX)
}

/// Chooses the unit of columns: UTF-8, which costs nothing, if the client offers it.
pub(crate) fn choose_encoding(offered: Option<&[PositionEncodingKind]>) -> PositionEncoding {
    if offered.is_some_and(|offered| offered.contains(&PositionEncodingKind::UTF8)) {
        PositionEncoding::Utf8
    } else {
        PositionEncoding::Utf16
    }
}

/// Returns the protocol's name of an encoding.
pub(crate) fn encoding_to_proto(encoding: PositionEncoding) -> PositionEncodingKind {
    match encoding {
        PositionEncoding::Utf8 => PositionEncodingKind::UTF8,
        PositionEncoding::Utf16 => PositionEncodingKind::UTF16,
        PositionEncoding::Utf32 => PositionEncodingKind::UTF32,
    }
}
