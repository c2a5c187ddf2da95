//! Accounts of one person: e-mail addresses, and the names that commands sign in with.

mod email;
mod sign_in;

use std::collections::BTreeSet;

use skill::Span;

use crate::{SkillFile, host};

/// Somebody's account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Account {
    /// The address or name.
    pub(crate) span: Span,
    /// What it is.
    pub(crate) kind: AccountKind,
}

/// The kinds of accounts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum AccountKind {
    /// An e-mail address.
    Email,
    /// What somebody signs in as.
    UserName,
    /// A workspace or tenant of somebody's company.
    Workspace,
}

/// Returns the accounts in `file` that belong to one person or company, in the order of the text.
pub(crate) fn somebodys_accounts(file: &SkillFile<'_>) -> Vec<Account> {
    let mut accounts = email::addresses(file);
    if !accounts.is_empty() {
        // What a command logs in to is no address of mail.
        let logins: BTreeSet<Span> =
            host::accounts(file).into_iter().flat_map(|login| login.places).collect();
        accounts.retain(|account| !logins.contains(&account.span));
    }
    accounts.extend(sign_in::names(file));
    accounts.sort_by_key(|account| account.span);
    accounts
}

/// Tells whether a name is one that stands for "your own" or for anybody's.
fn is_placeholder(name: &str) -> bool {
    const WORDS: [&str; 62] = [
        "user",
        "users",
        "username",
        "you",
        "your",
        "yours",
        "me",
        "my",
        "mine",
        "name",
        "first",
        "last",
        "firstname",
        "lastname",
        "email",
        "mail",
        "address",
        "someone",
        "somebody",
        "person",
        "people",
        "recipient",
        "recipients",
        "sender",
        "from",
        "to",
        "foo",
        "bar",
        "baz",
        "test",
        "tester",
        "testing",
        "example",
        "sample",
        "demo",
        "dummy",
        "fake",
        "placeholder",
        "account",
        "workspace",
        "tenant",
        "owner",
        "customer",
        "client",
        "lead",
        "member",
        "friend",
        "colleague",
        "manager",
        "boss",
        "employee",
        "attendee",
        "guest",
        "alice",
        "bob",
        "carol",
        "charlie",
        "eve",
        "mallory",
        "jdoe",
        "doe",
        "mustermann",
    ];
    let words = name.split(['.', '_', '-', '+']).map(str::to_lowercase);
    words
        .map(|word| word.trim_end_matches(|it: char| it.is_ascii_digit()).to_owned())
        .any(|word| word.is_empty() || WORDS.contains(&word.as_str()) || word.starts_with("your"))
}
