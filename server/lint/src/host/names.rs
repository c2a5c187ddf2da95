//! What a host's name says about whose machine it is.

use crate::host::words::{
    LOCAL_DOMAINS, NOT_HOSTS, PLACEHOLDERS, PRIVATE_DOMAINS, PRODUCT_DEFAULTS, ROLES, SERVICES,
    SYSTEM_USERS,
};

/// Whose machine a name names.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Kind {
    /// Nobody's: a placeholder, a role, a name that is reserved or that a product comes with.
    Nobodys,
    /// A machine on the Internet, that everybody reaches under this name.
    Public,
    /// What a machine is for in several words, as `gpu-box`: a machine only behind a person's
    /// account.
    Role,
    /// A name without dots, as `forge`: a machine only where nothing but a host can stand.
    Plain,
    /// A name without dots that counts machines, as `forge-03`.
    Numbered,
    /// A name in a domain that examples like as well as networks do: `forge.local`.
    Local,
    /// A name in a domain that is only used inside networks: `forge.lan`.
    Private,
}

/// Returns whose machine `name` names.
pub(super) fn kind(name: &str) -> Kind {
    let lower = name.to_lowercase();
    if !is_host_name(name) || NOT_HOSTS.contains(&lower.as_str()) {
        return Kind::Nobodys;
    }
    let Some((label, domain)) = lower.split_once('.') else {
        // `ShareId`, as ids are written.
        let is_mixed = name != lower && name != name.to_uppercase();
        return if is_mixed { Kind::Nobodys } else { kind_of_plain(&lower) };
    };
    let domain_of = |domains: &[&'static str]| {
        domains.iter().copied().find(|it| domain == *it || domain.ends_with(&format!(".{it}")))
    };
    let (suffix, kind) = match (domain_of(&PRIVATE_DOMAINS), domain_of(&LOCAL_DOMAINS)) {
        (Some(suffix), _) => (suffix, Kind::Private),
        (None, Some(suffix)) => (suffix, Kind::Local),
        (None, None) => return kind_of_public(label, domain),
    };
    let inner = domain.strip_suffix(suffix).unwrap_or_default().trim_end_matches('.');
    let is_providers = lower.ends_with(".svc.cluster.local")
        || matches!(lower.as_str(), "cluster.local" | "metadata.google.internal")
        || [
            "docker",
            "containers",
            "google",
            "compute",
            "svc",
            "kubernetes",
            "orb",
            "azure",
            "k8s",
        ]
        .iter()
        .any(|it| inner.split('.').any(|part| part == *it));
    let is_example = has_placeholder(label) || has_placeholder(inner);
    let is_generic = match kind {
        // A company's own domain in front: any machine in it is the company's.
        Kind::Private if !inner.is_empty() => false,
        Kind::Private => is_made_of_roles(label),
        _ => is_made_of_roles(label) || ends_like_a_service(label),
    };
    let is_default = PRODUCT_DEFAULTS.contains(&words(label).next().unwrap_or_default());
    let is_nobodys = is_providers || is_example || is_generic || is_default;
    if is_nobodys { Kind::Nobodys } else { kind }
}

/// Tells whether `user` is the one that forges take everybody in as.
pub(super) fn is_forge_user(user: &str) -> bool {
    ["git", "hg", "svn", "gitea", "gitlab", "forgejo", "gerrit"].contains(&user)
}

/// Tells whether `user` is the name of an account, not a place for one, nor that of a service for
/// everybody.
pub(super) fn is_literal_user(user: &str) -> bool {
    const ANYBODY: [&str; 13] = [
        "anonymous",
        "anon",
        "guest",
        "user",
        "username",
        "user_name",
        "login",
        "name",
        "me",
        "you",
        "someone",
        "remote",
        "usr",
    ];
    let lower = user.to_lowercase();
    let is_word = user.starts_with(|it: char| it.is_alphabetic() || it == '_')
        && user.chars().all(|it| it.is_alphanumeric() || matches!(it, '-' | '_' | '.'));
    let is_variable = user.chars().all(|it| it.is_ascii_uppercase() || it == '_');
    let stem = lower.trim_end_matches(|it: char| it.is_ascii_digit());
    let is_anybody = ANYBODY.contains(&stem)
        || ["my", "your"].iter().any(|own| lower.starts_with(&format!("{own}user")));
    is_word && !is_variable && !is_anybody && !is_forge_user(&lower) && !has_placeholder(&lower)
}

/// Tells whether `user` is a person's account rather than one that machines or providers come with.
pub(super) fn is_personal_user(user: &str) -> bool {
    let lower = user.to_lowercase();
    let is_role = words(&lower).all(|word| {
        ROLES.contains(&word) || SERVICES.contains(&word) || SYSTEM_USERS.contains(&word)
    });
    is_literal_user(user) && !is_role && !SYSTEM_USERS.contains(&lower.as_str())
}

/// `server.com` and `box.example.com` are examples.
fn kind_of_public(label: &str, domain: &str) -> Kind {
    let is_second_level = !domain.contains('.');
    let is_reserved = ["example", "test", "invalid", "localhost"]
        .iter()
        .any(|it| domain.split('.').next_back() == Some(it));
    let is_example = has_placeholder(label)
        || has_placeholder(domain)
        || (is_second_level && is_made_of_roles(label))
        || domain.split_once('.').is_some_and(|(name, _)| is_made_of_roles(name));
    if is_reserved || is_example { Kind::Nobodys } else { Kind::Public }
}

fn kind_of_plain(lower: &str) -> Kind {
    if has_placeholder(lower) {
        return Kind::Nobodys;
    }
    if is_made_of_roles(lower) {
        let is_of_several = words(lower).nth(1).is_some();
        return if is_one_of_many(lower) {
            Kind::Plain
        } else if is_of_several {
            Kind::Role
        } else {
            Kind::Nobodys
        };
    }
    let stem = lower.trim_end_matches(|it: char| it.is_ascii_digit());
    let n_digits = lower.len() - stem.len();
    let letters = stem.trim_end_matches('-');
    let is_counted = (1..=3).contains(&n_digits)
        && letters.len() >= 3
        && letters.chars().all(|it| it.is_ascii_alphabetic() || it == '-');
    if is_counted && !ends_like_a_service(lower) { Kind::Numbered } else { Kind::Plain }
}

/// Tells whether a name counts further than examples do: `gpu-node-07`, but not `web-01`.
fn is_one_of_many(label: &str) -> bool {
    let Some((stem, number)) = label.rsplit_once('-') else { return false };
    let is_counted = number.len() >= 2 && number.parse::<u16>().is_ok_and(|number| number > 3);
    is_counted && stem.contains('-')
}

fn is_host_name(name: &str) -> bool {
    let is_variable = name.chars().all(|it| it.is_ascii_uppercase() || "_-".contains(it));
    name.starts_with(|it: char| it.is_ascii_alphabetic())
        && name.ends_with(|it: char| it.is_ascii_alphanumeric())
        && name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '.'))
        && name.len() >= 2
        && !name.contains("..")
        && !is_variable
}

/// The words of a label: `gpu-server2` has two, and a number does not count.
fn words(label: &str) -> impl Iterator<Item = &str> {
    label
        .split(['-', '.'])
        .map(|word| word.trim_end_matches(|it: char| it.is_ascii_digit()))
        .filter(|word| !word.is_empty())
}

fn is_made_of_roles(label: &str) -> bool {
    let is_role = |word: &str| word.len() == 1 || ROLES.contains(&word);
    ROLES.contains(&label) || words(label).all(is_role)
}

fn ends_like_a_service(label: &str) -> bool {
    let is_service = |word: &str| SERVICES.contains(&word) || ROLES.contains(&word);
    words(label).last().is_none_or(is_service)
}

fn has_placeholder(label: &str) -> bool {
    label.split(['-', '.', '_']).any(|word| {
        let stem = word.trim_end_matches(|it: char| it.is_ascii_digit());
        PLACEHOLDERS.contains(&stem)
    }) || ["my", "your", "new", "old"]
        .iter()
        .any(|own| label.strip_prefix(own).is_some_and(is_made_of_roles))
}

#[cfg(test)]
mod tests {
    use super::{Kind, is_literal_user, is_personal_user, kind};

    #[track_caller]
    fn check(expected: Kind, names: &[&str]) {
        for name in names {
            assert_eq!(kind(name), expected, "{name}");
        }
    }

    #[test]
    fn names_of_machines_are_told_apart_by_their_domain() {
        check(
            Kind::Private,
            &[
                "nas-keller.lan",
                "wiki.kernwerk.corp",
                "tables-02.intra",
                "db-tables.corp",
                "mini.tail4.ts.net",
            ],
        );
        check(Kind::Local, &["zeus.local", "mira-mini.local", "grid-04.internal"]);
        check(Kind::Numbered, &["grid-03", "atlas7", "big-grid-12"]);
        check(Kind::Plain, &["atlas", "renderbox", "search-2", "a100grid", "gpu-node-07"]);
        check(Kind::Public, &["exe.dev", "box.brightmoor.io"]);
    }

    #[test]
    fn roles_placeholders_and_products_are_nobodys() {
        check(
            Kind::Nobodys,
            &["server", "db", "web-01", "node3", "host", "homeserver", "gpu-server.local"],
        );
        check(Kind::Role, &["gpu-server", "gpu-node-01", "prod-db", "build-host2"]);
        check(Kind::Nobodys, &["server.local", "nas.local", "gpu-server.local", "api.internal"]);
        check(Kind::Nobodys, &["payments-api.internal", "auth.internal", "vault.internal"]);
        check(
            Kind::Nobodys,
            &[
                "your-server",
                "my-nas.lan",
                "mycluster",
                "newmachine",
                "ShareId123",
                "INSTANCE",
                "acme.corp",
            ],
        );
        check(
            Kind::Nobodys,
            &["example.com", "gpu.example.org", "server.com", "a.host.net", "x.test"],
        );
        check(Kind::Nobodys, &["homeassistant.local", "wled-kitchen.local", "octopi.local"]);
        check(Kind::Nobodys, &["db.tests.svc.cluster.local", "host.docker.internal"]);
        check(
            Kind::Nobodys,
            &["metadata.google.internal", "into", "x", "-a", "a_b", "wiki.acme.corp"],
        );
    }

    #[test]
    fn accounts_of_persons_are_told_from_those_of_systems() {
        for user in ["ana", "mkessler", "j.weber", "mira-dev"] {
            assert!(is_personal_user(user), "{user}");
        }
        for user in ["root", "deploy", "ec2-user", "ubuntu", "ci-runner", "backup", "user2"] {
            assert!(!is_personal_user(user), "{user}");
        }
    }

    #[test]
    fn places_for_users_and_users_for_everybody_are_no_accounts() {
        for user in ["ana", "deploy", "mkessler", "j.weber", "root"] {
            assert!(is_literal_user(user), "{user}");
        }
        for user in ["git", "anonymous", "user", "USER", "your-user", "2fa", "user1", "myuser"] {
            assert!(!is_literal_user(user), "{user}");
        }
    }
}
