//! A secret that does not print itself.

use std::fmt;

/// The key of an endpoint. It can be sent, but neither its `Debug` output nor any log shows it.
#[derive(Clone, PartialEq, Eq)]
pub struct ApiKey(String);

impl ApiKey {
    /// Takes a key; white space around it is dropped, since keys are often read from files that
    /// end in a line break. Returns `None` where nothing is left.
    pub fn new(key: &str) -> Option<ApiKey> {
        let key = key.trim();
        (!key.is_empty()).then(|| ApiKey(key.to_owned()))
    }

    /// Returns the key itself, to be put into a request or into a [`crate::Redactor`].
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for ApiKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("ApiKey(***)")
    }
}

#[cfg(test)]
mod tests {
    use super::ApiKey;

    #[test]
    fn a_key_does_not_print_itself() {
        let key = ApiKey::new(" topsecret\n").unwrap();
        assert_eq!(key.expose(), "topsecret");
        assert_eq!(format!("{key:?} {:#?}", Some(&key)), "ApiKey(***) Some(\n    ApiKey(***),\n)");
    }

    #[test]
    fn white_space_is_no_key() {
        assert_eq!(ApiKey::new(" \n"), None);
    }
}
