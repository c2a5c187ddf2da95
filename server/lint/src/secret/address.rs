//! Passwords in addresses: `postgres://app:password@db/x`.

use skill::Span;

use crate::{char_boundary::floor, secret::randomness::is_random_password};

/// The longest user and password together that are looked at, in bytes.
const MAXIMUM_LENGTH: usize = 160;

/// Returns the passwords in the addresses in `text`, in its order.
pub(super) fn passwords(text: &str) -> impl Iterator<Item = Span> {
    text.match_indices("://").filter_map(move |(at, separator)| {
        let start = at + separator.len();
        let window = text.get(start..floor(text, start + MAXIMUM_LENGTH))?;
        let is_end = |it: char| it.is_whitespace() || "/\"'`<>{}$()".contains(it);
        let authority = window.get(..window.find(is_end).unwrap_or(window.len()))?;
        let (account, _) = authority.rsplit_once('@')?;
        let (user, password) = account.split_once(':')?;
        let start = start + user.len() + 1;
        is_random_password(password).then(|| Span::new(start, start + password.len()))
    })
}
