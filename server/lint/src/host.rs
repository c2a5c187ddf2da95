//! Names of machines in places where commands and settings take a host.

mod destinations;
mod mentions;
mod names;
mod surroundings;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use skill::Span;

use crate::{
    SkillFile,
    advice::is_advised_against,
    host::{
        names::{Kind, is_forge_user, is_literal_user, is_personal_user, kind},
        surroundings::{ContainerBlocks, Created, is_product},
    },
    remote_launch::{RemoteLaunch, remote_launches},
};

/// A machine's name where something takes a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct HostPlace {
    /// The name alone.
    span: Span,
    /// Where the user in front of it stands, without the `@`.
    user: Option<Span>,
    /// What takes it.
    taker: Taker,
}

/// What takes a host.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Taker {
    /// A remote shell or copy in code: it takes nothing else.
    RemoteShell,
    /// A URL, an option, a setting or a sentence.
    Other,
}

/// The places of one machine or one account.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Named<'a> {
    /// The name as written.
    pub(crate) name: &'a str,
    /// Where it stands, in the order of the text.
    pub(crate) places: Vec<Span>,
}

/// Returns the private machines in `file` that commands and settings go to.
///
/// A machine that is only reached as an account of somebody's, or that only a remote launch goes
/// to, is left to the rules about those.
pub(crate) fn private_hosts<'a>(file: &SkillFile<'a>) -> Vec<Named<'a>> {
    let text = file.text();
    let places = somebodys_places(file);
    let (accounts, hosts): (Vec<HostPlace>, Vec<HostPlace>) =
        places.into_iter().partition(|place| is_account(text, place));
    let mut by_name: BTreeMap<&str, BTreeSet<Span>> = BTreeMap::new();
    for place in hosts {
        if kind(place.span.of(text)) != Kind::Public {
            by_name.entry(place.span.of(text)).or_default().insert(place.span);
        }
    }
    if by_name.is_empty() {
        return Vec::new();
    }
    let elsewhere: BTreeSet<Span> = accounts.iter().map(|place| place.span).collect();
    for word in mentions::telling_words(text).filter(|word| !elsewhere.contains(word)) {
        if let Some(places) = by_name.get_mut(word.of(text)) {
            places.insert(word);
        }
    }
    outside_of_launches(file, by_name)
}

/// Returns the accounts on one machine in `file` that commands and settings log in to.
///
/// Those that only a remote launch uses are left to the rule about that.
pub(crate) fn accounts<'a>(file: &SkillFile<'a>) -> Vec<Named<'a>> {
    let text = file.text();
    if !text.contains('@') {
        return Vec::new();
    }
    let mut by_name: BTreeMap<&str, BTreeSet<Span>> = BTreeMap::new();
    for place in somebodys_places(file) {
        if let Some(user) = place.user.filter(|_| is_account(text, &place)) {
            let span = Span::new(user.start, place.span.end);
            by_name.entry(span.of(text)).or_default().insert(span);
        }
    }
    if by_name.is_empty() {
        return Vec::new();
    }
    for place in mentions::users_at_hosts(text) {
        if let Some(places) = by_name.get_mut(place.of(text)) {
            places.insert(place);
        }
    }
    outside_of_launches(file, by_name)
}

/// Leaves out the places that a remote launch uses, and what has no other.
fn outside_of_launches<'a>(
    file: &SkillFile<'_>,
    by_name: BTreeMap<&'a str, BTreeSet<Span>>,
) -> Vec<Named<'a>> {
    let launches: Vec<Span> = remote_launches(file).iter().map(RemoteLaunch::whole).collect();
    let named = by_name.into_iter().map(|(name, mut places)| {
        places.retain(|place| !is_within(&launches, *place));
        Named { name, places: places.into_iter().collect() }
    });
    named.filter(|named| !named.places.is_empty()).collect()
}

/// Returns where something takes a host that is somebody's, in the order of the text.
fn somebodys_places(file: &SkillFile<'_>) -> Vec<HostPlace> {
    let mut places: Vec<_> = destinations::destinations(file);
    places.extend(mentions::mentions(file));
    let mut container_blocks = ContainerBlocks::default();
    places.retain(|place| is_somebodys(file, place, &mut container_blocks));
    if places.is_empty() {
        return places;
    }
    let created = Created::by(file.text());
    places.retain(|place| {
        !created.has(place.span.of(file.text())) && !is_advised_against(file, place.span)
    });
    // Of two ways to see the same place, the one that knows the user.
    places.sort_by_key(|place| (place.span, place.user.is_none()));
    places.dedup_by_key(|place| place.span);
    places
}

fn is_somebodys(
    file: &SkillFile<'_>,
    place: &HostPlace,
    container_blocks: &mut ContainerBlocks,
) -> bool {
    let text = file.text();
    let name = place.span.of(text);
    if place.user.is_some_and(|user| is_forge_user(user.of(text))) {
        return false;
    }
    match kind(name) {
        Kind::Nobodys => false,
        Kind::Role => {
            place.user.is_some_and(|user| is_personal_user(user.of(text)))
                && !container_blocks.are_around(file, place.span)
        }
        Kind::Private => true,
        Kind::Local | Kind::Numbered => {
            !container_blocks.are_around(file, place.span) && !is_product(file, name)
        }
        Kind::Plain | Kind::Public => {
            place.taker == Taker::RemoteShell
                && !container_blocks.are_around(file, place.span)
                && !is_product(file, name)
        }
    }
}

/// Tells whether `place` names a user besides the machine, not only where one belongs.
fn is_account(text: &str, place: &HostPlace) -> bool {
    place.user.is_some_and(|user| is_literal_user(user.of(text)))
}

fn is_within(launches: &[Span], place: Span) -> bool {
    let n_before = launches.partition_point(|launch| launch.start <= place.start);
    let launch = n_before.checked_sub(1).and_then(|at| launches.get(at));
    launch.is_some_and(|launch| launch.contains(place))
}
