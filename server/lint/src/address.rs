//! Addresses of machines, and what can be said about each from its surroundings.

mod notation;
mod published;
mod surroundings;

use std::{collections::BTreeSet, net::IpAddr};

use skill::Span;

use crate::{
    SkillFile,
    address::{
        published::Reach,
        surroundings::{LaidOut, Surroundings},
    },
    advice::is_advised_against,
};

/// An address of somebody's machine.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Address<'a> {
    /// The address alone, without a port; the brackets of an IPv6 address included.
    pub(crate) span: Span,
    /// The address as written.
    pub(crate) written: &'a str,
    /// What it means.
    pub(crate) ip: IpAddr,
    /// Whether the text calls it an example.
    pub(crate) is_called_example: bool,
}

impl Address<'_> {
    /// Tells whether the address is reached from everywhere.
    pub(crate) fn is_public(&self) -> bool {
        published::reach(self.ip) == Reach::Public
    }
}

/// Returns the addresses in `file` that belong to somebody's machine, in the order of the text.
///
/// What merely looks like one is left out: versions and sections, ranges, addresses that are
/// published or stand for any address, data, advice against addresses.
pub(crate) fn somebodys_addresses<'a>(file: &SkillFile<'a>) -> Vec<Address<'a>> {
    let candidates: Vec<_> = notation::addresses(file.text()).collect();
    let mut laid_out = LaidOut::default();
    let written: BTreeSet<IpAddr> = candidates.iter().map(|candidate| candidate.ip).collect();
    candidates
        .into_iter()
        .filter_map(|candidate| {
            let around = Surroundings::of(file, &candidate);
            let is_somebodys = match published::reach(candidate.ip) {
                Reach::Nobody => false,
                Reach::Private => !published::continues_examples(candidate.ip, &written),
                Reach::Public => around.takes_an_address(),
            };
            let is_reported = is_somebodys
                && !around.is_number(candidate.ip)
                && !around.is_data(&mut laid_out)
                && !is_advised_against(file, candidate.span);
            is_reported.then(|| Address {
                span: candidate.span,
                written: candidate.span.of(file.text()),
                ip: candidate.ip,
                is_called_example: around.calls_it_an_example(),
            })
        })
        .collect()
}
