//! Bytes of a file to text, with sentences for what goes wrong.

use std::{fs, io::ErrorKind, path::Path};

/// Reads a file; the error is a sentence for people that says what to do.
pub(super) fn load(path: &Path, shown: &str) -> Result<String, String> {
    #[expect(clippy::disallowed_methods, reason = "the command line reads the files it checks")]
    let read = fs::read(path);
    match read {
        Ok(bytes) => decode(bytes, shown),
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

/// Turns bytes into text; the error is a sentence for people.
pub(super) fn decode(bytes: Vec<u8>, shown: &str) -> Result<String, String> {
    String::from_utf8(bytes).map_err(|error| {
        let valid = error.utf8_error().valid_up_to();
        let before = error.as_bytes().get(..valid).unwrap_or_default();
        let line = before.split(|&byte| byte == b'\n').count();
        format!("cannot check {shown}: line {line} is not valid UTF-8; save the file as UTF-8")
    })
}
