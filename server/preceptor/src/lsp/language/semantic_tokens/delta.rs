//! What changed since the tokens that a client has.

use std::{
    collections::HashMap,
    sync::{Mutex, MutexGuard, PoisonError},
};

use tower_lsp::lsp_types::{
    SemanticToken, SemanticTokens, SemanticTokensDelta, SemanticTokensEdit,
    SemanticTokensFullDeltaResult, Url,
};

/// Numbers that a token is sent as.
const NUMBERS: usize = 5;

/// The tokens that were sent last, of each open document.
#[derive(Debug, Default)]
pub(crate) struct SentTokens {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    by_document: HashMap<Url, SemanticTokens>,
    n_sent: u64,
}

impl SentTokens {
    /// Notes what is sent and returns it with its id.
    pub(crate) fn keep(&self, uri: &Url, data: Vec<SemanticToken>) -> SemanticTokens {
        self.state().keep(uri, data)
    }

    /// Notes what is sent, and returns the change if the client has what was sent before.
    pub(crate) fn keep_delta(
        &self,
        uri: &Url,
        previous: &str,
        data: Vec<SemanticToken>,
    ) -> SemanticTokensFullDeltaResult {
        let mut state = self.state();
        let before = state.by_document.remove(uri);
        let now = state.keep(uri, data);
        match before.filter(|it| it.result_id.as_deref() == Some(previous)) {
            Some(before) => SemanticTokensDelta {
                result_id: now.result_id,
                edits: edit(&before.data, &now.data).into_iter().collect(),
            }
            .into(),
            None => now.into(),
        }
    }

    /// Forgets a closed document.
    pub(crate) fn closed(&self, uri: &Url) {
        self.state().by_document.remove(uri);
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn keep(&mut self, uri: &Url, data: Vec<SemanticToken>) -> SemanticTokens {
        self.n_sent += 1;
        let tokens = SemanticTokens { result_id: Some(self.n_sent.to_string()), data };
        self.by_document.insert(uri.clone(), tokens.clone());
        tokens
    }
}

/// One edit between the equal tokens at both ends; `None` if all are equal.
fn edit(before: &[SemanticToken], now: &[SemanticToken]) -> Option<SemanticTokensEdit> {
    if before == now {
        return None;
    }
    let in_front = before.iter().zip(now).take_while(|(before, now)| before == now).count();
    let longest = before.len().min(now.len()) - in_front;
    let behind = before.iter().rev().zip(now.iter().rev()).take(longest);
    let n_behind = behind.take_while(|(before, now)| before == now).count();
    let number = |n_tokens: usize| u32::try_from(n_tokens * NUMBERS).unwrap_or(u32::MAX);
    let new = now.get(in_front..now.len() - n_behind).unwrap_or_default();
    Some(SemanticTokensEdit {
        start: number(in_front),
        delete_count: number(before.len() - n_behind - in_front),
        data: (!new.is_empty()).then(|| new.to_vec()),
    })
}

#[cfg(test)]
mod tests {
    use tower_lsp::lsp_types::SemanticToken;

    use super::edit;

    fn tokens(lengths: &[u32]) -> Vec<SemanticToken> {
        let token = |length: &u32| SemanticToken {
            delta_line: 1,
            delta_start: 0,
            length: *length,
            token_type: 0,
            token_modifiers_bitset: 0,
        };
        lengths.iter().map(token).collect()
    }

    #[track_caller]
    fn check(before: &[u32], now: &[u32], expected: Option<(u32, u32, &[u32])>) {
        let edit = edit(&tokens(before), &tokens(now));
        let expected = expected.map(|(start, n_deleted, new)| {
            (start, n_deleted, (!new.is_empty()).then(|| tokens(new)))
        });
        assert_eq!(edit.map(|it| (it.start, it.delete_count, it.data)), expected);
    }

    #[test]
    fn an_edit_is_what_stands_between_equal_ends() {
        check(&[1, 2, 3], &[1, 2, 3], None);
        check(&[1, 2, 3], &[1, 9, 3], Some((5, 5, &[9])));
        check(&[1, 1], &[1, 1, 1], Some((10, 0, &[1])));
        check(&[1, 1, 1], &[1, 1], Some((10, 5, &[])));
        check(&[], &[7], Some((0, 0, &[7])));
        check(&[7], &[], Some((0, 5, &[])));
    }
}
