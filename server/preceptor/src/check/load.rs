//! Bytes of a file to text, whatever is in them, with sentences for what goes wrong.

use std::{
    fs::{self, File},
    io::{ErrorKind, Read},
    path::Path,
};

use lint::Flaw;
use skill::Span;

/// The largest file that is checked, in bytes: far more than any text that a model could read.
const MAXIMUM_BYTES: usize = 16 << 20;

/// The text of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Loaded {
    /// The text; what is no UTF-8 was decoded as well as it goes.
    pub(super) text: String,
    /// Set if the text is not exactly what the file holds. Such a file must not be written.
    pub(super) flaw: Option<Flaw>,
}

/// Reads a file; the error is a sentence for people that says what to do.
pub(super) fn load(path: &Path, shown: &str) -> Result<Loaded, String> {
    let mut bytes = Vec::new();
    let read = File::open(path)
        .and_then(|file| file.take(MAXIMUM_BYTES as u64 + 1).read_to_end(&mut bytes));
    match read {
        Ok(_) => decode(bytes, shown),
        Err(error) => {
            let is_link = fs::symlink_metadata(path).is_ok_and(|it| it.is_symlink());
            let sentence = match error.kind() {
                ErrorKind::NotFound if is_link => {
                    "it is a link to a file that is not there; repair or remove the link".to_owned()
                }
                ErrorKind::PermissionDenied => {
                    "permission denied; make it readable or leave it out".to_owned()
                }
                _ => error.to_string(),
            };
            Err(format!("cannot read {shown}: {sentence}"))
        }
    }
}

/// Turns bytes into text. Only what is too large is an error, a sentence for people.
pub(super) fn decode(bytes: Vec<u8>, shown: &str) -> Result<Loaded, String> {
    if bytes.len() > MAXIMUM_BYTES {
        let limit = MAXIMUM_BYTES >> 20;
        return Err(format!(
            "cannot check {shown}: it is larger than {limit} MiB; leave it out with an ignore file"
        ));
    }
    if let Some(text) = utf_16(&bytes) {
        let span = Span::empty(0);
        let message = "The file is UTF-16, and clients read UTF-8: save it as UTF-8";
        return Ok(Loaded { text, flaw: Some(Flaw { span, message }) });
    }
    Ok(match String::from_utf8(bytes) {
        Ok(text) => Loaded { text, flaw: None },
        Err(error) => {
            let start = error.utf8_error().valid_up_to();
            let span = Span::new(start, start + char::REPLACEMENT_CHARACTER.len_utf8());
            let message = "The file is not UTF-8 from here on, and clients read UTF-8: save it as \
                           UTF-8 and put the right letters in";
            let text = String::from_utf8_lossy(error.as_bytes()).into_owned();
            Loaded { text, flaw: Some(Flaw { span, message }) }
        }
    })
}

/// Returns the text of UTF-16 that starts with a byte order mark.
fn utf_16(bytes: &[u8]) -> Option<String> {
    let unit: fn([u8; 2]) -> u16 = match bytes {
        [0xff, 0xfe, ..] => u16::from_le_bytes,
        [0xfe, 0xff, ..] => u16::from_be_bytes,
        _ => return None,
    };
    let units = bytes.chunks(2).skip(1).map(|pair| match pair {
        [first, second] => unit([*first, *second]),
        _ => 0xfffd,
    });
    Some(char::decode_utf16(units).map(|it| it.unwrap_or(char::REPLACEMENT_CHARACTER)).collect())
}

#[cfg(test)]
mod tests {
    use super::{MAXIMUM_BYTES, decode};

    #[track_caller]
    fn check(bytes: &[u8], text: &str, flaw_at: Option<usize>) {
        let loaded = decode(bytes.to_vec(), "SKILL.md").unwrap();
        assert_eq!(loaded.text, text);
        assert_eq!(loaded.flaw.map(|flaw| flaw.span.start), flaw_at);
    }

    #[test]
    fn text_is_kept_and_what_is_none_is_replaced() {
        check("Größe\r\n".as_bytes(), "Größe\r\n", None);
        check("\u{feff}a".as_bytes(), "\u{feff}a", None);
        check(b"Gr\xf6\xdfe", "Gr\u{fffd}\u{fffd}e", Some(2));
    }

    #[test]
    fn utf_16_is_read_in_both_orders() {
        check(b"\xff\xfea\0\xf6\0", "aö", Some(0));
        check(b"\xfe\xff\0a\0\xf6", "aö", Some(0));
        check(b"\xff\xfea\0\xf6", "a\u{fffd}", Some(0));
        check(b"\xff\xfe\x3d\xd8", "\u{fffd}", Some(0));
    }

    #[test]
    fn what_is_too_large_is_refused() {
        assert!(decode(vec![b'a'; MAXIMUM_BYTES], "SKILL.md").is_ok());
        let refused = decode(vec![b'a'; MAXIMUM_BYTES + 1], "SKILL.md").unwrap_err();
        assert!(
            refused.starts_with("cannot check SKILL.md: it is larger than 16 MiB"),
            "{refused}"
        );
    }
}
