//! From an endpoint's settings to a model that can be called.

use std::{
    net::IpAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use agent::{
    ledger::{Price, Rate},
    message::{FailureClass, ModelFailure},
};
use llm::{ApiKey, Model, OpenAiEndpoint, RetryPolicy, Role};

use crate::{
    config::{Config, Endpoint, Provider},
    uri,
};

/// The models of a run. Each is an error with its sentence until it can be used.
#[derive(Clone)]
pub struct Models {
    /// The student.
    pub student: Result<Arc<dyn Model>, ModelFailure>,
    /// The teacher, if one is configured.
    pub teacher: Result<Arc<dyn Model>, ModelFailure>,
    /// Who is asked about unclear attempts, on the student's server.
    pub evaluator: Result<Arc<dyn Model>, ModelFailure>,
}

impl Models {
    /// Builds both from the configuration; nothing is asked from a server yet. Relative scenario
    /// files are looked up below `base`.
    pub fn connect(config: &Config, base: &Path) -> Self {
        Self {
            student: connect(Role::Student, &config.student, base),
            teacher: connect(Role::Teacher, &config.teacher.endpoint(), base),
            evaluator: connect(Role::Student, &evaluator(config), base),
        }
    }
}

/// Returns who is asked about unclear attempts: the student, or another model on its server.
pub fn evaluator(config: &Config) -> Endpoint {
    let named = config.teacher.tier2.model.as_ref().filter(|name| !name.trim().is_empty());
    let model = named.unwrap_or(&config.student.model).clone();
    Endpoint { model, ..config.student.clone() }
}

/// Names of the environment variables that hold keys; no child process inherits them.
pub fn secret_variables(config: &Config) -> Vec<String> {
    vec![
        key_variable(Role::Student, &config.student),
        key_variable(Role::Teacher, &config.teacher.endpoint()),
    ]
}

/// Returns the name of the environment variable that holds the key for an endpoint.
pub(crate) fn key_variable(role: Role, endpoint: &Endpoint) -> String {
    endpoint.api_key_env.clone().unwrap_or_else(|| {
        match role {
            Role::Student => "PRECEPTOR_STUDENT_API_KEY",
            Role::Teacher => "PRECEPTOR_TEACHER_API_KEY",
        }
        .to_owned()
    })
}

/// Asks a server which models it has, without calling one; a scenario has none to list. Relative
/// scenario files are looked up below `base`.
///
/// # Errors
/// Why the endpoint cannot be used, with what to do about it.
pub async fn probe(
    role: Role,
    endpoint: &Endpoint,
    base: &Path,
    limit: Duration,
) -> Result<Vec<String>, ModelFailure> {
    if endpoint.provider == Provider::Script {
        return scripted(role, endpoint, base).map(|_| Vec::new());
    }
    llm::models(openai_endpoint(role, endpoint)?, limit).await
}

fn connect(role: Role, endpoint: &Endpoint, base: &Path) -> Result<Arc<dyn Model>, ModelFailure> {
    if endpoint.provider == Provider::Script {
        return scripted(role, endpoint, base);
    }
    llm::openai(openai_endpoint(role, endpoint)?)
}

fn openai_endpoint(role: Role, endpoint: &Endpoint) -> Result<OpenAiEndpoint, ModelFailure> {
    let table = role.settings_table();
    match endpoint.provider {
        Provider::Openai => {}
        other => {
            let name = serde_json::to_value(other).unwrap_or_default();
            return Err(unusable(format!(
                "`{table}.provider` is {name}, which cannot be used yet: set it to \"openai\" and \
                 `{table}.base_url` to the server's OpenAI-compatible address.",
            )));
        }
    }
    if endpoint.base_url.trim().is_empty() {
        return Err(unusable(format!(
            "No model server is configured for the {table}: set `{table}.base_url`, for example \
             to \"http://127.0.0.1:8080/v1\".",
        )));
    }
    let api_key_env = key_variable(role, endpoint);
    let is_local = is_local(&endpoint.base_url);
    let first_token_timeout = match endpoint.first_token_timeout_s {
        Some(0) => None,
        Some(seconds) => Some(Duration::from_secs(seconds)),
        None if is_local => None,
        None => Some(Duration::from_secs(120)),
    };
    Ok(OpenAiEndpoint {
        role,
        base_url: endpoint.base_url.clone(),
        model: endpoint.model.clone(),
        api_key: std::env::var(&api_key_env).ok().and_then(|key| ApiKey::new(&key)),
        api_key_env,
        max_tokens: endpoint.max_tokens,
        reasoning_effort: endpoint.reasoning_effort.clone(),
        first_token_timeout,
        idle_timeout: Duration::from_secs(endpoint.idle_timeout_s.max(1)),
        retry: RetryPolicy::default(),
    })
}

fn scripted(role: Role, endpoint: &Endpoint, base: &Path) -> Result<Arc<dyn Model>, ModelFailure> {
    let table = role.settings_table();
    let Some(script) = &endpoint.script else {
        return Err(unusable(format!(
            "`{table}.provider` is \"script\", but `{table}.script` names no scenario file: set it.",
        )));
    };
    let path: PathBuf = base.join(script);
    let text = std::fs::read_to_string(&path).map_err(|error| {
        unusable(format!(
            "The scenario file {} of `{table}.script` cannot be read ({error}): check the path.",
            path.display()
        ))
    })?;
    llm::scripted(configured_name(endpoint), &text, &path.display().to_string())
}

/// Returns the model's name as far as the settings tell; empty: the one that its server has.
pub fn configured_name(endpoint: &Endpoint) -> &str {
    match endpoint.provider {
        Provider::Script if endpoint.model.is_empty() => "script",
        _ => &endpoint.model,
    }
}

/// Returns where a model is, as it may be shown: the server's address without credentials, or that
/// of the scenario file; empty where none is set.
pub fn address(endpoint: &Endpoint, base: &Path) -> String {
    if endpoint.provider != Provider::Script {
        return without_credentials(&endpoint.base_url);
    }
    let script = endpoint.script.as_ref();
    script.map(|script| uri::from_path(&base.join(script))).unwrap_or_default()
}

/// Returns the variable that `api_key_env` names if no key is in it; `None` if it was not named,
/// or has one.
pub fn missing_key(endpoint: &Endpoint) -> Option<&str> {
    let variable = endpoint.api_key_env.as_deref()?;
    let key = std::env::var(variable).ok().and_then(|key| ApiKey::new(&key));
    key.is_none().then_some(variable)
}

fn unusable(message: String) -> ModelFailure {
    ModelFailure { class: FailureClass::Configuration, message }
}

/// Returns the host of an address, without its port.
pub fn host(base_url: &str) -> &str {
    let rest = base_url.split_once("://").map_or(base_url, |(_, rest)| rest);
    let authority = rest.split(['/', '?', '#']).next().unwrap_or_default();
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    match host.strip_prefix('[') {
        Some(ipv6) => ipv6.split(']').next().unwrap_or_default(),
        None => host.split(':').next().unwrap_or_default(),
    }
}

/// Returns an address without the name and password that may stand in it.
pub fn without_credentials(base_url: &str) -> String {
    let Some((scheme, rest)) = base_url.split_once("://") else { return base_url.to_owned() };
    let n_authority = rest.find(['/', '?', '#']).unwrap_or(rest.len());
    let (authority, path) = rest.split_at(n_authority);
    let host = authority.rsplit_once('@').map_or(authority, |(_, host)| host);
    format!("{scheme}://{host}{path}")
}

/// Returns what is known about the price of a model at an endpoint: what the settings say, else
/// nothing for what is one's own.
pub fn rate(config: &Config, endpoint: &Endpoint, model: &str) -> Rate {
    if let Some(price) = config.budget.prices.get(model) {
        return Rate::Known(Price { input: price.input, output: price.output });
    }
    let is_own = endpoint.provider == Provider::Script || is_own(&endpoint.base_url);
    if is_own { Rate::Free } else { Rate::Unknown }
}

/// Returns whether nobody sends a bill for what an address answers: it is on this machine or in a
/// network of one's own.
pub fn is_own(base_url: &str) -> bool {
    let host = host(base_url).trim_end_matches('.').to_ascii_lowercase();
    let is_plain_name = !host.is_empty() && !host.contains(['.', ':']);
    is_plain_name
        || [".local", ".lan", ".home.arpa", ".internal"].iter().any(|end| host.ends_with(end))
        || is_local(base_url)
}

fn is_local(base_url: &str) -> bool {
    let host = host(base_url).to_ascii_lowercase();
    // A link-local address may name the interface that it is on.
    let address = host.split('%').next().unwrap_or_default();
    host == "localhost"
        || host.ends_with(".localhost")
        || address.parse::<IpAddr>().is_ok_and(|it| match it {
            IpAddr::V4(v4) => {
                v4.is_loopback() || v4.is_private() || v4.is_link_local() || v4.is_unspecified()
            }
            IpAddr::V6(v6) => {
                v6.is_loopback()
                    || v6.is_unique_local()
                    || v6.is_unicast_link_local()
                    || v6.is_unspecified()
            }
        })
}

#[cfg(test)]
mod tests {
    use super::{host, is_local, is_own, without_credentials};

    #[test]
    fn hosts_are_cut_out_of_addresses() {
        assert_eq!(host("http://127.0.0.1:8080/v1"), "127.0.0.1");
        assert_eq!(host("https://user:pass@api.example.com/v1"), "api.example.com");
        assert_eq!(host("http://[::1]:8080"), "::1");
        assert_eq!(host("gpu.lan:80/v1"), "gpu.lan");
    }

    #[test]
    fn credentials_are_left_out_of_addresses() {
        for (url, shown) in [
            ("https://user:p@ss@api.example.com/v1", "https://api.example.com/v1"),
            ("http://127.0.0.1:8080/v1?x=a@b", "http://127.0.0.1:8080/v1?x=a@b"),
            ("", ""),
        ] {
            assert_eq!(without_credentials(url), shown);
        }
    }

    #[test]
    fn names_that_no_provider_can_have_are_ones_own() {
        for url in [
            "http://gpu:8080/v1",
            "http://box.lan/v1",
            "http://GPU.Local./v1",
            "http://127.0.0.1:8080/v1",
            "http://[::1]:8080/v1",
            "http://[fe80::1%25eth0]:8080/v1",
            "http://[FD12:3456::1]:8080/v1",
            "http://169.254.7.7:8080/v1",
        ] {
            assert!(is_own(url), "{url}");
        }
        for url in ["https://api.example.com/v1", "https://lan.example/v1", "http://8.8.8.8", ""] {
            assert!(!is_own(url), "{url}");
        }
    }

    #[test]
    fn loopback_and_private_addresses_are_local() {
        for url in ["http://localhost/v1", "http://192.168.1.7:8080/v1", "http://[::1]/v1"] {
            assert!(is_local(url), "{url}");
        }
        for url in ["https://api.example.com/v1", "http://8.8.8.8/v1"] {
            assert!(!is_local(url), "{url}");
        }
    }
}
